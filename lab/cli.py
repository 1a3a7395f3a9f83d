"""`podsg lab`: an environment's whole life on this machine, without an AWS account."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lab import session, status
from lab.engine import Engine, EngineError, Outcome, recorded_resources
from lab.errors import LabError
from lab.execution import execute
from lab.interrupts import InterruptedRunError, termination_as_interrupt
from lab.paths import CHECKOUT
from lab.pod_waits import Deployed, own_branch_enis, remove_pods, start_pods
from lab.preflight import DestroyBlockedError, refuse_blocked_destroy
from lab.project import Project
from lab.recovery.unrecorded import UnrecordedError
from lab.screen import (
    Format,
    changes_text,
    counts_table,
    print_json,
    print_pods,
    print_result,
    say,
    say_error,
    summary,
)
from lab.toolchain import build_tools
from lab.workloads import LabPods, lab_workloads
from podsg.errors import PodsgError
from podsg.model import DatabaseAccess, database_access, parse_environment

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130
ENVIRONMENT_KEY = "podsg:environment"

app = typer.Typer(
    help="Run an environment on this machine: real engine, real Kubernetes API server, AWS API on loopback.",
    no_args_is_help=True,
)

StackOption = Annotated[str, typer.Option("--stack", "-s", help="Environment: stacks/Pulumi.<stack>.yaml.")]
ProjectOption = Annotated[
    Path, typer.Option("--project", help="Folder with Pulumi.yaml and the program.", file_okay=False)
]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="text for people, json for machines.")]
ClusterOption = Annotated[
    str, typer.Option("--cluster", help="Set KUBECONFIG to the administrator's access to this EKS cluster.")
]

PodsOption = Annotated[
    bool, typer.Option("--pods/--no-pods", help="Run the workloads' pods, or leave pods as they are.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Show the pods of kube-system, too.")]


@app.command()
def setup() -> None:
    """Build the lab's tools into the cache folder (about 15 minutes once, then nothing)."""
    with _clear_errors(Format.TEXT, "podsg lab setup"):
        build_tools(say)


@app.command()
def up(
    stack: StackOption = "dev",
    project: ProjectOption = CHECKOUT,
    output: FormatOption = Format.TEXT,
    *,
    pods: PodsOption = True,
) -> None:
    """Start what is not running, then create or change what the stack describes, and run its pods.

    Each workload of the environment gets a Deployment of its name in its namespace, with as many
    replicas as it says; nothing is pulled. They run before the command ends, or it says what keeps
    them. Too little room is a warning; a workload of which no pod runs, though the cluster has nodes,
    ends the command with code 1.

    The pods of a workload that is no longer in the stack file go first, with their branch ENIs.
    """
    with _clear_errors(output, _again("up", stack, project) + ("" if pods else " --no-pods")):
        raw = _environment(stack, project)
        spec = parse_environment(raw) if raw is not None else None
        workloads = lab_workloads(spec) if spec else ()
        engine, running, lab_pods = _engine(stack, project), session.start(say), _lab_pods(stack, project)
        kept = {one.place for one in workloads}
        remove_pods(running, lab_pods, [place for place in lab_pods.found() if place not in kept], say)
        outcome = engine.up()
        deployed = start_pods(running, lab_pods, workloads if pods else (), say)
        _finish_up(stack, outcome, database_access(spec) if spec else (), deployed, output)


@app.command()
def preview(
    stack: StackOption = "dev", project: ProjectOption = CHECKOUT, output: FormatOption = Format.TEXT
) -> None:
    """Say what `up` would do; json is the engine's own digest."""
    with _clear_errors(output, _again("preview", stack, project)):
        raw = _environment(stack, project)
        if raw is not None:
            parse_environment(raw)
        engine = _engine(stack, project)
        if output is Format.JSON:
            sys.stdout.write(engine.preview_digest())
            return
        outcome = engine.preview()
        _print_notices(outcome)
        print_result(f"{changes_text(outcome)} in {outcome.seconds:.0f} s")


