"""A command that was interrupted or killed at any moment goes on, and nothing is made twice or left.

`PODSG_MOMENTS` is the number of moments of each kind (default 3), `PODSG_SEED` makes a run again.
"""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from lab.interrupts import STOPPING
from lab.paths import CHECKOUT
from lab.project import Project
from lab.recovery.account import Account
from lab.recovery.kinds import NOT_LISTED
from lab.recovery.operation import MARK
from lab.recovery.record import recorded
from lab.recovery.unrecorded import find_unrecorded
from tests.lab.conftest import Lab, copy_project

MOMENTS = int(os.environ.get("PODSG_MOMENTS", "3"))
SEED = os.environ.get("PODSG_SEED") or secrets.token_hex(4)
STEP = re.compile(r" (creating|created|deleting|deleted)\b")
STEPS = 140
"""Of about 150 that an `up` or a `destroy` of dev shows."""
GOES_WITH_PARENT = {
    "aws:ec2/route:Route",
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
}
"""Types whose objects are not listed when what they belong to is."""
VICTIMS = ("engine", "aws", "podsg", "kubernetes")


@dataclass(frozen=True)
class Ended:
    """What an interrupted command said."""

    code: int
    answer: dict[str, Any]
    progress: str
    family: list[psutil.Process]
    """The engine and its plugins, as they were at that moment."""


