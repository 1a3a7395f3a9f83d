"""The schema that other languages see: complete, in their words, and never broken unseen."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import component_schema
from tools.component_schema import breaks

ROOT = Path(__file__).resolve().parents[2]
Schema = dict[str, Any]

NETWORK, SPEC, MODE = "podsg:index:Network", "podsg:index:NetworkSpec", "podsg:index:NatMode"
BASE: Schema = {
    "name": "podsg",
    "version": "0.0.0",
    "resources": {
        NETWORK: {
            "inputProperties": {
                "spec": {"$ref": f"#/types/{SPEC}", "plain": True},
                "subnetIds": {"type": "array", "items": {"type": "string"}},
                "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "requiredInputs": ["spec"],
            "properties": {"vpcId": {"type": "string"}, "place": {"$ref": "#/types/podsg:index:Place"}},
            "required": ["vpcId"],
        }
    },
    "types": {
        SPEC: {
            "type": "object",
            "properties": {
                "cidr": {"type": "string", "plain": True},
                "zoneCount": {"type": "integer", "plain": True},
                "nat": {"$ref": f"#/types/{MODE}", "plain": True},
            },
            "required": ["cidr"],
        },
        MODE: {
            "type": "string",
            "enum": [{"name": "SINGLE", "value": "single"}, {"name": "PER_ZONE", "value": "per_zone"}],
        },
        "podsg:index:Place": {
            "type": "object",
            "properties": {"zone": {"type": "string"}},
            "required": ["zone"],
        },
    },
}


def component(schema: Schema) -> Schema:
    found: Schema = schema["resources"][NETWORK]
    return found


def kind(schema: Schema, name: str) -> Schema:
    found: Schema = schema["types"][f"podsg:index:{name}"]
    return found


BREAKS: dict[str, tuple[Callable[[Schema], object], str, str, str]] = {
    "the package is renamed": (lambda new: new.update(name="pods"), "name", "podsg", "pods"),
    "a component goes": (lambda new: new["resources"].clear(), "Network", "a component", "gone"),
    "a type goes": (lambda new: new["types"].pop("podsg:index:Place"), "types.Place", "a type", "gone"),
    "an input goes": (
        lambda new: component(new)["inputProperties"].pop("tags"),
        "Network.inputs.tags",
        "map of string",
        "gone",
    ),
    "an output goes": (
        lambda new: component(new)["properties"].pop("vpcId"),
        "Network.outputs.vpcId",
        "string",
        "gone",
    ),
    "a field of a type goes": (
        lambda new: kind(new, "NetworkSpec")["properties"].pop("zoneCount"),
        "types.NetworkSpec.zoneCount",
        "integer",
        "gone",
    ),
    "an input changes its type": (
        lambda new: component(new)["inputProperties"]["tags"].update(
            additionalProperties={"type": "integer"}
        ),
        "Network.inputs.tags",
        "map of string",
        "map of integer",
    ),
    "an output changes its type": (
        lambda new: component(new)["properties"]["vpcId"].update(type="integer"),
        "Network.outputs.vpcId",
        "string",
        "integer",
    ),
    "a field changes its type": (
        lambda new: kind(new, "NetworkSpec")["properties"].update(nat={"type": "string", "plain": True}),
        "types.NetworkSpec.nat",
        "NatMode",
        "string",
    ),
    "a new input is required": (
        lambda new: component(new)["requiredInputs"].append("region"),
        "Network.inputs.region",
        "not there",
        "required",
    ),
    "an optional input becomes required": (
        lambda new: component(new)["requiredInputs"].append("tags"),
        "Network.inputs.tags",
        "optional",
        "required",
    ),
    "an optional field becomes required": (
        lambda new: kind(new, "NetworkSpec")["required"].append("nat"),
        "types.NetworkSpec.nat",
        "optional",
        "required",
    ),
    "an output becomes optional": (
        lambda new: component(new)["required"].clear(),
        "Network.outputs.vpcId",
        "always there",
        "optional",
    ),
    "a field of an output becomes optional": (
        lambda new: kind(new, "Place")["required"].clear(),
        "types.Place.zone",
        "always there",
        "optional",
    ),
    "an input takes plain values only": (
        lambda new: component(new)["inputProperties"]["subnetIds"].update(plain=True),
        "Network.inputs.subnetIds",
        "an input",
        "a plain value",
    ),
    "items take plain values only": (
        lambda new: component(new)["inputProperties"]["subnetIds"]["items"].update(plain=True),
        "Network.inputs.subnetIds[]",
        "an input",
        "a plain value",
    ),
    "an enum value goes": (
        lambda new: kind(new, "NatMode")["enum"].pop(),
        "types.NatMode.per_zone",
        "allowed",
        "gone",
    ),
    "an enum value gets another name": (
        lambda new: kind(new, "NatMode")["enum"][0].update(name="ONE"),
        "types.NatMode.single",
        "SINGLE",
        "ONE",
    ),
    "an enum becomes text": (
        lambda new: kind(new, "NatMode").pop("enum"),
        "types.NatMode",
        "an enum of string",
        "string",
    ),
}


@pytest.mark.parametrize("case", BREAKS, ids=str)
def test_a_break_is_found(case: str) -> None:
    # given a schema with one breaking change, when compared, then it is told, with both shapes and a fix
    change, path, before, after = BREAKS[case]
    schema = copy.deepcopy(BASE)
    change(schema)
    (found,) = breaks(BASE, schema)
    assert (found.path, found.before, found.after) == (path, before, after)
    assert re.fullmatch(rf"{re.escape(path)}: was .+, is .+\. Fix: .+", str(found))


ADDITIONS: dict[str, Callable[[Schema], object]] = {
    "a component": lambda new: new["resources"].update({"podsg:index:Other": component(new)}),
    "an optional input": lambda new: component(new)["inputProperties"].update(vpcId={"type": "string"}),
    "an output": lambda new: component(new)["properties"].update(zones={"type": "string"}),
    "a field": lambda new: kind(new, "NetworkSpec")["properties"].update(podCidr={"type": "string"}),
    "an enum value": lambda new: kind(new, "NatMode")["enum"].append({"name": "NONE", "value": "none"}),
    "a field that takes outputs": lambda new: kind(new, "NetworkSpec")["properties"]["cidr"].pop("plain"),
    "an input no longer required": lambda new: component(new)["requiredInputs"].clear(),
    "an output always there": lambda new: component(new)["required"].append("place"),
    "another version": lambda new: new.update(version="2.0.0"),
    "another description": lambda new: kind(new, "NatMode").update(description="How to get out."),
}


@pytest.mark.parametrize("case", ADDITIONS, ids=str)
def test_an_addition_is_no_break(case: str) -> None:
    # given a schema with more than before, when compared, then nothing is told
    schema = copy.deepcopy(BASE)
    ADDITIONS[case](schema)
    assert schema != BASE
    assert breaks(BASE, schema) == []


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The schema of the checkout's own components."""
    return component_schema.current()


