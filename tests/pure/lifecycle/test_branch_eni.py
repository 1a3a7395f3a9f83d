from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podsg.errors import (
    AwsError,
    CapacityError,
    DeadlineError,
    Ec2CallError,
    NotFoundError,
    StateError,
    TrunkCallNotOpenError,
)
from podsg.lifecycle.branch_eni import MOST_REMEMBERED, EniState, state_of
from podsg.lifecycle.calls import PROPAGATION_SECONDS
from podsg.lifecycle.tokens import GENERATION_TAG, MADE_AT_TAG, NAME_TAG, OWNER_TAG
from podsg.lifecycle.trunk_calls import POLL_SECONDS
from tests.pure.lifecycle.branch_eni_scene import OWNER, Process, World, made_in
from tests.simulation.faults import Fault, Faults, Kind, ProcessDiedError


@pytest.fixture
def world() -> World:
    return World()


# ---------------------------------------------------------------------- create


def test_branch_is_made_with_all_that_is_wanted_in_two_writes(world: World) -> None:
    made = made_in(world)
    row = world.ec2.region.interfaces[made.interface.id]
    assert (row.subnet_id, row.group_ids, row.description) == (
        world.subnet,
        frozenset(world.groups[:1]),
        "of one",
    )
    assert row.tags == {
        "Name": "one",
        "team": "shop",
        OWNER_TAG: OWNER,
        NAME_TAG: "one",
        MADE_AT_TAG: world.clock.utc().isoformat(),
        GENERATION_TAG: "0",
    }
    assert (made.trunk_eni_id, made.vlan_id, made.association_id) == (world.trunk, 1, row.association_id)
    assert state_of(made.interface) is EniState.ASSOCIATED
    assert world.ec2.writes() == 2


def test_lowest_free_vlan_or_the_wanted_one_is_taken(world: World) -> None:
    assert made_in(world, name="a").vlan_id == 1
    assert made_in(world, name="b", vlan_id=7).vlan_id == 7
    assert made_in(world, name="c").vlan_id == 2


def test_other_subnet_of_the_zone_is_taken_if_wanted(world: World) -> None:
    assert made_in(world, subnet_id=world.second).interface.subnet_id == world.second


def test_subnet_of_another_zone_is_refused_and_leaves_nothing(world: World) -> None:
    with pytest.raises(StateError, match=r"us-west-2b; wanted: us-west-2a"):
        made_in(world, subnet_id=world.far)
    assert world.branches() == []


def test_taken_vlan_is_refused_and_leaves_nothing(world: World) -> None:
    made_in(world, name="a", vlan_id=7)
    with pytest.raises(CapacityError, match="VLAN 7"):
        made_in(world, vlan_id=7)
    assert len(world.branches()) == 1


def test_full_trunk_is_refused_and_leaves_nothing(world: World) -> None:
    world.spec = replace(world.spec, trunk_eni_id=world.new_trunk(branch_limit=1))
    made_in(world, name="a")
    with pytest.raises(CapacityError, match="AttachmentLimitExceeded"):
        made_in(world)
    assert len(world.branches()) == 1


def test_account_that_may_not_make_the_trunk_call_is_told_before_any_write(world: World) -> None:
    world.ec2.refused_rights.add("AssociateTrunkInterface")
    with pytest.raises(TrunkCallNotOpenError, match="SecurityGroupPolicy"):
        made_in(world)
    assert world.ec2.writes() == 0


def test_refusal_after_a_passed_probe_leaves_nothing(world: World) -> None:
    world.fail("AssociateTrunkInterface", Kind.UNAUTHORIZED, nth=2)
    with pytest.raises(TrunkCallNotOpenError):
        made_in(world)
    assert world.branches() == []


def test_trunk_is_probed_once_per_process(world: World) -> None:
    made_in(world, name="a")
    made_in(world, name="b")
    assert sum(call.is_dry_run for call in world.ec2.log) == 1


