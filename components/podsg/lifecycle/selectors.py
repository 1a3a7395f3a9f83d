"""Which policies select a pod, and which groups they give it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from podsg.lifecycle.objects import Pod, Policy

Labels = Mapping[str, str]


def matches(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Tell whether a label selector selects something with these labels; an empty one selects everything.

    Raises:
        ValueError: It has an operator that Kubernetes does not know.

    Example:
        >>> matches({"matchLabels": {"app": "ui"}}, {"app": "ui", "tier": "web"})
        True
        >>> matches({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, {})
        False
    """
    wanted = selector.get("matchLabels") or {}
    terms = selector.get("matchExpressions") or []
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(term, labels) for term in terms
    )


def _holds(term: Mapping[str, Any], labels: Labels) -> bool:
    key, operator, values = term["key"], term["operator"], term.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    raise ValueError(f"operator: found {operator}; allowed: In, NotIn, Exists, DoesNotExist")


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
