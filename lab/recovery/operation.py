"""One operation on a stack at a time, and a mark that stays until one has ended well."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from lab.errors import LabError

MARK = "operation.json"


@dataclass
class Operation:
    """Hold the one operation on a stack.

    Args:
        unfinished: The operation before this one did not end well, or left objects that nobody recorded.
    """

    unfinished: bool
    _file: IO[str]

    def ended_well(self) -> None:
        """Take the mark away: the next operation has nothing to look after."""
        self._file.truncate(0)


@contextmanager
def sole_operation(folder: Path, stack: str, verb: str) -> Iterator[Operation]:
    """Begin an operation and mark it.

    Args:
        folder: The stack's work folder.
        stack: Its name.
        verb: `up`, `preview`, `refresh` or `destroy`.

    Raises:
        LabError: Another process of this lab operates on the stack.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / MARK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(file, stack) from None
        file.seek(0)
        unfinished = bool(file.read())
        file.truncate(0)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(json.dumps({"pid": os.getpid(), "verb": verb, "since": since}))
        file.flush()
        yield Operation(unfinished, file)


def _busy(file: IO[str], stack: str) -> LabError:
    file.seek(0)
    try:
        found = json.loads(file.read())
    except ValueError:
        found = {}
    pid, since = found.get("pid", "unknown"), found.get("since", "a moment ago")
    return LabError(
        f"stack {stack} is in use: process {pid} has been running {found.get('verb', 'a command')} on it"
        f" since {since}.",
        why="two operations at once would overwrite each other's record of what exists.",
        fix=f"wait until it has ended, or stop it with `kill -INT {pid}`; then run the command again.",
    )
