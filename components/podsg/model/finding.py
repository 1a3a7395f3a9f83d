"""What only several values together show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations
from typing import TypeVar

from podsg.errors import Problem
from podsg.model.location import Location, path_text, related
from podsg.model.spec import Spec
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


def repeated(
    values: Iterable[tuple[Location, object]], allowed: str = "each value once"
) -> Iterator[Finding]:
    """Report each value that an earlier place holds already.

    Args:
        values: Places and comparable values, in the order written.
        allowed: What to say is allowed.
    """
    first: dict[object, Location] = {}
    for location, value in values:
        if value in first:
            earlier = first[value]
            yield Finding(
                location,
                f"{shown(value)}, as in {path_text(earlier)}",
                allowed,
                rests_on=(earlier, location),
            )
        else:
            first[value] = location


def overlapping(networks: Iterable[tuple[Location, IPv4Network]]) -> Iterator[Finding]:
    """Report each network that overlaps an earlier one.

    Args:
        networks: Places and networks, in the order written.
    """
    for (first, one), (second, other) in combinations(networks, 2):
        if one.overlaps(other):
            yield Finding(
                second,
                f"{other}, which overlaps {one} in {path_text(first)}",
                "networks that do not overlap",
                rests_on=(first, second),
            )


def without_effect(spec: Spec, key: str, other: str, at: Location) -> Iterator[Finding]:
    """Report a value that is written beside another one which leaves it without effect.

    Args:
        spec: The part with both values.
        key: The value that would be ignored.
        other: The value beside it, because of which nothing is made that the first one is about.
        at: Where the part stands in the input.
    """
    if key in spec.model_fields_set:
        place, cause = (*at, key), (*at, other)
        found = f"{shown(getattr(spec, key))}, which has no effect beside {path_text(cause)}"
        yield Finding(place, found, f"no {key}, as nothing is made that it is for", rests_on=(place, cause))


def items(at: Location, values: Iterable[Item]) -> list[tuple[Location, Item]]:
    """List the items of a list with their places."""
    return [((*at, index), value) for index, value in enumerate(values)]
