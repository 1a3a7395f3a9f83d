"""What an EC2 request is about: the resources that IAM judges it by, and their condition keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from moto.ec2.models import ec2_backends
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from lab.aws.policies import ANY, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

_ID = re.compile(r"[a-z][a-z-]*-[0-9a-f]{8,17}")
_ATTACHMENT_ID = "AttachmentId"
_TAG_KEY = re.compile(r"((?:TagSpecification\.\d+\.)?Tag\.\d+)\.Key")
_MADE = {
    "CreateNetworkInterface": "network-interface",
    "RunInstances": "instance",
}
_FIRST = ("subnet", "security-group")
_TAGGED = "CreateTags"


def queries(account_id: str, region: str, action: str, body: bytes) -> list[Query]:
    """Return what IAM is asked before EC2 serves a request; every answer has to be yes.

    Each named resource is asked for on its own, with its tags; actions that only read are asked for all
    resources at once; tags set on creation are asked for as `ec2:CreateTags`.

    Source: Service authorization reference, Amazon EC2 (resource types and condition keys of each action);
    EC2 user guide, grant permission to tag on creation (ec2:CreateAction).
    """
    given = parse_qs(body.decode("utf-8", "replace"))
    parameters = {name: values[0] for name, values in given.items()}
    tags = _request_tags(parameters)
    shared: dict[str, list[str]] = {
        "aws:requestedregion": [region],
        "ec2:region": [region],
        "aws:resourceaccount": [account_id],
        "aws:tagkeys": list(tags),
    } | {f"aws:requesttag/{key}".lower(): [value] for key, value in tags.items()}
    if action.startswith(("Describe", "Get", "List")):
        return [Query(f"ec2:{action}", ANY, shared)]
    start = f"arn:aws:ec2:{region}:{account_id}:"
    backend: Any = ec2_backends[account_id][region]
    asked = [
        Query(f"ec2:{action}", f"{start}{kind}/{resource_id}", shared | _resource_tags(backend, resource_id))
        for kind, resource_id in _resources(backend, parameters)
    ]
    made = _MADE.get(action)
    if made:
        asked.append(Query(f"ec2:{action}", f"{start}{made}/*", shared))
    if tags and action != _TAGGED:
        context = {**shared, "ec2:createaction": [action]}
        asked.append(Query(f"ec2:{_TAGGED}", f"{start}{made or ANY}/*", context))
    return asked or [Query(f"ec2:{action}", ANY, shared)]


def _resources(backend: Any, parameters: dict[str, str]) -> list[tuple[str, str]]:
    named = set(_named(backend, parameters))
    return sorted(named, key=lambda item: (item[0] not in _FIRST, item))


def _named(backend: Any, parameters: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        if name == _ATTACHMENT_ID:
            yield from _attached(backend, value)
        elif "Tag." not in name and _ID.fullmatch(value):
            kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(value))
            if kind and "attachment" not in kind:
                yield kind, value


def _attached(backend: Any, attachment_id: str) -> Iterator[tuple[str, str]]:
    for interface in list(backend.enis.values()):
        if interface.attachment and interface.attachment.attachment_id == attachment_id:
            yield "network-interface", interface.id
            if interface.instance:
                yield "instance", interface.instance.id


def _request_tags(parameters: dict[str, str]) -> dict[str, str]:
    return {
        value: parameters.get(f"{found.group(1)}.Value", "")
        for name, value in parameters.items()
        if (found := _TAG_KEY.fullmatch(name))
    }


def _resource_tags(backend: Any, resource_id: str) -> dict[str, list[str]]:
    tags = backend.tags.get(resource_id, {})
    return {
        f"{prefix}:resourcetag/{key}".lower(): [value]
        for key, value in tags.items()
        for prefix in ("aws", "ec2")
    }
