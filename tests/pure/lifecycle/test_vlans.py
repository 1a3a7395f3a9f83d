from __future__ import annotations

from podsg.lifecycle.vlans import HIGHEST_VLAN, Vlans


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
