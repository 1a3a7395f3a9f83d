"""How often EC2 lets itself be called."""

from __future__ import annotations

from typing import Final

from podsg.errors import Ec2CallError
from tests.simulation.clock import SimulatedClock

# Source: EC2 developer guide, request throttling, "request token bucket sizes and refill rates": bucket
# (calls) and refill (calls/s) of each API by its category, and of the APIs that have their own.
# The smaller bucket of some lists takes only requests with neither a filter nor a page size: there are none.
NON_MUTATING: Final = (100.0, 20.0)
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

    def take(self, call: str) -> None:
        """Take a token, or refuse the call."""
        size, refill = (part * self.share for part in _sizes(call))
        now = self._clock.now()
        level, since = self._levels.get(call, (size, now))
        level = min(size, level + (now - since) * refill)
        if level < 1 - 1e-9:
            self._levels[call] = (level, now)
            raise Ec2CallError(call, "RequestLimitExceeded", "Request limit exceeded.")
        self._levels[call] = (level - 1, now)


def _sizes(call: str) -> tuple[float, float]:
    return NAMED.get(call, NON_MUTATING if call.startswith("Describe") else MUTATING)
