"""Tags: the provider's default tags, `tags` and `tagsAll`, and AWS's two ways to write them.

Source: terraform-provider-aws `internal/tags/key_value_tags.go`; pulumi-aws `provider/tags.go`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lab.plugins.wire import UNKNOWN

if TYPE_CHECKING:
    from lab.plugins.aws.session import Session


def all_tags(session: Session, tags: Any) -> Any:
    """Merge a resource's tags over the provider's default tags; unknown if the tags are."""
    if tags is UNKNOWN:
        return UNKNOWN
    merged = {**session.default_tags, **(tags or {})}
    return {key: value for key, value in merged.items() if session.shows_tag(key)}


def own_tags(session: Session, live: Mapping[str, str], stated: Mapping[str, str]) -> dict[str, str]:
    """Return the live tags without those that only the provider's defaults explain.

    Args:
        session: The configured provider.
        live: What AWS has, already without AWS's own.
        stated: The resource's `tags` as known before.
    """
    return {
        key: value for key, value in live.items() if key in stated or session.default_tags.get(key) != value
    }


def to_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Write tags as a list of pairs.

    Example:
        >>> to_list({"Name": "dev"})
        [{'Key': 'Name', 'Value': 'dev'}]
    """
    return [{key: name, value: text} for name, text in tags.items()]


def from_list(
    tags: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value"
) -> dict[str, str]:
    """Read tags from a list of pairs."""
    return {item[key]: item.get(value, "") for item in tags or ()}


def specification(resource_type: str, inputs: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Build EC2's TagSpecifications for a create call, none if there are no tags."""
    tags = inputs.get("tagsAll")
    return [{"ResourceType": resource_type, "Tags": to_list(tags)}] if tags else None
