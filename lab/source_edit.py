"""Replace literals in one source file of a pinned Go module while it is built, through `-overlay`.

The edited file becomes a file of our own Go module, because a build may not replace files of the module
cache. Source: `go help build`, `-overlay`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError


@dataclass(frozen=True)
class SourceEdit:
    """Name one source file of a Go module and what to replace in it.

    Attributes:
        module: Path of the Go module that holds the file.
        file: Path of the file inside its module.
        replacements: Old text, which has to occur exactly once, to new text.
        added: File of our own module that is compiled together with it.
    """

    module: str
    file: str
    replacements: Mapping[str, str]
    added: str

    def key(self, own_folder: Path) -> bytes:
        """Return what a built tool depends on beyond the pinned modules."""
        words = [self.module, self.file, json.dumps(dict(self.replacements), sort_keys=True)]
        return "\n".join(words).encode() + (own_folder / self.added).read_bytes()

    def apply(self, text: str) -> str:
        """Return the edited source.

        Raises:
            LabError: An old text does not occur exactly once.
        """
        for old, new in self.replacements.items():
            if (count := text.count(old)) != 1:
                raise LabError(
                    f"{self.module} {self.file} holds {old!r} {count} times instead of once.",
                    why="the built program would listen on fixed ports of all interfaces.",
                    fix="read the file of the pinned version and adapt its edit in lab/toolchain.py.",
                )
            text = text.replace(old, new)
        return text

    def write(self, module_folder: Path, own_folder: Path, drafts: Path) -> Path:
        """Write the edited file and the overlay that shows it to the compiler as part of our own module.

        Args:
            module_folder: Where the Go module is.
            own_folder: Our own Go module.
            drafts: Existing folder for both files.

        Returns:
            The file for `go build -overlay`.
        """
        edited = drafts / "edited.go"
        text = (module_folder / self.file).read_text(encoding="utf-8")
        edited.write_text(self.apply(text), encoding="utf-8")
        overlay = drafts / "overlay.json"
        replaced = {str(own_folder / Path(self.file).name): str(edited)}
        overlay.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
        return overlay
