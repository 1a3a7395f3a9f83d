"""What the RDS types share: tags by ARN, engine versions, identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_value
from lab.plugins.aws.record import Values

_IDENTIFIER: Final = re.compile(r"^[a-z](?!.*--)[0-9a-z-]{0,61}[0-9a-z]$")
_LONGEST_RETENTION_DAYS: Final = 35


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


def shown_version(wanted: Any, live: str, pending: str | None = None) -> str:
    """Keep a version that the program gave only in part, or that waits for the maintenance window.

    Source: terraform-provider-aws internal/service/rds/engine_version.go, compareActualEngineVersion.
    """
    kept = isinstance(wanted, str) and (wanted == pending or _is_part_of(wanted, live))
    return str(wanted) if kept else live


def same_version(live: Any, wanted: Any) -> bool:
    """Compare versions; one without its minor is any minor's."""
    return same_value(live, wanted) or _is_part_of(str(wanted), str(live))


def _is_part_of(wanted: str, live: str) -> bool:
    return live == wanted or live.startswith(f"{wanted}.")


def log_export_changes(before: Iterable[str] | None, after: Iterable[str] | None) -> dict[str, list[str]]:
    """Return a CloudwatchLogsExportConfiguration that leads from some logs to others."""
    old, new = set(before or ()), set(after or ())
    return {"EnableLogTypes": sorted(new - old), "DisableLogTypes": sorted(old - new)}


def master_secrets(item: Mapping[str, Any]) -> list[Values]:
    """Return the managed secret of an instance or a cluster as the SDK's list of one or none."""
    secret = item.get("MasterUserSecret")
    if not secret:
        return []
    return [
        {
            "kmsKeyId": secret.get("KmsKeyId"),
            "secretArn": secret["SecretArn"],
            "secretStatus": secret["SecretStatus"],
        }
    ]


def check_identifier(value: Any) -> str | None:
    """Return what is wrong with the identifier of an instance or a cluster.

    Source: terraform-provider-aws internal/service/rds/validate.go, validIdentifier.
    """
    if not _IDENTIFIER.match(value):
        return (
            f"expected at most 63 lowercase letters, digits and single hyphens, a letter first, got {value!r}"
        )
    return None


def check_retention(value: Any) -> str | None:
    """Return what is wrong with a number of days that backups are kept."""
    low, high = 0, _LONGEST_RETENTION_DAYS
    return None if low <= value <= high else f"expected {low} to {high} days, got {value}"
