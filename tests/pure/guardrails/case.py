"""One scene, and what one guardrail says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from podsg.guardrails import Scene

from .reference import SCENE, SNAPSHOT


class Kind(StrEnum):
    """What a guardrail says of a scene."""

    FAILS = "fails"
    PASSES = "passes"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Case:
    """A scene for one guardrail."""

    guardrail: str
    kind: Kind
    title: str
    scene: Scene
    says: str = ""
    """Text that the message holds, such as both numbers."""

    def __str__(self) -> str:
        return f"{self.guardrail}: {self.kind}: {self.title}"


def now(**parts: Any) -> Scene:
    """Return the reference, with some parts of another kind; nothing is known of what was before."""
    return Scene(replace(SNAPSHOT, **parts))


def changed(**parts: Any) -> Scene:
    """Return the reference as it was, and with some parts of another kind now."""
    return replace(SCENE, now=replace(SNAPSHOT, **parts))
