"""Run any command against the running lab."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Sequence

from lab import session
from lab.errors import LabError
from lab.paths import admin_kubeconfigs

OWN_VARIABLES = ("AWS_", "PULUMI_")
SIGNALLED = 128
"""Source: POSIX shell, exit status of a command that a signal ended."""


def execute(command: Sequence[str], cluster: str) -> int:
    """Run a command in the caller's folder with the variables by which ordinary tools find the lab.

    Args:
        command: The program and its arguments.
        cluster: EKS cluster that `KUBECONFIG` is to name; empty for none.

    Returns: The command's exit code; 128 plus the signal's number if a signal ended it.

    Raises:
        LabError: The lab does not run, or the cluster or the program is not there.
    """
    running = session.running()
    if running is None:
        raise LabError(
            "the lab of this checkout is not running.",
            why="the command would reach no AWS, or somebody's real account.",
            fix="start it with `podsg lab up`.",
        )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
    environment |= running.environment()
    environment.pop("KUBECONFIG", None)
    if cluster:
        environment["KUBECONFIG"] = _kubeconfig(cluster)
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise LabError(
            f"{command[0]} is not on PATH.",
            why=f"`{shlex.join(command)}` cannot run.",
            fix="aws, kubectl and pulumi come with the lab; install what else you want to run.",
        )
    with subprocess.Popen([program, *command[1:]], env=environment) as process:
        return _wait(process)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for a command; a Ctrl-C at the terminal reaches it by itself, a SIGTERM is handed on."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: process.terminate()),
    }
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return SIGNALLED - code if code < 0 else code


def _kubeconfig(cluster: str) -> str:
    found = admin_kubeconfigs()
    if cluster not in found:
        raise LabError(
            f"the lab has no EKS cluster {cluster!r} with an API server.",
            why="there is no kubeconfig to hand over.",
            fix=f"use --cluster with one of: {', '.join(found) or 'none yet; `podsg lab up` makes one'}.",
        )
    return str(found[cluster])