def texts(schema: Schema) -> Iterator[tuple[str, str]]:
    for token, resource in schema["resources"].items():
        yield token, resource.get("description", "")
        for section in ("inputProperties", "properties"):
            for name, node in resource[section].items():
                yield f"{token}.{section}.{name}", node.get("description", "")
    for token, node in schema["types"].items():
        yield token, node.get("description", "")
        for name, part in node.get("properties", {}).items():
            yield f"{token}.{name}", part.get("description", "")
        for value in node.get("enum", ()):
            yield f"{token}.{value['value']}", value.get("description", "")


# What only Python says; names with underscores are those of values, which are alike everywhere.
PYTHON = re.compile(
    r"\b(None|True|False|dict|tuple|str|int|bool|float|args\[|kwargs|Optional|TypedDict|pydantic|opts)\b|__"
)
UNDERSCORE = re.compile(r"(?<!\.)\b[a-z]+(?:_[a-z]+)+\b")


def test_everything_is_described(schema: Schema) -> None:
    # given components, inputs, outputs, types and enum values, when read, then each is described by sentences
    assert [path for path, text in texts(schema) if not text.endswith(".")] == []


def test_descriptions_are_in_the_words_of_other_languages(schema: Schema) -> None:
    # given all descriptions, when read, then none has a word of Python, a name of Python, or a margin
    values = {entry["value"] for node in schema["types"].values() for entry in node.get("enum", ())}
    found = {
        path: words
        for path, text in texts(schema)
        if (words := [*PYTHON.findall(text), *(set(UNDERSCORE.findall(text)) - values)]) or "\n    " in text
    }
    assert found == {}


def test_everything_has_a_type(schema: Schema) -> None:
    # given the schema, when searched, then nothing takes or gives just anything
    assert "Any" not in json.dumps(schema["resources"]) + json.dumps(schema["types"])


