from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any, cast

import pytest

from podsg.errors import (
    AccessDeniedError,
    AwsError,
    CapacityError,
    DeadlineError,
    Ec2CallError,
    ExplainedError,
    InUseError,
    NotFoundError,
    ThrottledError,
)
from podsg.lifecycle.call_errors import RefusedCallError
from podsg.lifecycle.calls import LONGEST_BACKOFF_SECONDS, PROPAGATION_SECONDS, Memory, RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.interfaces import NetworkInterface, NewInterface
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.ports import Ec2
from tests.simulation.clock import SimulatedClock
from tests.simulation.faults import Kind, code_of

ENI, ASSOCIATION = "eni-1", "trunk-assoc-1"
LIMIT_SECONDS = 600.0
WANTED = NewInterface("subnet-1", ("sg-1",), "", {}, "token")
Use = Callable[[RetryingEc2], object]
USES: dict[str, Use] = {
    "DescribeNetworkInterfaces": lambda ec2: ec2.describe_network_interfaces(ids=[ENI]),
    "DescribeTrunkInterfaceAssociations": lambda ec2: ec2.describe_trunk_associations(ids=[ASSOCIATION]),
    "DescribeInstances": lambda ec2: ec2.describe_instances(["i-1"]),
    "DescribeSecurityGroups": lambda ec2: ec2.describe_security_groups(filters={"vpc-id": ["vpc-1"]}),
    "DescribeSubnets": lambda ec2: ec2.describe_subnets(filters={"vpc-id": ["vpc-1"]}),
    "DescribeVpcs": lambda ec2: ec2.vpc_exists("vpc-1"),
    "CreateNetworkInterface": lambda ec2: ec2.create_network_interface(WANTED),
    "AssociateTrunkInterface": lambda ec2: ec2.associate_trunk_interface(
        branch_id=ENI, trunk_id="eni-2", vlan_id=1, token="t"
    ),
    "DisassociateTrunkInterface": lambda ec2: ec2.disassociate_trunk_interface(ASSOCIATION, token="t"),
    "ModifyNetworkInterfaceAttribute": lambda ec2: ec2.modify_network_interface(ENI, description="x"),
    "CreateTags": lambda ec2: ec2.create_tags(ENI, {"a": "b"}),
    "DeleteTags": lambda ec2: ec2.delete_tags(ENI, ["a"]),
    "DeleteNetworkInterface": lambda ec2: ec2.delete_network_interface(ENI),
    "DeleteSecurityGroup": lambda ec2: ec2.delete_security_group("sg-1"),
}
DELETES = {"DisassociateTrunkInterface", "DeleteNetworkInterface", "DeleteSecurityGroup"}
ABOUT_AN_INTERFACE = {name for name in USES if "NetworkInterface" in name or "Tags" in name} - {
    "CreateNetworkInterface"
} | {"AssociateTrunkInterface"}
PASSING = [
    Kind.THROTTLE,
    Kind.SERVER_ERROR,
    Kind.TIMEOUT_WITH_EFFECT,
    Kind.TIMEOUT_WITHOUT_EFFECT,
    Kind.WRONG_STATE,
]
TIMEOUTS = [Kind.TIMEOUT_WITH_EFFECT, Kind.TIMEOUT_WITHOUT_EFFECT]
FINAL: dict[Kind, type[AwsError]] = {
    Kind.NOT_FOUND_OLD: NotFoundError,
    Kind.DEPENDENCY_VIOLATION: InUseError,
    Kind.IN_USE: InUseError,
    Kind.TOKEN_MISMATCH: RefusedCallError,
    Kind.NO_FREE_ADDRESS: CapacityError,
    Kind.LIMIT: CapacityError,
    Kind.UNAUTHORIZED: AccessDeniedError,
    Kind.MALFORMED_ID: RefusedCallError,
}
# Without an answer an association may have been made, and what a delete does not find is as it was wanted:
# these have tests of their own.
PASSING_AT = [
    (call, kind)
    for call in USES
    for kind in PASSING
    if call != "AssociateTrunkInterface" or kind not in TIMEOUTS
]
FINAL_AT = [
    (call, kind) for call in USES for kind in FINAL if call not in DELETES or kind is not Kind.NOT_FOUND_OLD
]
CALLS = pytest.mark.parametrize("call", USES)


