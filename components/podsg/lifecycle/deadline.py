"""A bounded wait."""

from __future__ import annotations

from podsg.lifecycle.ports import Clock


class Deadline:
    """Say how long a wait may still take.

    Args:
        clock: Time.
        seconds: How long it may take from now on.

    Example:
        >>> class Stopped:
        ...     def now(self):
        ...         return 0.0
        >>> Deadline(Stopped(), 60).left()
        60.0
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        """Begin now."""
        self._clock = clock
        self.seconds = float(seconds)
        self._began = clock.now()

    def elapsed(self) -> float:
        """Return the time since the beginning (seconds)."""
        return self._clock.now() - self._began

    def left(self) -> float:
        """Return the time that is left (seconds, 0 or more)."""
        return max(0.0, self._began + self.seconds - self._clock.now())

    def is_over(self) -> bool:
        """Tell whether no time is left."""
        return self.left() <= 0

    def sleep(self, seconds: float) -> None:
        """Let time pass, but not beyond the end."""
        self._clock.sleep(min(seconds, self.left()))
