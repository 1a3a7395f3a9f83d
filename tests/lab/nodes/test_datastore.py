"""Addresses of a node: which ENI gets more, when a new ENI comes, and what is kept for the trunk."""

from __future__ import annotations

from lab.nodes.datastore import AssignAddresses, CreateInterface
from tests.lab.nodes.builders import interface, store

POD_ENI = {"ENABLE_POD_ENI": "true"}
CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}


def test_a_fresh_node_fills_its_primary_interface() -> None:
    assert store(interface(0)).next_step() == AssignAddresses("eni-0", 9)


def test_one_whole_interface_stays_spare() -> None:
    assert store(interface(0, 9)).next_step() is None
    assert store(interface(0, 9), used=1).next_step() == CreateInterface(9)
    assert store(interface(0, 9), interface(1, 9), used=9).next_step() is None


def test_an_interface_with_room_comes_before_a_new_one() -> None:
    assert store(interface(0, 9), interface(1, 2), used=9).next_step() == AssignAddresses("eni-1", 7)


def test_no_more_interfaces_than_the_type_allows() -> None:
    assert store(*(interface(place, 9) for place in range(3)), used=27).next_step() is None


def test_no_more_interfaces_than_max_eni_says() -> None:
    full = store(interface(0, 9), used=9, env={"MAX_ENI": "1"})
    assert full.next_step() is None
    assert not full.has_room_for_trunk
    assert store(interface(0, 9), used=9, env={"MAX_ENI": "9"}).most_interfaces == 3


def test_one_place_is_kept_for_the_trunk() -> None:
    two = interface(0, 9), interface(1, 9)
    assert store(*two, used=18, env=POD_ENI).next_step() is None
    assert store(*two, used=18, env=POD_ENI).has_room_for_trunk
    assert store(*two, used=18).next_step() == CreateInterface(9)


def test_the_trunk_gives_no_addresses_but_takes_a_place() -> None:
    both = interface(0, 9), interface(2, trunk=True)
    assert store(*both, used=9, env=POD_ENI).next_step() == CreateInterface(9)
    assert store(*both).free_device_index == 1
    assert store(*both, interface(1, 9), used=18, env=POD_ENI).next_step() is None


def test_full_places_leave_no_room_for_a_trunk() -> None:
    assert not store(*(interface(place) for place in range(3)), env=POD_ENI).has_room_for_trunk


def test_custom_networking_leaves_the_primary_interface_out() -> None:
    fresh = store(interface(0, 9), env=CUSTOM)
    assert fresh.total == []
    assert fresh.next_step() == CreateInterface(9)
    assert store(interface(0, 9), interface(1, 9), env=CUSTOM).total == list(interface(1, 9).addresses)


def test_targets_that_count_addresses() -> None:
    few = {"WARM_IP_TARGET": "2", "MINIMUM_IP_TARGET": "5"}
    assert store(interface(0), env=few).next_step() == AssignAddresses("eni-0", 5)
    assert store(interface(0, 5), used=3, env=few).next_step() is None
    assert store(interface(0, 5), used=4, env=few).next_step() == AssignAddresses("eni-0", 1)
    assert store(interface(0, 9), used=8, env=few).next_step() == CreateInterface(1)


def test_no_spare_interface() -> None:
    none = {"WARM_ENI_TARGET": "0"}
    assert store(interface(0, 9), used=8, env=none).next_step() is None
    assert store(interface(0, 9), used=9, env=none).next_step() == CreateInterface(9)


def test_no_more_addresses_than_pods() -> None:
    assert store(interface(0, 9), used=9, max_pods=9).next_step() is None


def test_free_addresses_are_those_nobody_has() -> None:
    assert store(interface(0, 3), used=2).free == ["10.0.1.3"]
