"""Time that passes only when everybody sleeps, also for several threads."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

_STUCK_SECONDS = 60.0
_DAY_ONE = datetime(2026, 1, 1, tzinfo=UTC)


class StuckError(BaseException):
    """No thread can go on: one of them sleeps and holds a lock that another one wants."""


class SimulatedClock:
    """Hold the time of a simulation; it implements `podsg.lifecycle.ports.Clock`.

    In one thread a sleep moves the time at once. In `run`, exactly one thread works at any moment, and the
    next goes on only where that one sleeps or ends: what happens depends on nothing but the program.

    Args:
        start: First moment (seconds).
    """

    def __init__(self, start: float = 0.0) -> None:
        """Start with nothing planned."""
        self._now = start
        self._number = itertools.count()
        self._planned: list[tuple[float, int, Callable[[], None]]] = []
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._is_shared = False
        self._death: BaseException | None = None

    def now(self) -> float:
        """Return the moment (seconds)."""
        return self._now

    def utc(self) -> datetime:
        """Return the time of day."""
        return _DAY_ONE + timedelta(seconds=self._now)

    def sleep(self, seconds: float) -> None:
        """Let time pass; in a thread of `run`, the others work meanwhile."""
        if seconds < 0:
            raise ValueError(f"nobody can sleep {seconds} s")
        if not self._is_shared:
            self._move(self._now + seconds)
            return
        woken = threading.Event()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._number), woken))
        self._hand_over()
        _wait(woken)
        if self._death is not None:
            raise self._death

    def at(self, when: float, do: Callable[[], None]) -> None:
        """Plan something that the world does by itself; what is late happens with the next sleep."""
        heapq.heappush(self._planned, (max(when, self._now), next(self._number), do))

    def every(self, seconds: float, do: Callable[[], None]) -> None:
        """Plan something that the world does again and again, first after one period."""

        def again() -> None:
            do()
            self.at(self._now + seconds, again)

        self.at(self._now + seconds, again)

    def run(self, tasks: Sequence[Callable[[], T]], workers: int = 4) -> list[Outcome[T]]:
        """Do tasks in that many threads, as the server of dynamic resources does.

        Returns:
            What each task returned or raised, in the order of the tasks. An exception that is no `Exception`
            is the death of the process: it ends every thread, and is raised here.
        """
        queue = deque(enumerate(tasks))
        outcomes: dict[int, Outcome[T]] = {}
        finished = threading.Event()
        left = [workers]

        def work(woken: threading.Event) -> None:
            try:
                _wait(woken)
                while queue and self._death is None:
                    place, task = queue.popleft()
                    outcomes[place] = Outcome.of(task)
            except BaseException as death:  # noqa: BLE001 - the thread must hand over whatever ended it
                self._death = self._death or death
            left[0] -= 1
            if not left[0] or isinstance(self._death, StuckError):
                finished.set()
            else:
                self._hand_over()

        self._is_shared = True
        for number in range(workers):
            woken = threading.Event()
            heapq.heappush(self._sleepers, (self._now, next(self._number), woken))
            threading.Thread(target=work, args=(woken,), daemon=True, name=f"worker-{number}").start()
        self._hand_over()
        finished.wait()
        death, self._death, self._is_shared = self._death, None, False
        if death is not None:
            raise death
        return [outcomes[place] for place in range(len(tasks))]

    def _hand_over(self) -> None:
        when, _, woken = heapq.heappop(self._sleepers)
        self._move(when)
        woken.set()

    def _move(self, target: float) -> None:
        """Go to a moment; do what is planned until then."""
        while self._planned and self._planned[0][0] <= target:
            when, _, do = heapq.heappop(self._planned)
            self._now = max(self._now, when)
            do()
        self._now = max(self._now, target)


class Outcome(Generic[T]):
    """What a task came to: a value or an exception."""

    def __init__(self, value: T | None, error: Exception | None) -> None:
        """Keep one of both."""
        self._value, self.error = value, error

    @classmethod
    def of(cls, task: Callable[[], T]) -> Outcome[T]:
        """Do a task."""
        try:
            return cls(task(), None)
        except Exception as error:  # noqa: BLE001 - whoever asked for the task judges it
            return cls(None, error)

    def result(self) -> T:
        """Return the value, or raise the exception."""
        if self.error is not None:
            raise self.error
        return self._value  # type: ignore[return-value]


def _wait(woken: threading.Event) -> None:
    """Wait for one's turn; the only real waiting, and it ends where a lock is held across a sleep."""
    if not woken.wait(_STUCK_SECONDS):
        raise StuckError
