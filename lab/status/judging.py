"""What nodes, pods and policies come to: the rows that people and machines read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lab.status.facts import Account, Cluster, Interface, Node, Pod, Policy
from lab.status.matching import has_no_selector, selecting_policies, wanted_groups, words

# Source: amazon-vpc-resource-controller-k8s, `pkg/config/type.go`: what it writes on branch ENIs.
BRANCH_DESCRIPTION = "aws-k8s-branch-eni"
TRUNK_TAG = "vpcresources.k8s.aws/trunk-eni-id"


class Verdict(StrEnum):
    """Whose security groups judge the traffic of a pod."""

    BRANCH_ENI = "branch ENI"
    NODE_GROUPS = "node groups"
    WAITING = "waiting"
    ENDED = "ended"
    WARNING = "warning"


@dataclass(frozen=True)
class Group:
    """A security group; EC2 does not know one without a name."""

    id: str
    name: str | None


@dataclass(frozen=True)
class NodeRow:
    """A node, and its branch ENIs."""

    name: str
    type: str
    zone: str
    ready: bool
    trunk: str | None
    branch_enis: int
    used: int
    free: int
    cooling_down: int
    ordinary_interfaces: int


@dataclass(frozen=True)
class PodRow:
    """A pod, and whose groups it has."""

    namespace: str
    name: str
    node: str | None
    phase: str
    message: str
    address: str | None
    branch_eni: str | None
    vlan: int | None
    groups: tuple[Group, ...]
    verdict: Verdict
    warning: str


@dataclass(frozen=True)
class PolicyRow:
    """A policy, and what it comes to."""

    namespace: str
    name: str
    selects: str
    groups: tuple[Group, ...]
    pods: int
    pods_with_exactly_these_groups: int
    warning: str


class Judge:
    """Judge one cluster by what EC2 says of its interfaces.

    Args:
        cluster: What its Kubernetes API says.
        account: What EC2 says.
    """

    def __init__(self, cluster: Cluster, account: Account) -> None:
        self._cluster, self._account = cluster, account
        self._interfaces = {one.id: one for one in account.interfaces}
        self._by_address = {address: one for one in account.interfaces for address in one.addresses}
        self._by_instance: dict[str, list[Interface]] = {}
        for one in account.interfaces:
            self._by_instance.setdefault(one.instance_id, []).append(one)
        self._nodes = {node.name: node for node in cluster.nodes}
        self._living = [pod for pod in cluster.pods if not pod.has_ended]

    def nodes(self) -> tuple[NodeRow, ...]:
        """Return a row per node, by name."""
        instances = {one.id: one for one in self._account.instances}
        unowned = self._branch_enis_without_pod()
        rows = []
        for node in sorted(self._cluster.nodes, key=lambda one: one.name):
            instance = instances.get(node.instance_id)
            mine = [one for one in self._by_instance.get(node.instance_id, ()) if not _is_branch(one)]
            trunk = next((one.id for one in mine if one.kind == "trunk"), None)
            here = [pod for pod in self._living if pod.node == node.name]
            used = sum(len(pod.branch_enis) for pod in here)
            coming = sum(pod.requests_branch_eni and not pod.branch_enis for pod in here)
            cooling = max(0, unowned[trunk] - coming) if trunk else 0
            rows.append(
                NodeRow(
                    name=node.name,
                    type=instance.type if instance else "",
                    zone=instance.zone if instance else "",
                    ready=node.is_ready,
                    trunk=trunk,
                    branch_enis=node.branch_eni_capacity,
                    used=used,
                    free=max(0, node.branch_eni_capacity - used - cooling),
                    cooling_down=cooling,
                    ordinary_interfaces=sum(one.kind != "trunk" for one in mine),
                )
            )
        return tuple(rows)

    def pods(self) -> tuple[PodRow, ...]:
        """Return a row per pod, by namespace and name."""
        ordered = sorted(self._cluster.pods, key=lambda pod: (pod.namespace, pod.name))
        return tuple(map(self._pod_row, ordered))

    def policies(self) -> tuple[PolicyRow, ...]:
        """Return a row per policy, by namespace and name."""
        selected = [(pod, selecting_policies(pod, self._cluster)) for pod in self._living]
        rows = []
        for policy in sorted(self._cluster.policies, key=lambda one: (one.namespace, one.name)):
            mine = [(pod, policies) for pod, policies in selected if policy in policies]
            exact = sum(self._holds_exactly(pod, wanted_groups(policies)) for pod, policies in mine)
            rows.append(
                PolicyRow(
                    namespace=policy.namespace,
                    name=policy.name,
                    selects=words(policy),
                    groups=self._named(policy.group_ids),
                    pods=len(mine),
                    pods_with_exactly_these_groups=exact,
                    warning=self._policy_warning(policy),
                )
            )
        return tuple(rows)

    def _branch_enis_without_pod(self) -> Counter[str]:
        """Count, per trunk, the branch ENIs that no living pod names."""
        owned = {eni.id for pod in self._living for eni in pod.branch_enis}
        return Counter(
            one.tags[TRUNK_TAG]
            for one in self._account.interfaces
            if TRUNK_TAG in one.tags and one.id not in owned
        )

    def _pod_row(self, pod: Pod) -> PodRow:
        verdict, warning = self._verdict(pod)
        eni = pod.branch_enis[0] if pod.branch_enis else None
        return PodRow(
            namespace=pod.namespace,
            name=pod.name,
            node=pod.node or None,
            phase=pod.phase,
            message=pod.message,
            address=pod.address or None,
            branch_eni=eni.id if eni else None,
            vlan=eni.vlan_id if eni else None,
            groups=self._named(self._group_ids(pod)),
            verdict=verdict,
            warning=warning,
        )

    def _verdict(self, pod: Pod) -> tuple[Verdict, str]:
        if pod.has_ended:
            return Verdict.ENDED, ""
        policies = selecting_policies(pod, self._cluster)
        if pod.branch_enis:
            warning = self._branch_warning(pod, policies)
            return (Verdict.WARNING, warning) if warning else (Verdict.BRANCH_ENI, "")
        if policies and not pod.requests_branch_eni:
            return Verdict.WARNING, _without_branch_eni(pod, policies)
        if not pod.address:
            return Verdict.WAITING, ""
        if pod.requests_branch_eni:
            return Verdict.WARNING, "it asks for a branch ENI and runs without one, with its node's groups."
        return Verdict.NODE_GROUPS, ""

    def _branch_warning(self, pod: Pod, policies: tuple[Policy, ...]) -> str:
        eni = self._interfaces.get(pod.branch_enis[0].id)
        if eni is None:
            return (
                f"its branch ENI {pod.branch_enis[0].id} is not in EC2: delete the pod to have it made again."
            )
        shown = self._shown(eni.group_ids)
        if not policies:
            same = set(eni.group_ids) == set(self._node_group_ids(pod.node))
            return "" if same else f"its branch ENI has {shown}, but no policy selects it (any more)."
        wanted = wanted_groups(policies)
        if set(eni.group_ids) == set(wanted):
            return ""
        return (
            f"its branch ENI has {shown}, but {_said(policies)} {self._shown(wanted)}: groups are fixed when"
            " the ENI is made. Restart the pod to change them."
        )

    def _policy_warning(self, policy: Policy) -> str:
        if has_no_selector(policy):
            return "it has neither podSelector nor serviceAccountSelector: the controller skips it silently."
        if not policy.group_ids:
            return "it names no security group: the controller skips it silently."
        unknown = [one.id for one in self._named(policy.group_ids) if one.name is None]
        if unknown:
            return f"EC2 does not know {', '.join(unknown)}: new pods get no branch ENI and stay Pending."
        return ""

    def _holds_exactly(self, pod: Pod, wanted: tuple[str, ...]) -> bool:
        return bool(pod.branch_enis) and set(self._group_ids(pod)) == set(wanted)

    def _group_ids(self, pod: Pod) -> tuple[str, ...]:
        """Return the groups that EC2 says are on what carries the pod's traffic.

        Source: amazon-vpc-cni-k8s, `cmd/routed-eni-cni-plugin/cni.go`: the first branch ENI is the pod's.
        """
        if pod.has_ended:
            return ()
        found = (
            self._interfaces.get(pod.branch_enis[0].id)
            if pod.branch_enis
            else self._by_address.get(pod.address)
        )
        return found.group_ids if found else ()

    def _node_group_ids(self, name: str) -> tuple[str, ...]:
        node: Node | None = self._nodes.get(name)
        interfaces = self._by_instance.get(node.instance_id, ()) if node else ()
        return next((one.group_ids for one in interfaces if one.device_index == 0), ())

    def _named(self, group_ids: Iterable[str]) -> tuple[Group, ...]:
        return tuple(Group(one, self._account.group_names.get(one)) for one in group_ids)

    def _shown(self, group_ids: Iterable[str]) -> str:
        return (
            ", ".join(f"{one.name or 'unknown'} ({one.id})" for one in self._named(group_ids)) or "no group"
        )


def _is_branch(one: Interface) -> bool:
    """A branch is created as an ordinary interface, so its kind alone does not tell."""
    return one.kind == "branch" or TRUNK_TAG in one.tags or one.description == BRANCH_DESCRIPTION


def _without_branch_eni(pod: Pod, policies: tuple[Policy, ...]) -> str:
    """Say why a pod that a policy selects asked for no branch ENI.

    Source: amazon-vpc-resource-controller-k8s, `webhooks/core/pod_webhook.go`, and the failurePolicy Ignore
    of its webhook.
    """
    names = f"{_names(policies)} {'selects' if len(policies) == 1 else 'select'} it"
    if pod.uses_host_network:
        return f"{names}, but it uses the network of its node, with the node's groups: drop hostNetwork."
    older = pod.created and all(pod.created <= policy.created for policy in policies)
    reason = (
        "the pod is older than the policy"
        if older
        else "it was admitted while the VPC Resource Controller did not answer (the webhook fails open)"
    )
    runs = "runs" if pod.address else "will run"
    return f"{names}, but it has no branch ENI and {runs} with its node's groups: {reason}. Restart the pod."


def _said(policies: tuple[Policy, ...]) -> str:
    return f"{_names(policies)} {'says' if len(policies) == 1 else 'say'}"


def _names(policies: tuple[Policy, ...]) -> str:
    return " and ".join(policy.name for policy in policies)
