"""What `podsg lab status` makes of the facts, without a lab."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from lab import status
from lab.status.facts import (
    Account,
    BranchEni,
    Cluster,
    Expression,
    Instance,
    Interface,
    Node,
    Pod,
    Policy,
    Selector,
)
from lab.status.judging import TRUNK_TAG, Group, Judge, Verdict
from lab.status.matching import selecting_policies, selects, words

POD_GROUP, NODE_GROUP, OTHER_GROUP = "sg-00000000000000001", "sg-00000000000000002", "sg-00000000000000003"
NAMES = {POD_GROUP: "dev-pod-catalog", NODE_GROUP: "dev-node", OTHER_GROUP: "dev-other"}
CATALOG = {"app.kubernetes.io/name": "catalog"}
NODE = "ip-10-42-1-7.us-west-2.compute.internal"
BEFORE, POLICY_TIME, AFTER = "2026-11-22T10:00:00Z", "2026-11-22T10:01:00Z", "2026-11-22T10:02:00Z"
POLICY = Policy("catalog", "rds", Selector(CATALOG), group_ids=(POD_GROUP,), created=POLICY_TIME)


def branch(number: int, *groups: str) -> Interface:
    return Interface(
        f"eni-{number:017}",
        addresses=(f"10.42.1.{100 + number}",),
        group_ids=groups or (POD_GROUP,),
        description="aws-k8s-branch-eni",
        tags={TRUNK_TAG: "eni-trunk"},
    )


def catalog(number: int = 1, **changes: object) -> Pod:
    """A pod that holds its branch ENI."""
    running = Pod(
        "catalog",
        f"catalog-{number}",
        node=NODE,
        phase="Running",
        address=f"10.42.1.{100 + number}",
        labels=CATALOG,
        requests_branch_eni=True,
        branch_enis=(BranchEni(f"eni-{number:017}", number),),
        created=AFTER,
    )
    return replace(running, **changes)  # type: ignore[arg-type]


def without_eni(**changes: object) -> Pod:
    without = {"branch_enis": (), "requests_branch_eni": False, "address": "10.42.1.20"}
    return replace(catalog(), **{**without, **changes})  # type: ignore[arg-type]


def account(*branches: Interface, trunk: bool = True) -> Account:
    node = {"instance_id": "i-1", "group_ids": (NODE_GROUP,)}
    interfaces = [
        Interface("eni-primary", device_index=0, addresses=("10.42.1.7", "10.42.1.20"), **node),  # type: ignore[arg-type]
        Interface("eni-second", device_index=1, addresses=("10.42.1.30",), **node),  # type: ignore[arg-type]
        *([Interface("eni-trunk", kind="trunk", device_index=2, **node)] if trunk else []),  # type: ignore[arg-type]
        *branches,
    ]
    return Account(tuple(interfaces), (Instance("i-1", "m5.large", "us-west-2a"),), NAMES)


def cluster(*pods: Pod, policies: Iterable[Policy] = (POLICY,), **changes: object) -> Cluster:
    whole = Cluster("dev-cluster", (Node(NODE, "i-1", branch_eni_capacity=9),), pods, tuple(policies))
    return replace(whole, **changes)  # type: ignore[arg-type]


def judged(pod: Pod, *branches: Interface, policies: Iterable[Policy] = (POLICY,)) -> tuple[Verdict, str]:
    row = Judge(cluster(pod, policies=policies), account(*branches)).pods()[0]
    return row.verdict, row.warning


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        (Selector(), {}, True),
        (Selector({"a": "1"}), {"a": "1", "b": "2"}, True),
        (Selector({"a": "1"}), {"a": "2"}, False),
        (Selector({"a": "1"}), {}, False),
        (Selector(expressions=(Expression("a", "In", ("1", "2")),)), {"a": "2"}, True),
        (Selector(expressions=(Expression("a", "In", ("1", "2")),)), {}, False),
        (Selector(expressions=(Expression("a", "NotIn", ("1",)),)), {}, True),
        (Selector(expressions=(Expression("a", "NotIn", ("1",)),)), {"a": "1"}, False),
        (Selector(expressions=(Expression("a", "Exists"),)), {"a": ""}, True),
        (Selector(expressions=(Expression("a", "Exists"),)), {}, False),
        (Selector(expressions=(Expression("a", "DoesNotExist"),)), {}, True),
        (Selector(expressions=(Expression("a", "DoesNotExist"),)), {"a": "1"}, False),
        (Selector({"a": "1"}, (Expression("b", "Exists"),)), {"a": "1"}, False),
        (Selector(expressions=(Expression("a", "Near"),)), {"a": "1"}, False),
    ],
)
def test_a_selector_means_all_its_requirements(
    selector: Selector, labels: dict[str, str], *, expected: bool
) -> None:
    assert selects(selector, labels) is expected


ACCOUNTS = {("catalog", "default"): {"role": "db"}, ("catalog", "plain"): {}}


@pytest.mark.parametrize(
    ("changes", "service_account", "expected"),
    [
        ({}, "default", True),
        ({"namespace": "other"}, "default", False),
        ({"pod_selector": Selector()}, "default", True),
        ({"pod_selector": None}, "default", False),
        ({"group_ids": ()}, "default", False),
        ({"service_account_selector": Selector({"role": "db"})}, "default", True),
        ({"service_account_selector": Selector({"role": "db"})}, "plain", False),
        ({"service_account_selector": Selector({"role": "db"})}, "missing", False),
        ({"pod_selector": None, "service_account_selector": Selector({"role": "db"})}, "default", True),
        ({"pod_selector": Selector({"a": "b"}), "service_account_selector": Selector()}, "default", False),
    ],
)
def test_a_policy_selects_as_the_controller_does(
    changes: dict[str, object], service_account: str, *, expected: bool
) -> None:
    policy = replace(POLICY, **changes)  # type: ignore[arg-type]
    pod = catalog(service_account=service_account)
    whole = cluster(pod, policies=[policy], account_labels=ACCOUNTS)
    assert (selecting_policies(pod, whole) == (policy,)) is expected


def test_selectors_are_told_in_words() -> None:
    expressions = (
        Expression("tier", "In", ("a", "b")),
        Expression("env", "NotIn", ("test",)),
        Expression("x", "Exists"),
        Expression("y", "DoesNotExist"),
    )
    assert words(replace(POLICY, pod_selector=Selector({"app": "ui"}, expressions))) == (
        "pods app=ui, tier in (a, b), env not in (test), with x, without y"
    )
    accounts = Policy("a", "p", service_account_selector=Selector({"role": "db"}))
    assert words(accounts) == "service accounts role=db"


def test_a_pod_with_exactly_its_groups_is_well() -> None:
    row = Judge(cluster(catalog()), account(branch(1))).pods()[0]
    assert (row.verdict, row.warning) == (Verdict.BRANCH_ENI, "")
    assert (row.branch_eni, row.vlan) == (f"eni-{1:017}", 1)
    assert row.groups == (Group(POD_GROUP, "dev-pod-catalog"),)


def test_several_policies_give_the_union_of_their_groups() -> None:
    second = replace(POLICY, name="more", group_ids=(OTHER_GROUP, POD_GROUP))
    both = [POLICY, second]
    assert judged(catalog(), branch(1, OTHER_GROUP, POD_GROUP), policies=both) == (Verdict.BRANCH_ENI, "")
    verdict, warning = judged(catalog(), branch(1), policies=both)
    assert verdict is Verdict.WARNING
    assert "rds and more say dev-pod-catalog" in warning


def test_groups_of_another_time_are_a_warning() -> None:
    verdict, warning = judged(catalog(), branch(1, OTHER_GROUP))
    assert verdict is Verdict.WARNING
    assert f"has dev-other ({OTHER_GROUP}), but rds says dev-pod-catalog ({POD_GROUP})" in warning
    assert judged(catalog(), branch(1, OTHER_GROUP), policies=())[0] is Verdict.WARNING
    assert judged(catalog(), branch(1, NODE_GROUP), policies=()) == (Verdict.BRANCH_ENI, "")


def test_a_branch_eni_that_is_gone_is_a_warning() -> None:
    verdict, warning = judged(catalog())
    assert verdict is Verdict.WARNING
    assert "is not in EC2" in warning


def test_a_selected_pod_without_branch_eni_failed_open() -> None:
    verdict, warning = judged(without_eni())
    assert verdict is Verdict.WARNING
    assert "while the VPC Resource Controller did not answer (the webhook fails open)" in warning
    assert Judge(cluster(without_eni()), account()).pods()[0].groups == (Group(NODE_GROUP, "dev-node"),)


def test_a_pod_older_than_its_policy_keeps_the_groups_of_its_node() -> None:
    verdict, warning = judged(without_eni(created=BEFORE))
    assert verdict is Verdict.WARNING
    assert "the pod is older than the policy" in warning


def test_a_pod_on_the_network_of_its_node_is_told() -> None:
    verdict, warning = judged(without_eni(uses_host_network=True))
    assert verdict is Verdict.WARNING
    assert "drop hostNetwork" in warning


def test_a_pod_that_asks_and_runs_without_is_a_warning() -> None:
    assert judged(without_eni(requests_branch_eni=True))[0] is Verdict.WARNING


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (without_eni(labels={}), Verdict.NODE_GROUPS),
        (without_eni(labels={}, uses_host_network=True, address="10.42.1.7"), Verdict.NODE_GROUPS),
        (without_eni(requests_branch_eni=True, phase="Pending", address="", node=""), Verdict.WAITING),
        (without_eni(labels={}, phase="Pending", address=""), Verdict.WAITING),
        (without_eni(phase="Succeeded"), Verdict.ENDED),
    ],
)
def test_other_pods_give_no_warning(pod: Pod, expected: Verdict) -> None:
    assert judged(pod) == (expected, "")


def test_slots_of_a_node_are_used_free_or_cooling_down() -> None:
    ended = catalog(2, phase="Failed")
    waiting = without_eni(name="waiting", requests_branch_eni=True, phase="Pending", address="")
    branches = [branch(number) for number in (1, 2, 3, 4)]
    row = Judge(cluster(catalog(), ended, waiting), account(*branches)).nodes()[0]
    # Of 2, 3 and 4, which no living pod names, one is being given to the pod that waits.
    assert (row.branch_enis, row.used, row.cooling_down, row.free) == (9, 1, 2, 6)
    assert (row.type, row.zone, row.ready, row.trunk) == ("m5.large", "us-west-2a", True, "eni-trunk")
    assert row.ordinary_interfaces == 2


def test_a_node_without_trunk_has_no_slots() -> None:
    whole = cluster(nodes=(Node(NODE, "i-1", is_ready=False),))
    row = Judge(whole, account(trunk=False)).nodes()[0]
    assert (row.trunk, row.branch_enis, row.free, row.ready) == (None, 0, 0, False)
    gone = cluster(nodes=(Node("gone", "i-9"),))
    assert Judge(gone, account()).nodes()[0].type == ""


def test_policies_say_what_they_come_to() -> None:
    pods = (catalog(1), catalog(2), without_eni(name="open"), catalog(4, phase="Failed"))
    row = Judge(cluster(*pods), account(branch(1), branch(2, OTHER_GROUP))).policies()[0]
    assert (row.pods, row.pods_with_exactly_these_groups) == (3, 1)
    assert (row.selects, row.warning) == ("pods app.kubernetes.io/name=catalog", "")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"pod_selector": None}, "neither podSelector nor serviceAccountSelector"),
        ({"group_ids": ()}, "names no security group"),
        ({"group_ids": (POD_GROUP, "sg-0gone")}, "EC2 does not know sg-0gone"),
    ],
)
def test_policies_without_effect_are_told(changes: dict[str, object], text: str) -> None:
    policy = replace(POLICY, **changes)  # type: ignore[arg-type]
    row = Judge(cluster(policies=[policy]), account()).policies()[0]
    assert text in row.warning
    assert [group.name for group in row.groups if group.id == "sg-0gone"] in ([], [None])


def test_system_pods_are_told_on_demand() -> None:
    whole = cluster(catalog(), without_eni(namespace="kube-system", name="coredns"))
    assert [row.namespace for row in status.report_of(whole, account()).pods] == ["catalog"]
    everything = status.report_of(whole, account(), with_system=True)
    assert [row.namespace for row in everything.pods] == ["catalog", "kube-system"]


def test_the_tables_show_it_all_in_the_width_of_a_pipe() -> None:
    message = "0/1 nodes are available: 1 Insufficient vpc.amazonaws.com/pod-eni."
    pending = [
        without_eni(
            name=f"catalog-{n}",
            requests_branch_eni=True,
            phase="Pending",
            address="",
            node="",
            message=message,
        )
        for n in range(5, 9)
    ]
    whole = cluster(catalog(), without_eni(name="open"), *pending)
    shown = rendered(status.report_tables({"dev-cluster": status.report_of(whole, account(branch(1)))}))
    wanted = (
        *NODE.split(".", 1),
        "eni-trunk",
        "8 free",
        "VLAN 1",
        f"eni-{1:017}",
        POD_GROUP,
        "dev-pod-catalog",
        "6 selected",
    )
    assert [text for text in wanted if text not in shown] == []
    assert "Pending: 4 pods (catalog/catalog-5, catalog/catalog-6, catalog/catalog-7 and 1 more): " in shown
    assert "Warning: pod catalog/open on dev-cluster: rds selects it" in shown
    assert max(map(len, table_lines(shown))) <= 120


def test_what_is_not_there_is_said() -> None:
    assert "There is no EKS cluster yet" in rendered(status.report_tables({}))
    silent = status.report_of(
        Cluster("dev-cluster", problem="its Kubernetes API does not answer."), Account()
    )
    shown = rendered(status.report_tables({"dev-cluster": silent}))
    assert shown == "Warning: cluster dev-cluster: its Kubernetes API does not answer.\n"
    empty = status.report_of(Cluster("dev-cluster"), Account())
    assert "No node has registered." in rendered(status.report_tables({"dev-cluster": empty}))


def rendered(what: RenderableType) -> str:
    console = Console(width=120, soft_wrap=True, highlight=False, emoji=False)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def table_lines(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if not line.startswith(("Pending", "Warning"))]
