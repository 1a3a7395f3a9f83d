"""The lab starts once, ends what it started and nothing else, and owns up to what it lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lab import session
from lab.engine import recorded_resources
from lab.errors import LabError
from lab.paths import CHECKOUT
from lab.project import Project


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of this test alone."""
    monkeypatch.setenv("PODSG_LAB_STATE", str(tmp_path / "lab"))
    yield tmp_path / "lab"
    session.stop(print)


def test_a_second_start_joins_the_first_and_stop_ends_it(own_state: Path) -> None:
    # given a running lab
    first = session.start(print)

    # when it is started again, stopped, and stopped again
    second = session.start(print)
    stopped = [session.stop(print), session.stop(print)]

    # then there was one, and it is gone
    assert second == first
    assert stopped == [True, False]
    assert not psutil.pid_exists(first.pid)
    assert session.running() is None


def test_only_loopback_is_listened_on(own_state: Path) -> None:
    # given a running lab
    server = psutil.Process(session.start(print).pid)

    # when its listeners are listed
    family = [server, *server.children(recursive=True)]
    listeners = [one for process in family for one in process.net_connections() if one.status == "LISTEN"]

    # then there are some, all on 127.0.0.1
    assert {one.laddr.ip for one in listeners} == {"127.0.0.1"}


def test_a_lab_that_died_is_said_and_its_record_dropped(own_state: Path) -> None:
    # given a lab with a recorded stack, whose process was killed
    killed = session.start(print)
    record = own_state / "backend" / ".pulumi" / "stacks" / "podsg" / "dev.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"checkpoint": {"latest": {"resources": [{"type": "a:b:C"}, {"type": "a:b:C"}]}}}')
    assert recorded_resources(Project.read(CHECKOUT), "dev") == 2
    process = psutil.Process(killed.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()

    # when it is started again
    said: list[str] = []
    again = session.start(said.append)

    # then it says so, and begins with an empty account and no record
    assert again.pid != killed.pid
    assert any("starting from an empty account" in line for line in said)
    assert recorded_resources(Project.read(CHECKOUT), "dev") == 0


def test_without_tools_it_says_how_to_get_them(
    own_state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODSG_CACHE", str(tmp_path / "empty"))

    with pytest.raises(LabError, match=r"not built: etcd[\s\S]*Fix: run `make setup`"):
        session.start(print)
