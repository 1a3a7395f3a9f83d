"""The component plugin under the real engine: what programs in other languages get."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import psutil
import pulumi
import pulumi_aws as aws
import pytest
import yaml
from pulumi import automation
from pulumi.runtime.proto import GetSchemaRequest, provider_pb2_grpc

from lab import status
from lab.paths import CHECKOUT
from lab.toolchain import TOOL_SETS
from podsg import __version__
from tests.lab.conftest import Lab

PLUGIN = CHECKOUT / "components"
EXAMPLE = CHECKOUT / "examples" / "yaml-environment" / "Pulumi.yaml"
Values = Mapping[str, Any]


@contextmanager
def plugin(*launcher: str) -> Iterator[list[str]]:
    """Start the plugin as the engine does; yield the lines that it prints first."""
    command = [*launcher, sys.executable, str(PLUGIN), "127.0.0.1:1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield [process.stdout.readline().strip() for _ in range(2 if launcher else 1)]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_schema_over_grpc_is_the_committed_one() -> None:
    # given the running plugin, when asked for its schema
    with plugin() as (port,), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        found = json.loads(stub.GetSchema(GetSchemaRequest()).schema)

    # then it is the committed one, with the version of the package
    committed = json.loads((PLUGIN / "schema.json").read_text())
    assert found.pop("version") == __version__
    del committed["version"]
    assert found == committed


def test_the_schema_passes_the_check_of_the_engine(activated: Lab) -> None:
    # given the committed schema, when the engine's own command checks it, then nothing is wrong
    done = subprocess.run(
        ["pulumi", "schema", "check", str(PLUGIN / "schema.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# Starts the plugin, tells its process id, and lives until it is killed.
ENGINE = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); p.wait()"


def test_the_plugin_ends_with_its_engine() -> None:
    # given a plugin that serves, when its engine is killed, then it ends
    with plugin(sys.executable, "-c", ENGINE) as lines:
        (pid,) = {int(line) for line in lines if psutil.pid_exists(int(line)) and is_plugin(int(line))}
        served = psutil.Process(pid)
    try:
        served.wait(timeout=60)
    finally:
        if served.is_running():
            served.kill()


def is_plugin(pid: int) -> bool:
    return str(PLUGIN) in psutil.Process(pid).cmdline()


class Remote(pulumi.ComponentResource):
    """A component of the plugin, as the SDKs for other languages register it."""

    def __init__(self, token: str, name: str, inputs: Values, *outputs: str) -> None:
        super().__init__(token, name, {**inputs, **dict.fromkeys(outputs)}, None, remote=True)


@dataclass
class Stack:
    """A stack of a program that knows the components by the plugin only."""

    stack: automation.Stack
    errors: list[str] = field(default_factory=list)

    def changes(self, verb: str) -> dict[str, int]:
        """Run an operation and return its steps per kind."""
        done = getattr(self.stack, verb)(on_event=self._keep)
        return dict(done.summary.resource_changes or {})

    def _keep(self, event: automation.EngineEvent) -> None:
        if event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
            self.errors.append(event.diagnostic_event.message)

    def outputs(self) -> dict[str, Any]:
        return {name: output.value for name, output in self.stack.outputs().items()}


@pytest.fixture
def stack(activated: Lab, tmp_path: Path) -> Callable[[str, Callable[[], None]], Stack]:
    """Make a stack that finds the plugin on PATH, where the lab's other plugins are."""
    launcher = tmp_path / "bin" / "pulumi-resource-podsg"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PLUGIN}" "$@"\n')
    launcher.chmod(0o755)
    os.environ["PATH"] = os.pathsep.join([str(launcher.parent), os.environ["PATH"]])
    engine = next(tool_set for tool_set in TOOL_SETS if tool_set.module == "pulumi")
    work = tmp_path / "work"
    work.mkdir()

    def make(name: str, program: Callable[[], None]) -> Stack:
        command = automation.PulumiCommand(root=str(engine.folder.parent))
        options = automation.LocalWorkspaceOptions(work_dir=str(work), pulumi_command=command)
        return Stack(automation.create_or_select_stack(name, "other-language", program, opts=options))

    return make


Make = Callable[[str, Callable[[], None]], Stack]


def objects(lab: Lab) -> int:
    return status.total(status.count(lab.running()))


