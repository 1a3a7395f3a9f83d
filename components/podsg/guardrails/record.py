"""What a guardrail is, and what it says of one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from podsg.model.snapshot import Place, Snapshot, Unknown


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Pods do not start, or do not get the groups that they should have."""
    WARNING = "warning"
    """It works today, or for some, or not as people expect."""


class Verdict(StrEnum):
    """What a guardrail says of one object."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


class Subject(Protocol):
    """An object that a guardrail is about."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        ...


@dataclass(frozen=True)
class Scene:
    """What is judged: the environment as it will be, and as it was if that is known."""

    now: Snapshot
    before: Snapshot | None = None

    def with_parts(self, **parts: object) -> Scene:
        """Return the scene with other parts of what is now."""
        return replace(self, now=replace(self.now, **parts))  # type: ignore[arg-type]

    def with_item(self, part: str, old: object, new: object) -> Scene:
        """Return the scene with another item in a part of what is now.

        Args:
            part: Name of the part, such as `policies`; it is known.
            old: The item.
            new: What stands in its place.
        """
        items = getattr(self.now, part)
        return self.with_parts(**{part: tuple(new if one == old else one for one in items)})


@dataclass(frozen=True)
class Fix:
    """A value, or a named action, after which the same guardrail passes."""

    text: str
    """What to do, with the value to set: starts with a verb in lower case, ends without a full stop."""
    apply: Callable[[Scene], Scene]
    """The scene after it was done."""


@dataclass(frozen=True)
class Failure:
    """An object that does not hold."""

    problem: str
    """What was found, with both numbers or values."""
    fix: Fix


@dataclass(frozen=True)
class Applied:
    """An object that a guardrail is about, and what it says of it.

    `check` returns None if the object holds, and raises NotKnownError if a value that it needs is not known.
    """

    subject: Subject
    check: Callable[[], Failure | None]


@dataclass(frozen=True)
class Guardrail:
    """One best practice.

    Args:
        id: Kebab-case name; the same in messages, documentation, policy pack and waivers.
        number: Its row in the list of rules (1 to 51).
        title: What should be, in one sentence.
        severity: How bad a failure is.
        condition: When it fails.
        consequence: What happens then.
        source: Where the fact comes from.
        applies: The objects that it is about, in a scene; none where it does not apply. May raise
            NotKnownError if not even that is known.
        modes: Enforcing modes in which it is about anything.
        needs: Parts of a snapshot that it reads.
        contradiction: Where sources contradict each other, and which one is followed.
    """

    id: str
    number: int
    title: str
    severity: Severity
    condition: str
    consequence: str
    source: str
    applies: Callable[[Scene], Iterable[Applied]]
    needs: tuple[str, ...]
    modes: tuple[str, ...] = ("strict", "standard")
    contradiction: str = ""

    @property
    def page(self) -> str:
        """Path of its documentation."""
        return f"docs/guardrails/{self.id}.md"


@dataclass(frozen=True)
class Outcome:
    """What a guardrail says of one object."""

    guardrail: Guardrail
    place: Place
    verdict: Verdict
    failure: Failure | None = None
    """Set if it failed."""
    missing: str = ""
    """What is not known, if it is undecided."""
    unknown: Unknown | None = None
    """Why that is not known."""

    def __str__(self) -> str:
        """Show it as people read it; what passed in one line."""
        head = f"{self.guardrail.id}: {self.place}"
        if self.failure is not None:
            lines = [
                f"{head}: {self.failure.problem}.",
                f"  Why: {self.guardrail.consequence}.",
                f"  Fix: {self.failure.fix.text}.",
                f"  See: {self.guardrail.page}",
            ]
            return "\n".join(lines)
        if self.unknown is not None:
            return f"{head}: undecided, because {self.missing} is not known: {self.unknown.text}."
        return f"{head}: passed."
