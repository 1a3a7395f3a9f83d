"""How a failed EC2 call is told: its typed error, why it happened, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from podsg.errors import (
    AccessDeniedError,
    AwsError,
    CapacityError,
    DeadlineError,
    Ec2CallError,
    ExplainedError,
    Explanation,
    InUseError,
    NotFoundError,
    ThrottledError,
)
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.retries import Kind, kind_of

REFERENCE: Final = "docs/how-to/leaked-enis.md"
AGAIN: Final = "run the same command again"


class RefusedCallError(Ec2CallError):
    """EC2 refused a call for good, and says why; operations decide by its code.

    Args:
        error: What EC2 answered.
        explanation: What it means.
    """

    def __init__(self, error: Ec2CallError, explanation: Explanation) -> None:
        """Keep call and code, and tell the explanation."""
        super().__init__(error.call, error.code, error.message)
        ExplainedError.__init__(self, explanation)


@dataclass(frozen=True)
class _Text:
    reason: str
    fix: str
    made: type[AwsError] | None = None
    """None: operations decide by the code, which `RefusedCallError` keeps."""


_OTHER: Final = _Text(
    "podsg knows no way around this answer of EC2.",
    f"look up the code in the EC2 API reference (error codes), cure its cause, and {AGAIN}.",
)
_TEXTS: Final = {
    Kind.NOT_FOUND: _Text(
        "it has to be there for this operation.",
        "look at region and account; if somebody deleted it, run `pulumi refresh`.",
        NotFoundError,
    ),
    Kind.IN_USE: _Text("something else holds it.", f"{AGAIN} when that is gone.", InUseError),
    Kind.DEPENDENCY: _Text(
        "something else depends on it.",
        f"look what holds it with `podsg enis list`, and {AGAIN}.",
        InUseError,
    ),
    Kind.NO_ADDRESS: _Text(
        "each branch ENI takes one address.",
        "free addresses in the subnet, or take a larger one.",
        CapacityError,
    ),
    Kind.LIMIT: _Text(
        "a quota of EC2, or of the instance type, is reached.",
        "ask for a higher quota, take a larger instance type, or delete what is not needed.",
        CapacityError,
    ),
    Kind.DENIED: _Text(
        "the caller may not make this call.",
        "allow ec2:{call}: attach the policy that `podsg enis iam` prints to the caller.",
        AccessDeniedError,
    ),
    Kind.LOGIN: _Text(
        "AWS does not accept the credentials, or does not accept them any more.",
        f"log in again (such as `aws sso login`, or fresh keys), and {AGAIN}.",
    ),
    Kind.TOKEN: _Text(
        "EC2 remembers the request's client token for a request with other values.",
        f"{AGAIN}; if it stays so, change the description, or wait a day.",
    ),
    Kind.MALFORMED: _Text(
        "an id that was given has not the form of an EC2 id.",
        "compare the ids in the program with those that EC2 shows, and correct them.",
    ),
    Kind.STATE: _Text(
        "the interface or its instance is not in a state that allows this call.",
        f"look at both in EC2, and {AGAIN} when they are ready.",
    ),
    Kind.NO_ANSWER: _Text(
        "no answer came: the call may have been done.",
        f"look at the network to AWS, and {AGAIN}: it goes on from what is there.",
    ),
    Kind.SERVER: _Text("EC2 has a fault of its own.", f"look at the AWS Health Dashboard, and {AGAIN}."),
    Kind.THROTTLED: _Text(
        "EC2 limits the calls of the whole account and region.",
        f"{AGAIN} when others call less, or raise the timeout.",
        ThrottledError,
    ),
}


def failed(error: Ec2CallError, subject: str) -> AwsError:
    """Return the typed error of a call that fails for good.

    Args:
        error: What EC2 answered.
        subject: What the call was about; empty for nothing in particular.

    Example:
        >>> print(failed(Ec2CallError("CreateTags", "UnauthorizedOperation", "no"), "eni-1"))
        ec2:CreateTags (eni-1): UnauthorizedOperation: no
          Why: the caller may not make this call.
          Fix: allow ec2:CreateTags: attach the policy that `podsg enis iam` prints to the caller.
          See: docs/how-to/leaked-enis.md
    """
    text = _TEXTS.get(kind_of(error.call, error.code), _OTHER)
    explanation = Explanation(
        _titled(error.call, subject),
        f"{error.code}: {error.message}",
        text.reason,
        text.fix.format(call=error.call),
        REFERENCE,
    )
    return RefusedCallError(error, explanation) if text.made is None else text.made(explanation)


def too_late(
    error: Ec2CallError, subject: str, tries: int, deadline: Deadline
) -> ThrottledError | DeadlineError:
    """Return the error of a call that was tried until the operation's time was over.

    Args:
        error: What EC2 answered last.
        subject: What the call was about; empty for nothing in particular.
        tries: How often it was tried.
        deadline: End of the operation.
    """
    kind = kind_of(error.call, error.code)
    text = _TEXTS[kind]
    explanation = Explanation(
        _titled(error.call, subject),
        f"{error.code}: {error.message} (tried {tries}x; {deadline.elapsed():.0f} s have passed;"
        f" limit: {deadline.seconds:.0f} s)",
        text.reason,
        text.fix,
        REFERENCE,
    )
    return ThrottledError(explanation) if kind is Kind.THROTTLED else DeadlineError(explanation)


def _titled(call: str, subject: str) -> str:
    return f"ec2:{call} ({subject})" if subject else f"ec2:{call}"
