"""Every error that podsg raises on purpose.

```
PodsgError
└── InputError      the input of a person does not hold: every problem at once
```
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

INPUT_REFERENCE = "stacks/stack.schema.json"


class PodsgError(Exception):
    """Anything that podsg refuses or cannot do; its text alone is meant to suffice."""


@dataclass(frozen=True, order=True)
class Problem:
    """One value of the input that does not hold.

    Example:
        >>> print(Problem("databases.catalog.port", "70000", "1150 to 65535"))
        databases.catalog.port: found 70000; allowed: 1150 to 65535
    """

    path: str
    """Where the value stands, seen from the root of the input; empty for the root itself."""
    found: str
    """The value as it is shown to people."""
    allowed: str
    """What would pass at this place."""

    def __str__(self) -> str:
        """Show place, value and what is allowed in one line."""
        return f"{self.path}: found {self.found}; allowed: {self.allowed}"


class InputError(PodsgError):
    """An input is refused, with all its problems in one report.

    Args:
        problems: What does not hold, at least one; shown in the given order.
        subject: Name of the input, the start of every path.

    Example:
        >>> print(InputError([Problem("network.zone_count", "9", "2 to 6")]))
        podsg:environment has 1 problem:
          podsg:environment.network.zone_count: found 9; allowed: 2 to 6
          See: stacks/stack.schema.json
    """

    def __init__(self, problems: Iterable[Problem], subject: str = "podsg:environment") -> None:
        """Keep the problems and make the report."""
        self.problems = tuple(problems)
        self.subject = subject
        count = len(self.problems)
        head = f"{subject} has {count} problem{'' if count == 1 else 's'}:"
        lines = [f"  {self._located(problem)}" for problem in self.problems]
        super().__init__("\n".join([head, *lines, f"  See: {INPUT_REFERENCE}"]))

    def _located(self, problem: Problem) -> Problem:
        path = ".".join(part for part in (self.subject, problem.path) if part)
        return Problem(path, problem.found, problem.allowed)
