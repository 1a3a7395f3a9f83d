"""What a check found, in the order in which it is read."""

from __future__ import annotations

from dataclasses import dataclass

from podsg.errors import FileProblem
from podsg.guardrails import Outcome, Severity, Verdict
from podsg.guardrails.waivers import Waiver

PASSED, FOUND, UNREADABLE = 0, 1, 2
"""Exit codes: no errors; errors; something could not be read, whatever else was found."""


@dataclass(frozen=True)
class CheckReport:
    """Outcomes of all guardrails, after waivers."""

    outcomes: tuple[Outcome, ...]
    waived: tuple[tuple[Outcome, Waiver], ...] = ()
    unread: tuple[FileProblem, ...] = ()

    @property
    def errors(self) -> tuple[Outcome, ...]:
        """Failures that break pods, by object."""
        return self._failed(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Outcome, ...]:
        """Failures that do not, by object."""
        return self._failed(Severity.WARNING)

    @property
    def undecided(self) -> tuple[Outcome, ...]:
        """What could not be judged, by object."""
        return self._sorted(Verdict.UNDECIDED)

    @property
    def exit_code(self) -> int:
        """Code that the command ends with."""
        if self.unread:
            return UNREADABLE
        return FOUND if self.errors else PASSED

    @property
    def summary(self) -> str:
        """Counts in one line."""
        counts = (
            (len(self.errors), "error"),
            (len(self.warnings), "warning"),
            (len(self.unread), "unreadable file"),
        )
        parts = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count]
        parts += [f"{len(self.undecided)} undecided"] if self.undecided else []
        parts += [f"{len(self.waived)} waived"] if self.waived else []
        passed = sum(outcome.verdict is Verdict.PASSED for outcome in self.outcomes)
        return ", ".join([*parts, f"{passed} passed"])

    def _failed(self, severity: Severity) -> tuple[Outcome, ...]:
        found = self._sorted(Verdict.FAILED)
        return tuple(outcome for outcome in found if outcome.guardrail.severity is severity)

    def _sorted(self, verdict: Verdict) -> tuple[Outcome, ...]:
        found = (outcome for outcome in self.outcomes if outcome.verdict is verdict)
        return tuple(sorted(found, key=_reading_order))


def _reading_order(outcome: Outcome) -> tuple[str, int, str, int]:
    place = outcome.place
    return place.file, place.line, place.subject, outcome.guardrail.number
