"""Write the schema of the components, and say what a change of it would break.

Usage: python tools/component_schema.py [--check | --accept]

Without an option: writes components/schema.json.
--check: changes nothing; fails if the schema differs from the components, or breaks what was accepted.
--accept: makes the schema the shape that later changes are measured by; a breaking change needs a fragment
`changelog.d/<name>.breaking.md` that tells people what to do.
"""

from __future__ import annotations

import argparse
import functools
import json
import runpy
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "components"))

COMMAND = "python tools/component_schema.py"
# The version comes from the tag of a release; in the file it would change the schema without a reason.
PLACEHOLDER_VERSION = "0.0.0"
FRAGMENT = "changelog.d/<name>.breaking.md"

Node = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Break:
    """One change that stops a program in some language which worked before."""

    path: str
    before: str
    after: str
    fix: str

    def __str__(self) -> str:
        """Show place, both shapes and what to do in one line."""
        return f"{self.path}: was {self.before}, is {self.after}. Fix: {self.fix}"


def breaks(before: Node, after: Node) -> list[Break]:
    """Compare two schemas of the same package.

    Args:
        before: The schema that programs were written for.
        after: The schema that they would get.

    Returns: What stops working, sorted by path; empty if all that was there still is and nothing more is
        demanded. Descriptions and the version are not looked at.
    """
    return sorted({*_names(before, after), *_components(before, after), *_types(before, after)})


def _components(before: Node, after: Node) -> Iterator[Break]:
    for token, resource in before.get("resources", {}).items():
        other, name = after.get("resources", {}).get(token), token.rpartition(":")[2]
        if other is None:
            yield Break(name, "a component", "gone", "bring it back")
        else:
            yield from _inputs(f"{name}.inputs", _side(resource, "input"), _side(other, "input"))
            yield from _outputs(f"{name}.outputs", _side(resource), _side(other))


def _types(before: Node, after: Node) -> Iterator[Break]:
    taken, given = _used(before, "inputProperties"), _used(before, "properties")
    for token, kind in before.get("types", {}).items():
        other, name = after.get("types", {}).get(token), f"types.{token.rpartition(':')[2]}"
        if other is None:
            yield Break(name, "a type", "gone", "bring it back")
        elif "enum" in kind or "enum" in other:
            yield from _enum(name, kind, other)
        else:
            yield from _inputs(name, _side(kind), _side(other)) if token in taken else ()
            yield from _outputs(name, _side(kind), _side(other)) if token in given else ()


@dataclass(frozen=True)
class _Side:
    properties: Node
    required: frozenset[str]


def _side(node: Node, way: str = "") -> _Side:
    properties, required = (
        ("inputProperties", "requiredInputs") if way == "input" else ("properties", "required")
    )
    return _Side(node.get(properties, {}), frozenset(node.get(required, ())))


def _names(before: Node, after: Node) -> Iterator[Break]:
    if before["name"] != after["name"]:
        yield Break("name", before["name"], after["name"], "keep the name: it is in the state of every stack")


def _inputs(path: str, before: _Side, after: _Side) -> Iterator[Break]:
    yield from _shared(path, before, after)
    for key in sorted(after.required - before.required):
        was = "optional" if key in before.properties else "not there"
        yield Break(f"{path}.{key}", was, "required", "give it a default")
    for key, node in before.properties.items():
        other = after.properties.get(key, node)
        for at, plain_before, plain_after in _plain(f"{path}.{key}", node, other):
            if plain_after and not plain_before:
                yield Break(at, "an input", "a plain value", "let it take outputs of resources again")


def _outputs(path: str, before: _Side, after: _Side) -> Iterator[Break]:
    yield from _shared(path, before, after)
    for key in sorted(before.required - after.required):
        if key in after.properties:
            yield Break(f"{path}.{key}", "always there", "optional", "give it in every case")


def _shared(path: str, before: _Side, after: _Side) -> Iterator[Break]:
    for key, node in before.properties.items():
        other = after.properties.get(key)
        if other is None:
            yield Break(f"{path}.{key}", _shape(node), "gone", "bring it back")
        elif _shape(node) != _shape(other):
            yield Break(f"{path}.{key}", _shape(node), _shape(other), "keep the type, or use another name")


