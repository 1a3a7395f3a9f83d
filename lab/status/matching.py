"""Which pods a SecurityGroupPolicy selects, as the VPC Resource Controller decides it.

Source: amazon-vpc-resource-controller-k8s, `pkg/utils/helper.go`, filterPodSecurityGroups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.status.facts import Cluster, Expression, Pod, Policy, Selector


def selecting_policies(pod: Pod, cluster: Cluster) -> tuple[Policy, ...]:
    """List the policies that select a pod, in the order of the cluster; those without effect are left out."""
    account = cluster.account_labels.get((pod.namespace, pod.service_account), {})
    return tuple(
        policy
        for policy in cluster.policies
        if policy.namespace == pod.namespace and is_effective(policy) and _selects_pod(policy, pod, account)
    )


def is_effective(policy: Policy) -> bool:
    """Tell whether the controller looks at a policy: it skips one without selector or without groups."""
    return bool(policy.group_ids) and not has_no_selector(policy)


def has_no_selector(policy: Policy) -> bool:
    """Tell whether a policy has neither selector; an empty one is a selector, of everything."""
    return policy.pod_selector is None and policy.service_account_selector is None


def wanted_groups(policies: Iterable[Policy]) -> tuple[str, ...]:
    """Unite the groups of policies, each once, in their order.

    Example:
        >>> one, other = Policy("a", "p", group_ids=("sg-2", "sg-1")), Policy("a", "q", group_ids=("sg-2",))
        >>> wanted_groups([one, other])
        ('sg-2', 'sg-1')
    """
    return tuple(dict.fromkeys(group for policy in policies for group in policy.group_ids))


def selects(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Tell whether labels meet every requirement of a selector.

    Source: Kubernetes documentation, "Labels and Selectors"; `NotIn` holds for a missing label.

    Example:
        >>> selects(Selector({"app": "ui"}), {"app": "ui", "tier": "web"}), selects(Selector(), {})
        (True, True)
    """
    return all(labels.get(key) == value for key, value in selector.labels.items()) and all(
        _meets(expression, labels) for expression in selector.expressions
    )


def words(policy: Policy) -> str:
    """Say which pods a policy selects, in one line.

    Example:
        >>> words(Policy("shop", "p", Selector({"app": "ui"}), Selector({"role": "web"})))
        'pods app=ui and service accounts role=web'
        >>> words(Policy("shop", "p", Selector()))
        'every pod'
        >>> words(Policy("shop", "p"))
        'no selector'
    """
    parts = [
        f"{noun} {_requirements(selector)}"
        for noun, selector in (
            ("pods", policy.pod_selector),
            ("service accounts", policy.service_account_selector),
        )
        if selector is not None and (selector.labels or selector.expressions)
    ]
    return " and ".join(parts) or ("no selector" if has_no_selector(policy) else "every pod")


def _selects_pod(policy: Policy, pod: Pod, account: Mapping[str, str]) -> bool:
    """Both selectors must match; one that is not there says nothing."""
    pods, accounts = policy.pod_selector, policy.service_account_selector
    return (pods is None or selects(pods, pod.labels)) and (accounts is None or selects(accounts, account))


def _meets(expression: Expression, labels: Mapping[str, str]) -> bool:
    value = labels.get(expression.key)
    match expression.operator:
        case "In":
            return value in expression.values
        case "NotIn":
            return value not in expression.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:
            return False


def _requirements(selector: Selector) -> str:
    labels = [f"{key}={value}" for key, value in sorted(selector.labels.items())]
    return ", ".join([*labels, *map(_expression, selector.expressions)])


def _expression(expression: Expression) -> str:
    values = f"({', '.join(expression.values)})"
    forms = {
        "In": f"{expression.key} in {values}",
        "NotIn": f"{expression.key} not in {values}",
        "Exists": f"with {expression.key}",
        "DoesNotExist": f"without {expression.key}",
    }
    return forms.get(expression.operator, f"{expression.key} {expression.operator} {values}")
