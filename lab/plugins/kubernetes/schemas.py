"""Find properties that the API server's own schema does not have.

Stricter than the published provider, which lets the server drop them: a misspelt field would be lost
without a word.

Source: Kubernetes documentation, "OpenAPI v3"; an API server's `fieldValidation=Strict` refuses the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.plugins.interface import CheckFailure, Values
from lab.plugins.kubernetes.diffing import Path, path_text
from lab.plugins.kubernetes.objects import Kind


def check(schemas: Mapping[str, Any], kind: Kind, values: Values) -> list[CheckFailure]:
    """Return a failure for every property that the kind's schema does not have.

    Args:
        schemas: OpenAPI schemas of the kind's group version, by name.
        kind: The kind.
        values: An object, in the API server's spelling; values may be unknown.

    Returns:
        Failures in the order of the object; empty too if the kind has no schema.
    """
    schema = of_kind(schemas, kind)
    if schema is None:
        return []
    return [
        CheckFailure(path_text(path), f"{path[-1]!r} is no field of {kind.name} here; allowed: {allowed}")
        for path, allowed in _unknown(schemas, schema, values, ())
    ]


def of_kind(schemas: Mapping[str, Any], kind: Kind) -> Mapping[str, Any] | None:
    """Return the schema of a kind, `None` if there is none."""
    group, _, version = kind.api_version.rpartition("/")
    wanted = {"group": group, "version": version, "kind": kind.name}
    mark = "x-kubernetes-group-version-kind"
    return next((item for item in schemas.values() if wanted in (item.get(mark) or ())), None)


def _unknown(
    schemas: Mapping[str, Any], schema: Mapping[str, Any], value: Any, path: Path
) -> Iterator[tuple[Path, str]]:
    schema = _resolve(schemas, schema)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(schemas, schema.get("items") or {}, item, (*path, index))
    elif isinstance(value, Mapping) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        yield from _unknown_keys(schemas, schema, value, path)


def _unknown_keys(
    schemas: Mapping[str, Any], schema: Mapping[str, Any], value: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, str]]:
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    if properties is None and others is None:
        return
    properties = properties or {}
    for key, item in value.items():
        if key in properties:
            yield from _unknown(schemas, properties[key], item, (*path, key))
        elif isinstance(others, Mapping):
            yield from _unknown(schemas, others, item, (*path, key))
        elif not others:
            yield (*path, key), ", ".join(sorted(properties))


def _resolve(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    for part in schema.get("allOf") or ():
        schema = {**part, **schema}
    reference = schema.get("$ref")
    return _resolve(schemas, schemas.get(reference.rpartition("/")[2]) or {}) if reference else schema
