"""Names that wait to be looked at, each once, some of them later."""

from __future__ import annotations

import threading
import time


class WorkQueue:
    """Hand out names: never the same one to two workers, and again if it came while it was worked on."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._busy: set[str] = set()
        self._changed = threading.Condition()

    def add(self, name: str, delay_seconds: float = 0.0) -> None:
        """Put a name in; if it waits already, the earlier moment counts."""
        moment = time.monotonic() + delay_seconds
        with self._changed:
            self._due[name] = min(moment, self._due.get(name, moment))
            self._changed.notify()

    def take(self) -> str:
        """Wait for a name that is due and take it; `done` must follow."""
        with self._changed:
            while True:
                waiting = [(moment, name) for name, moment in self._due.items() if name not in self._busy]
                moment, name = min(waiting, default=(None, ""))
                now = time.monotonic()
                if moment is not None and moment <= now:
                    del self._due[name]
                    self._busy.add(name)
                    return name
                self._changed.wait(None if moment is None else moment - now)

    def done(self, name: str) -> None:
        """Say that a name is not worked on any more."""
        with self._changed:
            self._busy.discard(name)
            self._changed.notify()
