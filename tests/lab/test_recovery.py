"""What a killed command leaves behind is told apart from what a living one holds."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab import session
from lab.errors import LabError
from lab.plugins.aws import records
from lab.project import Project
from lab.recovery import dynamic_kinds, orphans
from lab.recovery.account import Account
from lab.recovery.kinds import KINDS, NOT_LISTED, RANDOM_NAME
from lab.recovery.locks import clear_dead_locks
from lab.recovery.operation import sole_operation
from lab.recovery.orphans import await_orphans
from lab.recovery.record import cut_off, half_made, recorded
from lab.recovery.unrecorded import Unrecorded, UnrecordedError
from podsg.lifecycle.tokens import NAME_TAG

NOW = datetime.now(UTC)


def write_lock(folder: Path, pid: int, since: datetime, hostname: str = socket.gethostname()) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{pid}.json"
    path.write_text(
        json.dumps(
            {
                "pid": pid,
                "username": "ada",
                "hostname": hostname,
                "timestamp": f"{since:%Y-%m-%dT%H:%M:%S.%f}123Z",
            }
        )
    )
    return path


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_the_lock_of_a_dead_process_is_taken_away(tmp_path: Path) -> None:
    # given two locks: of a process that is gone, and of one whose number another program has since got
    gone = write_lock(tmp_path / "locks", ended_process(), NOW)
    began = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    reused = write_lock(tmp_path / "locks", os.getpid(), began - timedelta(minutes=5))
    said: list[str] = []

    # when locks are cleared, then both are gone and said
    assert clear_dead_locks(tmp_path / "locks", "dev", said.append) == 2
    assert not gone.exists()
    assert not reused.exists()
    assert sorted(said) == sorted(
        f"took away the lock of process {path.stem}, which is gone ({since:%H:%M:%S})."
        for path, since in ((gone, NOW), (reused, began - timedelta(minutes=5)))
    )


@pytest.mark.parametrize("hostname", [socket.gethostname(), "elsewhere"])
def test_the_lock_of_a_living_process_is_an_error_that_names_it(tmp_path: Path, hostname: str) -> None:
    # given a dead lock, and one of this very process or of a process on another machine
    gone = write_lock(tmp_path / "locks", ended_process(), NOW)
    here = hostname == socket.gethostname()
    held = write_lock(tmp_path / "locks", os.getpid() if here else 2**22 + 1, NOW, hostname)

    # when locks are cleared, then none is, and the error says who, since when, and what to do
    with pytest.raises(LabError) as refused:
        clear_dead_locks(tmp_path / "locks", "dev", print)
    text = str(refused.value)
    assert f"stack dev is locked by process {held.stem} of ada" in text
    assert f"since {NOW.isoformat(timespec='seconds')}" in text
    assert f"kill -INT {held.stem}" in text
    assert ("on elsewhere" in text) is not here
    assert gone.exists()
    assert held.exists()


def test_a_lock_that_was_never_finished_is_taken_away(tmp_path: Path) -> None:
    # given what the file backend leaves when it is killed while it writes a lock
    unfinished = tmp_path / "7d1c.json.18a2b3c4d5e6f708.tmp"
    unfinished.touch()

    # when locks are cleared, then it is gone
    clear_dead_locks(tmp_path, "dev", print)
    assert not unfinished.exists()


def test_what_is_no_lock_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")

    assert clear_dead_locks(tmp_path, "dev", print) == 0
    assert (tmp_path / "broken.json").exists()


def hold(folder: Path, ready: Any, end: Any) -> None:
    with sole_operation(folder, "dev", "up"):
        ready.set()
        end.wait()


def test_one_operation_at_a_time(tmp_path: Path) -> None:
    # given a process that operates on the stack
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, ready, end))
    other.start()
    ready.wait()

    # when another one wants to, then it is told who does, and what
    with (
        pytest.raises(LabError, match=rf"process {other.pid} has been running up on it since"),
        sole_operation(tmp_path, "dev", "destroy"),
    ):
        pass

    # and when that one is killed, then it is free, and marked as unfinished
    other.kill()
    other.join()
    with sole_operation(tmp_path, "dev", "destroy") as operation:
        assert operation.unfinished


def test_the_mark_goes_when_an_operation_has_ended_well(tmp_path: Path) -> None:
    with sole_operation(tmp_path, "dev", "up") as first:
        assert not first.unfinished
    with sole_operation(tmp_path, "dev", "up") as second:
        assert second.unfinished
        second.ended_well()
    with sole_operation(tmp_path, "dev", "up") as third:
        assert not third.unfinished


def test_the_record_says_what_is_there_and_what_was_cut_off(tmp_path: Path) -> None:
    # given a record with a resource, and one that was being made
    urn = "urn:pulumi:dev::podsg::podsg:index:Network$aws:ec2/subnet:Subnet::dev-network-public-1"
    latest = {
        "resources": [
            {"type": "podsg:index:Network", "urn": "urn:pulumi:dev::podsg::podsg:index:Network::dev-network"},
            {
                "type": "aws:ec2/vpc:Vpc",
                "id": "vpc-1",
                "urn": "a::b::c::dev-vpc",
                "initErrors": ["not ready"],
            },
        ],
        "pending_operations": [
            {"type": "creating", "resource": {"type": "aws:ec2/subnet:Subnet", "urn": urn}}
        ],
    }
    record = tmp_path / "dev.json"
    record.write_text(json.dumps({"checkpoint": {"latest": latest}}))

    # when it is read, then both are told
    assert recorded(record) == [("podsg:index:Network", ""), ("aws:ec2/vpc:Vpc", "vpc-1")]
    assert half_made(record) == ["dev-vpc"]
    assert cut_off(record) == ["creating aws:ec2/subnet:Subnet dev-network-public-1"]

    # and no record is an empty one
    assert (recorded(tmp_path / "none.json"), cut_off(tmp_path / "none.json")) == ([], [])


def test_every_type_of_the_aws_plugin_is_looked_for_or_excused() -> None:
    listed = {kind.type for kind in KINDS}

    assert listed.isdisjoint(NOT_LISTED)
    dynamic = {dynamic_kinds.BRANCH_ENI, *dynamic_kinds.NOTHING_IN_AWS}
    assert listed | NOT_LISTED.keys() == records.TOKENS | dynamic


def test_only_names_that_a_seed_made_count_as_random() -> None:
    assert RANDOM_NAME.search("dev-network-flow-log-policy-37cbf0d")
    assert not RANDOM_NAME.search("dev-catalog-secret")


def test_a_refused_destroy_prints_the_commands() -> None:
    # given something that is not recorded
    command = "podsg lab exec -- aws ec2 delete-vpc --vpc-id vpc-1"
    found = Unrecorded("aws:ec2/vpc:Vpc", "vpc-1", "dev-network", command)

    # when a destroy is refused, then its error holds the line and says that nothing has changed
    text = str(UnrecordedError("dev", (found,)))
    assert f"\naws:ec2/vpc:Vpc vpc-1 dev-network: {command}\n" in text
    assert "Nothing has been destroyed." in text


@pytest.mark.parametrize("module", ["lab.plugins.aws", "pulumi.dynamic"])
def test_plugins_without_an_engine_are_waited_for(module: str, tmp_path: Path) -> None:
    # given a process like a plugin of this lab, and one of another lab, both without an engine
    script = "import sys; sys.stdin.read()"
    backend = tmp_path.as_uri()

    def start(url: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", script, module]
        return subprocess.Popen(command, stdin=subprocess.PIPE, env={"PULUMI_BACKEND_URL": url})

    with start(backend) as ours, start(f"{backend}/other") as others:
        try:
            # when orphans are waited for and the one of this lab ends
            assert ours.stdin is not None
            ours.stdin.close()

            # then the wait ends, and the other one was not touched
            assert await_orphans(backend) <= 1
            assert ours.wait() == 0
            assert others.poll() is None
        finally:
            others.kill()


def test_a_host_of_dynamic_resources_that_stays_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: one that never looks whether its engine is there
    monkeypatch.setattr(orphans, "DYNAMIC_END_SECONDS", 0.0)
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", orphans.DYNAMIC_MODULE]
    backend = tmp_path.as_uri()
    with subprocess.Popen(command, stdin=subprocess.PIPE, env={"PULUMI_BACKEND_URL": backend}) as process:
        # when: orphans are waited for; then: it is gone
        assert await_orphans(backend) == 1
        assert not psutil.pid_exists(process.pid)


def test_branch_enis_of_the_owner_are_found_by_their_tags() -> None:
    # given: a branch ENI of the stack, one of another stack, and an interface of the stack that is none
    def interface(number: int, **tags: str) -> dict[str, Any]:
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"NetworkInterfaceId": f"eni-{number}", "TagSet": pairs}

    owner, branch = "podsg:owner", NAME_TAG
    items = [
        interface(1, **{owner: "shop/dev", branch: "proxy"}),
        interface(2, **{owner: "shop/prod", branch: "proxy"}),
        interface(3, **{owner: "shop/dev"}),
    ]
    answers = {"ec2.describe_network_interfaces.NetworkInterfaces": items}
    account = Account(session.Session("", 0, "", ""), "shop/dev", frozenset(), answers)

    # then: the first is found, with the line that deletes it
    (found,) = dynamic_kinds.branch_enis(account)
    assert (found.id, found.name) == ("eni-1", "proxy")
    assert found.command.endswith("aws ec2 delete-network-interface --network-interface-id eni-1")


def test_a_project_says_where_its_parts_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a project with a program and stacks where it likes
    monkeypatch.setenv("PODSG_LAB_STATE", str(tmp_path / "state"))
    (tmp_path / "src").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: src\n")
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  shop:size: 3\n")
    project = Project.read(tmp_path)

    # then they are found
    assert project.program == tmp_path / "src" / "__main__.py"
    assert project.stack_file("test") == tmp_path / "Pulumi.test.yaml"
    assert project.configuration("test") == {"shop:size": 3}
    assert project.owner("test") == "shop/test"
    assert project.work_folder("test") != project.work_folder("other")

    # and a stack that is not there is an error that names those that are
    with pytest.raises(LabError, match=r"there is no stack 'prod'[\s\S]*one of: test"):
        project.stack_file("prod")


def test_a_folder_without_a_project_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"Pulumi\.yaml is not a readable project file"):
        Project.read(tmp_path)


def test_a_server_that_never_answered_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a server of this lab that left no record, as when the one who started it was killed
    monkeypatch.setenv("PODSG_LAB_STATE", str(tmp_path))
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", str(tmp_path / "aws")]
    monkeypatch.setattr(session, "SERVER_ARGUMENTS", tuple(command[1:3]))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        # when the lab is ended, then so is the server
        assert session.stop(print) is False
        assert not psutil.pid_exists(process.pid)
