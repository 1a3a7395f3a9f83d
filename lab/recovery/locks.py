"""The engine's own locks: one of a dead process is taken away, one of a living process is respected."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from lab.errors import LabError

CLOCK_SECONDS = 1.0
"""By how much the start of a process and the time in a lock may differ."""


@dataclass(frozen=True)
class Lock:
    """Hold one lock file.

    Source: pulumi/pulumi `pkg/backend/diy/lock.go`, lockContent.
    """

    path: Path
    pid: int
    username: str
    hostname: str
    since: datetime

    @classmethod
    def read(cls, path: Path) -> Lock | None:
        """Return the lock of a file; none if the file is no lock or has just gone."""
        try:
            content = json.loads(path.read_text())
            since = datetime.fromisoformat(content["timestamp"])
            return cls(path, int(content["pid"]), content["username"], content["hostname"], since)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def is_held(self) -> bool:
        """Say whether the process that took the lock still runs; another host's is taken to run.

        A process that began after the lock was taken only has the same number.
        """
        if self.hostname != socket.gethostname():
            return True
        try:
            process = psutil.Process(self.pid)
            began, status = process.create_time(), process.status()
        except psutil.NoSuchProcess:
            return False
        return status != psutil.STATUS_ZOMBIE and began <= self.since.timestamp() + CLOCK_SECONDS


def clear_dead_locks(folder: Path, stack: str, say: Callable[[str], None]) -> int:
    """Remove the locks of a stack whose process is gone, and what was to become one when that was killed.

    Args:
        folder: Where the engine keeps the stack's locks.
        stack: Its name.
        say: Told of each lock that is removed.

    Returns: How many were removed.

    Raises:
        LabError: A living process holds the stack.
    """
    locks = [lock for path in sorted(folder.glob("*.json")) if (lock := Lock.read(path))]
    held = [lock for lock in locks if lock.is_held()]
    if held:
        raise _held(held[0], stack)
    # The engine writes a lock under another name first, and takes such a file for a lock that it cannot read.
    # Source: gocloud.dev `blob/fileblob`, createTemp; pulumi/pulumi `pkg/backend/diy/lock.go`, checkForLock.
    for unfinished in folder.glob("*.tmp"):
        unfinished.unlink(missing_ok=True)
    for lock in locks:
        lock.path.unlink(missing_ok=True)
        lock.path.with_name(f"{lock.path.name}.attrs").unlink(missing_ok=True)
        say(f"took away the lock of process {lock.pid}, which is gone ({lock.since:%H:%M:%S}).")
    return len(locks)


def _held(lock: Lock, stack: str) -> LabError:
    where = "" if lock.hostname == socket.gethostname() else f" on {lock.hostname}"
    return LabError(
        f"stack {stack} is locked by process {lock.pid} of {lock.username}{where},"
        f" since {lock.since.isoformat(timespec='seconds')}.",
        why="two engines at once would overwrite each other's record of what exists.",
        fix=f"wait until it has ended, or stop it with `kill -INT {lock.pid}`; then run the command again.",
    )
