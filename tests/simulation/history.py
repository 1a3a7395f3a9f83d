"""What a thing was at an earlier moment: old answers of an eventually consistent API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from tests.simulation.clock import SimulatedClock

T = TypeVar("T")


class History(Generic[T]):
    """Keep each thing as it was, for as long as a read may be late.

    Args:
        clock: Time.
    """

    def __init__(self, clock: SimulatedClock) -> None:
        """Start empty, and keep nothing but the present."""
        self.kept_seconds = 0.0
        self._clock = clock
        self._versions: dict[str, list[tuple[float, T | None]]] = {}

    def put(self, key: str, value: T | None) -> None:
        """Keep what a thing is from now on; None if it is gone."""
        now = self._clock.now()
        if not self.kept_seconds:
            earlier = self._versions.pop(key, None)
            if value is not None:
                # A read that is late later on sees the thing since it was made, as it is now.
                self._versions[key] = [(earlier[0][0] if earlier else now, value)]
            return
        versions = self._versions.setdefault(key, [])
        while len(versions) > 1 and versions[1][0] < now - self.kept_seconds:
            versions.pop(0)
        versions.append((now, value))

    def get(self, key: str, lag_seconds: float = 0.0) -> T | None:
        """Return a thing as it was that long ago; None if it was not there."""
        versions = self._versions.get(key, [])
        if not lag_seconds:
            return versions[-1][1] if versions else None
        moment = self._clock.now() - lag_seconds
        return next((value for since, value in reversed(versions) if since <= moment), None)

    def all(self, lag_seconds: float = 0.0) -> Iterator[T]:
        """Return everything that was there that long ago, in the order of its making."""
        for key in self._versions:
            if (value := self.get(key, lag_seconds)) is not None:
                yield value
