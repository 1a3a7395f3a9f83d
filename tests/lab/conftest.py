"""A lab of the tests' own: its state in a temporary folder, its listeners on loopback only."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest
import yaml
from kubernetes.dynamic import DynamicClient

from lab import session
from lab.paths import CHECKOUT, state_folder
from lab.status import kubernetes_api

# The aws plugin, for a quick start, imports single modules of the SDK; a package that was not loaded before
# stays an empty shell. Here the plugin shares a process with programs, which need whole packages.
LOADED = (
    aws.cloudwatch.LogGroup,
    aws.ec2.Vpc,
    aws.eks.Cluster,
    aws.iam.Role,
    aws.kms.Key,
    aws.rds.Instance,
    aws.vpc.SecurityGroupIngressRule,
)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> None:
    """Nothing but `lo` may be there, so that a request to anywhere else cannot succeed unseen."""
    if os.environ.get("PODSG_LOOPBACK_ONLY") == "1":
        links = {name for _, name in socket.if_nameindex()}
        assert links == {"lo"}, f"the network namespace has more than lo: {links}"


@pytest.fixture(scope="session", autouse=True)
def interrupts_arrive() -> None:
    """Let commands hear an interrupt: whatever a shell starts in the background ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


FIGURE = "figure"
"""Property of a test whose value is shown at the end of the run."""
LONG = (
    "gates/test_outside_deletions.py",
    "gates/test_replacement.py",
    "explicit_enis/test_life.py",
    "test_interrupts.py",
    "branch_enis/test_scale.py",
    "branch_enis/test_recovery.py",
    "test_environments.py",
    "conformance/test_conformance.py",
    "branch_enis/test_workshop.py",
    "test_preflight.py",
    "test_order.py",
    "branch_enis/test_cluster_settings.py",
    "branch_enis/test_wrong_settings.py",
    "gates/test_workload_gate.py",
    "gates/test_each_gate.py",
    "gates/test_record.py",
    "gates/test_destroy.py",
    "gates/test_refresh.py",
    "explicit_enis/test_kill.py",
    "explicit_enis/test_soak.py",
    "explicit_enis/test_secrets.py",
    "test_enis_command.py",
    "gates/test_leak.py",
)
"""Files that take minutes: where several run at once, they begin first."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, in the order of `LONG`; the rest stays in its random order."""
    here = Path(__file__).parent
    place = {here / name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path, len(LONG)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the figures that tests recorded, wherever they ran."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == FIGURE:
                terminalreporter.write_line(value)


@dataclass(frozen=True)
class Lab:
    """Run `podsg lab` as people do, in a process of its own."""

    state: Path
    project: Path

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command; an `up` runs the pods of workloads only if the test asks for them with `--pods`."""
        without = ["--no-pods"] if arguments[0] == "up" and "--pods" not in arguments else []
        return subprocess.run(
            [str(Path(sys.executable).parent / "podsg"), "lab", *arguments, *without],
            cwd=CHECKOUT,
            env={**os.environ, "PODSG_LAB_STATE": str(self.state), "COLUMNS": "140", **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, verb: str, *arguments: str, **variables: str) -> dict[str, Any]:
        done = self.run(verb, "--project", str(self.project), *arguments, "--format", "json", **variables)
        assert done.returncode == 0, f"podsg lab {verb}: {done.returncode}\n{done.stderr}"
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found

    def running(self) -> session.Session:
        found = session.running()
        assert found is not None
        return found

    def change(self, edit: Callable[[dict[str, Any]], None], stack: str = "dev") -> None:
        """Edit the environment in the test's own copy of the stack file."""
        path = self.project / "stacks" / f"Pulumi.{stack}.yaml"
        content = yaml.safe_load(path.read_text())
        edit(content["config"]["podsg:environment"])
        path.write_text(yaml.safe_dump(content))


def kubernetes_of(cluster: str) -> DynamicClient:
    """Ask the Kubernetes API of a cluster in the running lab as its administrator."""
    return kubernetes_api(state_folder() / "aws" / "clusters" / cluster / "admin.kubeconfig")


def copy_project(target: Path) -> Path:
    (target / "stacks").mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py", "stacks/Pulumi.dev.yaml"):
        shutil.copy(CHECKOUT / name, target / name)
    return target


@pytest.fixture(scope="module")
def lab_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """State folder of the lab that the tests of one file share: each file begins with an empty account."""
    state = tmp_path_factory.mktemp("lab")
    os.environ["PODSG_LAB_STATE"] = str(state)
    yield state
    session.stop(print)
    del os.environ["PODSG_LAB_STATE"]


@pytest.fixture
def lab(lab_state: Path, tmp_path: Path) -> Lab:
    """The running lab, with a project folder that a test may change."""
    session.start(print)
    return Lab(lab_state, copy_project(tmp_path / "project"))


@pytest.fixture
def activated(lab: Lab) -> Iterator[Lab]:
    """The lab's variables in this very process, for tests that drive the engine themselves."""
    before = dict(os.environ)
    lab.running().activate()
    yield lab
    os.environ.clear()
    os.environ.update(before)
