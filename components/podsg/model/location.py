"""Places in an input."""

from __future__ import annotations

import json
import re

Location = tuple[str | int, ...]
"""Keys and list indices from the root of an input to a value."""

_PLAIN_KEY = re.compile("[A-Za-z_][A-Za-z0-9_-]*")


def path_text(location: Location) -> str:
    """Show a place the way people write it.

    Returns:
        Keys joined by dots, indices and unusual keys in brackets; empty for the root.

    Example:
        >>> path_text(("workloads", "ui", "ports", 0)), path_text(("tags", "a.b"))
        ('workloads.ui.ports[0]', 'tags["a.b"]')
    """
    return "".join(_step(step) for step in location).removeprefix(".")


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


def presence(location: Location) -> Location:
    """Name the presence of a value, which what is wrong inside the value does not touch.

    Example:
        >>> related(("network",), presence(("network",))), related(("network", "nat"), presence(("network",)))
        (True, False)
    """
    return (*location, "[presence]")


def key_set(location: Location) -> Location:
    """Name the keys of a mapping, which what is wrong with a value inside does not touch."""
    return (*location, "[keys]")


def related(one: Location, other: Location) -> bool:
    """Tell whether two places are the same or one lies inside the other.

    Example:
        >>> related(("network",), ("network", "cidr")), related(("network", "nat"), ("network", "cidr"))
        (True, False)
    """
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]
