"""The time of this machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class MachineClock:
    """Time that really passes."""

    def now(self) -> float:
        """Return the seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))

    def utc(self) -> datetime:
        """Return the time of day."""
        return datetime.now(UTC)
