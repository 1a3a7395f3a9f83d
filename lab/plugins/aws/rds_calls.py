"""What the RDS types share: tags by ARN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.record import Values


def retag(call: Call, outputs: Values, setting: Mapping[str, str], removing: Iterable[str]) -> None:
    """Set and remove tags of the resource with the ARN in `arn`."""
    keys = list(removing)
    if keys:
        call.aws("rds", "remove_tags_from_resource", ResourceName=outputs["arn"], TagKeys=keys)
    if setting:
        call.aws("rds", "add_tags_to_resource", ResourceName=outputs["arn"], Tags=tagging.to_list(setting))


def tags_of(call: Call, arn: str) -> dict[str, str]:
    """Read the tags of a resource."""
    answer = call.aws("rds", "list_tags_for_resource", ResourceName=arn)
    return tagging.from_list(answer.get("TagList"))
