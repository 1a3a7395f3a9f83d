"""Run the real Pulumi engine on the unmodified reference program, against the lab.

The engine works on a copy of the project file and of the stack's configuration, because it writes its
encryption salt into the latter and the checkout stays clean.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import Any, TypeVar

import yaml
from pulumi import automation

from lab import session
from lab.interrupts import EngineCommand, InterruptedRunError
from lab.paths import CHECKOUT, backend_url
from lab.program import run_program
from lab.project import PROJECT_FILE, Project
from lab.recovery.account import Account
from lab.recovery.locks import clear_dead_locks
from lab.recovery.operation import Operation, sole_operation
from lab.recovery.orphans import await_orphans
from lab.recovery.record import cut_off, forget_cut_off, half_made, recorded
from lab.recovery.unrecorded import DESTROY, Unrecorded, UnrecordedError, find_unrecorded, told
from lab.toolchain import TOOL_SETS
from podsg.preview.notices import InputChange, enforcing_mode_notices

Output = Callable[[str], None]
Result = TypeVar("Result")
STACKS = "stacks"
CHANGING = frozenset({"up", DESTROY})


# That the engine was killed is told by its exit code.
warnings.filterwarnings("ignore", "Error in event stream", UserWarning)


class EngineError(Exception):
    """Say that the engine ended an operation with errors.

    Args:
        operation: `up`, `preview`, `refresh` or `destroy`.
        messages: The errors' texts.
        unrecorded: What was found before it that an operation had made and not recorded.
    """

    def __init__(self, operation: str, messages: list[str], unrecorded: tuple[Unrecorded, ...] = ()) -> None:
        self.messages, self.unrecorded = messages, unrecorded
        count = len(unrecorded)
        left = [f"First run the commands for the {count} unrecorded listed above, then this one again."]
        super().__init__("\n".join([f"{operation} failed.", *messages, *(left if count else ())]))


@dataclass
class Outcome:
    """Hold what an operation of the engine did.

    Args:
        changes: Steps per kind.
        outputs: The stack's outputs.
        seconds: Wall-clock time.
        notices: What people should know of it.
        unrecorded: What was found before it that an operation had made and not recorded.
        steps: Each step that was done, other than `same`: kind, URN, and the properties that differ.
    """

    changes: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    notices: list[str] = field(default_factory=list)
    unrecorded: tuple[Unrecorded, ...] = ()
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """Return the number of steps other than `same`."""
        return sum(count for kind, count in self.changes.items() if kind != "same")


class Engine:
    """Run `up`, `preview`, `refresh` and `destroy` of one stack in the lab.

    Every operation first puts right what a killed one left behind.

    Args:
        stack: Name of the stack; its file lies where the project says.
        output: Receives the engine's own progress, one line at a time.
        project_folder: Folder with `Pulumi.yaml`.
    """

    def __init__(self, stack: str, output: Output, project_folder: Path = CHECKOUT) -> None:
        self.project = Project.read(project_folder)
        self.stack_name = stack
        self.unrecorded: tuple[Unrecorded, ...] = ()
        self._output = output
        self._events: list[automation.EngineEvent] = []
        pulumi = next(tool_set for tool_set in TOOL_SETS if tool_set.module == "pulumi")
        self._command = EngineCommand(str(pulumi.folder.parent), output)
        self._work = self.project.work_folder(stack)
        _copy_project(self.project, self._work, stack)
        self._stack = self._select()

    def _select(self) -> automation.Stack:
        options = automation.LocalWorkspaceOptions(work_dir=str(self._work), pulumi_command=self._command)
        try:
            return automation.create_or_select_stack(
                stack_name=self.stack_name,
                project_name=self.project.name,
                program=self._program,
                opts=options,
            )
        except automation.CommandError as error:
            raise EngineError("selecting the stack", [str(error).strip()]) from None

    def up(self) -> Outcome:
        """Create or change what the stack describes."""
        return self._run("up", self._stack.up, self._stack.outputs)

    def refresh(self) -> Outcome:
        """Read every resource again and record what is there."""
        return self._run("refresh", self._stack.refresh, dict)

    def destroy(self, check: Callable[[], None] = lambda: None, **options: Any) -> Outcome:
        """Delete everything that the stack made.

        Args:
            check: Called before anything is changed; what it raises ends the operation.
            options: Go to the engine as they are.
        """
        return self._run(DESTROY, lambda **common: self._stack.destroy(**common, **options), dict, check)

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
        run_program(self.project.program)

    def _run(
        self,
        operation: str,
        run: Callable[..., Any],
        outputs: Callable[[], Mapping[str, Any]],
        check: Callable[[], None] = lambda: None,
    ) -> Outcome:
        started = time.monotonic()
        self._operate(operation, run, check, on_output=self._output, suppress_outputs=True)
        return Outcome(
            changes=self._changes(),
            outputs={name: getattr(value, "value", value) for name, value in outputs().items()},
            seconds=time.monotonic() - started,
            notices=enforcing_mode_notices(self._input_changes()),
            unrecorded=self.unrecorded,
            steps=self._steps(),
        )

    def _operate(
        self,
        operation: str,
        run: Callable[..., Result],
        check: Callable[[], None] = lambda: None,
        **options: Any,
    ) -> Result:
        self._events.clear()
        with sole_operation(self._work, self.stack_name, operation) as own:
            self._put_right(own, operation)
            check()
            options |= self._reading_first(operation)
            result = self._run_interruptibly(operation, run, **options)
            # A command that only reads proves nothing about what an earlier one left.
            if not self.unrecorded and (operation in CHANGING or not own.unfinished):
                own.ended_well()
            return result

    def _reading_first(self, operation: str) -> dict[str, Any]:
        """Let the engine read again what did not become ready: it may have failed for good, and gone."""
        names = half_made(self.project.record(self.stack_name))
        if operation not in {"up", "preview"} or not names:
            return {}
        self._output(f"reading every resource again first: {', '.join(names)} did not become ready.")
        return {"refresh": True}

    def _run_interruptibly(self, operation: str, run: Callable[..., Result], **options: Any) -> Result:
        with self._command.listening():
            try:
                result = run(on_event=self._events.append, **options)
            except automation.CommandError as error:
                if not self._command.interrupts:
                    raise EngineError(operation, self._failure(error), self.unrecorded) from None
            # An interrupted destroy ends with code 0, however much is left.
            if interrupts := self._command.interrupts:
                raise InterruptedRunError(operation, self.unrecorded, at_once=interrupts > 1)
            return result

    def _failure(self, error: automation.CommandError) -> list[str]:
        if number := self._command.killed_by:
            return [f"the engine was ended by {Signals(number).name}: run the same command again to go on."]
        return self._error_texts() or [str(error)]

    def _put_right(self, own: Operation, operation: str) -> None:
        """Clear what a killed operation left, and tell what it made without recording it.

        Raises:
            LabError: A living process operates on the stack.
            UnrecordedError: This is a destroy, and something is not recorded.
        """
        self.unrecorded = ()
        record = self.project.record(self.stack_name)
        locks = clear_dead_locks(self.project.lock_folder(self.stack_name), self.stack_name, self._output)
        pending = cut_off(record)
        if not (own.unfinished or locks or pending):
            return
        await_orphans(backend_url())
        if pending:
            forget_cut_off(self._stack)
            self._output(f"a command was cut off while {', '.join(pending)}.")
        self.unrecorded = self._find_unrecorded(operation)
        if self.unrecorded and operation == DESTROY:
            raise UnrecordedError(self.stack_name, self.unrecorded)
        if self.unrecorded:
            self._output(told(self.stack_name, self.unrecorded))

    def _find_unrecorded(self, operation: str) -> tuple[Unrecorded, ...]:
        if (running := session.running()) is None:
            return ()
        known = frozenset(recorded(self.project.record(self.stack_name)))
        account = Account(running, self.project.owner(self.stack_name), known)
        return find_unrecorded(account, operation, self._output)

    def _changes(self) -> dict[str, int]:
        changes: dict[str, int] = {}
        for event in self._events:
            if event.summary_event is not None:
                changes = {str(kind): count for kind, count in event.summary_event.resource_changes.items()}
        return changes

    def _steps(self) -> list[dict[str, Any]]:
        done = [event.res_outputs_event for event in self._events if event.res_outputs_event is not None]
        return [
            {
                "op": step.metadata.op.value,
                "urn": step.metadata.urn,
                "diff": sorted({*(step.metadata.diffs or ()), *(step.metadata.detailed_diff or ())}),
            }
            for step in done
            if step.metadata.op is not automation.OpType.SAME
        ]

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
        errors = [(each.urn, each.message.strip()) for each in diagnostics if each.severity == "error"]
        # A program that runs in this process says twice why it failed: by itself, and quoted by its host.
        quotes = {text for _, text in errors for _, other in errors if text != other and text.endswith(other)}
        return [f"{_short(urn)}{text}" for urn, text in errors if text not in quotes]


def _short(urn: str | None) -> str:
    return f"{urn.rsplit('::', 2)[-1]}: " if urn else ""


def recorded_resources(project: Project, stack: str) -> int:
    """Count the resources that the engine's record of a stack holds; 0 if there is none."""
    return len(recorded(project.record(stack)))


def _copy_project(project: Project, work: Path, stack: str) -> None:
    """Write the engine's copy: no `main`, because the program runs where it lies, and the salt of before."""
    settings = yaml.safe_load((project.folder / PROJECT_FILE).read_text())
    settings.pop("main", None)
    settings["stackConfigDir"] = STACKS
    content = yaml.safe_load(project.stack_file(stack).read_text()) or {}
    target = work / STACKS / f"Pulumi.{stack}.yaml"
    if target.exists() and (salt := _salt(target)):
        content["encryptionsalt"] = salt
    target.parent.mkdir(parents=True, exist_ok=True)
    (work / PROJECT_FILE).write_text(yaml.safe_dump(settings))
    target.write_text(yaml.safe_dump(content))


def _salt(path: Path) -> str | None:
    recorded_salt = (yaml.safe_load(path.read_text()) or {}).get("encryptionsalt")
    return recorded_salt if isinstance(recorded_salt, str) else None
