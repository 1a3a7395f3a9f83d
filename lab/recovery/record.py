"""The engine's record of a stack: what it holds, and operations in it that were cut off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pulumi import automation


def _latest(record: Path) -> dict[str, Any]:
    if not record.is_file():
        return {}
    return json.loads(record.read_text())["checkpoint"].get("latest") or {}


def recorded(record: Path) -> list[tuple[str, str]]:
    """Return type and id of each resource in a record, components and providers included.

    Args:
        record: File of the engine's record; one that is not there counts as empty.
    """
    return [(item["type"], item.get("id", "")) for item in _latest(record).get("resources") or []]


def half_made(record: Path) -> list[str]:
    """Return the logical names of resources that were made and did not become ready."""
    resources = _latest(record).get("resources") or []
    return [item["urn"].split("::")[-1] for item in resources if item.get("initErrors")]


def cut_off(record: Path) -> list[str]:
    """Return the operations that an engine began and never ended: `creating aws:ec2/vpc:Vpc dev-network`."""
    return [
        f"{operation['type']} {operation['resource']['type']} {operation['resource']['urn'].split('::')[-1]}"
        for operation in _latest(record).get("pending_operations") or []
    ]


def forget_cut_off(stack: automation.Stack) -> None:
    """Drop the operations that were cut off.

    A resource that was being deleted or updated stays recorded, so that the engine does it again; one that
    was being created is not, and is looked for in AWS.
    """
    found = stack.export_stack()
    content = {**(found.deployment or {}), "pending_operations": []}
    stack.import_stack(automation.Deployment(version=found.version, deployment=content))
