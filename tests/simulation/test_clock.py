from __future__ import annotations

import threading

import pytest

from tests.simulation import clock as clock_module
from tests.simulation.clock import SimulatedClock, StuckError
from tests.simulation.faults import ProcessDiedError


def test_threads_share_time_and_take_turns_in_one_order() -> None:
    def history() -> tuple[list[tuple[str, float]], float]:
        clock, seen = SimulatedClock(), list[tuple[str, float]]()

        def task(name: str, seconds: float) -> None:
            for _ in range(3):
                seen.append((name, clock.now()))
                clock.sleep(seconds)

        clock.run(
            [lambda: task("slow", 5.0), lambda: task("fast", 1.0), lambda: task("late", 1.0)], workers=2
        )
        return seen, clock.now()

    seen, end = history()
    assert end == 15.0
    assert seen[:5] == [("slow", 0.0), ("fast", 0.0), ("fast", 1.0), ("fast", 2.0), ("late", 3.0)]
    assert all(history() == (seen, end) for _ in range(5))


def test_what_is_planned_happens_in_its_moment() -> None:
    clock, seen = SimulatedClock(), list[float]()
    clock.every(10.0, lambda: seen.append(clock.now()))
    clock.at(3.0, lambda: seen.append(clock.now()))
    clock.sleep(25.0)
    assert (seen, clock.now()) == ([3.0, 10.0, 20.0], 25.0)


def test_one_outcome_per_task() -> None:
    def fail() -> int:
        raise ValueError("no")

    first, second = SimulatedClock().run([lambda: 7, fail])
    assert first.result() == 7
    with pytest.raises(ValueError, match="no"):
        second.result()


def test_death_ends_every_thread() -> None:
    clock, seen = SimulatedClock(), list[str]()

    def die() -> None:
        clock.sleep(1.0)
        raise ProcessDiedError

    def work() -> None:
        clock.sleep(2.0)
        seen.append("went on")

    with pytest.raises(ProcessDiedError):
        clock.run([work, die, work], workers=2)
    assert seen == []
    assert clock.run([clock.now])[0].result() == clock.now()


def test_lock_held_across_a_sleep_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "_STUCK_SECONDS", 0.2)
    clock, lock = SimulatedClock(), threading.Lock()

    def greedy() -> None:
        with lock:
            clock.sleep(1.0)

    with pytest.raises(StuckError):
        clock.run([greedy, greedy], workers=2)
