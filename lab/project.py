"""A Pulumi project as the engine reads it: its name, its stacks' files, its program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.errors import LabError
from lab.paths import state_folder

PROJECT_FILE = "Pulumi.yaml"


@dataclass(frozen=True)
class Project:
    """Hold what `Pulumi.yaml` says.

    Source: Pulumi project file reference, `name`, `main`, `stackConfigDir`.
    """

    folder: Path
    name: str
    program: Path
    config_folder: Path

    @classmethod
    def read(cls, folder: Path) -> Project:
        """Read the project of a folder.

        Raises:
            LabError: There is no readable `Pulumi.yaml` with a name.
        """
        folder = folder.resolve()
        path = folder / PROJECT_FILE
        try:
            content = yaml.safe_load(path.read_text())
            name = str(content["name"])
            main = folder / str(content.get("main") or ".")
            config_folder = folder / str(content.get("stackConfigDir") or ".")
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise LabError(
                f"{path} is not a readable project file: {error or type(error).__name__}",
                why="it names the project, its program and the folder of its stacks.",
                fix="use --project with a folder that has a Pulumi.yaml with a `name:`.",
            ) from None
        return cls(folder, name, main / "__main__.py" if main.is_dir() else main, config_folder)

    def stack_file(self, stack: str) -> Path:
        """Return the configuration file of a stack.

        Raises:
            LabError: There is none.
        """
        path = self.config_folder / f"Pulumi.{stack}.yaml"
        if not path.is_file():
            known = sorted(
                file.name.removeprefix("Pulumi.").removesuffix(".yaml")
                for file in self.config_folder.glob("Pulumi.*.yaml")
            )
            raise LabError(
                f"there is no stack {stack!r}: {path} does not exist.",
                why="one such file describes one environment.",
                fix=f"use --stack with one of: {', '.join(known) or 'none yet'}.",
            )
        return path

    def configuration(self, stack: str) -> dict[str, Any]:
        """Return the `config:` of a stack's file; empty if it has none.

        Raises:
            LabError: There is no such file, or it is not YAML of that shape.
        """
        path = self.stack_file(stack)
        try:
            content = yaml.safe_load(path.read_text()) or {}
            return dict(content.get("config") or {})
        except (yaml.YAMLError, AttributeError, ValueError, TypeError) as error:
            raise LabError(
                f"{path.name} has no readable `config:`: {error}",
                why="it is the description of the environment.",
                fix="see stacks/Pulumi.dev.yaml for a complete example.",
            ) from None

    def owner(self, stack: str) -> str:
        """Return the value of the owner tag of everything that a stack makes."""
        return f"{self.name}/{stack}"

    def work_folder(self, stack: str) -> Path:
        """Return the folder in which the engine works on a stack, one per project and stack."""
        return state_folder() / "work" / self.name / stack

    def record(self, stack: str) -> Path:
        """Return the file of the engine's record of a stack.

        Source: pulumi/pulumi `pkg/backend/diy`, layout of the file backend with projects.
        """
        stacks = state_folder() / "backend" / ".pulumi" / "stacks"
        return stacks / self.name / f"{stack}.json"

    def lock_folder(self, stack: str) -> Path:
        """Return the folder of the engine's locks on a stack.

        Source: pulumi/pulumi `pkg/backend/diy/lock.go`, lockPath.
        """
        locks = state_folder() / "backend" / ".pulumi" / "locks"
        return locks / "organization" / self.name / stack
