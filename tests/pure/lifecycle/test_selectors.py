from __future__ import annotations

from typing import Any

import pytest

from podsg.lifecycle.objects import Pod, Policy
from podsg.lifecycle.selectors import groups_of, policies_of
from podsg.model.label_selectors import matches

LABELS = {"app": "ui", "tier": "web"}


def term(key: str, operator: str, *values: str) -> dict[str, Any]:
    written = {"key": key, "operator": operator}
    return {"matchExpressions": [{**written, "values": list(values)} if values else written]}


@pytest.mark.parametrize(
    ("selector", "selects"),
    [
        ({}, True),
        ({"matchLabels": None, "matchExpressions": None}, True),
        ({"matchLabels": {"app": "ui"}}, True),
        ({"matchLabels": {"app": "ui", "tier": "web"}}, True),
        ({"matchLabels": {"app": "ui", "tier": "db"}}, False),
        ({"matchLabels": {"zone": "a"}}, False),
        (term("app", "In", "ui", "api"), True),
        (term("app", "In", "api"), False),
        (term("zone", "In", "a"), False),
        (term("app", "NotIn", "api"), True),
        (term("app", "NotIn", "ui"), False),
        (term("zone", "NotIn", "a"), True),
        (term("app", "Exists"), True),
        (term("zone", "Exists"), False),
        (term("zone", "DoesNotExist"), True),
        (term("app", "DoesNotExist"), False),
        ({"matchLabels": {"app": "ui"}, **term("tier", "In", "db")}, False),
        ({"matchLabels": {"app": "ui"}, **term("tier", "In", "web")}, True),
    ],
)
def test_selector_selects_as_kubernetes_does(selector: dict[str, Any], *, selects: bool) -> None:
    assert matches(selector, LABELS) is selects


def test_operator_that_kubernetes_does_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match="found Gt; allowed: In, NotIn, Exists, DoesNotExist"):
        matches(term("app", "Gt", "1"), LABELS)


POD = Pod("shop", "ui-1", labels=LABELS, service_account="ui")
ACCOUNTS = {("shop", "ui"): {"team": "a"}, ("bank", "ui"): {"team": "b"}}


def policy(name: str, *, namespace: str = "shop", groups: tuple[str, ...] = ("sg-1",), **by: Any) -> Policy:
    return Policy(namespace, name, group_ids=groups, **by)


@pytest.mark.parametrize(
    ("given", "selects"),
    [
        (policy("pods", pod_selector={"matchLabels": {"app": "ui"}}), True),
        (policy("other pods", pod_selector={"matchLabels": {"app": "api"}}), False),
        (policy("all pods", pod_selector={}), True),
        (policy("account", service_account_selector={"matchLabels": {"team": "a"}}), True),
        (policy("other account", service_account_selector={"matchLabels": {"team": "b"}}), False),
        (policy("both", pod_selector={}, service_account_selector={"matchLabels": {"team": "a"}}), True),
        (policy("one of both", pod_selector={}, service_account_selector={"matchLabels": {"x": "y"}}), False),
        (policy("no selector"), False),
        (policy("no groups", groups=(), pod_selector={}), False),
        (policy("elsewhere", namespace="bank", pod_selector={}), False),
    ],
    ids=lambda value: value.name if isinstance(value, Policy) else "",
)
def test_policy_selects_pods_as_the_controller_does(given: Policy, *, selects: bool) -> None:
    assert policies_of(POD, [given], ACCOUNTS) == ((given,) if selects else ())


def test_service_account_that_is_not_there_has_no_labels() -> None:
    given = policy("account", service_account_selector={"matchLabels": {"team": "a"}})
    assert policies_of(POD, [given], {}) == ()


def test_pod_gets_the_groups_of_all_its_policies_which_come_by_name() -> None:
    given = [policy(name, groups=(f"sg-{name}", "sg-1"), pod_selector={}) for name in "dbeacf"]
    found = policies_of(POD, given, ACCOUNTS)
    assert [one.name for one in found] == list("abcdef")
    assert groups_of(found) == {"sg-1", *(f"sg-{name}" for name in "abcdef")}
