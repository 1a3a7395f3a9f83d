"""Run a command in a network namespace that has nothing but `lo`.

It proves that the command needs loopback only, and keeps its ports apart from those of a running lab.
Usage: loopback_only.py COMMAND [ARGUMENT ...]
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914  # linux/sockios.h
IFF_UP = 0x1  # linux/if.h


def bring_up_loopback() -> None:
    """Set the interface `lo` of this namespace up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(handle, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def unshare_command() -> list[str] | None:
    """Return the prefix that opens a namespace here, or None where that is not allowed."""
    unshare = shutil.which("unshare")
    as_user = [] if os.geteuid() == 0 else ["--map-root-user"]
    prefix = [unshare or "unshare", "--net", *as_user]
    if unshare and subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0:
        return prefix
    return None


def main(arguments: list[str]) -> None:
    """Replace this process by the command, inside a namespace where that is allowed."""
    if arguments[0] == "--inside":
        bring_up_loopback()
        os.execvp(arguments[1], arguments[1:])
    prefix = unshare_command()
    if prefix is None:
        print("loopback_only: network namespaces are not allowed here; running without one.", file=sys.stderr)
        os.execvp(arguments[0], arguments)
    os.environ["PODSG_LOOPBACK_ONLY"] = "1"
    os.execvp(prefix[0], [*prefix, sys.executable, __file__, "--inside", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
