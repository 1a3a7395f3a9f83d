"""Values that may not be known yet, or not here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Unknown:
    """A value that is not known, and why.

    Example:
        >>> Unknown("known after the update", ("dev-pod-catalog",)).text
        'known after the update, of dev-pod-catalog'
    """

    reason: str
    depends_on: tuple[str, ...] = ()
    """Resources that it comes from, by name; empty if none is told."""

    @property
    def text(self) -> str:
        """Reason and origin in one line."""
        return f"{self.reason}, of {', '.join(self.depends_on)}" if self.depends_on else self.reason


Maybe: TypeAlias = Item | Unknown
NOT_READ: Final = Unknown("nothing was read that tells it")
"""What a source says nothing of."""


class NotKnownError(Exception):
    """A check needs a value that is not known.

    Args:
        subject: What the value is, such as "security groups".
        unknown: Why it is not known.
    """

    def __init__(self, subject: str, unknown: Unknown) -> None:
        """Keep what is missing."""
        self.subject, self.unknown = subject, unknown
        super().__init__(f"{subject}: {unknown.text}")


def known(subject: str, value: Maybe[Item]) -> Item:
    """Return a value that has to be known.

    Args:
        subject: What it is, for people.
        value: The value.

    Raises:
        NotKnownError: It is not known.

    Example:
        >>> known("enforcing mode", "strict")
        'strict'
    """
    if isinstance(value, Unknown):
        raise NotKnownError(subject, value)
    return value