class Answering:
    """An account that refuses a call so many times with a code, and answers after that."""

    def __init__(self, clock: SimulatedClock, call: str, code: str, count: float) -> None:
        self.clock, self.call, self.code, self.count = clock, call, code, count
        self.at: list[float] = []

    def __getattr__(self, _: str) -> Callable[..., object]:
        return self._answer

    def _answer(self, *_: Any, **__: Any) -> object:
        self.at.append(self.clock.now())
        if len(self.at) <= self.count:
            raise Ec2CallError(self.call, self.code, "EC2's own words")
        made = NetworkInterface(ENI, "vpc-1", "subnet-1")
        return (made,) if self.call == "DescribeNetworkInterfaces" else made


class Calling:
    """One call by one process."""

    def __init__(self, call: str, code: str, count: float = 1, limit: float = LIMIT_SECONDS) -> None:
        self.call = call
        self.clock = SimulatedClock(start=5000)
        self.memory = Memory(self.clock)
        self.account = Answering(self.clock, call, code, count)
        pacing, deadline = Pacing(self.clock), Deadline(self.clock, limit)
        chance = random.Random(1)  # noqa: S311 - jitter
        self.ec2 = RetryingEc2(cast("Ec2", self.account), self.clock, pacing, deadline, self.memory, chance)

    def do(self) -> object:
        return USES[self.call](self.ec2)

    @property
    def seconds(self) -> float:
        return self.clock.now() - 5000


def told(error: ExplainedError) -> str:
    """Return the text, which has to have all its parts and is no bare answer of EC2."""
    text = str(error)
    assert type(error) is not Ec2CallError
    assert "EC2's own words" in text
    assert "\n  Why: " in text
    assert "\n  Fix: " in text
    assert "\n  See: " in text
    assert "the call was not done." not in text
    return text


# ---------------------------------------------------------------------- each kind of fault, once and for good


@pytest.mark.parametrize(("call", "kind"), PASSING_AT)
def test_passing_fault_is_tried_again(call: str, kind: Kind) -> None:
    calling = Calling(call, code_of(kind, call), count=3)
    calling.do()
    assert len(calling.account.at) == 4
    assert calling.seconds > 0


@pytest.mark.parametrize(("call", "kind"), PASSING_AT)
def test_fault_that_lasts_ends_with_the_deadline_and_both_numbers(call: str, kind: Kind) -> None:
    calling = Calling(call, code_of(kind, call), count=float("inf"))
    with pytest.raises(ThrottledError if kind is Kind.THROTTLE else DeadlineError) as caught:
        calling.do()
    text = told(caught.value)
    assert calling.seconds == LIMIT_SECONDS
    assert f"ec2:{call}" in text
    assert f"tried {len(calling.account.at)}x; 600 s have passed; limit: 600 s" in text


@pytest.mark.parametrize(("call", "kind"), FINAL_AT)
def test_final_fault_is_told_at_once_with_its_type(call: str, kind: Kind) -> None:
    calling = Calling(call, code_of(kind, call))
    with pytest.raises(FINAL[kind]) as caught:
        calling.do()
    assert f"ec2:{call}" in told(caught.value)
    assert (len(calling.account.at), calling.seconds) == (1, 0)


@CALLS
def test_call_that_is_not_refused_is_made_once(call: str) -> None:
    calling = Calling(call, "", count=0)
    calling.do()
    assert (len(calling.account.at), calling.seconds) == (1, 0)


@pytest.mark.parametrize("call", sorted(DELETES))
def test_delete_of_what_is_gone_is_done(call: str) -> None:
    calling = Calling(call, code_of(Kind.NOT_FOUND_OLD, call))
    assert calling.do() is None
    assert (len(calling.account.at), calling.seconds) == (1, 0)


@pytest.mark.parametrize("kind", TIMEOUTS)
def test_association_without_an_answer_is_left_to_the_operation(kind: Kind) -> None:
    calling = Calling("AssociateTrunkInterface", code_of(kind, "AssociateTrunkInterface"))
    with pytest.raises(RefusedCallError) as caught:
        calling.do()
    assert "may have been done" in told(caught.value)
    assert caught.value.code == "RequestTimeout"
    assert len(calling.account.at) == 1


def test_dry_run_without_an_answer_is_tried_again() -> None:
    calling = Calling("AssociateTrunkInterface", "RequestTimeout")
    calling.ec2.associate_trunk_interface(branch_id=ENI, trunk_id="eni-2", vlan_id=1, token="t", dry_run=True)
    assert len(calling.account.at) == 2


