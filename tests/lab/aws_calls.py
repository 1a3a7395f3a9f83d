"""The AWS calls of a while, as the lab's log has them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from lab.session import Session


@contextmanager
def counted_calls(session: Session) -> Iterator[list[dict[str, str]]]:
    """Collect the calls of a block; they are there when it has ended."""
    reset = urllib.request.Request(f"{session.url}/lab/calls/reset", method="POST")
    urllib.request.urlopen(reset).close()
    calls: list[dict[str, str]] = []
    yield calls
    with urllib.request.urlopen(f"{session.url}/lab/calls") as answer:
        calls += json.load(answer)


def is_write(call: dict[str, str]) -> bool:
    """Tell whether a call changed something: neither a read, nor refused, nor a dry run."""
    reads = ("Describe", "List", "Get", "AssumeRole")
    return not call["action"].startswith(reads) and not call["error"]
