"""Which token the next branch ENI of a name gets."""

from __future__ import annotations

import threading
from collections import Counter


class Generations:
    """Number the branch ENIs that a process asks for, by owner and name.

    EC2 gives for a token what it made then, also if that is gone: no token is of use twice.
    """

    def __init__(self) -> None:
        """Start with nothing asked for."""
        self._lock = threading.Lock()
        self._asked: Counter[tuple[str, str]] = Counter()
        self._first_missed: float | None = None

    def next_of(self, owner: str, name: str) -> int:
        """Return the number of the next one, from 0 on.

        Example:
            >>> generations = Generations()
            >>> [generations.next_of("shop/dev", name) for name in ("one", "one", "two")]
            [0, 1, 0]
        """
        with self._lock:
            number = self._asked[owner, name]
            self._asked[owner, name] += 1
            return number

    def note_gone(self, owner: str, name: str, number: str) -> None:
        """Go on after the number of one that is gone, and with it all before; empty if it is not known.

        Example:
            >>> generations = Generations()
            >>> generations.note_gone("shop/dev", "one", "4")
            >>> generations.next_of("shop/dev", "one")
            5
        """
        if number.isdecimal():
            with self._lock:
                self._asked[owner, name] = max(self._asked[owner, name], int(number) + 1)

    def first_missed(self, now: float) -> float:
        """Return when this process first missed what an earlier one had made.

        Example:
            >>> generations = Generations()
            >>> generations.first_missed(10.0), generations.first_missed(40.0)
            (10.0, 10.0)
        """
        with self._lock:
            if self._first_missed is None:
                self._first_missed = now
            return self._first_missed
