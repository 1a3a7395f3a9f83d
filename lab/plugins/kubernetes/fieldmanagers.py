"""Who owns which field of an object, as server-side apply sees it.

Source: await/await.go, fixCSAFieldManagers and patchForce; Kubernetes documentation, "Server-Side Apply".
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from lab.plugins.interface import Values
from lab.plugins.kubernetes.objects import PATCH_FORCE, annotation, metadata_of

CREATOR: Final = "pulumi-kubernetes"
"""Field manager of creates. Source: await/await.go, Creation."""

_TAKEN_OVER: Final = frozenset(
    {
        ("kubectl", "Apply"),
        ("kubectl", "Update"),
        ("before-first-apply", "Update"),
        ("pulumi-kubernetes", "Update"),
        ("pulumi-kubernetes.exe", "Update"),
        ("pulumi-resource-kubernetes", "Update"),
    }
)


def take_over(live: Values, manager: str) -> list[Values] | None:
    """Return the object's managed fields with those of earlier writers moved to `manager`.

    Without this a field that is no longer wanted would stay: its creator would own it.

    Args:
        live: The live object.
        manager: The field manager of the coming apply.

    Returns:
        The new list, `None` if nothing moves.
    """
    entries = metadata_of(live).get("managedFields") or []
    moved = [entry for entry in entries if _is_taken_over(entry)]
    if not moved:
        return None
    kept = [copy.deepcopy(entry) for entry in entries if not _is_taken_over(entry)]
    own = next((entry for entry in kept if _is(entry, manager, "Apply")), None)
    if own is None:
        own = {**copy.deepcopy(moved[0]), "manager": manager, "operation": "Apply"}
        kept.append(own)
    for entry in moved:
        own["fieldsV1"] = _union(own.get("fieldsV1") or {}, entry.get("fieldsV1") or {})
    return kept


def forces(wanted: Values, live: Values | None, *, always: bool, preview: bool) -> bool:
    """Say whether an apply takes fields away from other managers."""
    if always or annotation(wanted, PATCH_FORCE) == "true":
        return True
    entries = metadata_of(live or {}).get("managedFields") or []
    if preview:
        return live is None or any(_is_taken_over(entry) for entry in entries)
    return live is not None and not entries


def _is_taken_over(entry: Mapping[str, Any]) -> bool:
    return (entry.get("manager"), entry.get("operation")) in _TAKEN_OVER and not entry.get("subresource")


def _is(entry: Mapping[str, Any], manager: str, operation: str) -> bool:
    return _key(entry) == (manager, operation, "")


def _key(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    return entry.get("manager", ""), entry.get("operation", ""), entry.get("subresource", "")


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {**one, **other}
    return {
        key: _union(one[key], other[key]) if key in one and key in other else item
        for key, item in both.items()
    }