@app.command()
def refresh(
    stack: StackOption = "dev", project: ProjectOption = CHECKOUT, output: FormatOption = Format.TEXT
) -> None:
    """Read every resource again and record what is there."""
    with _clear_errors(output, _again("refresh", stack, project)):
        _finish(_engine(stack, project).refresh(), output)


@app.command()
def destroy(
    stack: StackOption = "dev", project: ProjectOption = CHECKOUT, output: FormatOption = Format.TEXT
) -> None:
    """Delete everything that the stack made; the lab itself goes on.

    Refuses before any change if it would not finish, with every reason and what to do.

    First it deletes the Deployments that `up` made and waits until their branch ENIs are gone, which
    takes the cool-down of the cluster: nodes that go earlier leave them behind. If they do not go, it
    ends before it deletes anything else.
    """
    with _clear_errors(output, _again("destroy", stack, project)):
        engine, options, lab_pods = (
            _engine(stack, project),
            _options(stack, project),
            _lab_pods(stack, project),
        )
        running = session.start(say)

        def prepare() -> None:
            places = tuple(lab_pods.found())
            leaving = own_branch_enis(running, places)
            refuse_blocked_destroy(engine.export(), running, options, leaving)
            remove_pods(running, lab_pods, places, say)

        _finish(engine.destroy(prepare), output)


@app.command("exec", context_settings={"ignore_unknown_options": True})
def run_command(
    command: Annotated[list[str], typer.Argument(help="The command and its arguments, after --.")],
    cluster: ClusterOption = "",
) -> None:
    """Run a command with the lab's variables, in this folder; its exit code is passed on.

    The lab has to run. `aws`, `kubectl` and `pulumi` are on its PATH:

    podsg lab exec -- aws ec2 describe-vpcs

    podsg lab exec --cluster dev-cluster -- kubectl get securitygrouppolicies --all-namespaces

    podsg lab exec -- pulumi stack ls --all
    """
    with _clear_errors(Format.TEXT, f"podsg lab exec -- {shlex.join(command)}"):
        raise typer.Exit(execute(command, cluster))


@app.command()
def down(
    stack: StackOption = "dev", project: ProjectOption = CHECKOUT, output: FormatOption = Format.TEXT
) -> None:
    """End the lab, with its AWS account and the engine's record of every stack in it."""
    with _clear_errors(output, "podsg lab down"):
        recorded = recorded_resources(Project.read(project), stack)
        was_running = session.stop(say)
        if output is Format.JSON:
            print_json({"ended": was_running, "stack": stack, "resources_dropped": recorded})
        else:
            say(
                f"the lab has ended; {stack} had {recorded} resources."
                if was_running
                else "no lab was running."
            )


@app.command("status")
def show_status(
    stack: StackOption = "dev",
    project: ProjectOption = CHECKOUT,
    output: FormatOption = Format.TEXT,
    *,
    with_system: AllOption = False,
) -> None:
    """Show nodes, pods and policies, and count what exists, whoever made it.

    Groups are those that EC2 has on each interface, never those that a policy asks for. There is a
    warning for each pod that a policy selects and that runs with other groups.
    """
    with _clear_errors(output, _again("status", stack, project)):
        found = session.running()
        counts = status.count(found) if found else {}
        reports = status.report(found, with_system=with_system) if found else {}
        recorded = recorded_resources(Project.read(project), stack)
        total = status.total(counts)
        if output is Format.JSON:
            answer = {"running": found is not None, "stack": stack, "recorded": recorded}
            clusters = {name: asdict(one) for name, one in reports.items()}
            print_json(answer | {"total": total, "counts": counts, "clusters": clusters})
        elif found is None:
            print_result("The lab of this checkout is not running. To start it: podsg lab up")
        else:
            title = f"{total} objects in the lab; the engine records {recorded} resources of {stack}"
            print_result(counts_table(title, counts))
            print_result(status.report_tables(reports))


