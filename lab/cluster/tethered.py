"""Run a program that the kernel kills as soon as its parent is gone.

Usage: `python -S tethered.py <process id of the parent> <program> [argument ...]`. A small program of its
own, because code between fork and exec is not safe in a process with threads. Only the standard library: it
starts in milliseconds.
Source: prctl(2), PR_SET_PDEATHSIG, which survives execve(2).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, then become the program.

    Args:
        arguments: Process id of the parent, path of the program, arguments of the program.
    """
    parent, program = int(arguments[0]), arguments[1]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(f"parent {parent} ended before {program} was started")
    os.execv(program, arguments[1:])  # noqa: S606 - the caller names the program by its full path


if __name__ == "__main__":
    main(sys.argv[1:])
