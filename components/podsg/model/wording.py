"""How values and choices are put into words."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable

_LONGEST_VALUE = 60
# Just enough to find min_count behind min.
_SIMILAR = 0.5
_ACCOUNT = re.compile("(?<=:)[0-9]{12}(?=:)")


def joined(words: Iterable[object]) -> str:
    """Enumerate words as one of several.

    Args:
        words: At least one.

    Example:
        >>> joined(["single", "per_zone", "none"])
        'single, per_zone or none'
    """
    *most, last = map(str, words)
    return f"{', '.join(most)} or {last}" if most else last


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the word that somebody may have meant.

    Returns:
        The most similar known word, or None if none is similar.

    Example:
        >>> nearest("zone_cuont", ["cidr", "zone_count"]), nearest("x", ["cidr"])
        ('zone_count', None)
    """
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=_SIMILAR)), None)


def shown(value: object) -> str:
    """Show a value in one line.

    Returns:
        Text in quotes and cut at 60 characters, account ids masked; only the size of a list or mapping.

    Example:
        >>> shown(70000), shown("db.t4g"), shown([]), shown({"a": 1})
        ('70000', '"db.t4g"', 'a list of 0 items', 'a mapping of 1 entry')
    """
    if isinstance(value, dict):
        return f"a mapping of {_counted(len(value), 'entry', 'entries')}"
    if isinstance(value, list):
        return f"a list of {_counted(len(value), 'item', 'items')}"
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else str(value)
    text = _ACCOUNT.sub("<account>", text)
    if len(text) > _LONGEST_VALUE:
        text = f"{text[: _LONGEST_VALUE - 1]}…"
    plain = isinstance(value, bool | int | float)
    return (
        text.lower() if isinstance(value, bool) else text if plain else json.dumps(text, ensure_ascii=False)
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
