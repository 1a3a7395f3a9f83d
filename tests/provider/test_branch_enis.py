"""The provider of explicit branch ENIs, over the simulated EC2."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown

from podsg.errors import StateError
from podsg.lifecycle.calls import RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.vlans import Vlans
from podsg.provider import branch_enis
from podsg.provider.checks import UNKNOWN
from podsg.provider.dynamic import (
    BranchEniProvider,
    DrainGateProvider,
    SweepGateProvider,
    WorkloadGateProvider,
)
from podsg.provider.gate_account import GateAccount
from tests.provider.gate_inputs import GATES
from tests.simulation.clock import SimulatedClock
from tests.simulation.ec2 import SimulatedEc2

OWNER = "shop/dev"
LATER = Unknown()  # type: ignore[no-untyped-call]
PROVIDERS: dict[str, Any] = {
    "drain": DrainGateProvider(),
    "sweep": SweepGateProvider(),
    "workload": WorkloadGateProvider(),
}
MOST_CALLS = 3
MANY = 1000
OUTPUTS = ("eni_id", "association_id", "vpc_id", "zone", "private_ip", "mac_address", "status")


class World:
    """An account with a trunk, and the inputs of one branch ENI on it."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(start=10_000)
        self.ec2 = SimulatedEc2(self.clock, seed=1)
        region = self.ec2.region
        self.vpc = region.add_vpc()
        self.subnet = region.add_subnet(self.vpc)
        self.groups = [region.add_group(self.vpc, "pods"), region.add_group(self.vpc, "others")]
        self.trunks = [self._trunk() for _ in range(MANY // 120 + 1)]
        self.inputs = self.described("one")

    def _trunk(self) -> str:
        region = self.ec2.region
        return region.add_trunk(region.add_instance(120), self.subnet, tuple(self.groups[:1]))

    def described(self, name: str, trunk: int = 0, **more: Any) -> dict[str, Any]:
        return {
            "region": "us-west-2",
            "account_id": "123456789012",
            "profile": "",
            "role_arn": "",
            "podsg_version": "0.1.0",
            "owner": OWNER,
            "name": name,
            "trunk_eni_id": self.trunks[trunk],
            "subnet_id": "",
            "vlan_id": 0.0,
            "group_ids": [self.groups[0]],
            "description": name,
            "tags": {},
            "cooldown_seconds": 0,
            "adopt_eni_id": "",
            "timeout_minutes": 15,
            **dict.fromkeys(OUTPUTS),
            **more,
        }


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()

    def account(inputs: Any, _connected: object = None) -> GateAccount:
        deadline = Deadline(made.clock, 900)
        return GateAccount(
            inputs, lambda _: None, RetryingEc2(made.ec2, made.clock, pacing, deadline), made.clock
        )

    pacing = Pacing(made.clock)
    monkeypatch.setattr(GateAccount, "without_vpc", account)
    monkeypatch.setattr(branch_enis, "VLANS", Vlans())
    monkeypatch.setattr(branch_enis, "PREFETCH", branch_enis.Prefetch())
    return made


def test_made_read_changed_and_deleted(world: World) -> None:
    provider = BranchEniProvider()
    made = provider.create(world.inputs)
    assert made.outs is not None
    assert made.outs["eni_id"] == made.id
    assert made.outs["vlan_id"] == 1
    assert made.outs["vpc_id"] == world.vpc
    assert made.outs["subnet_id"] == world.subnet
    assert made.outs["tags"] == {}
    assert provider.diff(made.id, made.outs, world.inputs).changes is False

    seen = provider.read(made.id, made.outs)
    assert (seen.id, seen.outs) == (made.id, made.outs)

    wanted = world.described("one", group_ids=[world.groups[1]], tags={"team": "shop"})
    difference = provider.diff(made.id, made.outs, wanted)
    assert (difference.changes, difference.replaces) == (True, [])
    changed = provider.update(made.id, made.outs, wanted).outs
    assert changed is not None
    assert changed["group_ids"] == [world.groups[1]]
    assert changed["tags"] == {"team": "shop"}

    provider.delete(made.id, changed)
    gone = provider.read(made.id, changed)
    assert (gone.id, gone.outs) == ("", {})


def test_drift_is_a_difference(world: World) -> None:
    provider = BranchEniProvider()
    made = provider.create(world.inputs)
    world.ec2.modify_network_interface(made.id, group_ids=[world.groups[1]])
    seen = provider.read(made.id, made.outs or {}).outs
    assert seen is not None
    assert seen["group_ids"] == [world.groups[1]]
    assert provider.diff(made.id, seen, world.inputs).changes is True


def test_a_lost_association_is_a_difference(world: World) -> None:
    provider = BranchEniProvider()
    made = provider.create(world.inputs)
    assert made.outs is not None
    world.ec2.disassociate_trunk_interface(made.outs["association_id"], token="other")
    seen = provider.read(made.id, made.outs).outs
    assert seen is not None
    assert seen["association_id"] == ""
    assert provider.diff(made.id, seen, world.inputs).changes is True
    again = provider.update(made.id, seen, world.inputs).outs
    assert again is not None
    assert again["association_id"]


@pytest.mark.parametrize(
    ("changed", "replaces"),
    [
        ({"vlan_id": 9}, ["vlan_id"]),
        ({"subnet_id": "subnet-1"}, ["subnet_id"]),
        ({"trunk_eni_id": "eni-1"}, ["trunk_eni_id"]),
        ({"trunk_eni_id": UNKNOWN}, ["trunk_eni_id"]),
        ({"adopt_eni_id": "eni-1"}, ["adopt_eni_id"]),
        ({"group_ids": [UNKNOWN]}, []),
        ({"podsg_version": "0.2.0"}, []),
    ],
)
def test_another_place_replaces_it_and_the_old_one_goes_first(
    world: World, changed: dict[str, Any], replaces: list[str]
) -> None:
    provider = BranchEniProvider()
    made = provider.create(world.inputs)
    found = provider.diff(made.id, made.outs or {}, {**world.inputs, **changed})
    assert (found.changes, found.replaces, found.delete_before_replace) == (True, replaces, True)


def test_one_that_is_named_for_adoption_and_is_it_already_stays(world: World) -> None:
    provider = BranchEniProvider()
    made = provider.create(world.inputs)
    found = provider.diff(made.id, made.outs or {}, {**world.inputs, "adopt_eni_id": made.id})
    assert found.changes is False


def test_a_thousand_are_read_in_three_calls(world: World) -> None:
    provider = BranchEniProvider()
    made = [provider.create(world.described(f"eni-{one}", one // 120)) for one in range(MANY)]
    begin = len(world.ec2.log)
    for one in made:
        assert provider.read(one.id, one.outs or {}).id == one.id
    assert len(world.ec2.log) - begin <= MOST_CALLS


def test_gone_is_only_believed_where_the_vpc_is_known(world: World) -> None:
    provider = BranchEniProvider()
    made = provider.create(world.inputs)
    elsewhere = {**(made.outs or {}), "vpc_id": "vpc-00000000000000000"}
    world.ec2.delete_network_interface(made.id)
    with pytest.raises(StateError):
        provider.read(made.id, elsewhere)
    with pytest.raises(StateError):
        provider.delete(made.id, elsewhere)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"group_ids": []}, "group_ids"),
        ({"group_ids": [f"sg-{one:017x}" for one in range(17)]}, "group_ids"),
        ({"vlan_id": 121}, "vlan_id"),
        ({"cooldown_seconds": -1}, "cooldown_seconds"),
        ({"trunk_eni_id": "i-1"}, "trunk_eni_id"),
        ({"timeout_minutes": 0}, "timeout_minutes"),
    ],
)
def test_wrong_inputs_are_refused_with_their_names(world: World, wrong: dict[str, Any], key: str) -> None:
    checked = BranchEniProvider().check({}, {**world.inputs, **wrong})
    assert [failure.property for failure in checked.failures or []] == [key]


@pytest.mark.parametrize("unknown", [UNKNOWN, LATER], ids=["sentinel", "object"])
def test_values_that_are_not_known_yet_pass_and_go_on_as_they_are(world: World, unknown: object) -> None:
    keys = ("trunk_eni_id", "subnet_id", "vlan_id", "cooldown_seconds", "group_ids", "account_id", "region")
    later = {**world.inputs, **dict.fromkeys(keys, unknown), "tags": {"a": [unknown]}}
    checked = BranchEniProvider().check({}, later)
    assert checked.failures == []
    assert checked.inputs == later
    made = BranchEniProvider().create(world.inputs)
    difference = BranchEniProvider().diff(made.id, made.outs or {}, {**world.inputs, "trunk_eni_id": unknown})
    assert difference.replaces == ["trunk_eni_id"]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_gates_take_values_that_are_not_known_yet(kind: str) -> None:
    later = {
        **GATES[kind],
        **dict.fromkeys(("vpc_id", "account_id", "region", "cluster_identity"), LATER),
    }
    assert PROVIDERS[kind].check({}, later).failures == []
    assert PROVIDERS[kind].diff("x", GATES[kind], later).replaces == ["cluster_identity"]
