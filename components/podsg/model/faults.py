"""Single values that do not hold: what to say about them, and what to take in their place meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from podsg.errors import Problem
from podsg.model.location import Location, key_set, path_text
from podsg.model.references import REFERENCE, Later
from podsg.model.schema import Node, place_at
from podsg.model.wording import joined, nearest, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from podsg.model.spec import Spec

_ALLOWED = {
    "array": "a list of {range} items",
    "boolean": "true or false",
    "integer": "{range}",
    "object": "a mapping of {range} entries",
    "string": "text, in quotes if it looks like a number",
}
_LEAST = ("minimum", "minItems", "minProperties")
_MOST = ("maximum", "maxItems", "maxProperties")
_WRONG_NUMBERS = {"int_type", "int_from_float"}


class Kind(Enum):
    """What is wrong with a value."""

    MISSING = auto()
    UNKNOWN_KEY = auto()
    BAD_KEY = auto()
    BAD_VALUE = auto()
    LATER = auto()


@dataclass(frozen=True)
class Fault:
    """One value that its own type refuses."""

    kind: Kind
    location: Location
    value: Any
    allowed: str
    nearest: str | None = None
    """The known key that an unknown one resembles most."""

    @property
    def problem(self) -> Problem:
        """Say what was found and what is allowed."""
        value = str(self.value) if isinstance(self.value, Later) else shown(self.value)
        words = {
            Kind.MISSING: "nothing",
            Kind.UNKNOWN_KEY: "an unknown key",
            Kind.BAD_KEY: f"the key {value}",
        }
        return Problem(path_text(self.location), words.get(self.kind, value), self.allowed)

    @property
    def touched(self) -> tuple[Location, ...]:
        """Name the places whose values are not to be trusted."""
        *parents, _ = self.location
        if self.kind is Kind.BAD_KEY:
            return (self.location, key_set(tuple(parents)))
        if self.nearest is None:
            return (self.location,)
        return (self.location, (*parents, self.nearest))


def fault_of(error: ErrorDetails, model: type[Spec]) -> Fault:
    """Turn one error of pydantic into a fault.

    Args:
        error: One entry of `ValidationError.errors()`.
        model: The model whose input was refused.
    """
    location, value = error["loc"], error["input"]
    given = error.get("ctx", {}).get("allowed")
    if error["type"] == "extra_forbidden":
        known = list(place_at(model, location[:-1]).node["properties"])
        similar = nearest(str(location[-1]), known)
        allowed = f"{similar}, the nearest of {', '.join(known)}" if similar else joined(known)
        return Fault(Kind.UNKNOWN_KEY, location, value, allowed, similar)
    if location[-1:] == ("[key]",) and value == location[-2]:
        names = place_at(model, location[:-2]).node["propertyNames"]
        return Fault(Kind.BAD_KEY, location[:-1], value, given or allowed_text(names))
    node = place_at(model, location).node
    if isinstance(value, Later):
        return _later(location, value, node)
    kind = Kind.MISSING if error["type"] == "missing" else Kind.BAD_VALUE
    allowed = given or allowed_text(node)
    if error["type"] in _WRONG_NUMBERS:
        allowed = f"a whole number: {allowed}"
    return Fault(kind, location, value, allowed)


def _later(location: Location, value: Later, node: Node) -> Fault:
    """Accept a value that comes later where a reference stands, or a list of them."""
    if REFERENCE in node or REFERENCE in node.get("items", {}):
        return Fault(Kind.LATER, location, value, "")
    allowed = f"a value that is known before anything is made: {allowed_text(node)}"
    return Fault(Kind.BAD_VALUE, location, value, allowed)


def repair(root: dict[str, Any], fault: Fault, model: type[Spec]) -> None:
    """Put a stand-in where the fault is, so that the rest can be judged.

    Args:
        root: The input; changed in place.
        fault: What is wrong with it, not at the root.
        model: The model of the input.
    """
    *parents, last = fault.location
    parent: Any = root
    for step in parents:
        parent = parent[step]
    if fault.kind in {Kind.UNKNOWN_KEY, Kind.BAD_KEY}:
        del parent[last]
    else:
        parent[last] = place_at(model, fault.location).example


def allowed_text(node: Node) -> str:
    """Say what a node of the schema allows.

    Example:
        >>> allowed_text({"type": "integer", "minimum": 1, "maximum": 65535})
        '1 to 65535'
    """
    if "patternErrorMessage" in node:
        return str(node["patternErrorMessage"])
    if "enum" in node:
        return joined(node["enum"])
    if "properties" in node:
        return f"a mapping with the keys {', '.join(node['properties'])}"
    return _ALLOWED[node["type"]].format(range=_range(node))


def _range(node: Node) -> str:
    least = next((node[key] for key in _LEAST if key in node), 0)
    most = next((node[key] for key in _MOST if key in node), None)
    return f"{least} or more" if most is None else f"{least} to {most}"