def _engine(stack: str, project: Path) -> Engine:
    Project.read(project).stack_file(stack)
    session.start(say).activate()
    return Engine(stack, say, project)


def _environment(stack: str, project: Path) -> Any:
    """Return what the stack says of its environment; none if it has no such configuration."""
    return Project.read(project).configuration(stack).get(ENVIRONMENT_KEY)


def _again(verb: str, stack: str, project: Path) -> str:
    return f"podsg lab {verb} {_options(stack, project)}"


def _options(stack: str, project: Path) -> str:
    where = "" if project.resolve() == CHECKOUT else f" --project {shlex.quote(str(project))}"
    return f"--stack {shlex.quote(stack)}{where}"


def _lab_pods(stack: str, project: Path) -> LabPods:
    return LabPods(Project.read(project).owner(stack))


def _finish_up(
    stack: str, outcome: Outcome, access: tuple[DatabaseAccess, ...], deployed: Deployed, output: Format
) -> None:
    """Show what an `up` made, and its pods; a workload that does not run at all is a failure."""
    if output is Format.JSON:
        pods = {"pods": [asdict(row) for row in deployed.pods], "pod_notes": deployed.notes}
        print_json(_as_dict(outcome) | {"access": [asdict(row) for row in access]} | pods)
    else:
        _print_notices(outcome)
        print_result(summary(stack, outcome, access))
        print_pods(deployed.pods, deployed.notes)
    if deployed.failed:
        say_error(f"no pod runs of {', '.join(deployed.failed)}; podsg lab status shows more.")
        raise typer.Exit(FAILED)


def _finish(outcome: Outcome, output: Format) -> None:
    if output is Format.JSON:
        print_json(_as_dict(outcome))
    else:
        print_result(f"{changes_text(outcome)} in {outcome.seconds:.0f} s")


@contextmanager
def _clear_errors(output: Format, again: str) -> Iterator[None]:
    """End a command that failed or was interrupted with a message, a JSON object if asked, and its code.

    Args:
        output: Form of the result.
        again: The command that goes on after an interrupt.
    """
    try:
        with termination_as_interrupt():
            yield
    except EngineError as error:
        _fail(output, FAILED, error, {"failed": True, "messages": error.messages} | _found(error))
    except UnrecordedError as error:
        _fail(output, BAD_USAGE, error, {"refused": True} | _found(error))
    except DestroyBlockedError as error:
        reasons = [asdict(reason) for reason in error.obstacles]
        _fail(output, BAD_USAGE, error, {"refused": True, "reasons": reasons})
    except (LabError, PodsgError) as error:
        _fail(output, BAD_USAGE, error, {"failed": True, "messages": [str(error)]})
    except InterruptedRunError as error:
        _interrupted(output, again, str(error), _found(error))
    except KeyboardInterrupt:
        _interrupted(output, again, "interrupted while the engine was not at work", {})


def _fail(output: Format, code: int, error: Exception, answer: dict[str, Any]) -> None:
    say_error(str(error))
    if output is Format.JSON:
        print_json(answer)
    raise typer.Exit(code) from None


def _interrupted(output: Format, again: str, what: str, found: dict[str, Any]) -> None:
    answer = {"interrupted": True, "message": what, "command": again} | found
    _fail(output, INTERRUPTED, Exception(f"{what}; to go on: {again}"), answer)


def _found(source: EngineError | UnrecordedError | InterruptedRunError | Outcome) -> dict[str, Any]:
    return {"unrecorded": [asdict(item) for item in source.unrecorded]}


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "changes": outcome.changes,
        "changed": outcome.changed,
        "steps": outcome.steps,
        "outputs": outcome.outputs,
        "notices": outcome.notices,
        "seconds": round(outcome.seconds, 1),
    } | _found(outcome)


def _print_notices(outcome: Outcome) -> None:
    for notice in outcome.notices:
        print_result(f"Note: {notice}", style="yellow")
