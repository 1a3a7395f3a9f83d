"""What strangers do to branch ENIs behind the back of their stack."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.stack import Stack


@dataclass(frozen=True)
class Stranger:
    """Do something behind the stack's back: delete, regroup, loosen, describe or retag a branch ENI."""

    deed: str
    name: str


def meddle(stack: Stack, step: Stranger) -> None:
    """Do something to a branch ENI behind the back of its stack."""
    row = next((row for row in stack.mine() if row.tags.get("podsg:branch-eni") == step.name), None)
    if row is None:
        return
    region = stack.region
    if step.deed == "delete":
        region.remove(row.id)
    elif step.deed == "loosen" and row.association_id:
        region.disassociate(row.association_id)
    elif step.deed == "regroup":
        row.group_ids = frozenset(stack.group_ids[2:])
    elif step.deed == "describe":
        row.description = "by a stranger"
    elif step.deed == "retag":
        row.tags = {**row.tags, "team": "strangers"}
    if row.id in region.interfaces:
        region.changed(row)
