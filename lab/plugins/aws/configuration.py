"""The provider's own configuration: what it accepts, and the session that follows from it.

Source: pulumi-aws `provider/config.go` and terraform-provider-aws `internal/provider/provider.go`.
"""

from __future__ import annotations

import difflib
import json
import os
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lab.plugins.aws.record import Values
from lab.plugins.aws.session import Session, environment_endpoint, loopback_endpoint
from lab.plugins.aws.shape import declared_fields
from lab.plugins.interface import Checked, CheckFailure, PluginError
from lab.plugins.wire import UNKNOWN

_CREDENTIALS: Final = {
    "accessKey": "aws_access_key_id",
    "secretKey": "aws_secret_access_key",
    "token": "aws_session_token",
    "profile": "profile_name",
}
_WITHOUT_EFFECT: Final = frozenset(
    {
        "maxRetries",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
    }
)
"""Accepted because nothing in the lab depends on them."""
_MAPPED: Final = frozenset(
    {*_CREDENTIALS, *_WITHOUT_EFFECT, "allowedAccountIds", "defaultTags", "endpoints", "forbiddenAccountIds"}
    | {"ignoreTags", "region"}
)
_ENGINE_KEYS: Final = frozenset({"version", "pluginDownloadURL"})


def check(news: Values) -> Checked:
    """Refuse keys that the real provider does not have, and those that the lab does not know yet."""
    from pulumi_aws.provider import ProviderArgs  # noqa: PLC0415 - 0.2 s

    declared = declared_fields(ProviderArgs)
    failures = []
    for key in news:
        if key.startswith("__") or key in _ENGINE_KEYS or key in _MAPPED:
            continue
        if key in declared:
            failures.append(CheckFailure(key, f"the lab does not know the provider's property {key} yet"))
        else:
            near = difflib.get_close_matches(key, declared, n=1, cutoff=0.0)[0]
            failures.append(
                CheckFailure(key, f"the provider has no property {key!r}; the nearest name is {near!r}")
            )
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return ({"region": region} if region else {}) | news, failures


def connect(args: Values) -> Session:
    """Make the session of a configuration.

    Args:
        args: Checked configuration; nested values are JSON text, as the SDK sends them.

    Raises:
        PluginError: No region, an endpoint that is not on loopback, credentials that the lab's AWS does
            not know, or an account that is not allowed.
    """
    settings = {key: _parsed(value) for key, value in args.items() if value is not UNKNOWN}
    region = settings.get("region") or os.environ.get("AWS_REGION")
    if not region:
        raise PluginError(
            "missing region configuration\n"
            "  Why: every call goes to one region.\n"
            "  Fix: set the AWS region, for example `pulumi config set aws:region us-west-2`."
        )
    ignored = settings.get("ignoreTags") or {}
    session = Session(
        region=str(region),
        endpoint=environment_endpoint(),
        endpoints=_endpoints(settings.get("endpoints") or []),
        default_tags=(settings.get("defaultTags") or {}).get("tags") or {},
        ignored_tag_keys=frozenset(ignored.get("keys") or ()),
        ignored_tag_prefixes=tuple(ignored.get("keyPrefixes") or ()),
        credentials={name: settings[key] for key, name in _CREDENTIALS.items() if settings.get(key)},
    )
    _check_account(session, settings)
    return session


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        return json.loads(value)
    return value


def _endpoints(listed: list[dict[str, str]]) -> dict[str, str]:
    return {
        service: loopback_endpoint(url, f"the provider's endpoint of {service}")
        for item in listed
        for service, url in item.items()
        if url
    }


def _check_account(session: Session, settings: Values) -> None:
    allowed = [str(item) for item in settings.get("allowedAccountIds") or ()]
    forbidden = [str(item) for item in settings.get("forbiddenAccountIds") or ()]
    if not allowed and not forbidden:
        return
    try:
        account = session.account
    except (ClientError, BotoCoreError) as error:
        raise PluginError(f"unable to validate AWS credentials: {error}") from error
    if (allowed and account not in allowed) or account in forbidden:
        raise PluginError(
            f"AWS account ID not allowed: {account}\n"
            "  Why: allowedAccountIds or forbiddenAccountIds of the provider exclude it.\n"
            "  Fix: use credentials of an allowed account, or change the provider's list."
        )
