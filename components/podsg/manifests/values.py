"""YAML as plain values, the way Kubernetes takes it, with a limit on all that can grow.

Scalars are resolved as in sigs.k8s.io/yaml, which Kubernetes reads manifests with: `yes`, `on` and `y` are
booleans, and a date is text. No tag makes an object of Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import yaml

from podsg.manifests.document import RefusedError

MAX_DEPTH: Final = 100
"""Lists and mappings within each other (count)."""
MAX_ALIASED: Final = 100_000
"""Values that the aliases of one document may stand for (count)."""
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Event: TypeAlias = Any
"""An event of PyYAML; its classes have no common fields in the type stubs."""
Value: TypeAlias = Any
"""A scalar, list or mapping."""

_NO_KEY: Final = object()
_MERGE: Final = object()
_TAG_PREFIX: Final = "tag:yaml.org,2002:"
_TAGS: Final = {f"{_TAG_PREFIX}{name}" for name in ("bool", "float", "int", "map", "null", "seq")}
_TEXT_TAGS: Final = {"!", f"{_TAG_PREFIX}str"}
# Source: go-yaml v2, resolve.go.
_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_INTEGER: Final = re.compile("[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0|[1-9][0-9]*)")
_OLD_OCTAL: Final = re.compile("[-+]?0[0-7]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER: Final = 70


@dataclass(frozen=True)
class Root:
    """One document of a file."""

    value: Any
    line: int
    """First line of it (1 or more)."""
    item_lines: Mapping[int, int]
    """First line of each mapping that stands in a list, by identity of the mapping."""


def roots(text: str) -> Iterator[Root]:
    r"""Read the documents of a text, one after the other; an empty document is None.

    Raises:
        RefusedError: A key is there twice or is no scalar, a tag is not known, an alias stands for nothing,
            or a limit is exceeded.
        yaml.YAMLError: It is not YAML.

    Example:
        >>> [root.value for root in roots("replicas: 2\nday: 2030-01-01\n---\n- y\n")]
        [{'replicas': 2, 'day': '2030-01-01'}, [True]]
    """
    loader = LOADER(text)
    try:
        while True:
            event = loader.get_event()
            if isinstance(event, yaml.StreamEndEvent):
                return
            if isinstance(event, yaml.DocumentStartEvent):
                yield _root(loader)
    finally:
        loader.dispose()


def _root(loader: Any) -> Root:  # noqa: ANN401 - one of two classes without a common base
    builder = _Builder()
    event = loader.get_event()
    line = event.start_mark.line + 1
    while type(event) is not yaml.DocumentEndEvent:
        builder.take[type(event)](event)
        event = loader.get_event()
    return Root(builder.root, line, builder.item_lines)


class _Frame:
    """A list or mapping that has begun and not ended."""

    __slots__ = ("anchor", "begin", "container", "key", "line", "merged")

    def __init__(self, container: Value, event: Event, begin: int) -> None:
        self.container, self.anchor, self.begin = container, event.anchor, begin
        self.line = event.start_mark.line + 1
        self.key: Any = _NO_KEY
        self.merged: list[Any] = []


class _Builder:
    """Makes one document of events, without recursion; what is aliased is shared and not copied."""

    def __init__(self) -> None:
        self.root: Any = None
        self.item_lines: dict[int, int] = {}
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = self._aliased = 0
        self.take = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._begin_mapping,
            yaml.SequenceStartEvent: self._begin_list,
            yaml.MappingEndEvent: self._end_mapping,
            yaml.SequenceEndEvent: self._end,
        }

    def _scalar(self, event: Event) -> None:
        tag = event.tag
        if tag is None:
            value = _resolved(event.value) if event.implicit[0] else event.value
        elif tag in _TEXT_TAGS:
            value = event.value
        else:
            _check_tag(event)
            value = _resolved(event.value)
        self._count += 1
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        if value == "<<" and event.implicit[0] and self._awaits_key():
            self._stack[-1].key = _MERGE
        else:
            self._place(value, event)

    def _alias(self, event: Event) -> None:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            raise RefusedError(f"alias *{event.anchor} stands for nothing that ends before it", line)
        value, weight = self._anchors[event.anchor]
        self._count += weight
        self._aliased += weight
        if self._aliased > MAX_ALIASED:
            raise RefusedError(
                f"its aliases stand for {self._aliased:,} values at least; the limit is {MAX_ALIASED:,}", line
            )
        self._place(value, event)

    def _begin_mapping(self, event: Event) -> None:
        self._begin({}, event)

    def _begin_list(self, event: Event) -> None:
        self._begin([], event)

    def _begin(self, container: Value, event: Event) -> None:
        line = event.start_mark.line + 1
        if event.tag is not None:
            _check_tag(event)
        if self._awaits_key():
            raise RefusedError("a key is a list or a mapping; Kubernetes takes text", line)
        if len(self._stack) >= MAX_DEPTH:
            raise RefusedError(
                f"lists and mappings stand {len(self._stack) + 1} deep; the limit is {MAX_DEPTH}", line
            )
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
        self._stack.append(_Frame(container, event, self._count))
        self._count += 1

    def _end_mapping(self, event: Event) -> None:
        frame = self._stack[-1]
        for merged in frame.merged:
            for one in merged if isinstance(merged, list) else [merged]:
                if not isinstance(one, dict):
                    raise RefusedError("the merge key << takes a mapping or a list of mappings", frame.line)
                for key, value in one.items():
                    frame.container.setdefault(key, value)
        self._end(event)

    def _end(self, event: Event) -> None:
        frame = self._stack.pop()
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.container, self._count - frame.begin)
        if self._stack and isinstance(self._stack[-1].container, list) and isinstance(frame.container, dict):
            self.item_lines[id(frame.container)] = frame.line
        self._place(frame.container, event)

    def _awaits_key(self) -> bool:
        frame = self._stack[-1] if self._stack else None
        return frame is not None and frame.key is _NO_KEY and isinstance(frame.container, dict)

    def _place(self, value: Value, event: Event) -> None:
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        if isinstance(frame.container, list):
            frame.container.append(value)
        elif frame.key is _NO_KEY:
            frame.key = _key(value, frame.container, event.start_mark.line + 1)
        elif frame.key is _MERGE:
            frame.merged.append(value)
            frame.key = _NO_KEY
        else:
            frame.container[frame.key] = value
            frame.key = _NO_KEY


def _key(value: Value, container: Mapping[str, Any], line: int) -> str:
    if value is None or isinstance(value, dict | list):
        found = "empty" if value is None else "a list or a mapping"
        raise RefusedError(f"a key is {found}; Kubernetes takes text", line)
    key = str(value).lower() if isinstance(value, bool) else str(value)
    if key in container:
        raise RefusedError(f"the key {key} is there twice in one mapping", line)
    return key


def _check_tag(event: Event) -> None:
    if event.tag not in _TAGS and not (event.tag == "!" and not isinstance(event, yaml.ScalarEvent)):
        tag = event.tag.replace(_TAG_PREFIX, "!!")
        raise RefusedError(f"the tag {tag} is not one of Kubernetes manifests", event.start_mark.line + 1)


@lru_cache(maxsize=4096)
def _resolved(text: str) -> str | float | bool | None:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > _LONGEST_NUMBER:
        return text
    plain = text.replace("_", "")
    if _INTEGER.fullmatch(plain):
        return int(plain, 0)
    if _OLD_OCTAL.fullmatch(plain):
        return int(plain, 8)
    return float(plain) if _FLOAT.fullmatch(plain) else text
