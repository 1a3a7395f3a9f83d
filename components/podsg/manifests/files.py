"""Files and folders, and the text in them."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from podsg.errors import FileProblem
from podsg.manifests.document import RefusedError
from podsg.model.wording import joined

MAX_BYTES: Final = 64 * 1024 * 1024
"""Size of a file (bytes)."""
SUFFIXES: Final = (".yaml", ".yml", ".json")
"""Ends of the names of files that are read in folders."""
STDIN: Final = "-"
_CHUNK_BYTES: Final = 256 * 1024

# UTF-32 before UTF-16: the little-endian mark of one begins with that of the other.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_FILES: Final = (
    (stat.S_ISFIFO, "a pipe, which is not read; give - for standard input"),
    (stat.S_ISSOCK, "a socket, which is not read"),
    (stat.S_ISCHR, "a device, which is not read"),
    (stat.S_ISBLK, "a device, which is not read"),
)


def found(paths: Iterable[str | Path]) -> Iterator[str | FileProblem]:
    """List the files of paths: a folder's in name order, with those of the folders in it.

    A file or folder that is reached twice, by links or by name, is listed once.

    Args:
        paths: Files, folders and `-`.

    Returns: Files as they are named; a problem for what cannot be read.
    """
    seen: set[object] = set()
    for path in map(str, paths):
        if path == STDIN:
            if STDIN not in seen:
                yield STDIN
            seen.add(STDIN)
            continue
        is_empty = True
        for one in _below(path, seen):
            is_empty = False
            if one is not None:
                yield one
        if is_empty:
            yield FileProblem(path, f"no file in this folder has a name that ends with {joined(SUFFIXES)}")


def _below(path: str, seen: set[object]) -> Iterator[str | FileProblem | None]:
    """List what is at a path and below; None for what is listed already."""
    waiting = [path]
    while waiting:
        at = waiting.pop()
        try:
            status = os.stat(at)  # noqa: PTH116 - pathlib would change how the file is named
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                yield None
                continue
            seen.add(identity)
            if stat.S_ISDIR(status.st_mode):
                waiting += [os.path.join(at, name) for name in reversed(_names(at))]  # noqa: PTH118 - as above
            elif problem := _no_file(status.st_mode):
                yield FileProblem(at, problem)
            else:
                yield at
        except (OSError, ValueError) as error:
            yield FileProblem(at, _said(error))


def _names(folder: str) -> list[str]:
    entries = [one for one in Path(folder).iterdir() if one.name.endswith(SUFFIXES) or one.is_dir()]
    return sorted(one.name for one in entries)


def _no_file(mode: int) -> str:
    return next((f"it is {what}" for is_one, what in _NO_FILES if is_one(mode)), "")


def text_of(file: str, stdin: BinaryIO | None = None) -> str:
    """Return the text of a file: UTF-8, or UTF-16 or UTF-32 with a byte order mark.

    Args:
        file: Its name; `-` for standard input.
        stdin: Standard input. Default: that of the process.

    Raises:
        RefusedError: It cannot be read, is too large or is no text.
    """
    try:
        if file == STDIN:
            data = _bytes_of(stdin or sys.stdin.buffer)
        else:
            with Path(file).open("rb") as stream:
                data = _limited(os.fstat(stream.fileno()).st_size, stream)
    except OSError as error:
        raise RefusedError(_said(error)) from error
    if len(data) > MAX_BYTES:
        raise RefusedError(f"it has {len(data):,} bytes at least; the limit is {MAX_BYTES:,}")
    return _decoded(data)


def _limited(size: int, stream: BinaryIO) -> bytes:
    if size > MAX_BYTES:
        raise RefusedError(f"it has {size:,} bytes; the limit is {MAX_BYTES:,}")
    return _bytes_of(stream)


def _bytes_of(stream: BinaryIO) -> bytes:
    """Read until the limit is exceeded; one call for all would set aside as much memory as the limit."""
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BYTES and (part := stream.read(min(_CHUNK_BYTES, MAX_BYTES + 1 - size))):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding.startswith("utf-8") and b"\0" in data:
        raise RefusedError(
            "it is binary, or UTF-16 without a byte order mark; write it as UTF-8",
            _line_at(data, data.index(b"\0")),
        )
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_at(data, error.start) if encoding.startswith("utf-8") else 0
        raise RefusedError(f"it is not {error.encoding.upper()}; write it as UTF-8", line) from error


def _line_at(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _said(error: OSError | ValueError) -> str:
    reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return f"it cannot be read: {reason}"
