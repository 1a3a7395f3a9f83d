"""The JSON Schema that editors, error texts and stand-ins share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podsg.model import EnvironmentSpec, NetworkSpec, input_schema, parse_environment
from podsg.model.faults import allowed_text
from podsg.model.location import Location
from podsg.model.references import REFERENCE
from podsg.model.schema import place_at
from tests.pure.environments import all_made_here, in_existing_network, workloads_alone
from tests.pure.mistakes.mistake import Start

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "tools" / "environment_schema.py"


def _nodes(
    node: dict[str, Any], at: tuple[str | int, ...] = ()
) -> Iterator[tuple[Location, dict[str, Any], bool]]:
    for key, value in node.get("properties", {}).items():
        yield (*at, key), value, key in node.get("required", ())
        yield from _nodes(value, (*at, key))
    for key, step in (("items", 0), ("additionalProperties", "any")):
        if isinstance(node.get(key), dict):
            yield from _nodes(node[key], (*at, step))


NODES = list(_nodes(input_schema(EnvironmentSpec)))


@pytest.mark.parametrize("field", NODES, ids=lambda field: ".".join(map(str, field[0])))
def test_every_field_tells_all_about_itself(field: tuple[Location, dict[str, Any], bool]) -> None:
    # given any field, when an editor asks for it
    _, node, required = field
    text = node["description"]

    # then it has a meaning, an example, a default unless it is required, and a range if it is a number
    assert text.endswith(".")
    assert node["examples"]
    assert required or "default" in node or "Default:" in text
    assert allowed_text(node)


LIMITS = {
    "integer": ("minimum", "maximum"),
    "array": ("maxItems",),
    "object": ("maxProperties",),
}


@pytest.mark.parametrize("field", NODES, ids=lambda field: ".".join(map(str, field[0])))
def test_nothing_is_without_limit(field: tuple[Location, dict[str, Any], bool]) -> None:
    # given any field, item or entry; the keys of a part are limited by their names
    _, node, _ = field

    # when it counts or collects, then it has a least and a most
    if "properties" in node:
        assert node["additionalProperties"] is False
    else:
        assert all(isinstance(node.get(limit), int) for limit in LIMITS.get(node["type"], ()))


# What else an example needs beside it, where the environment that it is put into does not have it.
BESIDE: dict[Location, dict[str, Any]] = {
    ("network", "private_cidrs"): {
        "public_cidrs": input_schema(NetworkSpec)["properties"]["public_cidrs"]["examples"][0]
    },
    ("network", "public_cidrs"): {
        "private_cidrs": input_schema(NetworkSpec)["properties"]["private_cidrs"]["examples"][0]
    },
}
STARTS: dict[Location, Start] = {
    ("existing_network",): workloads_alone,
    ("existing_network", "vpc_id"): workloads_alone,
    ("existing_network", "private_subnet_ids"): in_existing_network,
    ("existing_network", "pod_subnet_ids"): in_existing_network,
    ("existing_cluster",): workloads_alone,
    ("existing_databases",): workloads_alone,
    ("databases", "any", "instance_count"): in_existing_network,
    ("cluster", "vpc_cni", "custom_networking"): in_existing_network,
}
PEER_KINDS = {"workload", "cidr", "security_group_id"}


@pytest.mark.parametrize("field", NODES, ids=lambda field: ".".join(map(str, field[0])))
def test_every_example_passes(field: tuple[Location, dict[str, Any], bool]) -> None:
    # given an environment that passes, and the example of one field in it
    location, node, _ = field
    starts = [
        STARTS[location[:length]] for length in range(1, len(location) + 1) if location[:length] in STARTS
    ]
    written = starts[-1]() if starts else all_made_here()
    place: Any = written
    for step in location[:-1]:
        place = _entry(place, step)
    if location[-1] in PEER_KINDS and "ports" in place:
        for kind in PEER_KINDS & place.keys():
            del place[kind]
    if location[-1] == "any":
        place[next(iter(place))] = node["examples"][0]
    else:
        place[location[-1]] = node["examples"][0]
    if location in BESIDE:
        place.update(BESIDE[location])

    # when read, then it passes
    assert parse_environment(written).name


def _entry(place: Any, step: str | int) -> Any:
    if step == "any":
        return next(iter(place.values()))
    if isinstance(place, list):
        return place[0]
    peers = [{"cidr": "10.0.0.0/8", "ports": [443]}]
    return place.setdefault(step, peers if step == "egress_to" else {})


def test_places_inside_maps_and_lists_have_examples() -> None:
    # given places below names and indices, when looked up, then an example of the part is there
    assert place_at(EnvironmentSpec, ("node_groups", "any", "instance_types", 3)).example == "m5.large"
    assert place_at(EnvironmentSpec, ("workloads", "any", "ingress_from", 2)).example["ports"] == [8080]
    assert place_at(EnvironmentSpec, ("existing_network", "pod_subnet_ids", "us-west-2d")).example


def test_generators_learn_which_values_may_come_later() -> None:
    # given ids and ARNs, alone, in a list and in a mapping, when looked up, then each is marked
    subnets = ("existing_network", "private_subnet_ids", 0)
    pods = ("existing_network", "pod_subnet_ids", "us-west-2a")
    for location in (("cluster", "key_arn"), ("existing_network", "vpc_id"), subnets, pods):
        assert place_at(EnvironmentSpec, location).node[REFERENCE] is True
    assert REFERENCE not in place_at(EnvironmentSpec, ("network", "cidr")).node


def test_the_schema_needs_no_lookup() -> None:
    # given the schema as text, when searched, then nothing refers elsewhere and nothing may be null
    text = json.dumps(input_schema(EnvironmentSpec))
    assert not any(word in text for word in ("$ref", "anyOf", "patternProperties", '"null"', '"title"'))


def test_names_of_parts_are_checked_by_editors() -> None:
    # given the mapping of databases, when an editor checks a name, then the pattern is at hand
    databases = input_schema(EnvironmentSpec)["properties"]["databases"]
    assert databases["propertyNames"]["pattern"].startswith("^[a-z]")
    assert databases["additionalProperties"]["additionalProperties"] is False


def run(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "tools" / GENERATOR.name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_committed_schema_is_up_to_date() -> None:
    # given the schema of the checkout, when checked, then it is what the models say
    done = run("--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_editors_see_only_what_json_schema_knows() -> None:
    # given the committed schema, when searched, then what only generators of code read is not there
    assert REFERENCE in json.dumps(input_schema(EnvironmentSpec))
    assert REFERENCE not in (ROOT / "stacks" / "stack.schema.json").read_text(encoding="utf-8")


def test_a_schema_that_differs_is_refused_and_written_anew(tmp_path: Path) -> None:
    # given a copy of the checkout with an edited schema
    (tmp_path / "tools").mkdir()
    (tmp_path / "stacks").mkdir()
    (tmp_path / "components").symlink_to(ROOT / "components")
    (tmp_path / "tools" / GENERATOR.name).write_text(GENERATOR.read_text(encoding="utf-8"), encoding="utf-8")
    target = tmp_path / "stacks" / "stack.schema.json"
    target.write_text("{}", encoding="utf-8")

    # when checked, then it is refused with the command that helps
    refused = run("--check", root=tmp_path)
    assert refused.returncode == 1
    assert "Fix: python tools/environment_schema.py" in refused.stderr

    # when written, then it passes and describes whole stack files
    assert run(root=tmp_path).returncode == 0
    assert run("--check", root=tmp_path).returncode == 0
    config = json.loads(target.read_text(encoding="utf-8"))["properties"]["config"]
    assert set(config["properties"]) == {"podsg:environment", "aws:region"}
    assert config["additionalProperties"] is True
