"""The JSON Schema of what people write: one source for editors, error texts and stand-ins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from podsg.model.location import Location
from podsg.model.spec import Spec

Node = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """What the schema knows about one place of an input."""

    node: Node
    """Schema of the value."""
    example: Any
    """A value that passes."""


@cache
def input_schema(model: type[Spec]) -> Node:
    """Make the JSON Schema of a model, with every part written out in its place.

    Returns:
        A node without references, titles and null alternatives, so that every editor reads it alike.
    """
    raw = model.model_json_schema()
    return _written_out(raw, raw.get("$defs", {}))


def place_at(model: type[Spec], location: Location) -> Place:
    """Look up what a model knows about one place.

    Args:
        model: Model of the input's root.
        location: A place below the root whose keys and indices the model knows.
    """
    place = Place(input_schema(model), None)
    for step in location:
        node, example = place.node, place.example
        if "properties" in node:
            node = node["properties"][step]
            place = Place(node, node["examples"][0])
        elif isinstance(example, list):
            place = Place(node["items"], example[0])
        else:
            place = Place(node["additionalProperties"], next(iter(example.values())))
    return place


def _written_out(node: Node, definitions: dict[str, Node]) -> Node:
    found = dict(node)
    if "anyOf" in found:
        found = {**found.pop("anyOf")[0], **found}
    if "$ref" in found:
        found = {**definitions[found.pop("$ref").rpartition("/")[2]], **found}
    if "patternProperties" in found:
        pattern, values = found.pop("patternProperties").popitem()
        found["additionalProperties"] = values
        found["propertyNames"] = {"pattern": pattern, **found["propertyNames"]}
    for unused in ("title", "$defs"):
        found.pop(unused, None)
    if found.get("default", "") is None:
        del found["default"]
    if "description" in found:
        found["description"] = " ".join(found["description"].split())
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = _written_out(found[key], definitions)
    if "properties" in found:
        found["properties"] = {
            key: _written_out(value, definitions) for key, value in found["properties"].items()
        }
    return found
