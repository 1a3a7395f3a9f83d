"""Child processes of a control plane: started from one lasting thread, recorded, kept alive, ended."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lab.cluster import tethered
from lab.errors import LabError

TERMINATE_SECONDS = 2.0
WATCH_SECONDS = 0.2
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A process that ran this long starts without delay again."""

# The kernel signals children when the *thread* that started them ends: one thread starts them all and stays.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lab-children")


def find_program(name: str) -> Path:
    """Find a program of the control plane on PATH.

    Raises:
        LabError: The program is missing.
    """
    if found := shutil.which(name):
        return Path(found).resolve()
    raise LabError(
        f"{name} is not on PATH.",
        why="each EKS cluster of the lab has its own control plane of real programs.",
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


@dataclass(frozen=True)
class Command:
    """Say how one child is run.

    Attributes:
        name: Its name in the record and of its log.
        program: Full path.
        arguments: What follows the program.
        environment: Its whole environment; None is the one of this process.
        grace_seconds: How long SIGTERM may take at the end, before SIGKILL.
    """

    name: str
    program: Path
    arguments: Sequence[str]
    environment: Mapping[str, str] | None = None
    grace_seconds: float = TERMINATE_SECONDS


@dataclass
class _Child:
    command: Command
    process: subprocess.Popen[bytes]
    started: float
    delay: float = 0.0
    due: float | None = None
    """When it is started again; None while it runs."""


class Children:
    """Keep the processes of one control plane, in the order of their start.

    Args:
        folder: Where `<name>.log`, `restarts.log` and the record `processes.json` (name to process id) go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: dict[str, _Child] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._supervisor: threading.Thread | None = None

    def start(self, command: Command) -> None:
        """Start a program; its output goes to `<name>.log`, and it dies with this process."""
        with self._lock:
            self._children[command.name] = _Child(command, self._spawn(command), time.monotonic())
            self._record()

    def supervise(self) -> None:
        """From now on start again whatever ends by itself, and write it to `restarts.log`.

        While the file `<name>.hold` is there, what has ended stays so.
        """
        self._supervisor = threading.Thread(target=self._watch, name="lab-supervisor", daemon=True)
        self._supervisor.start()

    def ended(self) -> str | None:
        """Say which process has ended by itself, with the last lines of its log.

        None if all run, and once they are supervised: then nothing ends for good.
        """
        if self._supervisor is not None:
            return None
        for name, child in self._children.items():
            if (code := child.process.poll()) is not None:
                return f"{name} ended with code {code}: {self._last_words(name)}"
        return None

    def stop(self) -> None:
        """End all processes: SIGTERM, a wait, then SIGKILL; the first one last, because it serves the others.

        A second call does nothing.
        """
        self._closing.set()
        if self._supervisor is not None:
            self._supervisor.join()
        with self._lock:
            if not self._children:
                return
            first, *others = self._children.values()
            for children in (others, [first]):
                _end(children)
            self._children.clear()
            self._record()

    def _spawn(self, command: Command) -> subprocess.Popen[bytes]:
        tether = [sys.executable, "-S", tethered.__file__, str(os.getpid()), str(command.program)]
        return _SPAWNER.submit(self._open, [*tether, *command.arguments], command).result()

    def _open(self, line: Sequence[str], command: Command) -> subprocess.Popen[bytes]:
        with self._log(command.name).open("ab") as output:
            return subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=command.environment,
                start_new_session=True,
            )

    def _watch(self) -> None:
        while not self._closing.wait(WATCH_SECONDS):
            try:
                with self._lock:
                    for child in self._children.values():
                        self._look_after(child)
            except OSError as error:  # a full disk must not end the supervision
                print(f"{self.folder.name}: {error}", file=sys.stderr)  # noqa: T201  the server's log
            except RuntimeError:  # the interpreter shuts down and starts nothing any more
                return

    def _look_after(self, child: _Child) -> None:
        if (code := child.process.poll()) is None:
            return
        now = time.monotonic()
        if child.due is None:
            steady = now - child.started > STEADY_SECONDS
            longer = min(child.delay * 2, LONGEST_DELAY_SECONDS)
            child.delay = FIRST_DELAY_SECONDS if steady else max(longer, FIRST_DELAY_SECONDS)
            child.due = now + child.delay
            self._note(
                f"{child.command.name} ended with code {code}; it is started again in {child.delay:.1f} s; "
                f"its last lines: {self._last_words(child.command.name)}"
            )
        if now < child.due or self._closing.is_set() or self._hold(child.command.name).exists():
            return
        try:
            child.process = self._spawn(child.command)
        except OSError as error:
            self._note(f"{child.command.name} cannot be started: {error}")
        child.started, child.due = now, None
        self._record()

    def _note(self, text: str) -> None:
        with (self.folder / "restarts.log").open("a", encoding="utf-8") as log:
            log.write(f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n")

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return " | ".join(lines[-5:])

    def _hold(self, name: str) -> Path:
        return self.folder / f"{name}.hold"

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _record(self) -> None:
        content = json.dumps({name: child.process.pid for name, child in self._children.items()})
        write_private(self.folder / "processes.json.new", content.encode())
        (self.folder / "processes.json.new").replace(self.folder / "processes.json")


def _end(children: Sequence[_Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    started = time.monotonic()
    for child in sorted(children, key=lambda each: each.command.grace_seconds):
        try:
            child.process.wait(max(started + child.command.grace_seconds - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
