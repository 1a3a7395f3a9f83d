"""Where AWS is called, and as whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError

from podsg.errors import AccessDeniedError, Explanation, WrongAccountError

if TYPE_CHECKING:
    from botocore.client import BaseClient

SESSION_NAME: Final = "podsg"
# EC2: one try, as podsg.lifecycle.calls tries again within its deadline; nobody does so for the others.
_TRIES: Final = {"ec2": 1}
_DEFAULT_TRIES: Final = 5
_ACCOUNT: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{8}([0-9]{4})(?![0-9A-Za-z])")
SHOWN_DIGITS: Final = 4

Client = Callable[[str], Any]
"""Returns the boto3 client of a service."""


@dataclass(frozen=True)
class Target:
    """Region, expected account, and the profile or role of the calls."""

    region: str
    account_id: str
    profile: str = ""
    role_arn: str = ""

    def client(self) -> Client:
        """Return what makes clients, after a look whether they reach the expected account.

        AWS calls: sts:GetCallerIdentity, sts:AssumeRole if there is a role.

        Raises:
            WrongAccountError: They reach another one.
            AccessDeniedError: There are no credentials, or they are not accepted.
        """
        try:
            session = self._session()
        except BotoCoreError as error:
            raise _no_credentials(self, str(error)) from None
        clients: dict[str, BaseClient] = {}

        def made(service: str) -> BaseClient:
            if service not in clients:
                clients[service] = session.client(service, config=_config(service))  # type: ignore[call-overload]
            return clients[service]

        _verify(made, self)
        return made

    def _session(self) -> boto3.Session:
        session = boto3.Session(profile_name=self.profile or None, region_name=self.region)
        if not self.role_arn:
            return session
        source = session.get_credentials()
        if source is None:
            raise _no_credentials(self, "there are none")
        core = botocore.session.get_session()
        core.set_config_variable("region", self.region)
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=session._session.create_client,  # noqa: SLF001 - the creator that boto3 uses itself
            source_credentials=source,
            role_arn=self.role_arn,
            extra_args={"RoleSessionName": SESSION_NAME},
        )
        core.__dict__["_credentials"] = DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
        return boto3.Session(botocore_session=core, region_name=self.region)


def masked(text: str) -> str:
    """Return a text of AWS without account ids: their last digits tell enough.

    Example:
        >>> masked("arn:aws:iam::123456789012:role/deploy may not")
        'arn:aws:iam::…9012:role/deploy may not'
    """
    return _ACCOUNT.sub(r"…\1", text)


def _config(service: str) -> Config:
    tries = _TRIES.get(service, _DEFAULT_TRIES)
    return Config(
        connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": tries}
    )


def _verify(client: Client, target: Target) -> None:
    try:
        found = client("sts").get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as error:
        raise _no_credentials(target, masked(str(error))) from None
    if target.account_id and found != target.account_id:
        raise WrongAccountError(
            Explanation(
                "credentials",
                f"they belong to an account that ends in {found[-SHOWN_DIGITS:]}; expected:"
                f" …{target.account_id[-SHOWN_DIGITS:]}",
                "whatever is looked for is not in that account, and would count as gone.",
                f"{_source(target)}, then run the same command again.",
                "docs/how-to/destroy.md",
            )
        )


def _no_credentials(target: Target, problem: str) -> AccessDeniedError:
    return AccessDeniedError(
        Explanation(
            "credentials",
            f"AWS does not accept them: {problem}",
            "nothing can be looked at or deleted without them.",
            f"{_source(target)}, then run the same command again.",
            "docs/how-to/destroy.md",
        )
    )


def _source(target: Target) -> str:
    if target.role_arn:
        return "look at the role in aws:assumeRoles of the stack's config"
    if target.profile:
        return f"look at the profile {target.profile}"
    return "look at AWS_PROFILE and the other AWS variables of the shell"
