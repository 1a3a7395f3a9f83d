"""From the inputs that other languages send to what a component takes: names, whole numbers, shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Optional

import pulumi
from pulumi.provider.experimental.analyzer import PropertyDefinition, PropertyType, TypeDefinition

from podsg.errors import Problem
from podsg.model.wording import joined, nearest, shown

Properties = Mapping[str, PropertyDefinition]
Names = Mapping[str, str]

_SHAPES: dict[Optional[PropertyType], tuple[type[Any], str]] = {
    PropertyType.ARRAY: (list, "a list"),
    PropertyType.BOOLEAN: (bool, "true or false"),
    PropertyType.INTEGER: (int, "a whole number"),
    PropertyType.NUMBER: (float, "a number"),
    PropertyType.OBJECT: (Mapping, "a mapping"),
    PropertyType.STRING: (str, "text"),
}


@dataclass(frozen=True)
class _Place:
    """Where a value stands, and what was refused so far."""

    path: str = ""
    problems: list[Problem] = field(default_factory=list)

    def below(self, step: str) -> "_Place":
        return replace(self, path=f"{self.path}.{step}" if self.path else step)

    def item(self, index: int) -> "_Place":
        return replace(self, path=f"{self.path}[{index}]")

    def refuse(self, found: str, allowed: str) -> None:
        self.problems.append(Problem(self.path, found, allowed))


class InputReader:
    """Read inputs by the schema of a component; ranges and what fits together are the component's business.

    Args:
        types: The object and enum types of the schema, by the last part of their token.
    """

    def __init__(self, types: Mapping[str, TypeDefinition]) -> None:
        self._types = types

    def read(
        self, inputs: Mapping[str, Any], properties: Properties, names: Names
    ) -> tuple[dict[str, Any], list[Problem]]:
        """Rename keys, never those of maps that people fill, and make whole numbers of what the wire sends.

        Args:
            inputs: Values by the names of the schema.
            properties: What the schema says of them.
            names: Names that the component uses, by those of the schema.

        Returns: The values by the names that the component uses, and everything that has the wrong shape.
        """
        place = _Place()
        return self._object(inputs, properties, names, place), place.problems

    def _object(
        self, inputs: Mapping[str, Any], properties: Properties, names: Names, place: _Place
    ) -> dict[str, Any]:
        for key in inputs:
            if key not in properties:
                place.below(key).refuse("an unknown key", _known(key, properties))
        found: dict[str, Any] = {}
        for key, definition in properties.items():
            if inputs.get(key) is not None:
                found[names[key]] = self._value(inputs[key], definition, place.below(key))
            elif not definition.optional:
                place.below(key).refuse("nothing", "a value")
        return found

    def _value(self, value: object, definition: PropertyDefinition, place: _Place) -> object:
        if isinstance(value, pulumi.Output):
            if definition.plain:
                place.refuse("a secret, or a value that comes later", "a value that is known from the start")
            return value
        if isinstance(value, float) and value.is_integer() and definition.type is PropertyType.INTEGER:
            return int(value)
        if definition.ref:
            return self._typed(value, self._types[definition.ref.rpartition(":")[2]], place)
        if _has_shape(value, definition.type, place):
            if definition.items and isinstance(value, list):
                items = definition.items
                return [self._value(item, items, place.item(index)) for index, item in enumerate(value)]
            if definition.additional_properties and isinstance(value, Mapping):
                values = definition.additional_properties
                return {key: self._value(entry, values, place.below(key)) for key, entry in value.items()}
        return value

    def _typed(self, value: object, kind: TypeDefinition, place: _Place) -> object:
        if kind.enum:
            choices = [choice.value for choice in kind.enum]
            if value not in choices:
                place.refuse(shown(value), joined(choices))
            return value
        if not isinstance(value, Mapping):
            place.refuse(shown(value), f"a mapping with the keys {', '.join(kind.properties)}")
            return value
        return self._object(value, kind.properties, kind.properties_mapping, place)


def _has_shape(value: object, kind: Optional[PropertyType], place: _Place) -> bool:
    shape, words = _SHAPES[kind]
    fits = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    if not fits:
        place.refuse(shown(value), words)
    return fits


def _known(key: str, properties: Properties) -> str:
    similar = nearest(key, properties)
    return f"{similar}, the nearest of {', '.join(properties)}" if similar else joined(properties)
