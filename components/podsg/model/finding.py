"""What only several values together show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from podsg.errors import Problem
from podsg.model.location import Location, path_text, related
from podsg.model.wording import shown

Item = TypeVar("Item")


@dataclass(frozen=True)
class Finding:
    """A problem of values that each pass by themselves."""

    location: Location
    """The value to change."""
    found: str
    """How it is shown to people."""
    allowed: str
    """What would pass there."""
    rests_on: tuple[Location, ...]
    """Every value the verdict rests on; it is void if one of them was not readable."""

    @property
    def problem(self) -> Problem:
        """Say what was found and what is allowed."""
        return Problem(path_text(self.location), self.found, self.allowed)

    def is_void(self, unreadable: Iterable[Location]) -> bool:
        """Tell whether the verdict rests on a value that was not readable."""
        places = tuple(unreadable)
        return any(related(place, own) for place in places for own in self.rests_on)


def repeated(values: Iterable[tuple[Location, object]]) -> Iterator[Finding]:
    """Report each value that an earlier place holds already.

    Args:
        values: Places and comparable values, in the order written.
    """
    first: dict[object, Location] = {}
    for location, value in values:
        if value in first:
            earlier = first[value]
            yield Finding(
                location,
                f"{shown(value)}, as in {path_text(earlier)}",
                "each value once",
                rests_on=(earlier, location),
            )
        else:
            first[value] = location


def items(at: Location, values: Iterable[Item]) -> list[tuple[Location, Item]]:
    """List the items of a list with their places."""
    return [((*at, index), value) for index, value in enumerate(values)]
