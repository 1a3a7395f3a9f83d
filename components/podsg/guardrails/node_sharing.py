"""Pods with different groups that may run on one node, where in mode standard no group judges their flows."""

from __future__ import annotations

from dataclasses import dataclass

from podsg.guardrails.branch_pods import groups_of, policies_on_eni
from podsg.model.label_selectors import matches
from podsg.model.snapshot import NetworkPolicy, PodSet, Policy, Snapshot, known


@dataclass(frozen=True)
class Neighbours:
    """Pods without a NetworkPolicy, and pods with other groups that may run beside them."""

    pods: PodSet
    groups: frozenset[str]
    other: PodSet
    other_groups: frozenset[str]

    def __str__(self) -> str:
        """Name both, with their groups."""
        return f"{_with_groups(self.pods, self.groups)} and {_with_groups(self.other, self.other_groups)}"


def neighbours(snapshot: Snapshot) -> tuple[Neighbours, ...]:
    """Return one pair for each set of pods with branch ENIs that nothing shields from others on its node.

    Raises:
        NotKnownError: Pods, their policies or groups, the nodes they may run on, or network policies are not
            known.
    """
    found = ((pods, policies_on_eni(snapshot, pods)) for pods in known("pods", snapshot.pod_sets))
    holders = [(pods, given) for pods, given in found if given]
    pairs = (_first_other(pods, given, holders) for pods, given in holders)
    return tuple(pair for pair in pairs if pair is not None and not _is_shielded(snapshot, pair.pods))


def _first_other(
    pods: PodSet, given: tuple[Policy, ...], holders: list[tuple[PodSet, tuple[Policy, ...]]]
) -> Neighbours | None:
    for other, other_given in holders:
        if given == other_given or not _may_share_a_node(pods, other):
            continue
        groups, other_groups = groups_of(given), groups_of(other_given)
        if groups != other_groups:
            return Neighbours(pods, groups, other, other_groups)
    return None


def _may_share_a_node(one: PodSet, other: PodSet) -> bool:
    wanted = known(f"node labels of {one.place}", one.node_labels)
    others = known(f"node labels of {other.place}", other.node_labels)
    return all(wanted[key] & others[key] for key in wanted.keys() & others.keys())


def _is_shielded(snapshot: Snapshot, pods: PodSet) -> bool:
    network_policies = known("NetworkPolicy objects", snapshot.network_policies)
    return any(_selects(policy, pods) and _is_enforced(snapshot, policy) for policy in network_policies)


def _selects(policy: NetworkPolicy, pods: PodSet) -> bool:
    at = str(policy.place)
    if known(f"namespace of {at}", policy.namespace) != known(f"namespace of {pods.place}", pods.namespace):
        return False
    selector = known(f"podSelector of {at}", policy.pod_selector)
    return matches(selector, known(f"labels of {pods.place}", pods.labels))


def _is_enforced(snapshot: Snapshot, policy: NetworkPolicy) -> bool:
    if policy.engine != "vpc-cni":
        return True
    cni = known("the VPC CNI", snapshot.vpc_cni)
    return known("enableNetworkPolicy of the VPC CNI", cni.has_network_policy)


def _with_groups(pods: PodSet, groups: frozenset[str]) -> str:
    return f"{pods.place} ({', '.join(sorted(groups))})"
