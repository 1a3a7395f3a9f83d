"""kill -9 of the provider's process at each call that changes something: the next command repairs it."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from lab.aws.faults import Kind, Rule
from lab.faults import Disturbance
from lab.paths import backend_url
from tests.lab.branch_enis.scene import until

from .scene import Scene

HOST = "pulumi.dynamic"
CREATE = ("CreateNetworkInterface", "AssociateTrunkInterface")
DELETE = ("DisassociateTrunkInterface", "DeleteNetworkInterface")


def _host() -> psutil.Process:
    """Return the process that the engine runs the provider in."""
    for process in psutil.process_iter():
        try:
            if HOST in process.cmdline() and process.environ().get("PULUMI_BACKEND_URL") == backend_url():
                return process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    raise AssertionError("no provider process")


def _killed(enis: Scene, verb: str, action: str, kind: Kind) -> subprocess.CompletedProcess[str]:
    """Run a command whose provider is killed while EC2 has one of its calls, before or after the effect."""
    # The first AssociateTrunkInterface is the probe, a dry run.
    nth = 2 if action == "AssociateTrunkInterface" else 1
    with (
        Disturbance(enis.lab.running().url).during() as lab,
        ThreadPoolExecutor(1) as pool,
    ):
        lab.inject(Rule(kind, action, nth=nth))
        command = pool.submit(enis.lab.run, verb, "--project", str(enis.folder))
        lab.await_held()
        host = _host()
        host.kill()
        until(lambda: not host.is_running() or host.status() == psutil.STATUS_ZOMBIE, "the host to end")
        lab.release(lost=True)
        return command.result()


def _run(enis: Scene, verb: str) -> None:
    done = enis.lab.run(verb, "--project", str(enis.folder))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", [Kind.HOLD, Kind.HOLD_AFTER], ids=["before", "after"])
@pytest.mark.parametrize("action", CREATE)
def test_killed_while_it_creates(enis: Scene, action: str, kind: Kind) -> None:
    enis.describe(one={"group_ids": [enis.node.group("pods")]})
    done = _killed(enis, "up", action, kind)
    assert done.returncode != 0, done.stderr

    _run(enis, "up")

    (one,) = enis.owned().values()
    assert enis.vlans() == {one["NetworkInterfaceId"]: 1}
    assert enis.recorded("one")["outputs"]["eni_id"] == one["NetworkInterfaceId"]
    _run(enis, "destroy")
    assert enis.owned() == {}


@pytest.mark.parametrize("kind", [Kind.HOLD, Kind.HOLD_AFTER], ids=["before", "after"])
@pytest.mark.parametrize("action", DELETE)
def test_killed_while_it_deletes(enis: Scene, action: str, kind: Kind) -> None:
    enis.describe(one={"group_ids": [enis.node.group("pods")]})
    _run(enis, "up")
    done = _killed(enis, "destroy", action, kind)
    assert done.returncode != 0, done.stderr

    _run(enis, "destroy")

    assert enis.owned() == {}
    assert enis.vlans() == {}


def test_a_provider_ends_with_its_engine(enis: Scene, tmp_path: Path) -> None:
    # given an up that waits inside EC2
    enis.describe(one={"group_ids": [enis.node.group("pods")]})
    with (
        Disturbance(enis.lab.running().url).during() as lab,
        ThreadPoolExecutor(1) as pool,
    ):
        lab.inject(Rule(Kind.HOLD, "CreateNetworkInterface"))
        command = pool.submit(enis.lab.run, "up", "--project", str(enis.folder))
        lab.await_held()
        host = _host()

        # when its engine is killed, then the provider does not go on by itself
        engine = host.parent()
        assert engine is not None
        engine.kill()
        until(lambda: not host.is_running() or host.status() == psutil.STATUS_ZOMBIE, "the host to end")
        lab.release(lost=True)
        assert command.result().returncode != 0
    _run(enis, "up")
    assert len(enis.owned()) == 1
    _run(enis, "destroy")
    assert enis.owned() == {}
