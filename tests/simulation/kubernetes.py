"""A Kubernetes that does by itself what a drain meets.

A scheduler that keeps off cordoned nodes, owners that bring their pods back, grace periods, disruption
budgets, and the webhook of the VPC Resource Controller that gives pods a branch ENI.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from podsg.errors import ApiUnreachableError, DisruptionBudgetError, Explanation
from podsg.lifecycle.objects import Node, Pod, Policy
from tests.simulation.clock import SimulatedClock
from tests.simulation.controller import SimulatedController
from tests.simulation.ec2 import SimulatedEc2

SCHEDULING_SECONDS: Final = 1.0
"""From a new pod to its node, and from there to its start where it waits for nothing else."""
_OWNERS: Final = {"Deployment": "ReplicaSet", "DaemonSet": "DaemonSet", "Static": "Node", "Bare": ""}


@dataclass(frozen=True)
class Workload:
    """What runs pods.

    Args:
        namespace: Of all its pods.
        name: Its name, from which its pods have theirs.
        replicas: Pods; a DaemonSet has one per node.
        kind: Deployment, DaemonSet, Static (a mirror pod of a node) or Bare (nobody brings it back).
        labels: Of all its pods; a policy or a budget selects by them.
        grace_seconds: From a pod's eviction to its end.
        node: Where a Static pod runs.
    """

    namespace: str
    name: str
    replicas: int = 1
    kind: str = "Deployment"
    labels: Mapping[str, str] = field(default_factory=dict)
    grace_seconds: float = 30.0
    node: str = ""

    @property
    def place(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Budget:
    """A PodDisruptionBudget."""

    namespace: str
    name: str
    match_labels: Mapping[str, str]
    max_unavailable: int

    def covers(self, pod: Pod) -> bool:
        """Tell whether it counts a pod."""
        return pod.namespace == self.namespace and _has(pod.labels, self.match_labels)


class SimulatedKubernetes:
    """Serve `podsg.lifecycle.ports.Kubernetes` for a cluster in a simulated region.

    Args:
        ec2: The account.
        subnet_id: Where nodes and branch ENIs are.
        node_group_id: Security group of the nodes; a pod that no policy selects any more gets it too.
        cluster_name: Name of the cluster.
        cooldown_seconds: How long a branch ENI rests.

    Attributes:
        controller: The VPC Resource Controller.
        budgets: Budgets by place.
        before: Called with the name of each API call before it is done; what it raises is the answer.
        is_unreachable: No call is answered.
        evictions: Evictions that were allowed, by place of the workload.
        refusals: Evictions that a budget refused, by place of the workload.
        cordons: Calls to cordon, by node.
    """

    def __init__(
        self,
        ec2: SimulatedEc2,
        subnet_id: str,
        node_group_id: str,
        cluster_name: str = "shop",
        cooldown_seconds: float = 60.0,
    ) -> None:
        """Start without nodes and pods."""
        self.clock: SimulatedClock = ec2.clock
        self.controller = SimulatedController(self.clock, ec2.region, cluster_name, cooldown_seconds)
        self.budgets: dict[str, Budget] = {}
        self.before: Callable[[str], None] = lambda _call: None
        self.is_unreachable = False
        self.evictions: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.cordons: Counter[str] = Counter()
        self._region, self._subnet_id, self._node_group_id = ec2.region, subnet_id, node_group_id
        self._nodes: dict[str, Node] = {}
        self._policies: dict[str, Policy] = {}
        self._pods: dict[str, Pod] = {}
        self._workloads: dict[str, Workload] = {}
        self._number = itertools.count(1)
        self._is_planned = False

    # ------------------------------------------------------------------ what people do

    def add_node(self, name: str = "", branch_limit: int = 120) -> str:
        """Let a node join, with its trunk; return its name."""
        name = name or f"node-{next(self._number)}"
        instance_id = self._region.add_instance(branch_limit)
        self.controller.manage(name, instance_id, self._subnet_id, [self._node_group_id])
        self._nodes[name] = Node(name, instance_id)
        self._plan()
        return name

    def remove_node(self, name: str) -> None:
        """End the instance of a node: its pods are gone, its branch ENIs stay behind."""
        node = self._nodes.pop(name)
        self.controller.drop(name)
        self._region.terminate(node.instance_id)
        for pod in [one for one in self._pods.values() if one.node == name]:
            del self._pods[pod.uid]
        self._plan()

    def uncordon(self, name: str) -> None:
        """Let the scheduler use a node again."""
        self._nodes[name] = replace(self._nodes[name], is_unschedulable=False)
        self._plan()

    def apply(self, what: Workload | Budget | Policy) -> None:
        """Make or change an object."""
        place = f"{what.namespace}/{what.name}"
        if isinstance(what, Workload):
            self._workloads[place] = what
        elif isinstance(what, Budget):
            self.budgets[place] = what
        else:
            self._policies[place] = what
        self._plan()

    def delete_policy(self, place: str) -> None:
        """Delete a policy; running pods keep what they have."""
        del self._policies[place]

    def pods_of(self, place: str) -> list[Pod]:
        """Return the pods of a workload."""
        return [pod for pod in self._pods.values() if f"{pod.namespace}/{pod.controller_name}" == place]

    def end(self, pod: Pod, phase: str = "Succeeded") -> None:
        """Let a pod end by itself: its object stays, its branch ENI rests."""
        self._pods[pod.uid] = replace(self._pods[pod.uid], phase=phase)
        self.controller.release(pod.node, pod.branch_eni_ids)

    def settle(self, seconds: float = 300.0) -> None:
        """Let time pass until every pod runs that can."""
        self.clock.sleep(seconds)

    # ------------------------------------------------------------------ what the cluster does

    def _plan(self) -> None:
        if not self._is_planned:
            self._is_planned = True
            self.clock.at(self.clock.now() + SCHEDULING_SECONDS, self._reconcile)

    def _reconcile(self) -> None:
        self._is_planned = False
        counts = Counter(
            (f"{pod.namespace}/{pod.controller_name}", pod.node if _is_pinned(pod) else "")
            for pod in self._pods.values()
            if (_is_pinned(pod) or not pod.is_terminating) and not pod.has_ended
        )
        for place, workload in list(self._workloads.items()):
            for node in self._wanted_nodes(workload):
                for _ in range(workload.replicas - counts[place, node]):
                    self._create(workload, node)
        room = self._room()
        for pod in [one for one in self._pods.values() if not one.node and not one.is_terminating]:
            self._schedule(pod, room)

    def _wanted_nodes(self, workload: Workload) -> list[str]:
        if workload.kind == "DaemonSet":
            return list(self._nodes)
        if workload.kind == "Static":
            return [workload.node] if workload.node in self._nodes else []
        return [""]

    def _create(self, workload: Workload, node: str) -> None:
        number = next(self._number)
        pod = Pod(
            workload.namespace,
            f"{workload.name}-{number}",
            f"uid-{number}",
            phase="Pending",
            labels=dict(workload.labels),
            controller_kind=_OWNERS[workload.kind],
            controller_name=workload.name,
            grace_seconds=workload.grace_seconds,
        )
        self._pods[pod.uid] = replace(pod, wants_branch_eni=bool(self._groups(pod)))
        if workload.kind == "Bare":
            del self._workloads[workload.place]
        if node:
            self._bind(pod.uid, node)

    def _room(self) -> dict[str, int]:
        """Return how many pods with branch ENIs each node takes that is not cordoned."""
        placed = Counter(one.node for one in self._pods.values() if one.wants_branch_eni)
        return {
            name: self._region.instances[node.instance_id].branch_limit - placed[name]
            for name, node in self._nodes.items()
            if not node.is_unschedulable
        }

    def _schedule(self, pod: Pod, room: dict[str, int]) -> None:
        """Put a pod on the node with the most room; without one it waits."""
        best = max(room, key=lambda name: room[name], default="")
        if best and (room[best] > 0 or not pod.wants_branch_eni):
            room[best] -= pod.wants_branch_eni
            self._bind(pod.uid, best)

    def _bind(self, uid: str, node: str) -> None:
        pod = self._pods[uid] = replace(self._pods[uid], node=node)
        if pod.wants_branch_eni:
            groups = self._groups
            self.controller.request(
                node, lambda: groups(pod) or [self._node_group_id], lambda eni: self._take(uid, eni)
            )
        else:
            self.clock.at(self.clock.now() + SCHEDULING_SECONDS, lambda: self._start(uid))

    def _take(self, uid: str, eni: str) -> bool:
        if uid not in self._pods:
            return False
        self._pods[uid] = replace(self._pods[uid], branch_eni_ids=(eni,))
        self._start(uid)
        return True

    def _start(self, uid: str) -> None:
        if uid in self._pods:
            self._pods[uid] = replace(self._pods[uid], phase="Running")

    def _groups(self, pod: Pod) -> list[str]:
        """Return the groups of the policies that select a pod, by which webhook and controller go."""
        found = [
            one
            for one in self._policies.values()
            if one.namespace == pod.namespace
            and one.pod_selector is not None
            and _has(pod.labels, one.pod_selector.get("matchLabels", {}))
        ]
        return list(dict.fromkeys(group for one in found for group in one.group_ids))

    def _gone(self, uid: str) -> None:
        pod = self._pods.pop(uid, None)
        if pod is not None:
            self.controller.release(pod.node, pod.branch_eni_ids)
            self._plan()

    # ------------------------------------------------------------------ the API

    def nodes(self) -> tuple[Node, ...]:
        """List the nodes."""
        self._answer("list nodes")
        return tuple(self._nodes.values())

    def pods(self) -> tuple[Pod, ...]:
        """List the pods."""
        self._answer("list pods")
        return tuple(self._pods.values())

    def policies(self) -> tuple[Policy, ...]:
        """List the policies."""
        self._answer("list policies")
        return tuple(self._policies.values())

    def service_account_labels(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """List no labels of service accounts."""
        self._answer("list serviceaccounts")
        return {}

    def cordon(self, node_name: str) -> None:
        """Keep the scheduler off a node."""
        self._answer("patch nodes")
        self.cordons[node_name] += 1
        if node_name in self._nodes:
            self._nodes[node_name] = replace(self._nodes[node_name], is_unschedulable=True)

    def evict(self, given: Pod) -> None:
        """Evict a pod if its budgets allow it; it is gone when its grace period is over."""
        self._answer("create pods/eviction")
        pod = self._pods.get(given.uid)
        if pod is None or pod.is_terminating:
            return
        place = f"{pod.namespace}/{pod.controller_name}"
        if pod.phase == "Running" and (budget := self._broken(pod)):
            self.refusals[place] += 1
            problem = f"The disruption budget {budget.name} does not allow it now."
            raise DisruptionBudgetError(Explanation(pod.place, problem, "it keeps pods.", "wait."), 429)
        self.evictions[place] += 1
        self._pods[pod.uid] = replace(pod, is_terminating=True)
        self.clock.at(self.clock.now() + pod.grace_seconds, lambda: self._gone(pod.uid))
        self._plan()

    def load_balancers(self) -> tuple[str, ...]:
        """List no Services."""
        self._answer("list services")
        return ()

    def volume_claims(self) -> tuple[str, ...]:
        """List no claims."""
        self._answer("list persistentvolumeclaims")
        return ()

    def refused_rights(self) -> tuple[str, ...]:
        """Refuse nothing."""
        self._answer("create selfsubjectaccessreviews")
        return ()

    def _answer(self, call: str) -> None:
        self.before(call)
        if self.is_unreachable:
            raise ApiUnreachableError(Explanation("kubernetes", "no answer", "it is off.", "turn it on."))

    def _broken(self, pod: Pod) -> Budget | None:
        """Return a budget that one more eviction of its pods would break."""
        for budget in self.budgets.values():
            if budget.covers(pod):
                covered = [one for one in self._pods.values() if budget.covers(one) and not one.has_ended]
                healthy = sum(one.phase == "Running" and not one.is_terminating for one in covered)
                if healthy <= self._expected(budget) - budget.max_unavailable:
                    return budget
        return None

    def _expected(self, budget: Budget) -> int:
        """Return how many pods the workloads under a budget are meant to have."""
        return sum(
            workload.replicas
            for workload in self._workloads.values()
            if workload.namespace == budget.namespace and _has(workload.labels, budget.match_labels)
        )


def _is_pinned(pod: Pod) -> bool:
    """Tell whether a pod's owner wants it on its node, and brings it back only when it is gone."""
    return pod.is_of_its_node


def _has(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return wanted.items() <= labels.items()
