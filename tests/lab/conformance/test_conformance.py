"""The lab's AWS shows every behaviour of the list; stock moto does not, so the extension is needed."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.paths import CHECKOUT
from lab.toolchain import crd_folder, tool_folders
from tests.lab.conftest import FIGURE

from .row import Clients, Row

_START_SECONDS = 60
_STOCK = """
import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://%s:%s" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


def _all_rows() -> list[Row]:
    here = Path(__file__).parent
    names = sorted(
        module.name for module in pkgutil.iter_modules([str(here)]) if module.name.endswith("_rows")
    )
    modules = [importlib.import_module(f"{__package__}.{name}") for name in names]
    return [row for module in modules for row in module.ROWS]


ROWS = _all_rows()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    path = os.pathsep.join([*map(str, tool_folders()), os.environ.get("PATH", os.defpath)])
    return {
        "PODSG_LAB_CRDS": str(crd_folder()),
        **kept,
        "PATH": path,
        "PYTHONPATH": str(CHECKOUT),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PODSG_LAB_DRAIN_SECONDS": "8",
        "PODSG_LAB_NO_WAY_OUT_SECONDS": "3",
    }


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=60)
    finally:
        process.kill()


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    state = tmp_path_factory.mktemp("conformance")
    with (state / "server.log").open("w") as log:
        command = [sys.executable, "-m", "lab.aws", "--state-dir", str(state)]
        process = subprocess.Popen(command, env=_environment(), stdout=log, stderr=log, text=True)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not (state / "aws.json").exists():
            assert process.poll() is None, (state / "server.log").read_text()
            assert time.monotonic() < deadline, "the lab's AWS does not answer"
            time.sleep(0.05)
        record = json.loads((state / "aws.json").read_text())
        yield Clients(record["url"], record["access_key_id"], record["secret_access_key"])
    finally:
        _end(process)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    log = (tmp_path_factory.mktemp("stock") / "server.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-c", _STOCK],
        env={**_environment(), "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Clients(process.stdout.readline().strip(), "testing", "testing")
    finally:
        _end(process)
        for stream in (process.stdin, process.stdout, log):
            if stream is not None:
                stream.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_extension_shows_behaviour(row: Row, extension: Clients) -> None:
    row.check(extension)


def test_row_ids_are_unique() -> None:
    ids = [row.id for row in ROWS]
    assert sorted(set(ids)) == sorted(ids)
    assert all(row.source and row.title for row in ROWS)


def test_stock_moto_lacks_behaviours(stock: Clients, record_property: Callable[[str, object], None]) -> None:
    passed = [row.id for row in ROWS if _shows(row, stock)]
    record_property(FIGURE, f"stock moto passes {len(passed)} of {len(ROWS)} rows")
    assert len(passed) < len(ROWS), "stock moto shows everything: the extension is not needed any more"


def _shows(row: Row, clients: Clients) -> bool:
    try:
        row.check(clients)
    except Exception:  # noqa: BLE001  a crash of the row on stock moto is a failed row
        return False
    return True


def _calls(clients: Clients, path: str, method: str = "GET") -> object:
    request = urllib.request.Request(clients.endpoint_url + path, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_call_log_holds_service_action_and_error(extension: Clients) -> None:
    _calls(extension, "/lab/calls/reset", "POST")
    extension.ec2.describe_vpcs()
    extension.logs.describe_log_groups()
    extension.eks.list_clusters()
    with pytest.raises(extension.iam.exceptions.NoSuchEntityException):
        extension.iam.get_role(RoleName="no-such-role")
    assert _calls(extension, "/lab/calls") == [
        {"service": "ec2", "action": "DescribeVpcs", "error": ""},
        {"service": "logs", "action": "DescribeLogGroups", "error": ""},
        {"service": "eks", "action": "ListClusters", "error": ""},
        {"service": "iam", "action": "GetRole", "error": "NoSuchEntity"},
    ]


def test_caller_is_a_user(extension: Clients) -> None:
    caller = extension.sts.get_caller_identity()
    assert caller["Arn"] == f"arn:aws:iam::{caller['Account']}:user/podsg-lab"


def test_account_begins_without_default_vpc(extension: Clients) -> None:
    filters = [{"Name": "is-default", "Values": ["true"]}]
    assert extension.ec2.describe_vpcs(Filters=filters)["Vpcs"] == []


def test_health(extension: Clients) -> None:
    assert _calls(extension, "/lab/health") == {"ok": True}
