from __future__ import annotations

import pytest

from podsg.lifecycle.interfaces import TrunkAssociation
from podsg.lifecycle.vlans import HIGHEST_VLAN, Vlans
from tests.pure.lifecycle.branch_eni_scene import World, made_in


def test_vlan_is_free_again_when_it_is_given_back() -> None:
    vlans = Vlans()
    assert [vlans.take("eni-1", ()), vlans.take("eni-1", ())] == [1, 2]
    vlans.give_back("eni-1", 1)
    assert vlans.take("eni-1", ()) == 1


def test_trunks_do_not_share_their_vlans() -> None:
    vlans = Vlans()
    assert [vlans.take("eni-1", ()), vlans.take("eni-2", ())] == [1, 1]


def test_full_trunk_has_no_vlan() -> None:
    vlans, all_but_last = Vlans(), set(range(1, HIGHEST_VLAN))
    assert vlans.take("eni-1", all_but_last) == HIGHEST_VLAN
    assert vlans.take("eni-1", all_but_last) == 0


def test_wanted_vlan_is_taken_or_none() -> None:
    vlans = Vlans()
    assert vlans.take("eni-1", {5}, wanted=5) == 0
    assert vlans.take("eni-1", {5}, wanted=6) == 6
    assert vlans.take("eni-1", {5}, wanted=6) == 0


def test_giving_back_what_nobody_took_changes_nothing() -> None:
    vlans = Vlans()
    vlans.give_back("eni-1", 1)
    assert vlans.take("eni-1", ()) == 1


def test_only_the_trunk_that_was_found_open_is_open() -> None:
    vlans = Vlans()
    vlans.note_open("eni-1")
    assert vlans.is_open("eni-1")
    assert not vlans.is_open("eni-2")


def test_vlan_that_a_late_list_does_not_show_as_taken_is_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given VLANs 1 to 3 that somebody else took a moment ago, and lists that do not show them yet
    world = World()
    mine, others = world.place(), [world.place() for _ in range(3)]
    world.clock.sleep(1000)
    for vlan_id, other in enumerate(others, start=1):
        world.ec2.region.associate(other, world.trunk, vlan_id)
    monkeypatch.setattr(world.ec2, "_lag", lambda: 120.0)
    asked: list[int] = []
    associate = world.ec2.region.associate

    def noted(branch_id: str, trunk_id: str, vlan_id: int) -> TrunkAssociation:
        asked.append(vlan_id)
        return associate(branch_id, trunk_id, vlan_id)

    monkeypatch.setattr(world.ec2.region, "associate", noted)
    # when
    made = made_in(world, adopt_eni_id=mine)
    # then
    assert made.vlan_id == 4
    assert asked[:4] == [1, 2, 3, 4]
