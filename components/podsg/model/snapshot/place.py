"""Where an object stands, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """Where an object was read.

    Example:
        >>> str(Place("Deployment shop/ui", file="apps/ui.yaml", line=12))
        'Deployment shop/ui (apps/ui.yaml:12)'
        >>> str(Place("workers"))
        'workers'
    """

    subject: str
    """Name of the object, with its kind where the name alone does not tell it."""
    file: str = ""
    """File, as it was named; empty if it was not read from one."""
    line: int = 0
    """First line of the object (1 or more); 0 if it is not known."""
    urn: str = ""
    """URN in the engine's record; empty if it has none."""

    def __str__(self) -> str:
        """Show the subject, and the file where there is one."""
        at = f"{self.file}:{self.line}" if self.line else self.file
        return f"{self.subject} ({at})" if at else self.subject