def _enum(path: str, before: Node, after: Node) -> Iterator[Break]:
    if before["type"] != after["type"] or ("enum" in before) != ("enum" in after):
        yield Break(path, _kind(before), _kind(after), "keep the type, or use another name")
        return
    names = {entry["value"]: entry.get("name") for entry in after["enum"]}
    for entry in before["enum"]:
        value = entry["value"]
        if value not in names:
            yield Break(f"{path}.{value}", "allowed", "gone", "bring it back")
        elif names[value] != entry.get("name"):
            yield Break(f"{path}.{value}", str(entry.get("name")), str(names[value]), "keep the name")


def _kind(node: Node) -> str:
    return f"an enum of {node['type']}" if "enum" in node else str(node["type"])


def _shape(node: Node) -> str:
    """Write the type of a value in one line, without what makes it plain."""
    if "$ref" in node:
        return str(node["$ref"]).rpartition(":")[2]
    if "items" in node:
        return f"array of {_shape(node['items'])}"
    if "additionalProperties" in node:
        return f"map of {_shape(node['additionalProperties'])}"
    return str(node["type"])


def _plain(path: str, before: Node, after: Node) -> Iterator[tuple[str, bool, bool]]:
    yield path, before.get("plain", False), after.get("plain", False)
    for key, step in (("items", "[]"), ("additionalProperties", ".*")):
        if key in before and key in after:
            yield from _plain(f"{path}{step}", before[key], after[key])


def _used(schema: Node, section: str) -> frozenset[str]:
    """List the types that inputs, or outputs, are made of."""
    types = schema.get("types", {})
    found: set[str] = set()
    waiting = [
        token for resource in schema.get("resources", {}).values() for token in _refs(resource.get(section))
    ]
    while waiting:
        token = waiting.pop()
        if token in types and token not in found:
            found.add(token)
            waiting += _refs(types[token].get("properties"))
    return frozenset(found)


def _refs(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield str(node["$ref"]).removeprefix("#/types/")
        for value in node.values():
            yield from _refs(value)


@functools.cache
def current() -> dict[str, Any]:
    """Return the schema of the components of this checkout, in a stable order; made only once."""
    from podsg.resources.component_host import ComponentHost  # noqa: PLC0415 - takes seconds

    components = runpy.run_path(str(ROOT / "components" / "__main__.py"), run_name="plugin")["COMPONENTS"]
    schema: dict[str, Any] = json.loads(ComponentHost(components).schema or "{}")
    schema["version"] = PLACEHOLDER_VERSION
    for section in ("resources", "types"):
        schema[section] = dict(sorted(schema[section].items()))
    return schema


def shape_of(schema: Node) -> dict[str, Any]:
    """Return a schema without its descriptions, which break nothing."""
    return {
        key: shape_of(value) if isinstance(value, Mapping) else _shapes(value)
        for key, value in schema.items()
        if not (key == "description" and isinstance(value, str))
    }


def _shapes(value: object) -> object:
    if isinstance(value, list):
        return [shape_of(entry) if isinstance(entry, Mapping) else entry for entry in value]
    return value


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write, check or accept the schema."""
    parser = argparse.ArgumentParser(description="Write the schema of the components.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if the schema differs or breaks"
    )
    choice.add_argument("--accept", action="store_true", help="measure later changes by this schema")
    options = parser.parse_args(arguments)
    schema = current()
    target, baseline = root / "components" / "schema.json", root / "components" / "schema.baseline.json"
    if not options.check:
        _write(target, schema)
    elif _read(target) != schema:
        return _failed([f"components/schema.json differs from the components. Fix: {COMMAND}"])
    if not baseline.is_file() and not options.accept:
        return _failed([f"{baseline.name} is not there. Fix: {COMMAND} --accept"])
    broken = breaks(_read(baseline) or schema, schema)
    if broken and not (options.accept and any(root.glob(FRAGMENT.replace("<name>", "*")))):
        told = f"Or tell people in {FRAGMENT} what to do, then run: {COMMAND} --accept"
        return _failed([*map(str, broken), told])
    if options.accept:
        _write(baseline, shape_of(schema))
    return 0


def _failed(lines: list[str]) -> int:
    print("\n".join(lines), file=sys.stderr)
    return 1


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _write(path: Path, schema: Node) -> None:
    path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
