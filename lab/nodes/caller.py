"""In whose name aws-node calls EC2: one client serves the nodes, and each call is signed for its node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.credentials import Credentials as Signing
from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client


@dataclass(frozen=True)
class Credentials:
    """Hold a session of the role that aws-node has on one node."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


_CALLER: ContextVar[Credentials | None] = ContextVar("caller", default=None)


def credentials_of(entry: Mapping[str, str] | None) -> Credentials | None:
    """Read credentials under the names of their environment variables; None if there are none."""
    if entry is None:
        return None
    return Credentials(entry["AWS_ACCESS_KEY_ID"], entry["AWS_SECRET_ACCESS_KEY"], entry["AWS_SESSION_TOKEN"])


@contextmanager
def acting_as(credentials: Credentials | None) -> Iterator[None]:
    """Make this thread's calls inside in the name of these credentials.

    Raises:
        NoCredentialsError: There are none.
    """
    if credentials is None:
        raise NoCredentialsError
    before = _CALLER.set(credentials)
    try:
        yield
    finally:
        _CALLER.reset(before)


def sign_for_caller(ec2: EC2Client) -> None:
    """Let a client sign calls inside `acting_as` with those credentials, all others with its own."""
    ec2.meta.events.register("before-sign.ec2", _choose)


def _choose(request: Any, **_: object) -> None:
    if (caller := _CALLER.get()) is not None:
        chosen = Signing(caller.access_key_id, caller.secret_access_key, caller.session_token)
        request.context.setdefault("signing", {})["request_credentials"] = chosen
