"""One stack of explicit branch ENIs per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import Lab

from .scene import Scene, stack_of_enis


@pytest.fixture
def enis(activated: Lab, tmp_path: Path) -> Iterator[Scene]:
    with stack_of_enis(activated, tmp_path / "explicit") as scene:
        yield scene
