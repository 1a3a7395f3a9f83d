"""EC2's request throttling: one token bucket for each operation, of the published size.

Off until it is switched on: most tests make more calls than an account may.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from lab.aws.wire import WireError, render_error

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = "RequestLimitExceeded"
_READING = ("Describe", "List", "Search", "Get")
_NARROWING = ("MaxResults", "NextToken", "Filter.")


@dataclass(frozen=True)
class Size:
    """Hold the size of a bucket: tokens at most, and new tokens a second."""

    capacity: float
    refill: float


# Source of all sizes: EC2 developer guide, request throttling for the Amazon EC2 API, request token bucket
# sizes and refill rates. The resource tokens of RunInstances and TerminateInstances are not counted here.
NON_MUTATING = Size(100, 20)
UNFILTERED = Size(50, 10)
MUTATING = Size(50, 5)
UNFILTERED_ACTIONS = frozenset(
    {
        "DescribeInstances",
        "DescribeInstanceStatus",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSnapshots",
        "DescribeSpotInstanceRequests",
        "DescribeVolumes",
    }
)
NAMED = {
    "AssignIpv6Addresses": Size(100, 5),
    "AssignPrivateIpAddresses": Size(100, 5),
    "AssociateIamInstanceProfile": Size(100, 5),
    "CreateLaunchTemplateVersion": Size(100, 5),
    "CreateNatGateway": Size(10, 1),
    "CreateNetworkInterface": Size(100, 5),
    "CreateTags": Size(100, 10),
    "CreateVpcEndpoint": Size(4, 0.3),
    "DeleteNatGateway": Size(10, 1),
    "DeleteNetworkInterface": Size(100, 5),
    "DeleteTags": Size(100, 10),
    "DeleteVpcEndpoints": Size(4, 0.3),
    "DescribeSecurityGroupReferences": Size(20, 5),
    "DescribeStaleSecurityGroups": Size(20, 5),
    "DisassociateIamInstanceProfile": Size(100, 5),
    "ModifyInstanceMetadataOptions": Size(100, 5),
    "ModifyLaunchTemplate": Size(100, 5),
    "ModifyNetworkInterfaceAttribute": Size(100, 5),
    "ModifyVpcEndpoint": Size(4, 0.3),
    "RunInstances": Size(5, 2),
    "StartInstances": Size(5, 2),
    "TerminateInstances": Size(100, 5),
    "UnassignPrivateIpAddresses": Size(100, 5),
}
"""Operations with a size of their own, those that the lab serves."""


def bucket_of(action: str, body: bytes) -> tuple[str, Size]:
    """Return name and size of the bucket that a call takes a token from.

    Example:
        >>> bucket_of("DescribeNetworkInterfaces", b"Action=DescribeNetworkInterfaces")
        ('DescribeNetworkInterfaces unfiltered', Size(capacity=50, refill=10))
        >>> bucket_of("DescribeNetworkInterfaces", b"MaxResults=1000")
        ('DescribeNetworkInterfaces', Size(capacity=100, refill=20))
        >>> bucket_of("DeleteNetworkInterface", b"")
        ('DeleteNetworkInterface', Size(capacity=100, refill=5))
        >>> bucket_of("AssociateTrunkInterface", b"")
        ('AssociateTrunkInterface', Size(capacity=50, refill=5))
    """
    if action in NAMED:
        return action, NAMED[action]
    if not action.startswith(_READING):
        return action, MUTATING
    if action in UNFILTERED_ACTIONS and not _is_narrowed(body):
        return f"{action} unfiltered", UNFILTERED
    return action, NON_MUTATING


def _is_narrowed(body: bytes) -> bool:
    return any(name.startswith(_NARROWING) for name, _ in parse_qsl(body.decode("utf-8", "replace")))


@dataclass
class _Bucket:
    tokens: float
    at: float
    taken: int = 0
    refused: int = 0


class Throttle:
    """Count tokens, of the whole account: EC2 does not tell its callers apart."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start switched off."""
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}
        self._is_on = False
        self._factor = 1.0
        self._refill_factor = 1.0

    def switch(self, *, on: bool, factor: float = 1.0, refill_factor: float = 1.0) -> None:
        """Switch throttling on or off, with full buckets.

        Args:
            on: Whether calls are throttled.
            factor: What sizes and refills are multiplied by (> 0).
            refill_factor: What refills alone are multiplied by besides (>= 0; 0 for no refill).
        """
        with self._lock:
            self._buckets.clear()
            self._is_on, self._factor, self._refill_factor = on, factor, refill_factor

    def refusal(self, action: str, body: bytes) -> WireError | None:
        """Take a token for an EC2 call; return the error if there is none.

        Source: EC2 developer guide, request throttling (RequestLimitExceeded); botocore `_retry.json` (503).
        """
        if not self._is_on:
            return None
        name, size = bucket_of(action, body)
        with self._lock:
            if self._take(name, size):
                return None
        return render_error("ec2", CODE, "Request limit exceeded.", HTTPStatus.SERVICE_UNAVAILABLE)

    def _take(self, name: str, size: Size) -> bool:
        now, capacity = self._clock(), size.capacity * self._factor
        bucket = self._buckets.setdefault(name, _Bucket(capacity, now))
        gained = (now - bucket.at) * size.refill * self._factor * self._refill_factor
        bucket.tokens, bucket.at = min(capacity, bucket.tokens + gained), now
        if bucket.tokens < 1:
            bucket.refused += 1
            return False
        bucket.tokens -= 1
        bucket.taken += 1
        return True

    def state(self) -> dict[str, Any]:
        """Return the settings, and for each bucket how many calls got a token and how many did not."""
        with self._lock:
            return {
                "on": self._is_on,
                "factor": self._factor,
                "refill_factor": self._refill_factor,
                "buckets": {
                    name: {"taken": bucket.taken, "refused": bucket.refused}
                    for name, bucket in sorted(self._buckets.items())
                },
            }


THROTTLE = Throttle()
"""The throttling of this server's EC2."""
