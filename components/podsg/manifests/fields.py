"""Fields of an object, each of the type that Kubernetes takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from podsg.errors import Problem
from podsg.model.snapshot import Maybe, Unknown
from podsg.model.wording import joined, shown

Item = TypeVar("Item")


class FieldError(Exception):
    """A field is not of its type; caught within this package.

    Args:
        path: Where it stands in the object.
        found: What is there.
        allowed: What Kubernetes takes.
    """

    def __init__(self, path: str, found: object, allowed: str) -> None:
        """Make the text; what is not known yet is no fault."""
        self.unknown = found if isinstance(found, Unknown) else None
        super().__init__(str(Problem(path, shown(found), allowed)))


def maybe(read: Callable[[], Maybe[Item]]) -> Maybe[Item]:
    """Return what is read, or Unknown if a field of it is not known yet or not of its type.

    Example:
        >>> maybe(lambda: Fields({"replicas": "two"}, "spec").number("replicas", 1)).text
        'spec.replicas: found "two"; allowed: a whole number of at least 0'
    """
    try:
        return read()
    except FieldError as error:
        return error.unknown or Unknown(str(error))


@dataclass(frozen=True)
class Fields:
    """A mapping within an object; a field that is missing or null has its default.

    Example:
        >>> spec = Fields({"spec": {"hostNetwork": True}}).mapping("spec")
        >>> spec.flag("hostNetwork"), spec.text("serviceAccountName", "default"), spec.path
        (True, 'default', 'spec')
    """

    values: Mapping[str, Any]
    path: str = ""

    def at(self, key: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Tell whether a field is there and not null."""
        return self.values.get(key) is not None

    def mapping(self, key: str) -> Fields:
        """Return a mapping."""
        return Fields(self._typed(key, dict, "a mapping", {}), self.at(key))

    def required(self, key: str) -> Fields:
        """Return a mapping that has to be there."""
        if not self.has(key):
            raise FieldError(self.at(key), None, "a mapping")
        return self.mapping(key)

    def mappings(self, key: str) -> tuple[Fields, ...]:
        """Return the mappings of a list."""
        items = self._typed(key, list, "a list", [])
        for number, item in enumerate(items):
            if not isinstance(item, dict):
                raise FieldError(f"{self.at(key)}[{number}]", item, "a mapping")
        return tuple(Fields(item, f"{self.at(key)}[{number}]") for number, item in enumerate(items))

    def text(self, key: str, default: str = "") -> str:
        """Return a text; the default for an empty one."""
        return str(self._typed(key, str, "text", default)) or default

    def one_of(self, key: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return a text that is one of several."""
        text = self.text(key, default)
        if text not in allowed:
            raise FieldError(self.at(key), text, joined(allowed))
        return text

    def flag(self, key: str) -> bool:
        """Return a boolean; False by default."""
        return bool(self._typed(key, bool, "true or false", default=False))

    def number(self, key: str, default: int) -> int:
        """Return a count."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise FieldError(self.at(key), value, "a whole number of at least 0")
        return value

    def texts(self, key: str) -> dict[str, str]:
        """Return a mapping of texts, such as labels; null is an empty text, as in Kubernetes."""
        fields = self.mapping(key)
        return {name: fields.text(name) for name in fields.values}

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        items = self._typed(key, list, "a list", [])
        for number, item in enumerate(items):
            if not isinstance(item, str):
                raise FieldError(f"{self.at(key)}[{number}]", item, "text")
        return tuple(items)

    def _typed(self, key: str, wanted: type, allowed: str, default: Any) -> Any:  # noqa: ANN401 - of any type
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, wanted):
            raise FieldError(self.at(key), value, allowed)
        return value
