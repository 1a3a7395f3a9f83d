"""How fast EC2 is called: below its published limits, so that others in the account are not throttled."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from podsg.errors import DeadlineError, Explanation
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.ports import Clock

SHARE: Final = 0.8
"""Part of the published limits that one process takes."""


@dataclass(frozen=True)
class Quota:
    """A token bucket: calls at once, and new calls a second."""

    size: float
    per_second: float


# Source: EC2 developer guide, "Request throttling for the Amazon EC2 API", request token bucket sizes.
NON_MUTATING: Final = Quota(100, 20)
UNFILTERED: Final = Quota(50, 10)
MUTATING: Final = Quota(50, 5)
NAMED: Final = {
    "CreateNetworkInterface": Quota(100, 5),
    "DeleteNetworkInterface": Quota(100, 5),
    "ModifyNetworkInterfaceAttribute": Quota(100, 5),
    "CreateTags": Quota(100, 10),
    "DeleteTags": Quota(100, 10),
}
# Only these count apart without a filter. Source: as above, "unfiltered and unpaginated" actions.
UNFILTERED_CALLS: Final = {"DescribeInstances", "DescribeNetworkInterfaces", "DescribeSecurityGroups"}


def quota(call: str, *, is_unfiltered: bool = False) -> Quota:
    """Return the published limit of an EC2 call.

    Args:
        call: Operation as AWS writes it.
        is_unfiltered: A list without filter and page size.

    Example:
        >>> quota("AssociateTrunkInterface")
        Quota(size=50, per_second=5)
        >>> quota("DescribeTrunkInterfaceAssociations", is_unfiltered=True)
        Quota(size=100, per_second=20)
    """
    if call in NAMED:
        return NAMED[call]
    if call.startswith("Describe"):
        return UNFILTERED if is_unfiltered and call in UNFILTERED_CALLS else NON_MUTATING
    return MUTATING


class Pacing:
    """Let each EC2 call begin when its bucket has a token; for all operations of a process.

    Waiting holds no lock: a caller takes its place in the queue, and sleeps until its turn.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        """Start with full buckets."""
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, Quota], tuple[float, float]] = {}

    def take(self, call: str, deadline: Deadline, *, is_unfiltered: bool = False) -> None:
        """Wait until the call may begin.

        Args:
            call: Operation as AWS writes it.
            deadline: End of the operation; a turn that comes later is left to others.
            is_unfiltered: A list without filter and page size.

        Raises:
            DeadlineError: The turn comes after the end.
        """
        published = quota(call, is_unfiltered=is_unfiltered)
        seconds = self._move(call, published, -1)
        if seconds > deadline.left():
            self._move(call, published, 1)
            raise _late(call, seconds, deadline)
        if seconds > 0:
            self._clock.sleep(seconds)

    def _move(self, call: str, published: Quota, tokens: int) -> float:
        """Put tokens into a bucket, or take them; return how long its last place in the queue waits."""
        size, per_second = published.size * SHARE, published.per_second * SHARE
        with self._lock:
            now = self._clock.now()
            level, since = self._levels.get((call, published), (size, now))
            level = min(size, level + (now - since) * per_second) + tokens
            self._levels[call, published] = (level, now)
        return max(0.0, -level / per_second)


def _late(call: str, seconds: float, deadline: Deadline) -> DeadlineError:
    return DeadlineError(
        Explanation(
            f"ec2:{call}",
            f"its turn comes in {seconds:.0f} s, {deadline.elapsed() + seconds:.0f} s after the start;"
            f" limit: {deadline.seconds:.0f} s",
            "podsg calls EC2 below the published limits, so that others in the account are not throttled.",
            "run the same command again, or raise the timeout.",
            "docs/how-to/leaked-enis.md",
        )
    )
