"""Pods with branch ENIs: those that a policy selects, and that do not use the network of their node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from podsg.guardrails.record import Applied, Failure, Scene
from podsg.guardrails.selection import each_selected, policies_of
from podsg.model.snapshot import PodSet, Policy, Snapshot, known


def policies_on_eni(snapshot: Snapshot, pods: PodSet) -> tuple[Policy, ...]:
    """Return the policies that give pods a branch ENI with its groups; none for pods with hostNetwork.

    Raises:
        NotKnownError: It is not known which.

    Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, webhooks/core/pod_webhook.go.
    """
    if known(f"hostNetwork of {pods.place}", pods.is_host_network):
        return ()
    return policies_of(snapshot, pods)


def groups_of(policies: Iterable[Policy]) -> frozenset[str]:
    """Return the groups that policies give together.

    Raises:
        NotKnownError: A group is not known.
    """
    return frozenset(
        known(f"groups of {policy.place}", group)
        for policy in policies
        for group in known(f"groups of {policy.place}", policy.group_ids)
    )


def each_with_branch_eni(
    scene: Scene, check: Callable[[PodSet], Failure | None], *, in_strict_mode_only: bool = False
) -> Iterator[Applied]:
    """Apply a check to each set of pods with branch ENIs; where that is not known, it is undecided.

    Args:
        scene: What is judged.
        check: What has to hold of the pods.
        in_strict_mode_only: Whether it applies to nothing in mode standard.
    """

    def of_own_network(pods: PodSet) -> Failure | None:
        known(f"hostNetwork of {pods.place}", pods.is_host_network)
        return check(pods)

    for one in each_selected(scene, of_own_network, in_strict_mode_only=in_strict_mode_only):
        if not (isinstance(one.subject, PodSet) and one.subject.is_host_network is True):
            yield one
