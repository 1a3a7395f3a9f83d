"""Which pods get branch ENIs, and from which policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from podsg.guardrails.cni_settings import is_strict
from podsg.guardrails.record import Applied, Failure, Scene, Subject
from podsg.model.label_selectors import Labels, matches
from podsg.model.snapshot import NotKnownError, PodSet, Policy, Snapshot, known


def policies(snapshot: Snapshot) -> tuple[Policy, ...]:
    """Return all policies.

    Raises:
        NotKnownError: Nothing was read that tells them.
    """
    return known("SecurityGroupPolicy objects", snapshot.policies)


def policies_of(snapshot: Snapshot, pods: PodSet) -> tuple[Policy, ...]:
    """Return the policies that give a set of pods its groups, by name.

    A policy with neither selector, or without groups, is none.

    Raises:
        NotKnownError: Labels, a selector, a namespace or the service account is not known.

    Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/utils/helper.go (filterPodSecurityGroups).
    """
    return tuple(
        sorted((one for one in policies(snapshot) if _selects(snapshot, one, pods)), key=lambda one: one.name)
    )


def each_selected(
    scene: Scene, check: Callable[[PodSet], Failure | None], *, in_strict_mode_only: bool = False
) -> Iterator[Applied]:
    """Apply a check to each set of pods that a policy selects; where that is not known, it is undecided.

    Args:
        scene: What is judged.
        check: What has to hold of the pods.
        in_strict_mode_only: Whether it applies to nothing in mode standard.
    """
    if not policies(scene.now) or (in_strict_mode_only and not is_strict(scene.now)):
        return
    for pods in known("pods", scene.now.pod_sets):
        try:
            if policies_of(scene.now, pods):
                yield _applied(pods, check)
        except NotKnownError as error:
            yield undecided(pods, error)


def undecided(subject: Subject, error: NotKnownError) -> Applied:
    """Return a check that cannot be made for want of knowledge."""

    def check() -> Failure | None:
        raise error

    return Applied(subject, check)


def _applied(pods: PodSet, check: Callable[[PodSet], Failure | None]) -> Applied:
    return Applied(pods, lambda: check(pods))


def _selects(snapshot: Snapshot, policy: Policy, pods: PodSet) -> bool:
    at = str(policy.place)
    if known(f"namespace of {at}", policy.namespace) != known(f"namespace of {pods.place}", pods.namespace):
        return False
    pod_selector = known(f"podSelector of {at}", policy.pod_selector)
    account_selector = known(f"serviceAccountSelector of {at}", policy.service_account_selector)
    if (pod_selector is None and account_selector is None) or not known(f"groups of {at}", policy.group_ids):
        return False
    if pod_selector is not None and not matches(pod_selector, known(f"labels of {pods.place}", pods.labels)):
        return False
    return account_selector is None or matches(account_selector, _account_labels(snapshot, pods))


def _account_labels(snapshot: Snapshot, pods: PodSet) -> Labels:
    name = known(f"service account of {pods.place}", pods.service_account)
    for account in known("service accounts", snapshot.service_accounts):
        if (account.namespace, account.name) == (pods.namespace, name):
            return known(f"labels of {account.place}", account.labels)
    return {}