@pytest.mark.parametrize(
    "kind",
    [Kind.NOT_FOUND_OLD, Kind.IN_USE, Kind.LIMIT, Kind.TOKEN_MISMATCH, Kind.MALFORMED_ID, Kind.WRONG_STATE],
)
def test_probe_that_ec2_refuses_for_another_reason_than_rights_is_passed(world: World, kind: Kind) -> None:
    world.fail("AssociateTrunkInterface", kind)
    assert made_in(world).vlan_id == 1


@pytest.mark.parametrize("code", ["RequestExpired", "ExpiredToken"])
def test_ended_login_is_no_closed_trunk_call(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def expired(**_: object) -> None:
        raise Ec2CallError("AssociateTrunkInterface", code)

    monkeypatch.setattr(world.ec2, "associate_trunk_interface", expired)
    with pytest.raises(AwsError, match="log in again") as caught:
        made_in(world)
    assert not isinstance(caught.value, TrunkCallNotOpenError)
    assert world.ec2.writes() == 0


def test_trunk_that_is_gone_is_named(world: World) -> None:
    with pytest.raises(NotFoundError, match="eni-0123456789abcdef0"):
        made_in(world, trunk_eni_id="eni-0123456789abcdef0")


def test_trunk_that_is_none_is_refused(world: World) -> None:
    plain = world.place()
    with pytest.raises(StateError, match=f"found {plain}, of type interface; allowed: a trunk ENI"):
        made_in(world, trunk_eni_id=plain)


# ---------------------------------------------------------------------- create that was cut off


@pytest.mark.parametrize("call", ["CreateNetworkInterface", "AssociateTrunkInterface"])
@pytest.mark.parametrize("is_after", [False, True])
def test_create_that_was_cut_off_goes_on_with_what_is_there(world: World, call: str, is_after: bool) -> None:  # noqa: FBT001
    nth = 2 if call == "AssociateTrunkInterface" else 1
    world.fail(call, None, nth=nth, is_after=is_after)
    with pytest.raises(ProcessDiedError):
        made_in(world)
    world.calm()
    world.process = Process(world)
    made = made_in(world)
    assert [row.id for row in world.branches()] == [made.interface.id]
    assert made.association_id == world.branches()[0].association_id


def test_groups_of_what_a_cut_left_are_brought_in_line(world: World) -> None:
    world.fail("AssociateTrunkInterface", None, nth=2)
    with pytest.raises(ProcessDiedError):
        made_in(world)
    world.calm()
    world.process = Process(world)
    made = made_in(world, group_ids=world.groups, description="other", tags={})
    row = world.branches()[0]
    assert (row.id, row.group_ids, row.description) == (made.interface.id, frozenset(world.groups), "other")
    assert "team" not in row.tags


def test_what_does_not_fit_is_deleted_and_made_anew(world: World) -> None:
    first = made_in(world, vlan_id=7)
    world.process = Process(world)
    second = made_in(world, vlan_id=8)
    assert [row.id for row in world.branches()] == [second.interface.id] != [first.interface.id]
    assert second.vlan_id == 8


def test_what_a_cut_left_in_another_subnet_is_deleted(world: World) -> None:
    left = world.place(world.second, **world.spec.all_tags)
    made = made_in(world)
    assert [row.id for row in world.branches()] == [made.interface.id] != [left]
    assert made.interface.subnet_id == world.subnet


def test_one_too_many_is_deleted(world: World) -> None:
    kept = made_in(world)
    world.process = Process(world)
    world.place(**world.spec.all_tags)
    again = made_in(world)
    assert [row.id for row in world.branches()] == [kept.interface.id] == [again.interface.id]
    assert again.vlan_id == kept.vlan_id


def test_second_resource_of_a_name_is_refused_and_takes_nothing_over(world: World) -> None:
    made = made_in(world)
    with pytest.raises(StateError, match=f"records {made.interface.id} under this name; allowed: one"):
        made_in(world)
    with pytest.raises(StateError, match="a logical name of its own"):
        made_in(world, adopt_eni_id=made.interface.id)
    assert [row.id for row in world.branches()] == [made.interface.id]


def test_token_of_one_that_is_gone_makes_the_next(world: World) -> None:
    first = made_in(world)
    world.process.delete(first.interface.id, world.spec, first.association_id)
    world.process = Process(world)
    second = made_in(world)
    assert second.interface.id != first.interface.id
    assert [row.id for row in world.branches()] == [second.interface.id]
    assert any("EC2 remembers an earlier one" in line for line in world.said)


def test_what_another_process_made_a_moment_ago_is_waited_for_and_not_made_twice(world: World) -> None:
    # given a create that was cut off after its first write, and an EC2 that shows it late
    world.clock.sleep(200)
    world.ec2.lag_seconds = 60
    world.fail("DescribeNetworkInterfaces", None, nth=3)
    with pytest.raises(ProcessDiedError):
        made_in(world)
    world.calm()
    # when another process makes it, in another shape
    world.process = Process(world)
    made = made_in(world, description="other")
    # then there is one, of that shape
    assert [(row.id, row.description) for row in world.branches()] == [(made.interface.id, "other")]


def test_next_one_of_a_process_that_deleted_the_last_waits_for_nothing(world: World) -> None:
    # given a branch ENI of an earlier process
    first = made_in(world)
    world.process = Process(world)
    # when it is replaced
    world.process.delete(first.interface.id, world.spec, first.association_id)
    before = world.clock.now()
    second = made_in(world)
    # then its token is the next one
    assert second.interface.tags[GENERATION_TAG] == "1"
    assert world.clock.now() == before


def test_many_that_are_gone_are_waited_for_once(world: World) -> None:
    # given branch ENIs that an earlier process deleted
    for name in ("a", "b", "c"):
        first = made_in(world, name=name)
        world.process.delete(first.interface.id, replace(world.spec, name=name), first.association_id)
    world.process = Process(world)
    world.clock.sleep(1)
    before = world.clock.now()
    # when they are made again
    for name in ("a", "b", "c"):
        made_in(world, name=name)
    # then that they are gone is waited for once
    assert PROPAGATION_SECONDS <= world.clock.now() - before < PROPAGATION_SECONDS + 60
    assert len(world.branches()) == 3


def test_token_that_ec2_answers_for_another_request_is_no_new_interface(world: World) -> None:
    # given an EC2 that compares no tags, and remembers one that is gone
    first = made_in(world)
    world.process.delete(first.interface.id, world.spec, first.association_id)
    remembered, make = first.interface, world.ec2.create_network_interface
    answers = iter([remembered])
    world.ec2.create_network_interface = lambda wanted: next(answers, None) or make(wanted)  # type: ignore[method-assign]
    # when, then
    world.process = Process(world)
    second = made_in(world)
    assert [row.id for row in world.branches()] == [second.interface.id] != [first.interface.id]


def test_token_that_stands_for_another_request_gives_way(world: World) -> None:
    world.fail("CreateNetworkInterface", Kind.TOKEN_MISMATCH)
    made_in(world)
    assert len(world.branches()) == 1


def test_token_mismatch_after_a_lost_answer_finds_what_was_made(world: World) -> None:
    # given a create whose answer is lost, and a token that is then said to stand for another request
    call = "CreateNetworkInterface"
    world.ec2.faults = Faults([Fault(call, 1, Kind.TIMEOUT_WITH_EFFECT), Fault(call, 2, Kind.TOKEN_MISMATCH)])
    # when, then there is one interface all the same
    made = made_in(world)
    assert [row.id for row in world.branches()] == [made.interface.id]


def test_tokens_that_are_used_up_are_told(world: World) -> None:
    world.fail("CreateNetworkInterface", Kind.TOKEN_MISMATCH, count=MOST_REMEMBERED)
    with pytest.raises(StateError, match=f"limit: {MOST_REMEMBERED}"):
        made_in(world)
    assert world.branches() == []


def test_refused_create_is_told_as_it_is(world: World) -> None:
    world.fail("CreateNetworkInterface", Kind.MALFORMED_ID)
    with pytest.raises(Ec2CallError, match="compare the ids"):
        made_in(world)


# ---------------------------------------------------------------------- association


def test_association_whose_answer_was_lost_is_found(world: World) -> None:
    world.fail("AssociateTrunkInterface", Kind.TIMEOUT_WITH_EFFECT, nth=2)
    made = made_in(world)
    assert made.association_id in world.ec2.region.associations
    assert len(world.ec2.region.associations) == 1


def test_association_that_was_not_made_is_made(world: World) -> None:
    world.fail("AssociateTrunkInterface", Kind.TIMEOUT_WITHOUT_EFFECT, nth=2)
    assert made_in(world).association_id in world.ec2.region.associations


def test_association_that_is_seen_late_is_waited_for(world: World) -> None:
    world.fail("AssociateTrunkInterface", Kind.TIMEOUT_WITH_EFFECT, nth=2)
    world.ec2.lag_seconds = 60
    world.clock.sleep(200)
    made = made_in(world)
    assert list(world.ec2.region.associations) == [made.association_id]


def test_interface_in_use_that_no_list_shows_yet_gets_time_to_show(world: World) -> None:
    world.fail("AssociateTrunkInterface", Kind.IN_USE, nth=2)
    before = world.clock.now()
    assert made_in(world).vlan_id == 1
    assert world.clock.now() - before == POLL_SECONDS


def test_vlan_of_a_branch_that_is_gone_is_free_again_in_the_same_process(world: World) -> None:
    first = made_in(world)
    world.process.delete(first.interface.id, world.spec, first.association_id)
    assert made_in(world).vlan_id == first.vlan_id == 1


def test_vlan_that_somebody_else_takes_meanwhile_gives_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = world.ec2.region
    rival = world.place()
    associate = region.associate

    def rivalled(branch_id: str, trunk_id: str, vlan_id: int) -> Any:
        monkeypatch.setattr(region, "associate", associate)
        associate(rival, trunk_id, vlan_id)
        return associate(branch_id, trunk_id, vlan_id)

    monkeypatch.setattr(region, "associate", rivalled)
    assert made_in(world).vlan_id == 2


def test_trunk_that_refuses_every_vlan_ends_with_capacity(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise Ec2CallError("AssociateTrunkInterface", "InvalidParameterValue")

    monkeypatch.setattr(world.ec2.region, "associate", refused)
    with pytest.raises(CapacityError, match="one of 120 VLANs"):
        made_in(world)
    assert world.branches() == []


def test_refusal_for_another_reason_is_told_and_leaves_nothing(world: World) -> None:
    world.fail("AssociateTrunkInterface", Kind.MALFORMED_ID, nth=2)
    with pytest.raises(Ec2CallError, match="compare the ids"):
        made_in(world)
    assert world.branches() == []


def test_fault_that_lasts_to_the_deadline_leaves_nothing(world: World) -> None:
    world.fail("AssociateTrunkInterface", Kind.WRONG_STATE, nth=2, count=100_000)
    with pytest.raises(DeadlineError, match="limit: 1200 s"):
        made_in(world)
    assert world.branches() == []


def test_what_cannot_be_undone_is_named_and_taken_up_by_the_next_create(world: World) -> None:
    world.ec2.faults = Faults(
        [
            Fault("AssociateTrunkInterface", 2, Kind.LIMIT),
            Fault("DeleteNetworkInterface", 1, Kind.UNAUTHORIZED),
        ]
    )
    with pytest.raises(CapacityError):
        made_in(world)
    left = world.branches()[0].id
    assert f"{left} is left behind" in world.said[-1]
    world.calm()
    assert made_in(world).interface.id == left
