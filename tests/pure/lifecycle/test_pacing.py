from __future__ import annotations

import pytest

from podsg.errors import DeadlineError
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.pacing import SHARE, UNFILTERED_CALLS, Pacing, quota
from tests.simulation.clock import SimulatedClock
from tests.simulation.limits import Buckets

LONG = 100_000.0
CALLS = [
    ("DescribeNetworkInterfaces", 100, 20),
    ("DescribeTrunkInterfaceAssociations", 100, 20),
    ("CreateNetworkInterface", 100, 5),
    ("DeleteNetworkInterface", 100, 5),
    ("ModifyNetworkInterfaceAttribute", 100, 5),
    ("CreateTags", 100, 10),
    ("DeleteTags", 100, 10),
    ("AssociateTrunkInterface", 50, 5),
    ("DeleteSecurityGroup", 50, 5),
]


@pytest.mark.parametrize(("call", "size", "per_second"), CALLS)
def test_calls_at_once_and_calls_a_second_are_a_share_of_the_published_ones(
    call: str, size: int, per_second: int
) -> None:
    clock = SimulatedClock()
    pacing, deadline = Pacing(clock), Deadline(clock, LONG)
    for _ in range(int(size * SHARE)):
        pacing.take(call, deadline)
    assert clock.now() == 0
    pacing.take(call, deadline)
    assert clock.now() == pytest.approx(1 / (per_second * SHARE))


@pytest.mark.parametrize("call", sorted(UNFILTERED_CALLS))
def test_lists_of_everything_have_a_smaller_bucket_of_their_own(call: str) -> None:
    clock = SimulatedClock()
    pacing, deadline = Pacing(clock), Deadline(clock, LONG)
    for _ in range(int(50 * SHARE)):
        pacing.take(call, deadline, is_unfiltered=True)
    pacing.take(call, deadline)
    assert clock.now() == 0
    pacing.take(call, deadline, is_unfiltered=True)
    assert clock.now() == pytest.approx(1 / (10 * SHARE))


@pytest.mark.parametrize("call", ["DescribeTrunkInterfaceAssociations", "DescribeSubnets", "CreateTags"])
def test_other_calls_have_one_bucket_with_and_without_a_filter(call: str) -> None:
    clock = SimulatedClock()
    pacing, deadline = Pacing(clock), Deadline(clock, LONG)
    assert quota(call, is_unfiltered=True) == quota(call)
    for number in range(int(100 * SHARE)):
        pacing.take(call, deadline, is_unfiltered=number % 2 == 0)
    assert clock.now() == 0
    pacing.take(call, deadline)
    assert clock.now() > 0


def test_bucket_that_rested_is_full_and_not_fuller() -> None:
    clock = SimulatedClock()
    pacing, deadline = Pacing(clock), Deadline(clock, LONG)
    for _ in range(60):
        pacing.take("AssociateTrunkInterface", deadline)
    clock.sleep(1000)
    rested = clock.now()
    for _ in range(40):
        pacing.take("AssociateTrunkInterface", deadline)
    assert clock.now() == rested
    pacing.take("AssociateTrunkInterface", deadline)
    assert clock.now() > rested


def test_threads_of_a_process_stay_together_below_the_published_limits() -> None:
    clock = SimulatedClock()
    pacing, deadline, ec2 = Pacing(clock), Deadline(clock, LONG), Buckets(clock)

    def call() -> None:
        pacing.take("CreateNetworkInterface", deadline)
        ec2.take("CreateNetworkInterface")

    outcomes = clock.run([call] * 500, workers=4)
    assert [one.error for one in outcomes if one.error] == []
    assert clock.now() == pytest.approx((500 - 80) / 4)


def test_turn_after_the_deadline_is_refused_at_once_with_both_numbers() -> None:
    # given a queue of 10 s: 40 tokens and 40 turns of 0.25 s
    clock = SimulatedClock()
    pacing, deadline = Pacing(clock), Deadline(clock, 5)
    queue(pacing, 80)
    clock.sleep(2)
    # when somebody comes who has 3 s left
    with pytest.raises(DeadlineError) as caught:
        pacing.take("AssociateTrunkInterface", deadline)
    # then nobody waited
    assert clock.now() == 2
    text = str(caught.value)
    assert "in 8 s, 10 s after the start; limit: 5 s" in text
    assert "ec2:AssociateTrunkInterface" in text
    assert "Why: " in text
    assert "Fix: " in text


def test_refused_turn_is_given_back() -> None:
    clock = SimulatedClock()
    pacing = Pacing(clock)
    queue(pacing, 80)
    for _ in range(100):
        with pytest.raises(DeadlineError):
            pacing.take("AssociateTrunkInterface", Deadline(clock, 5))
    pacing.take("AssociateTrunkInterface", Deadline(clock, LONG))
    assert clock.now() == pytest.approx(41 * 0.25)


def test_turn_at_the_deadline_is_in_time() -> None:
    clock = SimulatedClock()
    pacing = Pacing(clock)
    queue(pacing, 40)
    pacing.take("AssociateTrunkInterface", Deadline(clock, 0.25))
    assert clock.now() == 0.25


def test_free_turn_is_taken_though_no_time_is_left() -> None:
    clock = SimulatedClock()
    Pacing(clock).take("AssociateTrunkInterface", Deadline(clock, 0))
    assert clock.now() == 0


def queue(pacing: Pacing, count: int) -> None:
    """Take turns as other threads would, whose waiting does not move this one's time."""
    for _ in range(count):
        pacing._move("AssociateTrunkInterface", quota("AssociateTrunkInterface"), -1)
