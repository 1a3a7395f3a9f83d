"""What an error of an EC2 call means: the table of calls and kinds of error, by code and never by text."""

from __future__ import annotations

from enum import Enum
from typing import Final

NO_ANSWER: Final = "RequestTimeout"
"""Code of a call that got no answer: it may have been done."""


class Kind(Enum):
    """Kinds of error."""

    NOT_FOUND = "not found"
    THROTTLED = "too many requests"
    SERVER = "a fault of EC2"
    NO_ANSWER = "no answer"
    DEPENDENCY = "something depends on it"
    IN_USE = "in use"
    TOKEN = "the token stands for another request"  # noqa: S105 - an idempotency token
    NO_ADDRESS = "no free address"
    LIMIT = "a quota is reached"
    DENIED = "not allowed"
    LOGIN = "the login is not valid, or not any more"
    MALFORMED = "malformed id"
    STATE = "wrong state"
    OTHER = "something else"


class Verdict(Enum):
    """What to do about an error."""

    RETRY = "try again"
    SUCCESS = "it is as wanted already"
    ADOPT = "look whether it was done: the operation goes on from what is there"
    FAIL = "tell"


# Source: EC2 developer guide, error codes; botocore 1.44.5, retry codes; karpenter-provider-aws pkg/errors.
_KINDS: Final = {
    "RequestLimitExceeded": Kind.THROTTLED,
    "RequestThrottled": Kind.THROTTLED,
    "TooManyRequestsException": Kind.THROTTLED,
    "Throttling": Kind.THROTTLED,
    "ThrottlingException": Kind.THROTTLED,
    "EC2ThrottledException": Kind.THROTTLED,
    "InternalError": Kind.SERVER,
    "InternalServerError": Kind.SERVER,
    "InternalFailure": Kind.SERVER,
    "ServiceUnavailable": Kind.SERVER,
    "Unavailable": Kind.SERVER,
    NO_ANSWER: Kind.NO_ANSWER,
    "DependencyViolation": Kind.DEPENDENCY,
    "InvalidNetworkInterface.InUse": Kind.IN_USE,
    "InvalidGroup.InUse": Kind.IN_USE,
    "IdempotentParameterMismatch": Kind.TOKEN,
    "InsufficientFreeAddressesInSubnet": Kind.NO_ADDRESS,
    "PrivateIpAddressLimitExceeded": Kind.NO_ADDRESS,
    "NetworkInterfaceLimitExceeded": Kind.LIMIT,
    "AttachmentLimitExceeded": Kind.LIMIT,
    "SecurityGroupsPerInterfaceLimitExceeded": Kind.LIMIT,
    "TagLimitExceeded": Kind.LIMIT,
    "ResourceLimitExceeded": Kind.LIMIT,
    "UnauthorizedOperation": Kind.DENIED,
    "AuthFailure": Kind.DENIED,
    "OptInRequired": Kind.DENIED,
    "OperationNotPermitted": Kind.DENIED,
    "RequestExpired": Kind.LOGIN,
    "ExpiredToken": Kind.LOGIN,
    "InvalidClientTokenId": Kind.LOGIN,
    "Blocked": Kind.LOGIN,
    "IncorrectState": Kind.STATE,
    "IncorrectInstanceState": Kind.STATE,
}
# EC2 says so of an interface that is in use. Source: aws/amazon-vpc-cni-k8s issue 1399.
_BY_CALL: Final = {("DeleteNetworkInterface", "InvalidParameterValue"): Kind.IN_USE}

_ALWAYS_AGAIN: Final = {Kind.THROTTLED, Kind.SERVER}
_GOES_AWAY: Final = {"DeleteNetworkInterface", "DisassociateTrunkInterface", "DeleteSecurityGroup"}
"""Calls after which the thing is gone: not found is what was wanted."""


def kind_of(call: str, code: str) -> Kind:
    """Return the kind of an error.

    Args:
        call: Operation as AWS writes it.
        code: EC2's code.

    Example:
        >>> kind_of("DeleteNetworkInterface", "InvalidNetworkInterfaceID.NotFound")
        <Kind.NOT_FOUND: 'not found'>
        >>> kind_of("DeleteNetworkInterface", "InvalidParameterValue")
        <Kind.IN_USE: 'in use'>
    """
    if code.endswith(".NotFound"):
        return Kind.NOT_FOUND
    if code.endswith(".Malformed"):
        return Kind.MALFORMED
    return _BY_CALL.get((call, code)) or _KINDS.get(code, Kind.OTHER)


def verdict(call: str, kind: Kind, *, is_fresh: bool = False, is_dry_run: bool = False) -> Verdict:
    """Say what to do about an error.

    Args:
        call: Operation as AWS writes it.
        kind: Kind of the error.
        is_fresh: This process made what was not found a moment ago: EC2 may not see it yet.
        is_dry_run: The call only asks whether it would be done: nothing can have been done.

    Example:
        >>> verdict("DeleteNetworkInterface", Kind.NOT_FOUND)
        <Verdict.SUCCESS: 'it is as wanted already'>
        >>> verdict("AssociateTrunkInterface", Kind.NO_ANSWER)
        <Verdict.ADOPT: 'look whether it was done: the operation goes on from what is there'>
    """
    if kind in _ALWAYS_AGAIN:
        return Verdict.RETRY
    if kind is Kind.NO_ANSWER:
        is_unclear = call == "AssociateTrunkInterface" and not is_dry_run
        return Verdict.ADOPT if is_unclear else Verdict.RETRY
    if kind is Kind.STATE:
        return Verdict.FAIL if is_dry_run else Verdict.RETRY
    if kind is Kind.NOT_FOUND and is_fresh:
        return Verdict.RETRY
    if kind is Kind.NOT_FOUND and call in _GOES_AWAY:
        return Verdict.SUCCESS
    return Verdict.FAIL
