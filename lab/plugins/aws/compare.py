"""When two values of a property mean the same to the provider."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any


def empty(value: Any) -> bool:
    """Say whether a value is what the provider treats as not set: null, false, 0 or without content."""
    return value is None or value in (False, 0, "", [], {})


def same_value(left: Any, right: Any) -> bool:
    """Compare exactly, with every unset value alike and 1 equal to 1.0.

    Example:
        >>> same_value(None, []), same_value(1, 1.0), same_value("a", "b")
        (True, True, False)
    """
    return (empty(left) and empty(right)) or bool(left == right)


def same_set(left: Any, right: Any) -> bool:
    """Compare lists whose order and repetitions mean nothing."""
    return frozenset(map(_frozen, left or ())) == frozenset(map(_frozen, right or ()))


def same_json(left: Any, right: Any) -> bool:
    """Compare two JSON texts by content; a list of one text equals that text, as in IAM policies."""
    return same_value(left, right) or (
        isinstance(left, str) and isinstance(right, str) and _parsed(left) == _parsed(right)
    )


def same_text(left: Any, right: Any) -> bool:
    """Compare texts without regard to case."""
    return same_value(left, right) or str(left).lower() == str(right).lower()


def same_network(left: Any, right: Any) -> bool:
    """Compare address blocks, so that two spellings of one IPv6 block are equal."""
    if same_value(left, right):
        return True
    try:
        return ipaddress.ip_network(left) == ipaddress.ip_network(right)
    except ValueError:
        return False


def canonical_json(document: Any) -> str:
    """Write a policy document as the provider sends it: compact, keys in order.

    Args:
        document: JSON text or the document itself.
    """
    parsed = json.loads(document) if isinstance(document, str) else document
    return json.dumps(parsed, separators=(",", ":"), sort_keys=True)


def _parsed(text: str) -> Any:
    try:
        return _unwrapped(json.loads(text))
    except ValueError:
        return text


def _unwrapped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unwrapped(item) for key, item in value.items()}
    if isinstance(value, list):
        return _unwrapped(value[0]) if len(value) == 1 else sorted(map(_unwrapped, value), key=repr)
    return value


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return frozenset((key, _frozen(item)) for key, item in value.items() if not empty(item))
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return value