# ---------------------------------------------------------------------- what was just made


@pytest.mark.parametrize("call", sorted(ABOUT_AN_INTERFACE))
def test_interface_that_was_just_made_is_waited_for(call: str) -> None:
    calling = Calling(call, "InvalidNetworkInterfaceID.NotFound", count=5)
    calling.memory.note(ENI)
    calling.do()
    assert len(calling.account.at) == 6
    assert calling.seconds < PROPAGATION_SECONDS


@pytest.mark.parametrize("call", sorted(ABOUT_AN_INTERFACE - DELETES))
def test_interface_that_does_not_come_is_gone_after_the_propagation_time(call: str) -> None:
    calling = Calling(call, "InvalidNetworkInterfaceID.NotFound", count=float("inf"))
    calling.memory.note(ENI)
    with pytest.raises(NotFoundError) as caught:
        calling.do()
    told(caught.value)
    assert PROPAGATION_SECONDS <= calling.seconds < PROPAGATION_SECONDS + LONGEST_BACKOFF_SECONDS


def test_fresh_interface_that_does_not_come_before_the_deadline_is_not_called_gone() -> None:
    calling = Calling(
        "DescribeNetworkInterfaces", "InvalidNetworkInterfaceID.NotFound", count=float("inf"), limit=60
    )
    calling.memory.note(ENI)
    with pytest.raises(DeadlineError, match="60 s have passed; limit: 60 s"):
        calling.do()


def test_delete_of_a_fresh_interface_that_does_not_come_is_done_in_the_end() -> None:
    calling = Calling("DeleteNetworkInterface", "InvalidNetworkInterfaceID.NotFound", count=float("inf"))
    calling.memory.note(ENI)
    assert calling.do() is None
    assert calling.seconds >= PROPAGATION_SECONDS


def test_what_was_created_is_remembered_and_what_was_deleted_is_forgotten() -> None:
    calling = Calling("CreateNetworkInterface", "", count=0)
    calling.do()
    assert calling.memory.is_fresh(ENI)
    calling.ec2.delete_network_interface(ENI)
    assert not calling.memory.is_fresh(ENI)


def test_look_at_what_was_just_deleted_is_not_tried_again() -> None:
    calling = Calling("DescribeNetworkInterfaces", "InvalidNetworkInterfaceID.NotFound", count=0)
    calling.memory.note(ENI)
    calling.ec2.delete_network_interface(ENI)
    calling.account.count = float("inf")
    with pytest.raises(NotFoundError):
        calling.do()
    assert calling.seconds == 0


def test_dry_run_of_a_delete_forgets_nothing() -> None:
    calling = Calling("DeleteNetworkInterface", "", count=0)
    calling.memory.note(ENI)
    calling.ec2.delete_network_interface(ENI, dry_run=True)
    assert calling.memory.is_fresh(ENI)


@pytest.mark.parametrize("call", sorted(ABOUT_AN_INTERFACE - {"AssociateTrunkInterface"}))
def test_lost_answer_does_not_make_a_fresh_interface_old(call: str) -> None:
    calling = Calling(call, "RequestTimeout", count=1)
    calling.memory.note(ENI)

    def then_not_found() -> None:
        calling.account.code, calling.account.count = "InvalidNetworkInterfaceID.NotFound", 4

    calling.clock.at(calling.clock.now() + 0.01, then_not_found)
    calling.do()
    assert len(calling.account.at) == 5


def test_one_fresh_interface_of_many_is_enough_to_wait() -> None:
    clock = SimulatedClock()
    memory = Memory(clock)
    memory.note("eni-2")
    assert memory.is_fresh("eni-1", "eni-2")
    assert not memory.is_fresh("eni-1")
    assert not memory.is_fresh()
    clock.sleep(PROPAGATION_SECONDS)
    assert not memory.is_fresh("eni-2")


def test_age_of_what_another_process_made_counts() -> None:
    clock = SimulatedClock(start=1000)
    memory, made_at = Memory(clock), clock.utc()
    clock.sleep(PROPAGATION_SECONDS - 1)
    memory.note_recorded("eni-1", made_at.isoformat())
    memory.note_recorded("eni-of-a-later-clock", (clock.utc() + timedelta(hours=1)).isoformat())
    for unknown in ("", "yesterday", "2026-01-01T00:16:40"):
        memory.note_recorded("eni-of-unknown-age", unknown)
    assert memory.is_fresh("eni-1")
    assert not memory.is_fresh("eni-of-unknown-age")
    clock.sleep(1)
    assert not memory.is_fresh("eni-1")
    assert memory.is_fresh("eni-of-a-later-clock")


