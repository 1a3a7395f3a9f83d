"""Notices about a change that the engine's own diff cannot give."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ADDON_TYPE = "aws:eks/addon:Addon"
MODE_KEY = "POD_SECURITY_GROUP_ENFORCING_MODE"


@dataclass(frozen=True)
class InputChange:
    """Hold the inputs of one resource before and after; both are empty mappings where there is none."""

    resource_type: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]


def enforcing_mode_notices(changes: Iterable[InputChange]) -> list[str]:
    """Say which running pods keep the old enforcing mode.

    Returns: One line per VPC CNI add-on whose mode changes; empty if none does.
    Source: Amazon VPC CNI `README.md`, POD_SECURITY_GROUP_ENFORCING_MODE.

    Example:
        >>> before, after = (
        ...     {"configurationValues": '{"env": {"POD_SECURITY_GROUP_ENFORCING_MODE": "%s"}}' % mode}
        ...     for mode in ("strict", "standard")
        ... )
        >>> enforcing_mode_notices([InputChange("aws:eks/addon:Addon", before, after)])
        ['enforcing mode strict -> standard: running pods keep strict until they are restarted.']
    """
    notices = []
    for change in changes:
        before, after = _mode(change.old), _mode(change.new)
        if change.resource_type == ADDON_TYPE and before and after and before != after:
            notices.append(
                f"enforcing mode {before} -> {after}: running pods keep {before} until they are restarted."
            )
    return notices


def _mode(inputs: Mapping[str, Any]) -> str | None:
    try:
        values = json.loads(inputs.get("configurationValues", ""))
        mode = values["env"][MODE_KEY]
    except (ValueError, TypeError, KeyError):
        return None
    return mode if isinstance(mode, str) else None
