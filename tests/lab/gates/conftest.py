"""One stack with running pods per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import session
from tests.lab.conftest import Lab

from .scene import Scene


@pytest.fixture
def stack(activated: Lab) -> Iterator[Scene]:
    """The stack of a test; whatever a failed test leaves goes with its lab."""
    scene = Scene(activated)
    yield scene
    if scene.total():
        session.stop(print)
        session.start(print)
