"""The YAML program of the examples holds by the schema of the components, as the engine would read it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from podsg.model import parse_environment
from podsg.resources import Environment
from podsg.resources.component_host import ComponentHost

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "examples" / "yaml-environment" / "Pulumi.yaml"
SCHEMA = json.loads((ROOT / "components" / "schema.json").read_text(encoding="utf-8"))
Node = dict[str, Any]


def program() -> Node:
    content: Node = yaml.safe_load(PROGRAM.read_text(encoding="utf-8"))
    return content


def as_json_schema(resource: Node) -> Node:
    """Write the inputs of a component as a JSON Schema."""
    parts = {token: value(node) for token, node in SCHEMA["types"].items()}
    return {
        **mapping(resource["inputProperties"], resource["requiredInputs"]),
        "$defs": {token.rpartition(":")[2]: part for token, part in parts.items()},
    }


def mapping(properties: Node, required: list[str]) -> Node:
    return {
        "type": "object",
        "properties": {name: value(node) for name, node in properties.items()},
        "required": required,
        "additionalProperties": False,
    }


def value(node: Node) -> Node:
    if "$ref" in node:
        return {"$ref": f"#/$defs/{node['$ref'].rpartition(':')[2]}"}
    if "enum" in node:
        return {"enum": [choice["value"] for choice in node["enum"]]}
    if "properties" in node:
        return mapping(node["properties"], node.get("required", []))
    found = {"type": node["type"]}
    return found | {key: value(node[key]) for key in ("items", "additionalProperties") if key in node}


def problems(content: Node) -> Iterator[tuple[str, str]]:
    """Yield place and message of everything that the schema does not allow."""
    for name, resource in content["resources"].items():
        schema = as_json_schema(SCHEMA["resources"][resource["type"]])
        jsonschema.Draft202012Validator.check_schema(schema)
        for error in jsonschema.Draft202012Validator(schema).iter_errors(resource["properties"]):
            yield ".".join([name, *map(str, error.absolute_path)]), error.message


def test_the_program_holds() -> None:
    # given the program, when every resource is checked against the schema, then nothing is told
    assert list(problems(program())) == []


def spec(content: Node) -> Node:
    found: Node = content["resources"]["dev"]["properties"]["spec"]
    return found


FAULTS: dict[str, tuple[Callable[[Node], object], str, str]] = {
    "a misspelt key": (
        lambda new: spec(new)["network"].update(zoneCuont=3),
        "dev.spec.network",
        "'zoneCuont' was unexpected",
    ),
    "a name of Python": (
        lambda new: spec(new).update(node_groups={}),
        "dev.spec",
        "'node_groups' was unexpected",
    ),
    "a key at the top": (
        lambda new: new["resources"]["dev"]["properties"].update(tag="x"),
        "dev",
        "'tag' was unexpected",
    ),
    "text for a number": (
        lambda new: spec(new)["network"].update(zoneCount="3"),
        "dev.spec.network.zoneCount",
        "'3' is not of type 'integer'",
    ),
    "a number for text": (
        lambda new: spec(new)["databases"]["catalog"].update(version=8.4),
        "dev.spec.databases.catalog.version",
        "8.4 is not of type 'string'",
    ),
    "no list": (
        lambda new: spec(new)["workloads"]["catalog"].update(ports=8080),
        "dev.spec.workloads.catalog.ports",
        "8080 is not of type 'array'",
    ),
    "no choice": (
        lambda new: spec(new)["network"].update(nat="sinlge"),
        "dev.spec.network.nat",
        "'sinlge' is not one of",
    ),
    "no choice in a list": (
        lambda new: spec(new)["network"].update(interfaceEndpoints=["s3"]),
        "dev.spec.network.interfaceEndpoints.0",
        "'s3' is not one of",
    ),
    "a missing key": (
        lambda new: spec(new)["databases"]["catalog"].pop("engine"),
        "dev.spec.databases.catalog",
        "'engine' is a required property",
    ),
}


@pytest.mark.parametrize("case", FAULTS, ids=str)
def test_a_planted_fault_is_found(case: str) -> None:
    # given the program with one fault, when checked, then it alone is told, at its place
    change, path, message = FAULTS[case]
    content = copy.deepcopy(program())
    change(content)
    ((found, told),) = problems(content)
    assert found == path
    assert message in told


def test_the_program_describes_an_environment() -> None:
    # given the inputs of the program, when read as the component reads them, then they hold
    host = ComponentHost([Environment])
    definition = host._component_defs["Environment"]
    ((name, resource),) = program()["resources"].items()
    read = parse_environment(host.map_inputs(resource["properties"], definition)["spec"])

    # then the resource has the name of its environment
    assert read.name == name


def test_its_outputs_are_there() -> None:
    # given what the program hands out, when looked up, then the component has each
    content = program()
    used = re.findall(r"\$\{dev\.(\w+)", json.dumps(content["outputs"]))
    assert used
    assert set(used) <= set(SCHEMA["resources"]["podsg:index:Environment"]["properties"])


def test_its_package_is_the_folder_of_the_plugin() -> None:
    # given the path of the package, when followed, then a plugin is there
    folder = PROGRAM.parent / program()["packages"]["podsg"]
    assert yaml.safe_load((folder / "PulumiPlugin.yaml").read_text())["runtime"]["name"] == "python"
    assert (folder / "__main__.py").is_file()
