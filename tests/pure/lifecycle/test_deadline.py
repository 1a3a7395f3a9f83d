from __future__ import annotations

from podsg.lifecycle.deadline import Deadline
from tests.simulation.clock import SimulatedClock


def test_what_is_left_and_what_has_passed_make_up_the_whole() -> None:
    clock = SimulatedClock(start=1000)
    deadline = Deadline(clock, 60)
    clock.sleep(20)
    assert (deadline.elapsed(), deadline.left(), deadline.seconds) == (20, 40, 60)
    assert not deadline.is_over()


def test_nothing_is_left_after_the_end_and_the_time_goes_on() -> None:
    clock = SimulatedClock()
    deadline = Deadline(clock, 60)
    clock.sleep(61)
    assert (deadline.elapsed(), deadline.left()) == (61, 0)
    assert deadline.is_over()


def test_the_last_moment_is_over() -> None:
    clock = SimulatedClock()
    deadline = Deadline(clock, 60)
    clock.sleep(60)
    assert deadline.is_over()


def test_a_pause_ends_with_the_deadline() -> None:
    clock = SimulatedClock()
    deadline = Deadline(clock, 60)
    deadline.sleep(50)
    assert clock.now() == 50
    deadline.sleep(50)
    assert clock.now() == 60
