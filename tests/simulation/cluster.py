"""A cluster with its scheduler, its ReplicaSets and DaemonSets, and the VPC Resource Controller.

It knows what a drain meets: grace periods, disruption budgets, pods that come back, branch ENIs that rest.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from podsg.errors import DisruptionBudgetError, Explanation
from podsg.lifecycle.interfaces import BRANCH_DESCRIPTION, TRUNK_TAG, VLAN_TAG
from podsg.lifecycle.objects import Node, Pod, Policy
from tests.simulation.decoys import Yard, controller_tags

TICK_SECONDS: Final = 30.0
"""Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch/provider.go."""


@dataclass
class _Machine:
    node: Node
    trunk_id: str
    vlans: itertools.count[int]


class SimulatedCluster:
    """Serve `podsg.lifecycle.ports.Kubernetes`, and do what a cluster does by itself.

    Args:
        yard: Where its nodes and branch ENIs are.
        node_count: Nodes; each takes 120 branch ENIs.
        cooldown_seconds: How long a branch ENI rests before the controller deletes it.
    """

    def __init__(self, yard: Yard, node_count: int, cooldown_seconds: float = 60.0) -> None:
        """Start the nodes; the controller looks at its queue every 30 s from now on."""
        self.yard, self.cooldown_seconds = yard, cooldown_seconds
        self.is_controller_down = False
        self.evictions: Counter[str] = Counter()
        self.budgets: dict[str, int] = {}
        """Pods per namespace that may be away at a time; a namespace without an entry has no budget."""
        self._machines = {f"node-{number}": self._machine(f"node-{number}") for number in range(node_count)}
        self._pods: dict[str, Pod] = {}
        self._number = itertools.count()
        self._queue: list[tuple[float, str]] = []
        yard.clock.every(TICK_SECONDS, self._tick)

    def _machine(self, name: str) -> _Machine:
        region = self.yard.ec2.region
        instance_id = region.add_instance()
        tags = controller_tags(instance_id=instance_id)
        groups = [self.yard.groups["cluster"]]
        trunk_id = region.add_trunk(instance_id, self.yard.subnet_id, groups, tags)
        return _Machine(Node(name, instance_id), trunk_id, itertools.count(1))

    def run(
        self, namespace: str, name: str, node: str, kind: str = "ReplicaSet", grace: float = 30.0
    ) -> None:
        """Start a pod with a branch ENI on a node."""
        uid = f"uid-{next(self._number)}"
        pod = Pod(
            namespace, f"{name}-{uid}", uid, controller_kind=kind, controller_name=name, grace_seconds=grace
        )
        self._pods[uid] = replace(pod, wants_branch_eni=True)
        self._place(uid, node)

    def run_plain(self, namespace: str, name: str, node: str) -> None:
        """Start a pod that has the groups of its node."""
        uid = f"uid-{next(self._number)}"
        self._pods[uid] = Pod(namespace, name, uid, node, controller_kind="ReplicaSet", controller_name=name)

    def branch_ids(self, *, of_daemon_sets: bool) -> set[str]:
        """Return the branch ENIs of the pods that DaemonSets run, or of all others."""
        return {
            eni
            for pod in self._pods.values()
            if (pod.controller_kind == "DaemonSet") == of_daemon_sets
            for eni in pod.branch_eni_ids
        }

    def _place(self, uid: str, node: str) -> None:
        machine, region = self._machines[node], self.yard.ec2.region
        vlan_id = next(machine.vlans)
        tags = controller_tags(instance_id=machine.node.instance_id)
        tags |= {TRUNK_TAG: machine.trunk_id, VLAN_TAG: str(vlan_id)}
        groups = [self.yard.groups["pod"]]
        made = region.add_interface(self.yard.subnet_id, groups, description=BRANCH_DESCRIPTION, tags=tags)
        region.associate(made.id, machine.trunk_id, vlan_id)
        self._pods[uid] = replace(self._pods[uid], node=node, branch_eni_ids=(made.id,))

    def _gone(self, uid: str) -> None:
        pod = self._pods.pop(uid)
        now = self.yard.clock.now()
        self._queue += [(now, eni) for eni in pod.branch_eni_ids]
        if pod.controller_kind == "DaemonSet":
            self.run(pod.namespace, pod.controller_name, pod.node, "DaemonSet", pod.grace_seconds)
        elif pod.controller_kind == "ReplicaSet" and pod.wants_branch_eni:
            self._come_back(pod)

    def _come_back(self, pod: Pod) -> None:
        """Start a pod anew where a node takes it; else it waits for one."""
        uid = f"uid-{next(self._number)}"
        again = replace(
            pod,
            name=f"{pod.controller_name}-{uid}",
            uid=uid,
            node="",
            branch_eni_ids=(),
            is_terminating=False,
        )
        self._pods[uid] = again
        free = [name for name, one in self._machines.items() if not one.node.is_unschedulable]
        if free:
            self._place(uid, free[0])

    def _tick(self) -> None:
        """Delete what has rested, as the controller does."""
        if self.is_controller_down:
            return
        now, region = self.yard.clock.now(), self.yard.ec2.region
        due = [eni for since, eni in self._queue if now - since >= self.cooldown_seconds]
        self._queue = [(since, eni) for since, eni in self._queue if now - since < self.cooldown_seconds]
        for eni in due:
            if eni in region.interfaces:
                region.remove(eni)

    # ------------------------------------------------------------------ the API

    def nodes(self) -> tuple[Node, ...]:
        """List the nodes."""
        return tuple(machine.node for machine in self._machines.values())

    def pods(self) -> tuple[Pod, ...]:
        """List the pods."""
        return tuple(self._pods.values())

    def policies(self) -> tuple[Policy, ...]:
        """List no policies."""
        return ()

    def service_account_labels(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """List no service accounts."""
        return {}

    def cordon(self, node_name: str) -> None:
        """Keep the scheduler off a node."""
        machine = self._machines[node_name]
        machine.node = replace(machine.node, is_unschedulable=True)

    def evict(self, pod: Pod) -> None:
        """Evict a pod if its budget allows it; it is gone when its grace period is over."""
        if pod.uid not in self._pods or self._pods[pod.uid].is_terminating:
            return
        away = sum(
            one.is_terminating or not one.node
            for one in self._pods.values()
            if one.namespace == pod.namespace
        )
        if away >= self.budgets.get(pod.namespace, away + 1):
            problem = f"the disruption budget of {pod.namespace} allows no eviction now"
            raise DisruptionBudgetError(Explanation(pod.place, problem, "it protects pods.", "wait."), 429)
        self.evictions[f"{pod.namespace}/{pod.controller_name}"] += 1
        self._pods[pod.uid] = replace(self._pods[pod.uid], is_terminating=True)
        self.yard.clock.at(self.yard.clock.now() + pod.grace_seconds, lambda: self._gone(pod.uid))

    def load_balancers(self) -> tuple[str, ...]:
        """List no Services."""
        return ()

    def volume_claims(self) -> tuple[str, ...]:
        """List no claims."""
        return ()

    def refused_rights(self) -> tuple[str, ...]:
        """Refuse nothing."""
        return ()
