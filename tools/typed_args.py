"""Write the typed inputs of the components from the models of what people write.

One TypedDict per model that an environment is made of, so that type checkers, editors and programs in other
languages see the very inputs that the models check.

Usage: python tools/typed_args.py [--check]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "components"))

from podsg.model import EnvironmentSpec  # noqa: E402 - the checkout's own package, installed or not
from podsg.model.faults import allowed_text  # noqa: E402 - as above
from podsg.model.references import REFERENCE  # noqa: E402 - as above
from podsg.model.spec import Spec  # noqa: E402 - as above

TARGET = ROOT / "components" / "podsg" / "resources" / "spec_args.py"
COMMAND = "python tools/typed_args.py"
# What components take as their `spec`: the written form, or what parsing it gave.
PARTS = (
    "ClusterSpec",
    "DatabaseSpec",
    "EnvironmentSpec",
    "NetworkSpec",
    "NodeGroupSpec",
    "WorkloadSpec",
)
SCALARS = {"boolean": "bool", "integer": "int", "number": "float", "string": "str"}
WIDTH = 110

Node = dict[str, Any]

HEADER = f'''"""Typed inputs of the components: what a description may hold, field by field.

Generated from components/podsg/model by `{COMMAND}`. Do not edit.
"""
'''


def rendered() -> str:
    """Return the text of the module, before the formatter."""
    root = EnvironmentSpec.model_json_schema()
    definitions: dict[str, Node] = root.pop("$defs")
    definitions[EnvironmentSpec.__name__] = root
    models = [
        name for name in _used_first(EnvironmentSpec.__name__, definitions) if _is_model(definitions[name])
    ]
    enums = sorted(name for name, node in definitions.items() if not _is_model(node))
    parts = [
        HEADER,
        *_imports(enums),
        *_aliases(enums, definitions),
        *(_class(name, definitions) for name in models),
        *_part_aliases(),
    ]
    return "\n".join(parts)


def _is_model(node: Node) -> bool:
    return "enum" not in node


def _used_first(name: str, definitions: dict[str, Node]) -> list[str]:
    """List a definition and what it is made of, each once and before its first use."""
    found: dict[str, None] = {}
    for used in _references(definitions[name]):
        found |= dict.fromkeys(_used_first(used, definitions))
    return [*found, name]


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        node = list(node.values())
    if isinstance(node, list):
        for entry in node:
            yield from _references(entry)


def _imports(enums: Iterable[str]) -> list[str]:
    modules: dict[str, list[str]] = {}
    for name in enums:
        modules.setdefault(_defined_in(name, Enum), []).append(name)
    models: dict[str, list[str]] = {}
    for name in PARTS:
        models.setdefault(_defined_in(name, Spec), []).append(name)
    return [
        "from typing import TYPE_CHECKING, Literal, NotRequired, Optional, TypeAlias, TypedDict\n",
        "import pulumi\n",
        *(f"from {module} import {', '.join(names)}" for module, names in sorted(modules.items())),
        "\nif TYPE_CHECKING:",
        *(f"    from {module} import {', '.join(names)}" for module, names in sorted(models.items())),
    ]


def _defined_in(name: str, base: type) -> str:
    for module in [module for key, module in sys.modules.items() if key.startswith("podsg.model.")]:
        found = getattr(module, name, None)
        if isinstance(found, type) and issubclass(found, base):
            return found.__module__
    msg = f"no module of podsg.model has {name}"
    raise LookupError(msg)


def _aliases(enums: Iterable[str], definitions: dict[str, Node]) -> Iterator[str]:
    """Let Python programs write an enum's value as text, and everybody else see the enum."""
    names = list(enums)
    yield "\n    # Type checkers take the text too; the schema has one type for a value."
    for name in names:
        texts = ", ".join(map(json.dumps, definitions[name]["enum"]))
        yield f"    {name}Value: TypeAlias = {name} | Literal[{texts}]"
    yield "else:"
    yield from (f"    {name}Value = {name}" for name in names)


