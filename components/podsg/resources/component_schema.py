"""The schema of the components as programs in other languages read it."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

# Names that no schema has, but descriptions do: options that every component takes.
_OPTIONS = {"depends_on": "dependsOn"}
# SDKs put "Args" behind the name of a type themselves.
# Source: pulumi/pulumi, `pkg/codegen/nodejs/gen.go`, `tokenToType` and `genPlainType`.
_TYPE = re.compile("(podsg:index:[A-Za-z]+)Args$")


def public_schema(schema: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    r"""Rewrite a schema made of Python classes for other languages.

    Args:
        schema: What the SDK made of the components.
        names: Names of the schema by the names that Python uses, where they differ.

    Returns: The schema with its parts in the given order; without empty parts, and with descriptions that
        have no margin and use the names of the schema.

    Example:
        >>> found = public_schema(
        ...     {"types": {"podsg:index:PeerArgs": {"description": "See\n    `zone_count`.", "enum": None}}},
        ...     {"zone_count": "zoneCount"},
        ... )
        >>> print(found["types"]["podsg:index:Peer"])
        {'description': 'See\n`zoneCount`.'}
    """
    return {
        _TYPE.sub(r"\1", key): _public(key, value, names)
        for key, value in schema.items()
        if value is not None
    }


def _public(key: str, value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, Mapping):
        repeated = {"description"} if key in {"items", "additionalProperties"} else set()
        return public_schema({part: value[part] for part in value if part not in repeated}, names)
    if isinstance(value, list):
        return [_public(key, entry, names) for entry in value]
    if isinstance(value, str):
        return spelled(inspect.cleandoc(value), names) if key == "description" else _TYPE.sub(r"\1", value)
    return value


def spelled(text: str, names: Mapping[str, str]) -> str:
    """Write the names in a text as the schema does.

    Args:
        text: A description or an error.
        names: Names of the schema by the names that Python uses.

    Example:
        >>> spelled("min_count: found 9; allowed: at most max_count", {"min_count": "minCount"})
        'minCount: found 9; allowed: at most max_count'
    """
    known = {**names, **_OPTIONS}
    return re.sub(r"\b[a-z0-9]+(_[a-z0-9]+)+\b", lambda found: known.get(found[0], found[0]), text)
