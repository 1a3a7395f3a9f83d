"""Lines of progress: when something changes, and now and then while nothing does."""

from __future__ import annotations

from collections.abc import Sequence

from podsg.lifecycle.ports import Clock, Say

SPOKEN_SECONDS = 15.0
SHOWN = 5


class Progress:
    """Say a line when it changes, and again every 15 s.

    Args:
        clock: Time.
        say: Receives the lines.
    """

    def __init__(self, clock: Clock, say: Say) -> None:
        """Start silent."""
        self._clock, self._say = clock, say
        self._last, self._at = "", 0.0

    def tell(self, line: str) -> None:
        """Say it, unless it was said just now."""
        now = self._clock.now()
        if line != self._last or now - self._at >= SPOKEN_SECONDS:
            self._say(line)
            self._last, self._at = line, now


def named(names: Sequence[str], shown: int = SHOWN) -> str:
    """Name the first of many.

    Example:
        >>> named(["a", "b", "c"], 2)
        'a, b and 1 more'
        >>> named(["a", "b"], 2)
        'a, b'
    """
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")
