"""The life of an explicit branch ENI: made, unchanged, changed, replaced, lost, drifted, adopted, deleted."""

from __future__ import annotations

from typing import Any

from lab.faults import Disturbance
from tests.lab.aws_calls import counted_calls, is_write

from .scene import Scene


def test_basic(enis: Scene) -> None:
    # given two branch ENIs, when they are made, then each hangs on the trunk under a VLAN of its own
    group = enis.node.group("pods")
    one: dict[str, Any] = {"group_ids": [group], "tags": {"team": "shop"}}
    described: dict[str, dict[str, Any]] = {"one": one, "two": {"group_ids": [group]}}
    assert enis.up(**described) == {"create": 2}
    owned = enis.owned()
    assert sorted(enis.vlans()[one["NetworkInterfaceId"]] for one in owned.values()) == [1, 2]
    assert {one["InterfaceType"] for one in owned.values()} == {"branch"}
    outputs = enis.recorded("one")["outputs"]
    assert outputs["eni_id"] == owned["one"]["NetworkInterfaceId"]
    assert outputs["private_ip"] == owned["one"]["PrivateIpAddress"]
    assert outputs["tags"] == {"team": "shop"}

    # and a second up and a refresh change nothing
    assert enis.up(**described) == {"same": 2}
    assert enis.refresh() == {"same": 2}

    # and a destroy leaves nothing, not even on the trunk
    enis.destroy()
    assert enis.owned() == {}
    assert enis.vlans() == {}


def test_calls_that_change_something(enis: Scene) -> None:
    # given a stack without branch ENIs
    group = enis.node.group("pods")
    enis.up()

    # when one is made and deleted, then each takes two calls that change something
    with counted_calls(enis.lab.running()) as made:
        enis.up(one={"group_ids": [group]})
    assert sorted(call["action"] for call in made if is_write(call)) == [
        "AssociateTrunkInterface",
        "CreateNetworkInterface",
    ]
    with counted_calls(enis.lab.running()) as deleted:
        enis.destroy()
    assert sorted(call["action"] for call in deleted if is_write(call)) == [
        "DeleteNetworkInterface",
        "DisassociateTrunkInterface",
    ]


def test_changes_in_place(enis: Scene) -> None:
    first, second = enis.node.group("first"), enis.node.group("second")
    enis.up(one={"group_ids": [first]})
    before = enis.owned()["one"]["NetworkInterfaceId"]

    changed = {"group_ids": [second], "description": "for a test", "tags": {"team": "shop"}}
    assert enis.up(one=changed) == {"update": 1}

    after = enis.owned()["one"]
    assert after["NetworkInterfaceId"] == before
    assert [group["GroupId"] for group in after["Groups"]] == [second]
    assert after["Description"] == "for a test"
    assert {"Key": "team", "Value": "shop"} in after["TagSet"]
    assert enis.up(one={"group_ids": [second]}) == {"update": 1}
    assert {"Key": "team", "Value": "shop"} not in enis.owned()["one"]["TagSet"]
    enis.destroy()


def test_another_place_replaces_it(enis: Scene) -> None:
    group = enis.node.group("pods")
    enis.up(one={"group_ids": [group], "vlan_id": 7})
    before = enis.owned()["one"]["NetworkInterfaceId"]
    assert enis.vlans() == {before: 7}

    steps = enis.up(one={"group_ids": [group], "vlan_id": 8})

    after = enis.owned()["one"]["NetworkInterfaceId"]
    assert "update" not in steps
    assert after != before
    assert enis.vlans() == {after: 8}
    enis.destroy()


def test_one_that_somebody_deleted_comes_back(enis: Scene) -> None:
    group = enis.node.group("pods")
    enis.up(one={"group_ids": [group]})
    before = enis.owned()["one"]["NetworkInterfaceId"]
    enis.ec2.delete_network_interface(NetworkInterfaceId=before)

    assert enis.refresh() == {"delete": 1}
    assert enis.up(one={"group_ids": [group]}) == {"create": 1}
    assert enis.owned()["one"]["NetworkInterfaceId"] != before
    enis.destroy()


def test_groups_that_somebody_changed_come_back(enis: Scene) -> None:
    wanted, other = enis.node.group("wanted"), enis.node.group("other")
    enis.up(one={"group_ids": [wanted]})
    eni_id = enis.owned()["one"]["NetworkInterfaceId"]
    enis.ec2.modify_network_interface_attribute(NetworkInterfaceId=eni_id, Groups=[other])

    assert enis.refresh() == {"update": 1}
    assert enis.recorded("one")["outputs"]["group_ids"] == [other]
    assert enis.up(one={"group_ids": [wanted]}) == {"update": 1}
    assert [group["GroupId"] for group in enis.owned()["one"]["Groups"]] == [wanted]
    enis.destroy()


def test_one_that_somebody_took_off_its_trunk_is_hung_up_again(enis: Scene) -> None:
    group = enis.node.group("pods")
    enis.up(one={"group_ids": [group]})
    association = enis.recorded("one")["outputs"]["association_id"]
    enis.ec2.disassociate_trunk_interface(AssociationId=association)
    assert enis.vlans() == {}

    assert enis.refresh() == {"update": 1}
    assert enis.up(one={"group_ids": [group]}) == {"update": 1}
    assert enis.vlans() == {enis.owned()["one"]["NetworkInterfaceId"]: 1}
    enis.destroy()


def test_adoption(enis: Scene) -> None:
    # given an interface that somebody made
    group = enis.node.group("pods")
    made = enis.node.interface(enis.node.subnet_id, group)
    described: dict[str, dict[str, Any]] = {"one": {"group_ids": [group], "adopt_eni_id": made}}

    # when it is taken over, then it hangs on the trunk, carries the tags, and goes with the stack
    assert enis.up(**described) == {"create": 1}
    assert enis.owned()["one"]["NetworkInterfaceId"] == made
    assert enis.up(**described) == {"same": 1}
    enis.destroy()
    assert enis.owned() == {}


def test_what_belongs_to_another_stack_is_not_adopted(enis: Scene) -> None:
    group = enis.node.group("pods")
    tags = [{"ResourceType": "network-interface", "Tags": [{"Key": "podsg:owner", "Value": "other/prod"}]}]
    theirs = enis.node.interface(enis.node.subnet_id, group, TagSpecifications=tags)

    text = enis.refused_up(one={"group_ids": [group], "adopt_eni_id": theirs})
    assert "belongs to other/prod" in text

    found = enis.node.describe_interface(theirs)
    assert found["Status"] == "available"
    assert found["TagSet"] == tags[0]["Tags"]
    enis.destroy()


def test_a_closed_trunk_call_is_one_error_and_makes_nothing(enis: Scene) -> None:
    # given an account that may not associate trunk interfaces, as most
    group = enis.node.group("pods")
    assert enis.node.trunk_id
    with Disturbance(enis.lab.running().url).during() as lab:
        lab.trunk_calls(are_open=False)
        text = enis.refused_up(one={"group_ids": [group]})
    assert "SecurityGroupsForPods" in text
    assert "Traceback" not in text
    assert enis.owned() == {}
    enis.destroy()


def test_bad_inputs_are_refused_before_anything_is_asked(enis: Scene) -> None:
    text = enis.refused_up(one={"group_ids": [], "vlan_id": 121, "cooldown_seconds": -1})
    for problem in ("group_ids", "vlan_id", "cooldown_seconds"):
        assert problem in text
    assert enis.owned() == {}
    enis.destroy()