def test_a_network_lives_and_goes(stack: Make, activated: Lab) -> None:
    # given a program that knows the component by its token and the names of the schema, and gives it an ARN
    # that comes while the engine works
    def program() -> None:
        flows = aws.cloudwatch.LogGroup("flows", name="office-flows")
        spec = {"cidr": "10.60.0.0/16", "zoneCount": 2, "nat": "per_zone", "flowLogGroupArn": flows.arn}
        inputs = {"spec": spec, "tags": {"my_team": "it"}}
        network = Remote("podsg:index:Network", "office", inputs, "vpcId", "privateSubnetIds")
        pulumi.export("vpc", network.vpcId)  # type: ignore[attr-defined]
        pulumi.export("subnets", network.privateSubnetIds)  # type: ignore[attr-defined]

    before = objects(activated)
    made = stack("network", program)

    # when it is previewed, then the preview works without the ARN
    assert made.stack.preview().change_summary[automation.OpType.CREATE] > 20

    # when it is brought up twice, then the outputs are those of the component, and nothing changes
    assert made.changes("up")["create"] > 20
    assert objects(activated) > before
    assert made.outputs()["vpc"].startswith("vpc-")
    assert len(made.outputs()["subnets"]) == 2
    assert set(made.changes("up")) == {"same"}

    # then names that people chose are as they were
    resources = (made.stack.export_stack().deployment or {})["resources"]
    (vpc,) = [resource for resource in resources if resource["type"] == "aws:ec2/vpc:Vpc"]
    assert vpc["inputs"]["tags"]["my_team"] == "it"

    # then the flow log writes to the group whose ARN came late
    (log,) = [resource for resource in resources if resource["type"] == "aws:ec2/flowLog:FlowLog"]
    assert log["inputs"]["logDestination"].endswith(":office-flows")

    # when destroyed, then nothing is left
    assert set(made.changes("destroy")) == {"delete"}
    assert objects(activated) == before


def test_a_yaml_environment_lives_and_goes(stack: Make, activated: Lab) -> None:
    # given the resource of the YAML example, with the engine's own idea of who may ask Kubernetes
    ((name, resource),) = yaml.safe_load(EXAMPLE.read_text())["resources"].items()

    def program() -> None:
        made = Remote(resource["type"], name, resource["properties"], "clusterName", "databaseEndpoints")
        pulumi.export("cluster", made.clusterName)  # type: ignore[attr-defined]
        pulumi.export("endpoints", made.databaseEndpoints)  # type: ignore[attr-defined]

    before = objects(activated)
    made = stack("environment", program)

    # when it is brought up twice, then all of it is there, and nothing changes
    assert made.changes("up")["create"] > 60
    assert objects(activated) > before
    assert made.outputs()["cluster"] == "dev-cluster"
    assert set(made.outputs()["endpoints"]) == {"catalog"}
    assert set(made.changes("up")) == {"same"}

    # when destroyed, then nothing is left
    assert set(made.changes("destroy")) == {"delete"}
    assert objects(activated) == before


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "wrong shape": (
        {"cidr": 10, "zoneCuont": 2, "nat": "sinlge"},
        [
            "office.spec.cidr: found 10.0; allowed: text",
            "office.spec.zoneCuont: found an unknown key; allowed: zoneCount, the nearest of",
            'office.spec.nat: found "sinlge"; allowed: single, per_zone or none',
        ],
    ),
    "wrong value": (
        {"cidr": "10.0.0.0/8", "zoneCount": 9},
        [
            'office.spec.cidr: found "10.0.0.0/8"; allowed: an IPv4 network of /16 to /20',
            "office.spec.zoneCount: found 9; allowed: 2 to 6",
        ],
    ),
    "found out while the engine works": (
        {"cidr": "10.0.0.0/16", "zoneCount": 6},
        ["found 6; allowed: at most 4, the zones of this region that EKS takes"],
    ),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_input_is_refused_in_the_names_of_the_schema(case: str, stack: Make) -> None:
    # given a network that does not hold
    spec, told = BAD[case]
    made = stack("bad", lambda: (Remote("podsg:index:Network", "office", {"spec": spec}), None)[1])

    # when previewed, then the error of the component names every problem, and shows nothing of its inside
    with pytest.raises(automation.CommandError):
        made.changes("preview")
    (error,) = [error for error in made.errors if "resource 'office' has a problem" in error]
    assert [line for line in told if line not in error] == []
    assert not any(word in error for word in ("Traceback", "zone_count", "<class", 'File "'))
