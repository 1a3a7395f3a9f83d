"""Child processes of a control plane: started from one lasting thread, recorded, ended."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from lab.cluster import tethered
from lab.errors import LabError

TERMINATE_SECONDS = 5.0

# The kernel signals children when the *thread* that started them ends: one thread starts them all and stays.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lab-children")
_RECORD_LOCK = threading.Lock()


def find_program(name: str) -> Path:
    """Find a program of the control plane on PATH.

    Raises:
        LabError: The program is missing.
    """
    if found := shutil.which(name):
        return Path(found).resolve()
    raise LabError(
        f"{name} is not on PATH.",
        why="each EKS cluster of the lab has its own etcd, API server and controller manager.",
        fix="run `make lab`, which builds the tools and puts them on PATH.",
    )


def free_ports(count: int) -> list[int]:
    """Return free TCP ports of the loopback interface, all different.

    Args:
        count: How many ports (>= 1).
    """
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def write_private(path: Path, content: bytes) -> Path:
    """Write a file that only its owner may read, and return its path."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path


class Children:
    """Keep the processes of one control plane, in the order of their start.

    Args:
        folder: Where `<program>.log` and the record `processes.json` (program to process id) go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, program: Path, arguments: Sequence[str]) -> None:
        """Start a program; its output goes to `<program>.log`, and it dies with this process."""
        command = [sys.executable, "-S", tethered.__file__, str(os.getpid()), str(program), *arguments]
        self._processes[program.name] = _SPAWNER.submit(
            self._spawn, command, self._log(program.name)
        ).result()
        self._record()

    def _spawn(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )

    def ended(self) -> str | None:
        """Say which process has ended by itself, with the last lines of its log; None if all run."""
        for name, process in self._processes.items():
            if (code := process.poll()) is not None:
                lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
                return f"{name} ended with code {code}: " + " | ".join(lines[-5:])
        return None

    def stop(self) -> None:
        """End all processes, the last started first: SIGTERM, a wait, then SIGKILL."""
        if not self._processes:
            return
        for process in reversed(self._processes.values()):
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(TERMINATE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
        self._record()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _record(self) -> None:
        with _RECORD_LOCK:
            content = json.dumps({name: process.pid for name, process in self._processes.items()})
            write_private(self.folder / "processes.json.new", content.encode())
            (self.folder / "processes.json.new").replace(self.folder / "processes.json")
