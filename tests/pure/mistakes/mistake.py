"""One mistake: where it is made, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from podsg.model.wording import shown
from tests.pure.environments import all_made_here

Location = tuple[str | int, ...]
Start = Callable[[], dict[str, Any]]

MISSING = object()
"""Put in place of a value: the key is left out."""


@dataclass(frozen=True)
class Mistake:
    kind: str
    location: Location
    """Where the mistake is made."""
    value: Any
    allowed: str
    """Part of what is said to be allowed."""
    path: str
    """Where it is reported."""
    found: str
    """Part of what is said to be found."""
    start: Start
    """Makes the environment, which passes without the mistake."""


def make(written: dict[str, Any], location: Location, value: Any) -> None:
    *parents, last = location
    place: Any = written
    for step in parents:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    if value is MISSING:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value


def mistake(
    kind: str,
    location: Location,
    value: Any,
    allowed: str,
    path: str = "",
    *,
    found: str = "",
    start: Start = all_made_here,
) -> Mistake:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return Mistake(
        kind,
        location,
        value,
        allowed,
        path or "".join(steps).removeprefix("."),
        found or ("nothing" if value is MISSING else shown(value)),
        start,
    )
