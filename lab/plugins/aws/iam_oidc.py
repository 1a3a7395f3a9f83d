"""IAM OpenID Connect providers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_set, same_value
from lab.plugins.aws.record import TAGS, Change, Property, Resource, Timeouts, Values

_GONE: Final = frozenset({"NoSuchEntity"})
_LONGEST_ID: Final = 255
_THUMBPRINT_LENGTH: Final = 40


def _create(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "iam",
        "create_open_id_connect_provider",
        Url=inputs["url"],
        ClientIDList=inputs["clientIdLists"],
        ThumbprintList=inputs.get("thumbprintLists"),
        Tags=tagging.to_list(inputs["tagsAll"]) or None,
    )
    return str(answer["OpenIDConnectProviderArn"])


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    found = call.found(
        _GONE,
        lambda: call.aws("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=resource_id),
    )
    if found is None:
        return None
    return {
        "arn": resource_id,
        "clientIdLists": found["ClientIDList"],
        "tagsAll": tagging.from_list(found.get("Tags")),
        "thumbprintLists": found["ThumbprintList"],
        "url": found["Url"],
    }


def _update(call: Call, resource_id: str, change: Change) -> None:
    subject = {"OpenIDConnectProviderArn": resource_id}
    thumbprints = change.new.get("thumbprintLists")
    if change.touches("thumbprintLists") and thumbprints:
        call.aws("iam", "update_open_id_connect_provider_thumbprint", **subject, ThumbprintList=thumbprints)
    if change.touches("clientIdLists"):
        old, new = set(change.old.get("clientIdLists") or ()), set(change.new["clientIdLists"])
        for client in sorted(new - old):
            call.aws("iam", "add_client_id_to_open_id_connect_provider", **subject, ClientID=client)
        for client in sorted(old - new):
            call.aws("iam", "remove_client_id_from_open_id_connect_provider", **subject, ClientID=client)


def _delete(call: Call, resource_id: str, _: Values) -> None:
    call.aws("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn=resource_id)


def _tag(call: Call, outputs: Values, setting: Mapping[str, str], removing: Iterable[str]) -> None:
    subject = {"OpenIDConnectProviderArn": outputs["arn"]}
    if keys := list(removing):
        call.aws("iam", "untag_open_id_connect_provider", **subject, TagKeys=keys)
    if setting:
        call.aws("iam", "tag_open_id_connect_provider", **subject, Tags=tagging.to_list(setting))


def _same_url(live: Any, wanted: Any) -> bool:
    """Compare without the scheme, which IAM does not keep."""
    return same_value(live, wanted) or str(live).removeprefix("https://") == str(wanted).removeprefix(
        "https://"
    )


def _url(value: Any) -> str | None:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.netloc or parts.query:
        return f"expected a URL that begins with https:// and has no query, got {value!r}"
    return None


def _clients(value: Any) -> str | None:
    if bad := [each for each in value if not 1 <= len(each) <= _LONGEST_ID]:
        return f"expected 1 to {_LONGEST_ID} characters each, got {bad}"
    return None


def _thumbprints(value: Any) -> str | None:
    if bad := [each for each in value if len(each) != _THUMBPRINT_LENGTH]:
        return f"expected {_THUMBPRINT_LENGTH} characters each, got {bad}"
    return None


RECORDS: Final = (
    Resource(
        type_name="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        sdk="pulumi_aws.iam.open_id_connect_provider:OpenIdConnectProvider",
        title="IAM OIDC Provider",
        source="terraform-provider-aws internal/service/iam/openid_connect_provider.go",
        properties={
            "clientIdLists": Property(same=same_set, check=_clients),
            "tags": TAGS,
            "thumbprintLists": Property(computed=True, check=_thumbprints),
            "url": Property(replaces=True, same=_same_url, check=_url),
        },
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=_tag,
        timeouts=Timeouts(create=120, update=120, delete=120),
        gone=_GONE,
    ),
)
