"""What is read of manifests: objects, and files that are no good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podsg.errors import FileProblem
from podsg.model.snapshot import Maybe, Place, Unknown


class RefusedError(Exception):
    """A file is not read; caught within this package.

    Args:
        text: What is wrong.
        line: Line that shows it (1 or more); 0 if no line does.
    """

    def __init__(self, text: str, line: int = 0) -> None:
        """Keep what is wrong."""
        self.text, self.line = text, line
        super().__init__(text)


@dataclass(frozen=True)
class Document:
    """One Kubernetes object.

    Example:
        >>> ui = Document("apps/ui.yaml", 12, "apps", "Deployment", "", "ui", {})
        >>> ui.namespace_or("shop"), str(ui.place("shop"))
        ('shop', 'Deployment shop/ui (apps/ui.yaml:12)')
        >>> ui.namespace_or(""), ui.place("").subject
        (Unknown(reason='the manifest names no namespace', depends_on=()), 'Deployment ui')
    """

    file: str
    """File as it was named; `-` for standard input."""
    line: int
    """First line of the object (1 or more)."""
    group: str
    """Group of its `apiVersion`; empty for the core group."""
    kind: str
    namespace: str
    """Namespace; empty if it names none."""
    name: str
    """Name, or the beginning of it (`generateName`); empty if it has none."""
    content: Mapping[str, Any]
    """The whole object; `Unknown` stands for what is not known yet."""
    urn: str = ""
    """URN in the engine's record; empty if it was read from a file."""

    def namespace_or(self, default: str) -> Maybe[str]:
        """Return its namespace, or a default; Unknown if both are empty."""
        return self.namespace or default or Unknown("the manifest names no namespace")

    def place(self, default_namespace: str = "") -> Place:
        """Return where it stands.

        Args:
            default_namespace: Namespace if it names none; empty for an object that is in none.
        """
        namespace = self.namespace or default_namespace
        name = f"{namespace}/{self.name}" if namespace else self.name
        return Place(f"{self.kind} {name}", self.file, self.line, self.urn)


@dataclass(frozen=True)
class Read:
    """What was read of files and folders."""

    documents: tuple[Document, ...] = ()
    """Objects in the order of the files."""
    problems: tuple[FileProblem, ...] = ()
    """One for each file that is no good; nothing of such a file is among the documents."""