def struck(lab: Lab, verb: str, step: int, strike: Callable[[psutil.Process], bool]) -> Ended:
    """Run a command, and strike as soon as it has shown so many steps and the victim is there."""
    output = lab.project / "answer.json"
    without_pods = ["--no-pods"] if verb == "up" else []
    command = [str(Path(sys.executable).parent / "podsg"), "lab", verb, "--format", "json", *without_pods]
    environment = {**os.environ, "PODSG_LAB_STATE": str(lab.state)}
    hit, seen, progress = False, 0, []
    with (
        output.open("w") as answer,
        subprocess.Popen(
            [*command, "--project", str(lab.project)],
            cwd=CHECKOUT,
            env=environment,
            stdout=answer,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stderr is not None
        podsg, family = psutil.Process(process.pid), list[psutil.Process]()
        for line in process.stderr:
            progress.append(line)
            seen += bool(STEP.search(line))
            if seen >= step and not hit:
                family = podsg.children(recursive=True)
                hit = strike(podsg)
    assert hit, f"{verb} ended after {seen} steps, before its moment:\n{''.join(progress)}"
    text = output.read_text()
    return Ended(process.returncode, json.loads(text) if text else {}, "".join(progress), family)


def ask_to_stop(podsg: psutil.Process) -> bool:
    """Send what somebody else sends to stop a process."""
    podsg.send_signal(signal.SIGINT)
    return True


def press_control_c(podsg: psutil.Process) -> bool:
    """Send what a terminal sends: the signal goes to the whole foreground group."""
    os.killpg(podsg.pid, signal.SIGINT)
    return True


def assert_ended(ended: Ended) -> None:
    """Neither the engine nor a plugin goes on as an orphan."""
    _, alive = psutil.wait_procs(ended.family, timeout=60)
    assert alive == []


def killing(victim: str) -> Callable[[psutil.Process], bool]:
    def is_victim(process: psutil.Process) -> bool:
        try:
            return (
                process.name() == "pulumi"
                if victim == "engine"
                else f"lab.plugins.{victim}" in process.cmdline()
            )
        except psutil.NoSuchProcess:
            return False

    def kill(podsg: psutil.Process) -> bool:
        family = [podsg] if victim == "podsg" else list(filter(is_victim, podsg.children(recursive=True)))
        for process in family[:1]:
            process.kill()
        return bool(family)

    return kill


def account(lab: Lab, known: frozenset[tuple[str, str]]) -> Account:
    return Account(lab.running(), Project.read(lab.project).owner("dev"), known)


def assert_complete(lab: Lab) -> None:
    """Nothing is left to do, all that carries the owner tag is recorded, and nothing is there twice."""
    assert lab.json("up")["changed"] == 0
    known = frozenset(recorded(Project.read(lab.project).record("dev")))
    assert find_unrecorded(account(lab, known), "destroy", print) == ()
    everything = find_unrecorded(account(lab, frozenset()), "destroy", print)
    doubles = {
        key: count
        for key, count in Counter((item.type, item.name) for item in everything).items()
        if count > 1
    }
    keys = {("aws:kms/key:Key", "-")}
    assert not set(doubles) - keys, doubles


def assert_nothing_left(lab: Lab) -> None:
    left = lab.json("status")
    counts = {kind: count for kinds in left["counts"].values() for kind, count in kinds.items() if count}
    assert (counts, left["recorded"]) == ({}, 0)


def run_printed(unrecorded: list[dict[str, str]], lab: Lab) -> None:
    """Run the commands as they were printed, from the top, through a shell."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PODSG_LAB_STATE": str(lab.state)}
    for item in unrecorded:
        done = subprocess.run(  # noqa: S602 - a line that people paste into their shell
            item["command"],
            shell=True,
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{item}: {done.stdout}{done.stderr}"


def go_on(lab: Lab, verb: str) -> None:
    """Run the command again, then what it printed, then the command once more if it had not finished."""
    first = lab.run(verb, "--project", str(lab.project), "--format", "json")
    assert first.stdout, first.stderr
    answer = json.loads(first.stdout)
    for item in answer["unrecorded"]:
        assert f"{item['type']} {item['id']} {item['name']}: {item['command']}" in first.stderr
    run_printed(answer["unrecorded"], lab)
    if first.returncode:
        assert answer["unrecorded"], first.stderr
        lab.json(verb)


def moments(kind: str) -> Iterator[tuple[int, str]]:
    """Return steps at random, each with a text that finds the moment again."""
    chance = random.Random(f"{SEED} {kind}")  # noqa: S311 - chooses moments, not secrets
    for number in range(MOMENTS):
        step = chance.randrange(1, STEPS)
        yield step, f"PODSG_SEED={SEED} {kind} moment {number}: step {step}"


def test_an_interrupted_command_goes_on_where_it_was(lab: Lab) -> None:
    for number, (step, text) in enumerate(moments("SIGINT")):
        # given an `up` or a `destroy` that is interrupted at some moment
        verb = ("up", "destroy")[number % 2]
        ended = struck(lab, verb, step, (press_control_c, ask_to_stop)[number // 2 % 2])
        sys.stdout.write(f"{text} of {verb}: {ended.answer['message']}\n")

        # then it has stopped cleanly, and says how to go on
        assert ended.code == 130, ended.progress
        assert ended.answer["interrupted"] is True
        without_pods = " --no-pods" if verb == "up" else ""
        assert (
            ended.answer["command"] == f"podsg lab {verb} --stack dev --project {lab.project}{without_pods}"
        )
        assert STOPPING in ended.progress
        assert "Traceback" not in ended.progress

        # when the same command is run again, then it finishes, with nothing to be cleared by hand
        assert lab.json(verb)["unrecorded"] == []
        assert_complete(lab) if verb == "up" else assert_nothing_left(lab)
    lab.json("destroy")
    assert_nothing_left(lab)


def test_a_killed_command_is_cleared_up_as_it_says(lab: Lab) -> None:
    for number, (step, text) in enumerate(moments("SIGKILL")):
        # given an `up` of which one process is killed at some moment
        victim = VICTIMS[number % len(VICTIMS)]
        ended = struck(lab, "up", step, killing(victim))
        sys.stdout.write(f"{text}: {victim}, code {ended.code}\n")
        assert ended.code == (-signal.SIGKILL if victim == "podsg" else 1)

        # when it is run again, with what it prints, then it finishes
        go_on(lab, "up")
        assert_ended(ended)
        assert_complete(lab)

        # and so does a destroy that is killed
        if number % 2:
            ended = struck(lab, "destroy", step, killing(VICTIMS[number // 2 % 3]))
            sys.stdout.write(f"{text} of destroy: {VICTIMS[number // 2 % 3]}, code {ended.code}\n")
        go_on(lab, "destroy")
        assert_nothing_left(lab)


def test_a_preview_and_a_refresh_stop_cleanly(lab: Lab) -> None:
    # given an environment that is up
    lab.json("up")
    for verb, shown in (("refresh", "refreshing"), ("preview", "Previewing")):
        # when a command that only reads is interrupted while the engine is at work
        with subprocess.Popen(
            [str(Path(sys.executable).parent / "podsg"), "lab", verb, "--project", str(lab.project)],
            cwd=CHECKOUT,
            env={**os.environ, "PODSG_LAB_STATE": str(lab.state)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            said = [next(line for line in process.stderr if shown in line)]
            process.send_signal(signal.SIGINT)
            said += process.stderr.readlines()

        # then it says how to go on, and the same command finds everything as it is recorded
        assert process.returncode == 130, said
        assert f"podsg lab {verb} --stack dev" in said[-1]
        assert "Traceback" not in "".join(said)
        assert lab.run(verb, "--project", str(lab.project)).returncode == 0
    assert_complete(lab)
    lab.json("destroy")
    assert_nothing_left(lab)


def test_a_second_interrupt_stops_the_engine_at_once(lab: Lab) -> None:
    # given an `up` that is interrupted twice while it makes things
    def ask_twice(podsg: psutil.Process) -> bool:
        podsg.send_signal(signal.SIGINT)
        podsg.send_signal(signal.SIGTERM)
        return True

    ended = struck(lab, "up", STEPS // 2, ask_twice)

    # then it says what that means, and the same command clears up and finishes
    assert ended.code == 130, ended.progress
    assert "Traceback" not in ended.progress
    go_on(lab, "up")
    assert_complete(lab)
    go_on(lab, "destroy")
    assert_nothing_left(lab)


def test_a_lab_whose_start_was_interrupted_starts(tmp_path: Path) -> None:
    # given a start of the lab that is interrupted as soon as it says that it starts
    own = Lab(tmp_path / "lab", copy_project(tmp_path / "project"))
    command = [str(Path(sys.executable).parent / "podsg"), "lab", "preview"]
    try:
        with subprocess.Popen(
            [*command, "--project", str(own.project)],
            cwd=CHECKOUT,
            env={**os.environ, "PODSG_LAB_STATE": str(own.state)},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            said = [process.stderr.readline()]
            process.send_signal(signal.SIGINT)
            said += process.stderr.readlines()
        assert process.returncode == 130, said
        assert said[0].startswith("starting the lab")
        again = f"podsg lab preview --stack dev --project {own.project}"
        assert said[-1] == f"interrupted while the engine was not at work; to go on: {again}\n"
        # The line that was being shown may be shown again.
        assert set(said[:-1]) == {said[0]}

        # when the same command is run again, then it finishes
        done = own.run("preview", "--project", str(own.project))
        assert done.returncode == 0, done.stderr
    finally:
        own.run("down")


def test_every_command_that_can_be_printed_works(lab: Lab) -> None:
    # given a complete environment with every protection on, whose record is lost
    shutil.copy(CHECKOUT / "stacks" / "Pulumi.prod.yaml", lab.project / "stacks")
    lab.json("up", "--stack", "prod")
    project = Project.read(lab.project)
    managed = {found for found in recorded(project.record("prod")) if ":index:" not in found[0]}
    project.record("prod").unlink()
    (project.work_folder("prod") / MARK).write_text("the record is lost")

    # when a destroy is asked for
    refused = lab.run("destroy", "--project", str(lab.project), "--stack", "prod", "--format", "json")
    answer = json.loads(refused.stdout)

    # then it refuses, and lists all that the stack made, but for what goes with something else
    assert (refused.returncode, answer["refused"]) == (2, True)
    listed = {(item["type"], item["id"]) for item in answer["unrecorded"]}
    assert listed <= managed
    with_another = NOT_LISTED.keys() | GOES_WITH_PARENT
    assert {kind for kind, _ in managed - listed if not kind.startswith("pulumi:")} == with_another

    # and what it printed deletes everything, in that order
    run_printed(answer["unrecorded"], lab)
    assert_nothing_left(lab)
    lab.json("destroy", "--stack", "prod")
