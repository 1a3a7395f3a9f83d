"""How often EC2 lets itself be called."""

from __future__ import annotations

from typing import Final

from podsg.errors import Ec2CallError
from tests.simulation.clock import SimulatedClock

# Source: EC2 developer guide, request throttling, "request token bucket sizes and refill rates": bucket
# (calls) and refill (calls/s) of each API by its category, and of the APIs that have their own.
NON_MUTATING: Final = (100.0, 20.0)
UNFILTERED: Final = (50.0, 10.0)
MUTATING: Final = (50.0, 5.0)
NAMED: Final = {
    "CreateNetworkInterface": (100.0, 5.0),
    "DeleteNetworkInterface": (100.0, 5.0),
    "ModifyNetworkInterfaceAttribute": (100.0, 5.0),
    "CreateTags": (100.0, 10.0),
    "DeleteTags": (100.0, 10.0),
}


class Buckets:
    """Hold a token bucket per API; an empty one refuses the call.

    Args:
        clock: Time.
        share: Part of the published sizes that is left for the caller.
    """

    def __init__(self, clock: SimulatedClock, share: float = 1.0) -> None:
        """Start with full buckets."""
        self.share = share
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, call: str, *, is_unfiltered: bool = False) -> None:
        """Take a token, or refuse the call."""
        size, refill = (part * self.share for part in _sizes(call, is_unfiltered=is_unfiltered))
        key = f"{call} of everything" if is_unfiltered else call
        now = self._clock.now()
        level, since = self._levels.get(key, (size, now))
        level = min(size, level + (now - since) * refill)
        if level < 1 - 1e-9:
            self._levels[key] = (level, now)
            raise Ec2CallError(call, "RequestLimitExceeded", "Request limit exceeded.")
        self._levels[key] = (level - 1, now)


def _sizes(call: str, *, is_unfiltered: bool) -> tuple[float, float]:
    if call in NAMED:
        return NAMED[call]
    if call.startswith("Describe"):
        return UNFILTERED if is_unfiltered else NON_MUTATING
    return MUTATING
