"""What the lab's commands show: the result on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from lab.engine import Outcome
from lab.status import PodRow, pods_table, waiting_notes
from podsg.model import DatabaseAccess

PIPE_WIDTH = 120

_progress = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
_result = Console(
    highlight=False, soft_wrap=True, emoji=False, width=None if sys.stdout.isatty() else PIPE_WIDTH
)


class Format(StrEnum):
    """Form of the result on standard output; progress goes to standard error."""

    TEXT = "text"
    JSON = "json"


def say(line: str) -> None:
    """Show a line of progress."""
    _progress.print(line, markup=False)


def say_error(text: str) -> None:
    """Show why a command ends."""
    _progress.print(text, style="red", markup=False)


def print_result(result: RenderableType, style: str | None = None) -> None:
    """Show a result to people."""
    _result.print(result, style=style)


def print_json(value: Any) -> None:
    """Write a result for machines."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def changes_text(outcome: Outcome) -> str:
    """Return how many resources changed and how."""
    kinds = [f"{count} {kind}" for kind, count in sorted(outcome.changes.items()) if kind != "same"]
    same = outcome.changes.get("same", 0)
    return f"{', '.join(kinds) or 'no change'}, {same} unchanged"


def summary(stack: str, outcome: Outcome, access: tuple[DatabaseAccess, ...]) -> Table:
    """Return what people see after an `up`."""
    table = Table("", "", title=f"{stack} is up", show_header=False, show_lines=True)
    table.add_row("resources", changes_text(outcome))
    for name, endpoint in outcome.outputs.get("database_endpoints", {}).items():
        table.add_row(f"database {name}", str(endpoint))
    for row in access:
        table.add_row(
            f"may reach {row.database}",
            f"pods {row.selector_text} in {row.namespace}, {row.protocol} {row.port}",
        )
    table.add_row("time", f"{outcome.seconds:.0f} s")
    return table


def print_pods(rows: Sequence[PodRow], notes: Iterable[str]) -> None:
    """Show the pods that an `up` deployed, and what keeps those that do not run."""
    if rows:
        print_result(pods_table(rows, "Pods of the workloads"))
    for note in [
        *notes,
        *waiting_notes(rows),
        *(f"{row.name}: {row.warning}" for row in rows if row.warning),
    ]:
        print_result(Text(f"Warning: {note}", style="yellow"))


def counts_table(title: str, counts: dict[str, dict[str, int]]) -> Table:
    """Return the number of objects per service and kind."""
    table = Table("service", "kind", "count", title=title)
    for service, kinds in counts.items():
        for kind, number in kinds.items():
            table.add_row(service, kind, str(number))
    return table
