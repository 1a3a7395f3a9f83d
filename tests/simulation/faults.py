"""What goes wrong, and when: 14 kinds of fault at chosen calls, and the death of the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from podsg.errors import Ec2CallError


class Kind(Enum):
    """The kinds of fault.

    Source: shared rule table of the project: call x these kinds -> retry, success, adopt or fail.
    """

    NOT_FOUND_FRESH = "not found: the id is too new for this replica"
    NOT_FOUND_OLD = "not found: somebody else deleted it before the call"
    THROTTLE = "too many requests"
    SERVER_ERROR = "a server error"
    TIMEOUT_WITH_EFFECT = "done, but the answer is lost"
    TIMEOUT_WITHOUT_EFFECT = "neither done nor answered"
    DEPENDENCY_VIOLATION = "something depends on it"
    IN_USE = "in use"
    TOKEN_MISMATCH = "the token stands for another request"
    NO_FREE_ADDRESS = "no address is free"
    LIMIT = "a quota is reached"
    UNAUTHORIZED = "the right is missing"
    MALFORMED_ID = "an id of no known form"
    WRONG_STATE = "not in the right state"

    def __repr__(self) -> str:
        """Show it so that it can be pasted into a test."""
        return str(self)


TIMEOUT_CODE = "RequestTimeout"
"""What the port promises where no answer came."""

_CODES = {
    Kind.THROTTLE: "RequestLimitExceeded",
    Kind.SERVER_ERROR: "InternalError",
    Kind.TIMEOUT_WITH_EFFECT: TIMEOUT_CODE,
    Kind.TIMEOUT_WITHOUT_EFFECT: TIMEOUT_CODE,
    Kind.DEPENDENCY_VIOLATION: "DependencyViolation",
    Kind.TOKEN_MISMATCH: "IdempotentParameterMismatch",
    Kind.NO_FREE_ADDRESS: "InsufficientFreeAddressesInSubnet",
    Kind.UNAUTHORIZED: "UnauthorizedOperation",
    Kind.WRONG_STATE: "IncorrectState",
}
_THINGS = {
    "CreateNetworkInterface": "InvalidSubnetID",
    "DisassociateTrunkInterface": "InvalidAssociationID",
    "DescribeTrunkInterfaceAssociations": "InvalidAssociationID",
    "DescribeInstances": "InvalidInstanceID",
    "DescribeSecurityGroups": "InvalidGroup",
    "DeleteSecurityGroup": "InvalidGroup",
    "DescribeSubnets": "InvalidSubnetID",
    "DescribeVpcs": "InvalidVpcID",
}
_IN_USE = {
    # Source: aws/amazon-vpc-cni-k8s issue 1399.
    "DeleteNetworkInterface": "InvalidParameterValue",
    "DeleteSecurityGroup": "InvalidGroup.InUse",
}
_LIMITS = {
    "CreateNetworkInterface": "NetworkInterfaceLimitExceeded",
    "AssociateTrunkInterface": "AttachmentLimitExceeded",
    "ModifyNetworkInterfaceAttribute": "SecurityGroupsPerInterfaceLimitExceeded",
    "CreateTags": "TagLimitExceeded",
}


def code_of(kind: Kind, call: str) -> str:
    """Return the code with which a call fails.

    Example:
        >>> code_of(Kind.MALFORMED_ID, "DeleteSecurityGroup")
        'InvalidGroup.Malformed'
    """
    thing = _THINGS.get(call, "InvalidNetworkInterfaceID")
    if kind in {Kind.NOT_FOUND_FRESH, Kind.NOT_FOUND_OLD}:
        return f"{thing}.NotFound"
    if kind is Kind.MALFORMED_ID:
        return f"{thing}.Malformed"
    if kind is Kind.LIMIT:
        return _LIMITS.get(call, "ResourceLimitExceeded")
    if kind is Kind.IN_USE:
        return _IN_USE.get(call, "InvalidNetworkInterface.InUse")
    return _CODES[kind]


class ProcessDiedError(BaseException):
    """The process was killed; nothing in it may go on, so it is no `Exception`."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        call: EC2 operation; empty for any.
        nth: At which of these calls (1 = the first one after the plan is in force).
        kind: What happens; None for the death of the process.
        is_after: The process dies after the call took effect, else before.
        count: At how many calls on end.
    """

    call: str
    nth: int
    kind: Kind | None
    is_after: bool = False
    count: int = 1

    def __str__(self) -> str:
        """Show it as one would say it."""
        moment = "after" if self.is_after else "before"
        what = f"killed {moment} it" if self.kind is None else self.kind.value
        until = f" to #{self.nth + self.count - 1}" if self.count > 1 else ""
        return f"{self.call or 'call'} #{self.nth}{until}: {what}"


@dataclass
class Faults:
    """Decide call by call what goes wrong.

    Args:
        plan: The faults; at a call that two of them mean, the first one counts.
        vanish: Deletes, as a stranger would, what a call (its name, its target) is about, and tells whether
            there was such a thing; for the kind NOT_FOUND_OLD.
        is_new: Tells whether a target is so new that a replica may not know it; for the kind NOT_FOUND_FRESH.
    """

    plan: Sequence[Fault] = ()
    vanish: Callable[[str, str], bool] = lambda _, __: False
    is_new: Callable[[str], bool] = lambda _: True
    met: list[Fault] = field(default_factory=list)
    """Faults that came to pass."""
    _seen: Counter[str] = field(default_factory=Counter)
    _is_dead: bool = False

    def around(self, call: str, target: str, do: Callable[[], object]) -> object:
        """Do a call, with what goes wrong at it."""
        if self._is_dead:
            raise ProcessDiedError
        if not self.plan:
            return do()
        fault = self._due(call)
        if fault is None:
            return do()
        self.met.append(fault)
        if fault.kind is None:
            self._is_dead = True
            if fault.is_after:
                do()
            raise ProcessDiedError
        return self._go_wrong(fault.kind, call, target, do)

    def _due(self, call: str) -> Fault | None:
        self._seen[call] += 1
        self._seen[""] += 1
        for fault in self.plan:
            if fault.call in {"", call} and 0 <= self._seen[fault.call] - fault.nth < fault.count:
                return fault
        return None

    def _go_wrong(self, kind: Kind, call: str, target: str, do: Callable[[], object]) -> object:
        if kind is Kind.TIMEOUT_WITH_EFFECT:
            with suppress(Ec2CallError):
                do()
        if kind is Kind.NOT_FOUND_OLD and self.vanish(call, target):
            return do()
        if kind is Kind.NOT_FOUND_FRESH and not self.is_new(target):
            return do()
        raise Ec2CallError(call, code_of(kind, call), kind.value)
