"""Any Pulumi project runs in the lab, and several stacks at the same time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import session
from lab.paths import CHECKOUT
from lab.program import run_program

PROGRAM = """
import pathlib
import sys

import pulumi
import pulumi_aws as aws

import addresses

config = pulumi.Config()
cidr = addresses.block(config.require_int("block"))
vpc = aws.ec2.Vpc("vpc", cidr_block=cidr, tags={"Name": pathlib.Path("name.txt").read_text()})
pulumi.export("vpc_id", vpc.id)
pulumi.export("first_on_path", sys.path[0])
"""
MODULE = 'def block(number: int) -> str:\n    return f"10.{number}.0.0/16"\n'


def write_project(folder: Path) -> Path:
    """A project of somebody else, its program in a folder of its own, its stacks beside `Pulumi.yaml`."""
    program = folder / "program"
    program.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: program\n")
    for number, stack in enumerate(("blue", "green"), start=1):
        config = f"config:\n  aws:region: us-west-2\n  shop:block: {number}\n"
        (folder / f"Pulumi.{stack}.yaml").write_text(config)
    (program / "__main__.py").write_text(PROGRAM)
    (program / "addresses.py").write_text(MODULE)
    (program / "name.txt").write_text("shop")
    return folder


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A lab of this test alone, not started yet."""
    monkeypatch.setenv("PODSG_LAB_STATE", str(tmp_path / "lab"))
    yield tmp_path / "lab"
    session.stop(print)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project in a sub-folder of another Git repository."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "repository")], check=True)
    return write_project(tmp_path / "repository" / "infrastructure" / "shop")


def start(project: Path, verb: str, stack: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).parent / "podsg"), "lab", verb, "--format", "json"]
    return subprocess.Popen(
        [*command, "--project", str(project), "--stack", stack],
        cwd=CHECKOUT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(processes: list[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    found = []
    for process in processes:
        output, progress = process.communicate()
        assert process.returncode == 0, progress
        found.append(json.loads(output))
    return found


def test_two_stacks_of_another_project_live_at_the_same_time(own_state: Path, project: Path) -> None:
    # given no lab, when two stacks of a project without `podsg:environment` are brought up at once
    first = answers([start(project, "up", stack) for stack in ("blue", "green")])

    # then both are there, in one lab
    assert [outcome["changes"]["create"] for outcome in first] == [2, 2]
    assert len({outcome["outputs"]["vpc_id"] for outcome in first}) == 2
    assert [outcome["access"] for outcome in first] == [[], []]
    assert len(list(session._servers())) == 1

    # and each program had its folder as working directory and first on the import path
    assert {outcome["outputs"]["first_on_path"] for outcome in first} == {str(project / "program")}

    # when one is destroyed while the other is brought up again, then the other does not notice
    destroyed, again = answers([start(project, "destroy", "blue"), start(project, "up", "green")])
    assert destroyed["changes"] == {"delete": 2}
    assert again["changed"] == 0
    (left,) = answers([start(project, "status", "green")])
    assert (left["recorded"] > 0, left["counts"]["ec2"]["vpcs"]) == (True, 1)

    # and when that is destroyed too, then nothing is left, and the project's folder is as it was
    answers([start(project, "destroy", "green")])
    (left,) = answers([start(project, "status", "green")])
    assert (left["recorded"], left["total"]) == (0, 0)
    assert "encryptionsalt" not in (project / "Pulumi.blue.yaml").read_text()


def test_each_run_of_a_program_starts_anew(tmp_path: Path) -> None:
    # given a program with a module of its own, which writes down each time that it is executed
    log = tmp_path / "log"
    (tmp_path / "__main__.py").write_text("import own_part_of_a_program\n")
    append = f"with open({str(log)!r}, 'a') as log:\n    log.write('run ')\n"
    (tmp_path / "own_part_of_a_program.py").write_text(append)
    before = Path.cwd(), list(sys.path)

    # when it is run twice in one process
    for _ in range(2):
        run_program(tmp_path / "__main__.py")

    # then the module was executed twice, and this process is as before
    assert log.read_text() == "run run "
    assert (Path.cwd(), sys.path) == before
    assert "own_part_of_a_program" not in sys.modules