def _part_aliases() -> Iterator[str]:
    yield "\n\nif TYPE_CHECKING:"
    yield "    # Programs may hand on what they parsed."
    yield from (f"    {name}Input: TypeAlias = {name}Args | {name}" for name in PARTS)
    yield "else:"
    yield from (f"    {name}Input = {name}Args" for name in PARTS)
    yield ""


def _class(name: str, definitions: dict[str, Node]) -> str:
    node = definitions[name]
    lines = [f"\n\nclass {name}Args(TypedDict):", *_docstring(node["description"], "\n    "), ""]
    required = node.get("required", ())
    for field, value in node["properties"].items():
        shape = _shape(value, definitions)
        lines.append(f"    {field}: {shape if field in required else f'NotRequired[{shape}]'}")
        lines += _docstring(description(value, definitions))
    return "\n".join(lines)


def _shape(node: Node, definitions: dict[str, Node]) -> str:
    """Write the type of a value.

    Raises:
        ValueError: It may have more than one shape, which no schema of a component can say.
    """
    if "anyOf" in node:
        kinds = [kind for kind in node["anyOf"] if kind != {"type": "null"}]
        if len(kinds) != 1:
            msg = f"{len(kinds)} shapes for one value: {node['anyOf']}"
            raise ValueError(msg)
        return f"Optional[{_shape(kinds[0], definitions)}]"
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"{name}Args" if _is_model(definitions[name]) else f"{name}Value"
    if node["type"] == "array":
        shape = f"list[{_shape(node['items'], definitions)}]"
        # Another resource may tell them one by one, or all together.
        return f"pulumi.Input[{shape}]" if node["items"].get(REFERENCE) else shape
    if node["type"] == "object":
        values = next(iter(node.get("patternProperties", {}).values()), None) or node["additionalProperties"]
        shape = f"dict[str, {_shape(values, definitions)}]"
    else:
        shape = SCALARS[node["type"]]
    return f"pulumi.Input[{shape}]" if node.get(REFERENCE) else shape


def description(node: Node, definitions: dict[str, Node]) -> str:
    """Describe a value: what the model says, then range, choice and default where that leaves them out."""
    text: str = node["description"]
    kinds = [kind for kind in node.get("anyOf", [node]) if kind != {"type": "null"}]
    kind = kinds[0]
    if "$ref" in kind:
        kind = {**kind, **definitions[kind["$ref"].rpartition("/")[2]]}
    added = []
    choices = [str(choice) for choice in kind.get("enum", ())]
    limits = [str(kind[limit]) for limit in ("minimum", "maximum") if limit in kind and not choices]
    if any(value not in text for value in (*choices, *limits)):
        added.append(f"Allowed: {allowed_text(kind)}.")
    if "default" in node and "Default:" not in text:
        added.append(f"Default: {_word(node['default'])}.")
    between = "\n\n" if added and "\n\n" in text else " "
    return between.join([text, " ".join(added)]).strip()


def _word(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value) if value[:1].isdigit() else f"`{value}`"
    if isinstance(value, bool | int):
        return json.dumps(value)
    msg = f"the default {value!r} has to be told in words by the model itself"
    raise ValueError(msg)


def _docstring(text: str, end: str = "") -> list[str]:
    """Write a description as a string literal below what it describes."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    if len(paragraphs) == 1 and len(paragraphs[0]) <= WIDTH - 10:
        return [f'    """{paragraphs[0]}"""']
    wrapped = [textwrap.fill(paragraph, WIDTH - 10, break_long_words=False) for paragraph in paragraphs]
    body = textwrap.indent("\n\n".join(wrapped), "    ").lstrip()
    return [f'    """{body}{end}"""']


def formatted(text: str) -> str:
    """Return the text as the project's formatter writes it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def main(arguments: list[str] | None = None) -> int:
    """Write the module, or say whether the committed one differs."""
    parser = argparse.ArgumentParser(description="Write the typed inputs of the components.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if the file differs")
    options = parser.parse_args(arguments)
    text = formatted(rendered())
    if not options.check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.relative_to(ROOT)} differs from components/podsg/model. Fix: {COMMAND}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
