"""Which policies select a pod, and which groups they give it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from podsg.lifecycle.objects import Pod, Policy
from podsg.model.label_selectors import Labels, matches


def policies_of(
    pod: Pod, policies: Iterable[Policy], account_labels: Mapping[tuple[str, str], Labels]
) -> tuple[Policy, ...]:
    """List the policies that select a pod, by name.

    A policy with neither selector, or without groups, is none.

    Args:
        pod: The pod.
        policies: Policies of all namespaces.
        account_labels: Labels of each service account, by namespace and name.

    Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/utils/helper.go (filterPodSecurityGroups).
    """
    account = account_labels.get((pod.namespace, pod.service_account), {})

    def selects(policy: Policy) -> bool:
        pods, accounts = policy.pod_selector, policy.service_account_selector
        if policy.namespace != pod.namespace or not policy.group_ids or (pods is None and accounts is None):
            return False
        return (pods is None or matches(pods, pod.labels)) and (
            accounts is None or matches(accounts, account)
        )

    return tuple(sorted((one for one in policies if selects(one)), key=lambda one: one.name))


def groups_of(policies: Iterable[Policy]) -> frozenset[str]:
    """Return the union of the groups of policies."""
    return frozenset(group for one in policies for group in one.group_ids)
