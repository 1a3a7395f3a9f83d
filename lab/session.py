"""Start and stop the lab of one checkout, and the environment in which its engine and plugins run.

The lab is one process, the AWS API on loopback; it starts and ends the control plane of each EKS cluster.
Its state lives in that process: when it ends, the engine's record of it is worthless and goes too.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import psutil

from lab.errors import LabError
from lab.paths import CHECKOUT, backend_url, state_folder
from lab.toolchain import Report, crd_folder, missing_tools, tool_folders

REGION = "us-west-2"
# Held for the life of this process: the server outlives the one who started it, and is not waited for.
_started: list[subprocess.Popen[bytes]] = []
START_SECONDS = 60
STOP_SECONDS = 60
SERVER_ARGUMENTS = ("-m", "lab.aws", "--state-dir")
PLUGINS = {"pulumi-resource-aws": "lab.plugins.aws", "pulumi-resource-kubernetes": "lab.plugins.kubernetes"}
DYNAMIC_LAUNCHER = "pulumi-resource-pulumi-python"
"""Starts the host of dynamic resources; it comes with the command-line tool, but not with its Go module.

Source: pulumi/pulumi `sdk/python/dist/pulumi-resource-pulumi-python`.
"""


@dataclass(frozen=True)
class Session:
    """Hold what a caller needs to talk to the running lab."""

    url: str
    pid: int
    access_key_id: str
    secret_access_key: str

    def environment(self) -> dict[str, str]:
        """Return the variables by which ordinary tools find the lab."""
        state = state_folder()
        path = [str(state / "bin"), *map(str, tool_folders()), os.environ.get("PATH", os.defpath)]
        no_proxy = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
            "PATH": os.pathsep.join(path),
            "PULUMI_HOME": str(state / "pulumi-home"),
            "PULUMI_BACKEND_URL": backend_url(),
            "PULUMI_CONFIG_PASSPHRASE": (state / "passphrase").read_text(),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def activate(self) -> None:
        """Make this process, and so the engine and the plugins it starts, see the lab and no real account."""
        for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]:
            del os.environ[name]
        os.environ.update(self.environment())


def running() -> Session | None:
    """Return the lab of this checkout if it answers, else None."""
    record = state_folder() / "aws" / "aws.json"
    try:
        found = json.loads(record.read_text())
        session = Session(found["url"], found["pid"], found["access_key_id"], found["secret_access_key"])
    except (OSError, ValueError, KeyError):
        return None
    return session if psutil.pid_exists(session.pid) and _answers(session.url) else None


def start(report: Report) -> Session:
    """Start the lab, or join the one that runs.

    Raises:
        LabError: A tool is missing, or the AWS API does not answer within 60 seconds.
    """
    if (session := running()) is not None:
        return session
    with _only_one_starter(report):
        return running() or _start(report)


def _start(report: Report) -> Session:
    if missing := missing_tools():
        raise LabError(
            f"the lab's tools are not built: {', '.join(missing)}.",
            why="the lab runs the real engine and the real Kubernetes API server.",
            fix="run `make setup` (about 15 minutes once; later checkouts reuse it).",
        )
    _forget_ended_lab(report)
    _prepare_state()
    report("starting the lab's AWS API …")
    process = _spawn_server()
    try:
        return _await_answer(process)
    except BaseException:
        process.kill()
        process.wait()
        raise


def stop(report: Report) -> bool:
    """End the lab of this checkout and everything it started; drop its state.

    Returns: True if a lab was running.
    """
    session = running()
    if session is not None:
        report("ending the lab …")
    for server in _servers():
        _end(server)
    for process in _started:
        process.poll()
    for name in ("aws", "backend", "work"):
        shutil.rmtree(state_folder() / name, ignore_errors=True)
    return session is not None


def _servers() -> Iterator[psutil.Process]:
    """Return the servers of this lab, one that was started and never answered included."""
    state = str(state_folder() / "aws")
    for process in psutil.process_iter():
        try:
            if process.cmdline()[1:] == [*SERVER_ARGUMENTS, state]:
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def _end(server: psutil.Process) -> None:
    # The server ends its control planes itself; what outlives it is ended here.
    try:
        family = [server, *server.children(recursive=True)]
        server.terminate()
    except psutil.NoSuchProcess:
        return
    _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    for process in alive:
        process.kill()


@contextmanager
def _only_one_starter(report: Report) -> Iterator[None]:
    state_folder().mkdir(parents=True, exist_ok=True)
    with (state_folder() / "start.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another command that starts the lab …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/lab/health", timeout=10) as response:
            return bool(response.status == HTTPStatus.OK)
    except (urllib.error.URLError, TimeoutError):
        return False


def _forget_ended_lab(report: Report) -> None:
    backend = state_folder() / "backend"
    if any(backend.glob(".pulumi/stacks/*/*.json")):
        report("the lab that ran here has ended, and its AWS kept nothing: starting from an empty account.")
    stop(report)


def _prepare_state() -> None:
    state = state_folder()
    for name in ("aws", "backend", "bin", "pulumi-home"):
        (state / name).mkdir(parents=True, exist_ok=True)
    passphrase = state / "passphrase"
    if not passphrase.exists():
        passphrase.touch(mode=0o600)
        passphrase.write_text(secrets.token_urlsafe(24))
    for name, module in PLUGINS.items():
        _write_launcher(state / "bin" / name, f'PYTHONPATH="{CHECKOUT}" exec "{sys.executable}" -m {module}')
    # As for users: only what is installed, or on their own PYTHONPATH, can be loaded there.
    _write_launcher(state / "bin" / DYNAMIC_LAUNCHER, f'exec "{sys.executable}" -u -m pulumi.dynamic')
    aws = state / "bin" / "aws"
    aws.unlink(missing_ok=True)
    aws.symlink_to(Path(sys.executable).parent / "aws")


def _write_launcher(path: Path, command: str) -> None:
    path.write_text(f'#!/bin/sh\n{command} "$@"\n')
    path.chmod(0o755)


def _spawn_server() -> subprocess.Popen[bytes]:
    state = state_folder() / "aws"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "PATH": os.pathsep.join([*map(str, tool_folders()), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(CHECKOUT),
        "PODSG_LAB_CRDS": str(crd_folder()),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with (state / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *SERVER_ARGUMENTS, str(state)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(process)
    return process


def _await_answer(process: subprocess.Popen[bytes]) -> Session:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (session := running()) is not None:
            return session
        time.sleep(0.1)
    log = state_folder() / "aws" / "server.log"
    tail = "\n    ".join(log.read_text(errors="replace").splitlines()[-10:])
    raise LabError(
        f"the lab's AWS API did not answer within {START_SECONDS} s; its log ends:\n    {tail}",
        why="nothing can be created without it.",
        fix=f"read {log}, then run `podsg lab down` and try again.",
    )
