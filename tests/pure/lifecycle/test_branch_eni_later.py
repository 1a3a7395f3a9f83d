from __future__ import annotations

from dataclasses import replace

import pytest

from podsg.errors import (
    InUseError,
    NotFoundError,
    StateError,
)
from podsg.lifecycle.interfaces import CONTROLLER_OWNER, ENI_OWNER_TAG
from podsg.lifecycle.tokens import NAME_TAG, OWNER_TAG
from tests.pure.lifecycle.branch_eni_scene import OWNER, Process, World, made_in
from tests.simulation.faults import Kind


@pytest.fixture
def world() -> World:
    return World()


# ---------------------------------------------------------------------- adoption


def test_adopted_interface_gets_tags_groups_and_its_trunk(world: World) -> None:
    found = world.place(stray="tag")
    made = made_in(world, adopt_eni_id=found, group_ids=world.groups)
    row = world.ec2.region.interfaces[found]
    assert made.interface.id == found
    assert row.group_ids == frozenset(world.groups)
    assert row.tags == world.spec.all_tags
    assert row.association_id == made.association_id != ""


def test_adoption_again_changes_nothing(world: World) -> None:
    found = world.place()
    first = made_in(world, adopt_eni_id=found)
    writes = world.ec2.writes()
    world.process = Process(world)
    assert made_in(world, adopt_eni_id=found).association_id == first.association_id
    assert world.ec2.writes() == writes


def test_adopted_interface_of_another_subnet_fits_if_it_is_wanted_there(world: World) -> None:
    found = world.place(world.second)
    assert made_in(world, adopt_eni_id=found, subnet_id=world.second).interface.id == found


@pytest.mark.parametrize(
    "tags",
    [
        {OWNER_TAG: "shop/prod", NAME_TAG: "one"},
        {OWNER_TAG: OWNER, NAME_TAG: "two"},
        {ENI_OWNER_TAG: CONTROLLER_OWNER},
    ],
)
def test_interface_of_somebody_else_is_not_adopted(world: World, tags: dict[str, str]) -> None:
    found = world.place(**tags)
    with pytest.raises(StateError, match=f"{found} belongs to"):
        made_in(world, adopt_eni_id=found)
    assert world.ec2.region.interfaces[found].tags == tags


def test_interface_in_use_is_not_adopted(world: World) -> None:
    managed, attached = world.place(), world.place()
    world.ec2.region.interfaces[managed].is_requester_managed = True
    world.ec2.region.interfaces[attached].instance_id = "i-1"
    for found, user in ((managed, "an AWS service"), (attached, "i-1")):
        world.ec2.region.changed(world.ec2.region.interfaces[found])
        with pytest.raises(StateError, match=f"in use by {user}"):
            made_in(world, adopt_eni_id=found)
    assert world.ec2.writes() == 0


def test_interface_in_another_place_is_not_adopted(world: World) -> None:
    far, second = world.place(world.far), world.place(world.second)
    with pytest.raises(StateError, match=r"us-west-2b"):
        made_in(world, adopt_eni_id=far)
    with pytest.raises(StateError, match=world.subnet):
        made_in(world, adopt_eni_id=second, subnet_id=world.subnet)
    assert world.ec2.writes() == 0


def test_interface_that_is_gone_is_not_adopted(world: World) -> None:
    with pytest.raises(NotFoundError):
        made_in(world, adopt_eni_id="eni-0123456789abcdef0")


@pytest.mark.parametrize("vlan_id", [0, 9])
def test_interface_that_hangs_elsewhere_is_not_adopted(world: World, vlan_id: int) -> None:
    found = world.place()
    world.ec2.region.associate(found, world.trunk if vlan_id else world.new_trunk(), 5)
    with pytest.raises(StateError, match="under VLAN 5; wanted"):
        made_in(world, adopt_eni_id=found, vlan_id=vlan_id)
    assert len(world.ec2.region.associations) == 1


# ---------------------------------------------------------------------- read and update


def test_read_returns_what_is_there(world: World) -> None:
    made = made_in(world)
    eni_id = made.interface.id
    read = world.process.read(eni_id, world.spec)
    assert (read.association_id, read.vlan_id) == (made.association_id, 1)
    before = world.ec2.calls()["DescribeTrunkInterfaceAssociations"]
    assert world.process.read(eni_id, world.spec, made.association_id).association_id == made.association_id
    assert world.ec2.calls()["DescribeTrunkInterfaceAssociations"] == before


def test_read_believes_at_the_second_look_that_it_is_gone(world: World) -> None:
    before = world.clock.now()
    assert world.process.read("eni-0123456789abcdef0", world.spec) is None
    assert world.ec2.calls()["DescribeNetworkInterfaces"] == 2
    assert world.clock.now() > before


def test_read_is_not_fooled_by_one_late_answer(world: World) -> None:
    made = made_in(world)
    world.process = Process(world)
    world.fail("DescribeNetworkInterfaces", Kind.NOT_FOUND_FRESH)
    assert world.process.read(made.interface.id, world.spec).interface.id == made.interface.id


def test_branch_that_was_taken_off_is_read_without_association(world: World) -> None:
    made = made_in(world)
    world.ec2.region.disassociate(made.association_id)
    assert world.process.read(made.interface.id, world.spec, made.association_id).association_id == ""


