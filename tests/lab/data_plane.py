"""A control plane with a data plane, the lab's AWS beside it, and its administrator's access."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil
import pytest
from kubernetes import client, config

from lab.cluster.arguments import DataPlane, Settings
from lab.cluster.control_plane import ControlPlane
from lab.paths import CHECKOUT

NOBODY = "http://127.0.0.1:1/lab/token-review/none"


def wait(probe: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.05)


def lives(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass(frozen=True)
class Cluster:
    """A running cluster of the tests' own."""

    plane: ControlPlane
    api: client.ApiClient

    @property
    def core(self) -> Any:
        return client.CoreV1Api(self.api)

    @property
    def custom(self) -> Any:
        return client.CustomObjectsApi(self.api)

    def processes(self) -> dict[str, int]:
        return dict(json.loads((self.plane.folder / "processes.json").read_text()))

    def pod(self, name: str) -> dict[str, Any]:
        return dict(self.api.sanitize_for_serialization(self.core.read_namespaced_pod(name, "default")))

    def node_conditions(self, name: str) -> dict[str, str]:
        conditions = self.core.read_node(name).status.conditions or []
        return {each.type: each.status for each in conditions}

    def is_ready(self, name: str) -> bool:
        return self.node_conditions(name).get("Ready") == "True"

    def create_pod(self, name: str, **settings: Any) -> dict[str, Any]:
        metadata = {"name": name, **settings.pop("metadata", {})}
        spec = {"containers": [{"name": "main", "image": "example.com/main:1"}], **settings}
        made = self.core.create_namespaced_pod("default", {"metadata": metadata, "spec": spec})
        return dict(self.api.sanitize_for_serialization(made))

    def annotate_pod(self, name: str, annotations: dict[str, str]) -> None:
        self.core.patch_namespaced_pod(name, "default", {"metadata": {"annotations": annotations}})

    def create_node(self, name: str, address: str, *, ready: bool = True) -> None:
        quantities = {"cpu": "2", "memory": "8Gi", "pods": "29"}
        self.core.create_node(
            {
                "metadata": {
                    "name": name,
                    "labels": {"kubernetes.io/os": "linux"},
                    "annotations": {"kwok.x-k8s.io/node": "fake"},
                },
                "status": {
                    "capacity": quantities,
                    "allocatable": quantities,
                    "addresses": [{"type": "InternalIP", "address": address}],
                },
            }
        )
        if ready:
            self.annotate_node(name, {"lab.podsg.dev/network": "ready"})
            wait(lambda: self.is_ready(name))

    def annotate_node(self, name: str, annotations: dict[str, str | None]) -> None:
        self.core.patch_node(name, {"metadata": {"annotations": annotations}})

    def answers(self) -> bool:
        try:
            self.core.list_namespace(_request_timeout=2)
        except Exception:  # noqa: BLE001  whatever it was, it is no answer
            return False
        return True

    def kill(self, program: str) -> None:
        """Kill a program and wait until another process has its place."""
        before = self.processes()[program]
        psutil.Process(before).kill()
        wait(lambda: self.processes()[program] != before)

    def hold(self, program: str) -> None:
        """Kill a program and keep it from being started again."""
        (self.plane.folder / f"{program}.hold").touch()
        process_id = self.processes()[program]
        psutil.Process(process_id).kill()
        wait(lambda: not lives(process_id))

    @contextmanager
    def without(self, program: str) -> Iterator[None]:
        before = self.processes()[program]
        self.hold(program)
        try:
            yield
        finally:
            (self.plane.folder / f"{program}.hold").unlink()
            wait(lambda: self.processes()[program] != before)


def refused(call: Callable[[], object]) -> str:
    """Return the API server's words about a call that it denies."""
    with pytest.raises(client.ApiException) as caught:
        call()
    assert caught.value.status == HTTPStatus.FORBIDDEN
    return str(caught.value.body)


@contextmanager
def aws_server(state: Path) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "lab.aws", "--state-dir", str(state)]
    with (state / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=os.environ.copy(), stdout=log, stderr=log)
    try:
        wait(lambda: process.poll() is not None or (state / "aws.json").exists())
        assert process.poll() is None, (state / "server.log").read_text()
        yield json.loads((state / "aws.json").read_text())
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def cluster(name: str, state: Path, record: dict[str, Any]) -> Iterator[Cluster]:
    credentials = {
        "AWS_ACCESS_KEY_ID": record["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": record["secret_access_key"],
    }
    data_plane = DataPlane(
        "vpc-0a1b2c3d", "us-west-2", "123456789012", record["url"], credentials, credentials
    )
    plane = ControlPlane.start(name, state, NOBODY, Settings(data_plane=data_plane))
    try:
        api = config.new_client_from_config(str(plane.admin_kubeconfig))
        with api:
            yield Cluster(plane, api)
    finally:
        plane.stop()
