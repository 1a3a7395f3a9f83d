from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podsg.lifecycle.interfaces import BRANCH_DESCRIPTION, TRUNK_DESCRIPTION, VLAN_TAG, NetworkInterface
from podsg.lifecycle.inventory import ClusterFacts, Health, Row, gather, inventory
from podsg.lifecycle.objects import Node, Pod, Policy
from tests.pure.lifecycle.cluster_scene import ClusterScene
from tests.simulation.decoys import CLUSTER, LIVE, Decoy, cni_tags, controller_tags

POLICY = Policy("shop", "web", group_ids=("sg-1",), pod_selector={})


def branch(**values: Any) -> NetworkInterface:
    made = NetworkInterface(
        "eni-1",
        "vpc-1",
        "subnet-1",
        status="in-use",
        description=BRANCH_DESCRIPTION,
        group_ids=frozenset({"sg-1"}),
        tags={**controller_tags(instance_id=LIVE), VLAN_TAG: "7"},
    )
    return replace(made, **values)


def facts(*interfaces: NetworkInterface, **values: Any) -> ClusterFacts:
    given = ClusterFacts(
        CLUSTER,
        interfaces,
        {LIVE: "running"},
        pods=(Pod("shop", "web-1", branch_eni_ids=("eni-1",)),),
        nodes=(Node("node-0", LIVE), Node("unknown")),
        policies=(POLICY,),
        api_was_asked=True,
    )
    return replace(given, **values)


def only(given: ClusterFacts) -> Row:
    (row,) = inventory(given)
    return row


def test_row_of_a_healthy_branch_names_everything() -> None:
    assert only(facts(branch())) == Row(
        interface_id="eni-1",
        kind="branch",
        health=Health.HEALTHY,
        reason="",
        status="in-use",
        node="node-0",
        pod="shop/web-1",
        policies=("shop/web",),
        group_ids=("sg-1",),
        wanted_group_ids=("sg-1",),
        vlan_id="7",
    )


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (branch(), "branch"),
        (branch(description=TRUNK_DESCRIPTION, interface_type="trunk"), "trunk"),
        (branch(description="aws-K8S-i-1", tags=cni_tags(instance_id=LIVE)), "cni"),
    ],
)
def test_kind_is_told(one: NetworkInterface, kind: str) -> None:
    assert only(facts(one)).kind == kind


def test_groups_that_the_policies_no_longer_give_are_drift() -> None:
    row = only(facts(branch(group_ids=frozenset({"sg-2", "sg-1"}))))
    assert row.health is Health.DRIFTED
    assert row.reason == "it has sg-1, sg-2; the policies give shop/web-1 sg-1"


def test_pod_that_no_policy_selects_any_more_is_no_drift() -> None:
    row = only(facts(branch(), policies=()))
    assert (row.health, row.wanted_group_ids) == (Health.HEALTHY, ())


@pytest.mark.parametrize("states", [{}, {LIVE: "terminated"}])
def test_free_interface_of_a_dead_instance_is_leaked(states: dict[str, str]) -> None:
    row = only(facts(branch(status="available"), instance_states=states))
    assert row.health is Health.LEAKED
    assert row.reason == f"it is free, and its instance {LIVE} is gone"


def test_free_interface_that_names_no_instance_is_leaked() -> None:
    row = only(facts(branch(status="available", tags=controller_tags(instance_id=""))))
    assert row.reason == "it is free, and its instance (none named) is gone"
    assert row.node == ""


def test_free_branch_that_no_pod_has_is_leaked() -> None:
    row = only(facts(branch(status="available"), pods=()))
    assert (row.health, row.reason) == (Health.LEAKED, "it is free, and no pod has it")


def test_pod_that_has_ended_has_no_branch() -> None:
    ended = Pod("shop", "job", phase="Succeeded", branch_eni_ids=("eni-1",))
    row = only(facts(branch(status="available"), pods=(ended,)))
    assert (row.health, row.pod) == (Health.LEAKED, "")


@pytest.mark.parametrize(
    "given",
    [
        facts(branch(status="in-use"), pods=()),
        facts(branch(status="available")),
        facts(branch(status="available"), pods=(), api_was_asked=False),
        facts(branch(status="available", description="aws-K8S-i-1"), pods=()),
        facts(branch(status="in-use"), instance_states={LIVE: "terminated"}),
    ],
    ids=["rests", "is about to be used", "API not asked", "spare of the VPC CNI", "its instance ends"],
)
def test_what_somebody_still_has_is_not_leaked(given: ClusterFacts) -> None:
    assert only(given).health is Health.HEALTHY


@pytest.mark.parametrize("tags", [{}, controller_tags("bank")])
def test_look_alike_without_the_cluster_s_tags_is_foreign(tags: dict[str, str]) -> None:
    row = only(facts(branch(status="available", tags=tags)))
    assert (row.health, row.reason) == (Health.FOREIGN, "it is not marked as an interface of shop")


def test_worst_come_first_and_then_the_order_of_ids() -> None:
    healthy = branch(id="eni-0")
    leaked = [branch(id=f"eni-{number}", status="available") for number in (5, 4)]
    drifted = branch(group_ids=frozenset({"sg-9"}))
    foreign = branch(id="eni-2", tags={})
    rows = inventory(facts(healthy, *leaked, foreign, drifted))
    assert [(row.interface_id, row.health.value) for row in rows] == [
        ("eni-4", "leaked"),
        ("eni-5", "leaked"),
        ("eni-1", "drifted"),
        ("eni-2", "foreign"),
        ("eni-0", "healthy"),
    ]


def test_live_cluster_is_gathered_in_lists_and_is_healthy() -> None:
    # given
    scene = ClusterScene()
    scene.run("web", 4)
    scene.yard.place(Decoy("another cluster's", controller_tags("bank")))
    scene.ec2.log.clear()
    # when
    rows = inventory(gather(scene.ec2, scene.kubernetes, CLUSTER, scene.vpc_id))
    # then
    assert {row.health for row in rows} == {Health.FOREIGN, Health.HEALTHY}
    branches = [row for row in rows if row.pod]
    assert len(branches) == 4
    assert {row.node for row in branches} == set(scene.nodes)
    assert {row.policies for row in branches} == {("shop/web",)}
    assert all(row.group_ids == row.wanted_group_ids for row in branches)
    assert scene.ec2.calls() == {"DescribeNetworkInterfaces": 3, "DescribeInstances": 1}


def test_without_the_api_pods_are_not_known_and_nothing_is_drift() -> None:
    scene = ClusterScene()
    scene.run("web", 2)
    leaked = scene.yard.leftover()
    rows = inventory(gather(scene.ec2, None, CLUSTER, scene.vpc_id))
    assert [row.interface_id for row in rows if row.health is not Health.HEALTHY] == [leaked]
    assert not any(row.pod for row in rows)


def test_free_branch_of_no_pod_and_an_interface_of_the_vpc_cni_are_gathered() -> None:
    scene = ClusterScene()
    node = scene.kubernetes.nodes()[0]
    free = scene.yard.place(Decoy("free", controller_tags(instance_id=node.instance_id)))
    spare = scene.yard.place(
        Decoy("spare", cni_tags(instance_id=node.instance_id), f"aws-K8S-{node.instance_id}")
    )
    rows = {
        row.interface_id: row for row in inventory(gather(scene.ec2, scene.kubernetes, CLUSTER, scene.vpc_id))
    }
    assert (rows[free].health, rows[free].reason) == (Health.LEAKED, "it is free, and no pod has it")
    assert (rows[spare].kind, rows[spare].health) == ("cni", Health.HEALTHY)
