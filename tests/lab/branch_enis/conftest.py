"""A network with a way out, for clusters that a test makes itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import session

from .scene import PodScene


@pytest.fixture
def scene(lab_state: Path) -> Iterator[PodScene]:
    scene = PodScene(session.start(print), "pods", "10.72")
    try:
        yield scene
    finally:
        scene.remove()
