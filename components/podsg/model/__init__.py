"""What people write, what we reason about, and what follows from it; standard library and pydantic only.

The names here are loaded when one is first asked for: who reasons about snapshots alone needs no pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podsg.model.exports import *  # noqa: F403 - the names of this package


def __getattr__(name: str) -> object:
    return getattr(import_module("podsg.model.exports"), name)
