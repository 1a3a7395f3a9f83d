"""Drive the AWS plugin in the engine's order, against the lab's AWS in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.aws.server import REGION
from lab.paths import CHECKOUT
from lab.plugins.aws.provider import AwsPlugin
from lab.plugins.interface import CheckFailure, DiffResult, PluginError, ResourceState, Urn
from lab.toolchain import crd_folder, tool_folders

_START_SECONDS = 60
SEED = bytes(range(32))

Values = dict[str, Any]


@contextmanager
def running_aws(state: Path) -> Iterator[dict[str, str]]:
    """Run the lab's AWS; gives the plugin's configuration of credentials and the address under `url`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    path = os.pathsep.join([*map(str, tool_folders()), os.environ.get("PATH", os.defpath)])
    environment = {"PODSG_LAB_CRDS": str(crd_folder())} | kept | {"PATH": path, "PYTHONPATH": str(CHECKOUT)}
    with (state / "server.log").open("w") as log:
        command = [sys.executable, "-m", "lab.aws", "--state-dir", str(state)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not (state / "aws.json").exists():
            assert process.poll() is None, (state / "server.log").read_text()
            assert time.monotonic() < deadline, "the lab's AWS does not answer"
            time.sleep(0.05)
        record = json.loads((state / "aws.json").read_text())
        yield {
            "url": record["url"],
            "accessKey": record["access_key_id"],
            "secretKey": record["secret_access_key"],
        }
    finally:
        process.terminate()
        process.wait(timeout=60)


def urn(type_name: str, name: str) -> Urn:
    return Urn(f"urn:pulumi:dev::podsg::podsg:index:X${type_name}::{name}")


class AwsEngine:
    """Call the plugin as the engine does."""

    def __init__(self, aws: Mapping[str, str], **args: Any) -> None:
        self.aws = aws
        credentials = {name: aws[name] for name in ("accessKey", "secretKey")}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", aws["url"])
            self.plugin = AwsPlugin()
            self.plugin.configure({"region": REGION} | credentials | args)

    def client(self, service: str) -> Any:
        return self.plugin.session.client(service, REGION)

    def check(
        self,
        type_name: str,
        inputs: Values,
        olds: Values | None = None,
        name: str = "thing",
        seed: bytes = SEED,
    ) -> tuple[Values, list[CheckFailure]]:
        checked, failures = self.plugin.check(urn(type_name, name), olds or {}, inputs, seed)
        return checked, list(failures)

    def checked(
        self, type_name: str, inputs: Values, olds: Values | None = None, name: str = "thing"
    ) -> Values:
        checked, failures = self.check(type_name, inputs, olds, name)
        assert failures == [], f"{type_name}: {failures}"
        return checked

    def preview(self, type_name: str, inputs: Values, old: ResourceState | None = None) -> Values:
        checked = self.checked(type_name, inputs, old.inputs if old else None)
        where = urn(type_name, "thing")
        if old is None:
            return self.plugin.create(where, checked, timeout=0, preview=True)[1]
        return self.plugin.update(where, old, checked, timeout=0, preview=True)

    def up(
        self,
        type_name: str,
        inputs: Values,
        old: ResourceState | None = None,
        name: str = "thing",
        timeout: float = 90,
    ) -> ResourceState:
        checked = self.checked(type_name, inputs, old.inputs if old else None, name)
        where = urn(type_name, name)
        if old is None:
            new_id, outputs = self.plugin.create(where, checked, timeout=timeout, preview=False)
        else:
            new_id = old.id
            outputs = self.plugin.update(where, old, checked, timeout=timeout, preview=False)
        return ResourceState(new_id, outputs, checked)

    def diff(self, type_name: str, old: ResourceState, inputs: Values, *ignore: str) -> DiffResult:
        checked = self.checked(type_name, inputs, old.inputs)
        return self.plugin.diff(urn(type_name, "thing"), old, checked, ignore)

    def refresh(self, type_name: str, old: ResourceState) -> ResourceState | None:
        return self.plugin.read(urn(type_name, "thing"), old)

    def delete(self, type_name: str, old: ResourceState, timeout: float = 90) -> None:
        self.plugin.delete(urn(type_name, "thing"), old, timeout=timeout)

    def invoke(self, token: str, **args: Any) -> Values:
        return self.plugin.invoke(token, args, preview=False)


@dataclass(frozen=True)
class Row:
    """One behaviour of the provider that programs notice: `check` raises if the plugin does not show it."""

    id: str
    title: str
    source: str
    check: Callable[[AwsEngine], None]


@contextmanager
def fails_with(*texts: str) -> Iterator[None]:
    """Expect the plugin to fail what happens inside, with these texts in its message."""
    with pytest.raises(PluginError) as found:
        yield
    missing = [text for text in texts if text not in str(found.value)]
    assert not missing, f"expected {missing} in: {found.value}"
