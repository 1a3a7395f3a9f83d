"""Tags of everything in EKS that has an ARN.

Source: EKS API reference, TagResource, UntagResource, ListTagsForResource.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from lab.aws.eks.errors import InvalidParameterError, ResourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.aws.eks.state import Cluster, Description, EksRequest

TAG_LIMIT = 50


def tag(request: EksRequest) -> Description:
    """Add or replace tags."""
    present, wanted = _tags(request), dict(request.get("tags", {}))
    if any(key.startswith("aws:") for key in wanted):
        raise InvalidParameterError("Tag keys may not begin with aws:.")
    if len(present | wanted) > TAG_LIMIT:
        raise InvalidParameterError(
            f"The resource would have {len(present | wanted)} tags, at most {TAG_LIMIT}."
        )
    present.update(wanted)
    return {}


def untag(request: EksRequest) -> Description:
    """Remove tags; keys that are not there do not matter."""
    present, keys = _tags(request), request.get("tagKeys", [])
    for key in [keys] if isinstance(keys, str) else keys:
        present.pop(key, None)
    return {}


def list_tags(request: EksRequest) -> Description:
    """Answer the tags."""
    return {"tags": dict(_tags(request))}


def _tags(request: EksRequest) -> dict[str, str]:
    arn = unquote(request.get("resourceArn", ""))
    for cluster in request.backend.clusters.values():
        for found, tags in _tagged(cluster):
            if found == arn:
                return tags
    raise ResourceNotFoundError(f"Resource was not found: {arn}")


def _tagged(cluster: Cluster) -> Iterator[tuple[str, dict[str, str]]]:
    yield cluster.arn, cluster.tags
    yield from ((each["nodegroupArn"], each["tags"]) for each in cluster.nodegroups.values())
    yield from ((each["addonArn"], each["tags"]) for each in cluster.addons.values())
    yield from ((each["associationArn"], each["tags"]) for each in cluster.pod_identities.values())
    for entry in cluster.access_entries.values():
        yield entry.description["accessEntryArn"], entry.description["tags"]
    for profile in cluster.fargate_profiles.values():
        yield profile.fargate_profile_arn, profile.tags
