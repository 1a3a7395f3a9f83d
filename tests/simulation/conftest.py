"""What all simulations have in common."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

SINGLY: Final = "faults tried singly"
IN_PAIRS: Final = "faults tried in pairs"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show how many cases there were in all."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        counts.update({name: value for name, value in report.user_properties if name in {SINGLY, IN_PAIRS}})
    for name, count in sorted(counts.items(), reverse=True):
        terminalreporter.write_line(f"{name}: {count:,}")