def test_what_components_keep_for_each_other_is_no_output(schema: Schema) -> None:
    # given outputs, when read, then each is a value that people can use: resources stay inside
    outputs = {
        f"{token}.{name}": node
        for token, resource in schema["resources"].items()
        for name, node in resource["properties"].items()
    }
    assert len(outputs) > 20
    assert [path for path, node in outputs.items() if "$ref" in node and "/types/" not in node["$ref"]] == []
    inner = {"access", "beforeNodes", "nodes", "outputs", "podSubnets", "vpcCni", "waysOut"}
    assert {path.rpartition(".")[2] for path in outputs} & inner == set()


def test_the_committed_schema_is_up_to_date_and_breaks_nothing() -> None:
    # given the checkout, when checked, then schema and baseline hold
    assert component_schema.main(["--check"]) == 0


@pytest.fixture
def checkout(schema: Schema, tmp_path: Path) -> Path:
    """A folder with an accepted schema, to be changed by a test."""
    for name in ("components", "changelog.d"):
        (tmp_path / name).mkdir()
    assert component_schema.main(["--accept"], tmp_path) == 0
    assert component_schema.main(["--check"], tmp_path) == 0
    return tmp_path


def test_an_edited_schema_is_refused_and_written_anew(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a schema that somebody edited
    path = checkout / "components" / "schema.json"
    path.write_text(path.read_text().replace("Id of the VPC.", "The VPC."))

    # when checked, then it is refused with the command that helps
    assert component_schema.main(["--check"], checkout) == 1
    assert "Fix: python tools/component_schema.py" in capsys.readouterr().err

    # when written, then it passes
    assert component_schema.main([], checkout) == 0
    assert component_schema.main(["--check"], checkout) == 0


def test_a_break_needs_words_for_people(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # given a baseline with an output that the components no longer have
    path = checkout / "components" / "schema.baseline.json"
    baseline = json.loads(path.read_text())
    baseline["resources"][NETWORK]["properties"]["gone"] = {"type": "string"}
    path.write_text(json.dumps(baseline))

    # when checked or accepted without a word, then it is refused with its place
    for option in ("--check", "--accept"):
        assert component_schema.main([option], checkout) == 1
        told = capsys.readouterr().err
        assert "Network.outputs.gone: was string, is gone. Fix: bring it back" in told
        assert "changelog.d/<name>.breaking.md" in told

    # when people are told what to do, then it is accepted
    (checkout / "changelog.d" / "gone.breaking.md").write_text("Use `vpcId` in place of `gone`.\n")
    assert component_schema.main(["--accept"], checkout) == 0
    assert component_schema.main(["--check"], checkout) == 0


def test_an_addition_is_accepted_freely(checkout: Path) -> None:
    # given a baseline without an output that was added, when checked and accepted, then all is well
    path = checkout / "components" / "schema.baseline.json"
    baseline = json.loads(path.read_text())
    resource = baseline["resources"][NETWORK]
    del resource["properties"]["vpcId"]
    resource["required"].remove("vpcId")
    path.write_text(json.dumps(baseline))
    assert component_schema.main(["--check"], checkout) == 0
    assert component_schema.main(["--accept"], checkout) == 0
    assert "vpcId" in json.loads(path.read_text())["resources"][NETWORK]["properties"]


def test_a_checkout_without_a_baseline_is_refused(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # given no baseline, when checked, then it is not taken for one that holds
    (checkout / "components" / "schema.baseline.json").unlink()
    assert component_schema.main(["--check"], checkout) == 1
    assert "schema.baseline.json is not there" in capsys.readouterr().err


def typed_args(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "tools" / "typed_args.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_typed_inputs_are_those_of_the_models() -> None:
    # given the checkout, when checked, then the typed inputs are what the models say
    done = typed_args("--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_typed_inputs_that_differ_are_refused_and_written_anew(tmp_path: Path) -> None:
    # given a copy of the checkout whose typed inputs lack a field that the models have
    for name in ("tools", "components/podsg/resources"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("__init__.py", "errors.py", "model"):
        (tmp_path / "components" / "podsg" / name).symlink_to(ROOT / "components" / "podsg" / name)
    for name in ("tools/typed_args.py", "components/podsg/resources/spec_args.py", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    target = tmp_path / "components" / "podsg" / "resources" / "spec_args.py"
    target.write_text(target.read_text().replace("    zone_count: NotRequired[int]\n", ""))

    # when checked, then it is refused with the command that helps; when written, then it passes
    refused = typed_args("--check", root=tmp_path)
    assert refused.returncode == 1
    assert "Fix: python tools/typed_args.py" in refused.stderr
    assert typed_args(root=tmp_path).returncode == 0
    assert typed_args("--check", root=tmp_path).returncode == 0
