"""`podsg lab`: an environment's whole life on this machine, without an AWS account."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from lab import session, status
from lab.engine import PROJECT, Engine, EngineError, Outcome, recorded_resources, stack_file
from lab.errors import LabError
from lab.paths import CHECKOUT
from lab.toolchain import build_tools
from podsg.errors import PodsgError
from podsg.model import DatabaseAccess, EnvironmentSpec, database_access, parse_environment

FAILED, BAD_USAGE = 1, 2
PIPE_WIDTH = 120

app = typer.Typer(
    help="Run an environment on this machine: real engine, real Kubernetes API server, AWS API on loopback.",
    no_args_is_help=True,
)
_progress = Console(stderr=True, highlight=False, soft_wrap=True)
_result = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)


class Format(StrEnum):
    """Form of the result on standard output; progress goes to standard error."""

    TEXT = "text"
    JSON = "json"


StackOption = Annotated[str, typer.Option("--stack", "-s", help="Environment: stacks/Pulumi.<stack>.yaml.")]
ProjectOption = Annotated[
    Path, typer.Option("--project", help="Folder with Pulumi.yaml, __main__.py and stacks/.", file_okay=False)
]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="text for people, json for machines.")]


@app.command()
def setup() -> None:
    """Build the lab's tools into the cache folder (about 15 minutes once, then nothing)."""
    with _clear_errors():
        build_tools(_say)


@app.command()
def up(
    stack: StackOption = "dev", project: ProjectOption = CHECKOUT, output: FormatOption = Format.TEXT
) -> None:
    """Start what is not running, then create or change what the stack describes."""
    with _clear_errors():
        spec = _read_spec(stack, project)
        outcome = _engine(stack, project).up()
        access = database_access(spec)
        if output is Format.JSON:
            _print_json(_as_dict(outcome) | {"access": [asdict(row) for row in access]})
            return
        _print_notices(outcome)
        _result.print(_summary(stack, outcome, access))


@app.command()
def preview(
    stack: StackOption = "dev", project: ProjectOption = CHECKOUT, output: FormatOption = Format.TEXT
) -> None:
    """Say what `up` would do; json is the engine's own digest."""
    with _clear_errors():
        _read_spec(stack, project)
        engine = _engine(stack, project)
        if output is Format.JSON:
            sys.stdout.write(engine.preview_digest())
            return
        outcome = engine.preview()
        _print_notices(outcome)
        _result.print(f"{_changes_text(outcome)} in {outcome.seconds:.0f} s")


@app.command()
def refresh(
    stack: StackOption = "dev", project: ProjectOption = CHECKOUT, output: FormatOption = Format.TEXT
) -> None:
    """Read every resource again and record what is there."""
    with _clear_errors():
        _finish(_engine(stack, project).refresh(), output)


@app.command()
def destroy(
    stack: StackOption = "dev", project: ProjectOption = CHECKOUT, output: FormatOption = Format.TEXT
) -> None:
    """Delete everything that the stack made; the lab itself goes on."""
    with _clear_errors():
        _finish(_engine(stack, project).destroy(), output)


@app.command()
def down(stack: StackOption = "dev", output: FormatOption = Format.TEXT) -> None:
    """End the lab, with its AWS account and the engine's record of every stack in it."""
    with _clear_errors():
        recorded = recorded_resources(stack)
        was_running = session.stop(_say)
        if output is Format.JSON:
            _print_json({"ended": was_running, "stack": stack, "resources_dropped": recorded})
        else:
            _say(
                f"the lab has ended; {stack} had {recorded} resources."
                if was_running
                else "no lab was running."
            )


@app.command("status")
def show_status(stack: StackOption = "dev", output: FormatOption = Format.TEXT) -> None:
    """Count what exists in EC2, EKS, RDS, IAM, KMS, CloudWatch Logs and Kubernetes, whoever made it."""
    with _clear_errors():
        found = session.running()
        counts = status.count(found) if found else {}
        recorded = recorded_resources(stack)
        if output is Format.JSON:
            _print_json(
                {
                    "running": found is not None,
                    "stack": stack,
                    "recorded": recorded,
                    "total": status.total(counts),
                    "counts": counts,
                }
            )
            return
        if found is None:
            _result.print("The lab of this checkout is not running. To start it: podsg lab up")
            return
        title = (
            f"{status.total(counts)} objects in the lab; the engine records {recorded} resources of {stack}"
        )
        table = Table("service", "kind", "count", title=title)
        for service, kinds in counts.items():
            for kind, number in kinds.items():
                table.add_row(service, kind, str(number))
        _result.print(table)


def _engine(stack: str, project: Path) -> Engine:
    stack_file(stack, project)
    session.start(_say).activate()
    return Engine(stack, _say, project)


def _read_spec(stack: str, project: Path) -> EnvironmentSpec:
    path = stack_file(stack, project)
    try:
        config = yaml.safe_load(path.read_text())["config"]
        raw = config[f"{PROJECT}:environment"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise LabError(
            f"{path.name} has no readable `config: {PROJECT}:environment:`: {error}",
            why="it is the description of the environment.",
            fix="see stacks/Pulumi.dev.yaml for a complete example.",
        ) from None
    return parse_environment(raw)


def _finish(outcome: Outcome, output: Format) -> None:
    if output is Format.JSON:
        _print_json(_as_dict(outcome))
    else:
        _result.print(f"{_changes_text(outcome)} in {outcome.seconds:.0f} s")


def _say(line: str) -> None:
    _progress.print(line, markup=False)


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except EngineError as error:
        _fail(error, FAILED)
    except (LabError, PodsgError) as error:
        _fail(error, BAD_USAGE)


def _fail(error: Exception, code: int) -> None:
    _progress.print(str(error), style="red", markup=False)
    raise typer.Exit(code) from None


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "changes": outcome.changes,
        "changed": outcome.changed,
        "outputs": outcome.outputs,
        "notices": outcome.notices,
        "seconds": round(outcome.seconds, 1),
    }


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _changes_text(outcome: Outcome) -> str:
    kinds = [f"{count} {kind}" for kind, count in sorted(outcome.changes.items()) if kind != "same"]
    same = outcome.changes.get("same", 0)
    return f"{', '.join(kinds) or 'no change'}, {same} unchanged"


def _print_notices(outcome: Outcome) -> None:
    for notice in outcome.notices:
        _result.print(f"Note: {notice}", style="yellow")


def _summary(stack: str, outcome: Outcome, access: tuple[DatabaseAccess, ...]) -> Table:
    table = Table("", "", title=f"{stack} is up", show_header=False, show_lines=True)
    table.add_row("resources", _changes_text(outcome))
    for name, endpoint in outcome.outputs.get("database_endpoints", {}).items():
        table.add_row(f"database {name}", str(endpoint))
    for row in access:
        table.add_row(
            f"may reach {row.database}",
            f"pods {row.selector_text} in {row.namespace}, {row.protocol} {row.port}",
        )
    table.add_row("time", f"{outcome.seconds:.0f} s")
    return table