def test_process_without_a_memory_gets_one() -> None:
    clock = SimulatedClock()
    account = Answering(clock, "DescribeNetworkInterfaces", "InvalidNetworkInterfaceID.NotFound", 2)
    ec2 = RetryingEc2(cast("Ec2", account), clock, Pacing(clock), Deadline(clock, LIMIT_SECONDS))
    account.count, account.call = 0, "CreateNetworkInterface"
    ec2.create_network_interface(WANTED)
    account.count, account.call = 3, "DescribeNetworkInterfaces"
    assert ec2.describe_network_interfaces(ids=[ENI])


# ---------------------------------------------------------------------- texts and pauses


@CALLS
def test_missing_right_names_the_action_of_the_policy(call: str) -> None:
    with pytest.raises(AccessDeniedError, match=f"Fix: allow ec2:{call}: "):
        Calling(call, "UnauthorizedOperation").do()


@pytest.mark.parametrize("code", ["RequestExpired", "ExpiredToken", "InvalidClientTokenId", "Blocked"])
def test_login_that_ended_says_to_log_in_again(code: str) -> None:
    calling = Calling("CreateTags", code)
    with pytest.raises(RefusedCallError) as caught:
        calling.do()
    assert "Fix: log in again" in told(caught.value)
    assert len(calling.account.at) == 1


@pytest.mark.parametrize("code", ["RequestThrottled", "TooManyRequestsException", "InternalServerError"])
def test_other_words_for_a_passing_fault_are_known(code: str) -> None:
    calling = Calling("CreateTags", code, count=2)
    calling.do()
    assert len(calling.account.at) == 3


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("IdempotentParameterMismatch", "change the description, or wait a day"),
        ("InvalidNetworkInterfaceID.Malformed", "compare the ids"),
        ("NeverHeardOf", "EC2 API reference"),
    ],
)
def test_refusal_that_operations_judge_by_code_is_explained_too(code: str, fix: str) -> None:
    with pytest.raises(Ec2CallError) as caught:
        Calling("CreateNetworkInterface", code).do()
    assert fix in told(caught.value)
    assert (caught.value.call, caught.value.code) == ("CreateNetworkInterface", code)


def test_call_about_nothing_in_particular_has_no_subject() -> None:
    with pytest.raises(AccessDeniedError) as caught:
        Calling("DescribeSubnets", "UnauthorizedOperation").do()
    assert caught.value.explanation.subject == "ec2:DescribeSubnets"


def test_pauses_grow_to_their_limit_with_jitter() -> None:
    calling = Calling("CreateTags", "InternalError", count=12)
    calling.do()
    at = calling.account.at
    pauses = [after - before for before, after in pairwise(at)]
    longest = [min(LONGEST_BACKOFF_SECONDS, 2.0**nth / 2) for nth in range(1, 13)]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))
    assert len({round(pause, 6) for pause in pauses[-6:]}) == 6


def test_turn_that_comes_too_late_is_no_call() -> None:
    calling = Calling("AssociateTrunkInterface", "", count=0, limit=0.1)
    for _ in range(40):
        calling.do()
    with pytest.raises(DeadlineError, match="its turn comes in"):
        calling.do()
    assert len(calling.account.at) == 40


@pytest.mark.parametrize(
    ("everything", "some"),
    [
        (
            lambda ec2: ec2.describe_network_interfaces(),
            lambda ec2: ec2.describe_network_interfaces(filters={"vpc-id": ["vpc-1"]}),
        ),
        (
            lambda ec2: ec2.describe_security_groups(filters={}),
            lambda ec2: ec2.describe_security_groups(filters={"vpc-id": ["vpc-1"]}),
        ),
    ],
)
def test_lists_of_everything_are_paced_as_such(everything: Use, some: Use) -> None:
    calling = Calling("DescribeNetworkInterfaces", "", count=0)
    for _ in range(30):
        some(calling.ec2)
    assert calling.seconds == 0
    for _ in range(41):
        everything(calling.ec2)
    assert calling.seconds == pytest.approx(0.125)
