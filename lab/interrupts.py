"""What a Ctrl-C does: the engine is asked once to stop, and what it began is recorded.

The engine runs in a process group of its own, so that a Ctrl-C at a terminal and a signal to this process
alone are the same thing: both arrive here and are handed on. It is tied to this process: if this one is
killed, the kernel kills the engine, which without its program and its reader could only go on blindly.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any

from pulumi import automation
from pulumi.automation.errors import create_command_error

from lab.cluster import tethered
from lab.recovery.unrecorded import Unrecorded

Output = Callable[[str], None]
SIGNALS = (signal.SIGINT, signal.SIGTERM)
CHANGING = {"up", "preview", "refresh", "destroy"}
STOPPING = "interrupted: the engine ends what it began and records it; once more stops it at once …"
STOPPING_AT_ONCE = "interrupted again: the engine stops at once …"


class InterruptedRunError(Exception):
    """Say that an operation of the engine was interrupted.

    Args:
        operation: `up`, `preview`, `refresh` or `destroy`.
        unrecorded: What was found before it that an operation had made and not recorded.
        at_once: The engine was asked twice.
    """

    def __init__(self, operation: str, unrecorded: tuple[Unrecorded, ...], *, at_once: bool) -> None:
        self.unrecorded = unrecorded
        found = (
            "stopped at once: the next command looks for what is not recorded"
            if at_once
            else "interrupted: what the engine had begun is done and recorded"
        )
        super().__init__(f"{operation} was {found}")


class EngineCommand(automation.PulumiCommand):
    """Run the engine so that it gets the signals that this process gets, and dies with it.

    Args:
        root: Folder whose `bin` holds `pulumi`.
        output: Told what an interrupt does.
    """

    def __init__(self, root: str, output: Output) -> None:
        super().__init__(root=root)
        self._output = output
        self._process: subprocess.Popen[str] | None = None
        self.interrupts = 0
        """How many signals arrived since `listening` began."""
        self.killed_by = 0
        """Number of the signal that ended the last command; 0 if it ended by itself."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hand signals on to the engine for as long as the block runs, and count them."""
        self.interrupts = 0
        before = {number: signal.signal(number, self._hand_on) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hand_on(self, _number: int, _frame: FrameType | None) -> None:
        self.interrupts += 1
        self._output(STOPPING if self.interrupts == 1 else STOPPING_AT_ONCE)
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> automation.CommandResult:
        """Run one command of the engine; its last words are read to the end.

        Raises:
            CommandError: It ended with another code than 0.
        """
        if self.interrupts and args[0] in CHANGING:
            raise create_command_error(automation.CommandResult("", "interrupted before it began", 1))
        command = [sys.executable, "-S", tethered.__file__, str(os.getpid())]
        with subprocess.Popen(
            [*command, self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            process_group=0,
        ) as process:
            self._process = process
            lines: list[str] = []
            errors: list[str] = []
            # In threads, so that a signal finds this one waiting and not in the middle of a print.
            readers = [
                threading.Thread(target=_read, args=(process.stdout, on_output, lines)),
                threading.Thread(target=_read, args=(process.stderr, on_error, errors)),
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            code = process.wait()
        self._process, self.killed_by = None, max(-code, 0)
        result = automation.CommandResult("\n".join(lines), "\n".join(errors), code)
        if code:
            raise create_command_error(result)
        return result


def _read(stream: IO[str] | None, tell: Callable[[str], Any] | None, lines: list[str]) -> None:
    for line in stream or ():
        text = line.rstrip()
        if tell:
            tell(text)
        lines.append(text)


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does, outside of the engine too."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