def test_interface_in_use_by_something_else_is_read_without_association(world: World) -> None:
    found = world.place()
    row = world.ec2.region.interfaces[found]
    row.is_held = True
    world.ec2.region.changed(row)
    assert world.process.read(found, world.spec).association_id == ""


def test_update_changes_what_differs_and_nothing_else(world: World) -> None:
    made = made_in(world)
    writes = world.ec2.writes()
    world.process.update(made.interface.id, world.spec)
    assert world.ec2.writes() == writes
    changed = world.process.update(
        made.interface.id, replace(world.spec, group_ids=world.groups, tags={"a": "b"})
    )
    assert changed.interface.group_ids == frozenset(world.groups)
    assert {"a", "team"} & set(changed.interface.tags) == {"a"}
    assert changed.association_id == made.association_id


def test_update_hangs_a_branch_on_its_trunk_again(world: World) -> None:
    made = made_in(world)
    world.ec2.region.disassociate(made.association_id)
    updated = world.process.update(made.interface.id, world.spec)
    assert updated.association_id != made.association_id
    assert list(world.ec2.region.associations) == [updated.association_id]


def test_association_that_was_given_is_kept_when_a_list_still_shows_the_one_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a branch that was taken off its trunk, and lists of which the second is of before that
    made = made_in(world)
    listed = world.ec2.describe_trunk_associations
    lists = iter([None, listed()])
    world.ec2.region.disassociate(made.association_id)
    world.clock.sleep(1)
    monkeypatch.setattr(world.ec2, "describe_trunk_associations", lambda **_: next(lists, None) or listed())

    # when it is hung on again, then the new association is told
    updated = world.process.update(made.interface.id, world.spec)
    assert list(world.ec2.region.associations) == [updated.association_id] != [made.association_id]


def test_update_of_what_is_gone_or_foreign_is_refused(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.process.update("eni-0123456789abcdef0", world.spec)
    with pytest.raises(StateError, match="nobody that podsg knows"):
        world.process.update(world.place(), world.spec)
    assert world.ec2.writes() == 0


# ---------------------------------------------------------------------- delete


@pytest.mark.parametrize("is_known", [True, False])
def test_branch_is_deleted_in_two_writes_after_its_cooldown(world: World, is_known: bool) -> None:  # noqa: FBT001
    made = made_in(world)
    spec = replace(world.spec, cooldown_seconds=30)
    before, writes = world.clock.now(), world.ec2.writes()
    world.process.delete(made.interface.id, spec, made.association_id if is_known else "")
    assert world.branches() == []
    assert world.ec2.region.associations == {}
    assert world.ec2.writes() - writes == 2
    assert 30 <= world.clock.now() - before < 40


def test_delete_without_a_cooldown_does_not_wait(world: World) -> None:
    made = made_in(world)
    before = world.clock.now()
    world.process.delete(made.interface.id, world.spec, made.association_id)
    assert world.clock.now() == before


def test_delete_of_a_free_one_takes_it_off_no_trunk(world: World) -> None:
    made = made_in(world)
    world.ec2.region.disassociate(made.association_id)
    world.process.delete(made.interface.id, world.spec)
    assert world.branches() == []
    assert world.ec2.calls()["DisassociateTrunkInterface"] == 0


def test_delete_of_what_is_gone_is_fine(world: World) -> None:
    world.process.delete("eni-0123456789abcdef0", world.spec)
    assert world.clock.now() == 10_000


def test_delete_of_something_foreign_is_refused(world: World) -> None:
    found = world.place(**{OWNER_TAG: "shop/prod", NAME_TAG: "one"})
    with pytest.raises(StateError, match="belongs to shop/prod"):
        world.process.delete(found, world.spec)
    assert found in world.ec2.region.interfaces
    assert world.ec2.writes() == 0


def test_interface_that_the_call_did_not_see_is_deleted_at_the_next_look(world: World) -> None:
    made = made_in(world)
    world.process = Process(world)
    world.fail("DeleteNetworkInterface", Kind.NOT_FOUND_FRESH)
    world.process.delete(made.interface.id, world.spec, made.association_id)
    assert world.branches() == []


def test_what_is_deleted_is_gone_whatever_a_late_list_shows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_in(world)
    world.process.delete(made.interface.id, world.spec, made.association_id)
    monkeypatch.setattr(world.ec2, "describe_network_interfaces", lambda **_: (made.interface,))
    assert world.process.read(made.interface.id, world.spec) is None


def test_association_that_is_recorded_is_ended_though_a_late_list_shows_it_free(world: World) -> None:
    made = made_in(world)
    free = replace(made.interface, status="available")
    world.ec2.region.seen_interfaces.put(free.id, free)
    world.process.delete(made.interface.id, world.spec, made.association_id)
    assert world.branches() == []


def test_interface_that_something_holds_for_good_is_told(world: World) -> None:
    made = made_in(world)
    world.fail("DeleteNetworkInterface", Kind.IN_USE)
    with pytest.raises(InUseError):
        world.process.delete(made.interface.id, world.spec, made.association_id)


def test_association_that_nobody_shows_is_left_to_the_delete(world: World) -> None:
    made = made_in(world)
    world.ec2.region.seen_associations.put(made.association_id, None)
    world.process.delete(made.interface.id, world.spec)
    assert world.branches() == []
    assert world.ec2.calls()["DisassociateTrunkInterface"] == 0


def test_empty_list_for_an_id_means_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.ec2, "describe_network_interfaces", lambda **_: ())
    assert world.process.read("eni-0123456789abcdef0", world.spec) is None
