"""How long AWS takes for what callers cannot hurry; tests make single ones longer."""

from __future__ import annotations

from typing import Final

DATABASE_DELETION: Final = "database-deletion"
"""A database reads `deleting` and keeps its interfaces."""
CLUSTER_DELETION: Final = "cluster-deletion"
"""A cluster whose API server has ended reads `DELETING` and keeps its interfaces and its group."""
INSTANCE_END: Final = "instance-end"
"""An instance reads `shutting-down`, and its interfaces and the branches on its trunk are in use."""

_DEFAULTS: Final = {DATABASE_DELETION: 1.0, CLUSTER_DELETION: 0.0, INSTANCE_END: 0.4}
_set: dict[str, float] = {}


def seconds(name: str) -> float:
    """Return how long something takes."""
    return _set.get(name, _DEFAULTS[name])


def change(wanted: dict[str, float]) -> None:
    """Set delays; those not named have their defaults again.

    Raises:
        ValueError: There is no such delay, or it is negative.
    """
    for name, length in wanted.items():
        if name not in _DEFAULTS or length < 0:
            raise ValueError(f"{name} is not one of {', '.join(_DEFAULTS)} with seconds >= 0")
    _set.clear()
    _set.update(wanted)


def all_seconds() -> dict[str, float]:
    """Return every delay."""
    return {**_DEFAULTS, **_set}
