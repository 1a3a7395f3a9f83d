"""Findings that somebody decided to live with, for a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from podsg.guardrails.record import Failure, Fix, Guardrail, Outcome, Severity, Verdict
from podsg.model.snapshot import Place


@dataclass(frozen=True)
class Waiver:
    """Leave one finding standing until a day.

    Args:
        guardrail: Id of the guardrail.
        subject: Name of the object, as the finding shows it, without file and line.
        reason: Why it is left standing, for whoever reads it later.
        until: Last day on which it holds.
    """

    guardrail: str
    subject: str
    reason: str
    until: date

    @classmethod
    def written(cls, guardrail: str, subject: str, reason: str, until: str) -> Waiver:
        """Return a waiver whose end is written as text.

        Example:
            >>> Waiver.written("pod-eni-enabled", "vpc-cni", "the pods come later", "2026-12-31").until
            datetime.date(2026, 12, 31)
        """
        return cls(guardrail, subject, reason, date.fromisoformat(until))

    def covers(self, outcome: Outcome) -> bool:
        """Tell whether it is about a finding, in force or not."""
        return (self.guardrail, self.subject) == (outcome.guardrail.id, outcome.place.subject)

    def __str__(self) -> str:
        """Name it."""
        return f"waiver of {self.guardrail} for {self.subject}"


@dataclass(frozen=True)
class Settled:
    """What is left of findings after waivers."""

    outcomes: tuple[Outcome, ...]
    """All outcomes that no waiver in force covers, and one for each waiver that is expired or of no use."""
    waived: tuple[tuple[Outcome, Waiver], ...]
    """Failures that stand, each with its waiver."""


def settle(outcomes: Sequence[Outcome], waivers: Iterable[Waiver], today: date) -> Settled:
    """Take out the failures that are waived; undecided outcomes cannot be.

    Args:
        outcomes: What all guardrails say.
        waivers: What is left standing.
        today: Day on which they are judged.
    """
    failures = [outcome for outcome in outcomes if outcome.verdict is Verdict.FAILED]
    waived: list[tuple[Outcome, Waiver]] = []
    about: list[Outcome] = []
    for waiver in waivers:
        covered = [outcome for outcome in failures if waiver.covers(outcome)]
        if not covered:
            about.append(_outcome(UNMATCHED, waiver, "nothing that it covers is found", "take it out"))
        elif waiver.until < today:
            problem = f"it ended on {waiver.until}, and today is {today}"
            about.append(_outcome(EXPIRED, waiver, problem, "mend what it covers, or give it a later end"))
        else:
            waived += [(outcome, waiver) for outcome in covered]
    standing = {id(outcome) for outcome, _ in waived}
    left = (outcome for outcome in outcomes if id(outcome) not in standing)
    return Settled((*left, *about), tuple(waived))


def _outcome(guardrail: Guardrail, waiver: Waiver, problem: str, fix: str) -> Outcome:
    failure = Failure(problem, Fix(fix, lambda scene: scene))
    return Outcome(guardrail, Place(str(waiver)), Verdict.FAILED, failure)


EXPIRED: Final = Guardrail(
    id="waiver-in-force",
    number=101,
    title="Each waiver is in force",
    severity=Severity.ERROR,
    condition="The end of a waiver has passed",
    consequence="what it covered counts again, as nobody said that it may stay longer",
    source="podsg",
    applies=lambda _: (),
    needs=(),
)
UNMATCHED: Final = Guardrail(
    id="waiver-matches",
    number=102,
    title="Each waiver covers something",
    severity=Severity.WARNING,
    condition="No finding has the guardrail and the object that a waiver names",
    consequence="it may hide a later finding that nobody decided on, or its names are misspelt",
    source="podsg",
    applies=lambda _: (),
    needs=(),
)
