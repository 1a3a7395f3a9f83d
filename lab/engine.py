"""Run the real Pulumi engine on the unmodified reference program, against the lab.

The engine works on a copy of the project file and of the stack's configuration, because it writes its
encryption salt into the latter and the checkout stays clean.
"""

from __future__ import annotations

import json
import runpy
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pulumi import automation

from lab.errors import LabError
from lab.paths import CHECKOUT, state_folder
from lab.toolchain import TOOL_SETS
from podsg.preview.notices import InputChange, enforcing_mode_notices

Output = Callable[[str], None]
Result = TypeVar("Result")
PROJECT = "podsg"


class EngineError(Exception):
    """Say that the engine ended an operation with errors; holds their texts."""

    def __init__(self, operation: str, messages: list[str]) -> None:
        self.messages = messages
        super().__init__("\n".join([f"{operation} failed.", *messages]))


@dataclass
class Outcome:
    """Hold what an operation of the engine did: steps per kind, outputs, wall-clock seconds, notices."""

    changes: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    notices: list[str] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """Return the number of steps other than `same`."""
        return sum(count for kind, count in self.changes.items() if kind != "same")


class Engine:
    """Run `up`, `preview`, `refresh` and `destroy` of one stack in the lab.

    Args:
        stack: The environment: `stacks/Pulumi.<stack>.yaml`.
        output: Receives the engine's own progress, one line at a time.
        project_folder: Folder with `Pulumi.yaml`, `__main__.py` and `stacks`.
    """

    def __init__(self, stack: str, output: Output, project_folder: Path = CHECKOUT) -> None:
        self._output = output
        self._project = project_folder
        self._events: list[automation.EngineEvent] = []
        work = state_folder() / "work"
        _copy_project(project_folder, work, stack)
        pulumi = next(tool_set for tool_set in TOOL_SETS if tool_set.module == "pulumi")
        self._stack = automation.create_or_select_stack(
            stack_name=stack,
            project_name=PROJECT,
            program=self._program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(work), pulumi_command=automation.PulumiCommand(root=str(pulumi.folder.parent))
            ),
        )

    def up(self) -> Outcome:
        """Create or change what the stack describes."""
        return self._run("up", self._stack.up, self._stack.outputs)

    def refresh(self) -> Outcome:
        """Read every resource again and record what is there."""
        return self._run("refresh", self._stack.refresh, dict)

    def destroy(self, **options: Any) -> Outcome:
        """Delete everything that the stack made; `options` go to the engine as they are."""
        return self._run("destroy", lambda **common: self._stack.destroy(**common, **options), dict)

    def preview(self) -> Outcome:
        """Say what `up` would do."""
        return self._run("preview", self._stack.preview, dict)

    def preview_digest(self) -> str:
        """Return the engine's own JSON digest of a preview."""
        return self._operate("preview", self._stack.preview, json=True, color="never").stdout

    def export(self) -> automation.Deployment:
        """Return the recorded state."""
        return self._stack.export_stack()

    def import_state(self, deployment: automation.Deployment) -> None:
        """Replace the recorded state."""
        self._stack.import_stack(deployment)

    def _program(self) -> None:
        runpy.run_path(str(self._project / "__main__.py"), run_name="__main__")

    def _run(
        self, operation: str, run: Callable[..., Any], outputs: Callable[[], Mapping[str, Any]]
    ) -> Outcome:
        started = time.monotonic()
        self._operate(operation, run, on_output=self._output, suppress_outputs=True)
        return Outcome(
            changes=self._changes(),
            outputs={name: getattr(value, "value", value) for name, value in outputs().items()},
            seconds=time.monotonic() - started,
            notices=enforcing_mode_notices(self._input_changes()),
        )

    def _operate(self, operation: str, run: Callable[..., Result], **options: Any) -> Result:
        self._events.clear()
        try:
            with _interrupts_left_to_the_engine(self._output):
                return run(on_event=self._events.append, **options)
        except automation.CommandError as error:
            raise EngineError(operation, self._error_texts() or [str(error)]) from None

    def _changes(self) -> dict[str, int]:
        changes: dict[str, int] = {}
        for event in self._events:
            if event.summary_event is not None:
                changes = {str(kind): count for kind, count in event.summary_event.resource_changes.items()}
        return changes

    def _input_changes(self) -> list[InputChange]:
        steps = [event.resource_pre_event for event in self._events if event.resource_pre_event is not None]
        return [
            InputChange(
                step.metadata.type,
                (step.metadata.old.inputs if step.metadata.old else None) or {},
                (step.metadata.new.inputs if step.metadata.new else None) or {},
            )
            for step in steps
        ]

    def _error_texts(self) -> list[str]:
        diagnostics = [event.diagnostic_event for event in self._events if event.diagnostic_event is not None]
        return [
            f"{_short(diagnostic.urn)}{diagnostic.message.strip()}"
            for diagnostic in diagnostics
            if diagnostic.severity == "error"
        ]


@contextmanager
def _interrupts_left_to_the_engine(output: Output) -> Iterator[None]:
    """Wait out a Ctrl-C: the terminal sends it to the engine too, which ends what it began and records it."""
    before = signal.signal(signal.SIGINT, lambda *_: output("interrupted: waiting for the engine …"))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _short(urn: str | None) -> str:
    return f"{urn.rsplit('::', 2)[-1]}: " if urn else ""


def stack_file(stack: str, project_folder: Path = CHECKOUT) -> Path:
    """Return the configuration file of a stack.

    Raises:
        LabError: There is none.
    """
    path = project_folder / "stacks" / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(file.name.split(".")[1] for file in path.parent.glob("Pulumi.*.yaml"))
        raise LabError(
            f"there is no stack {stack!r}: {path.relative_to(project_folder)} does not exist.",
            why="one file under stacks/ describes one environment.",
            fix=f"use --stack with one of: {', '.join(known) or 'none yet'}.",
        )
    return path


def recorded_resources(stack: str) -> int:
    """Count the resources that the engine's record of a stack holds; 0 if there is none."""
    record = state_folder() / "backend" / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"
    if not record.is_file():
        return 0
    latest = json.loads(record.read_text())["checkpoint"].get("latest") or {}
    return len(latest.get("resources") or [])


def _copy_project(project_folder: Path, work: Path, stack: str) -> None:
    (work / "stacks").mkdir(parents=True, exist_ok=True)
    shutil.copy(project_folder / "Pulumi.yaml", work)
    source = stack_file(stack, project_folder)
    target = work / "stacks" / source.name
    salt = _salt(target) if target.exists() else None
    text = source.read_text()
    target.write_text(f"{text.rstrip()}\nencryptionsalt: {salt}\n" if salt else text)


def _salt(path: Path) -> str | None:
    recorded = yaml.safe_load(path.read_text()) or {}
    salt = recorded.get("encryptionsalt")
    return salt if isinstance(salt, str) else None
