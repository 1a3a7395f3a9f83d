"""`podsg check`: the guardrails over manifests and stack files, before anything is built."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml

from podsg.errors import FileProblem, InputError
from podsg.guardrails import Outcome, Scene, judge
from podsg.guardrails.waivers import Waiver, settle
from podsg.manifests import snapshot_of
from podsg.manifests.reading import read
from podsg.model import EnvironmentSpec, WaiverSpec, parse_environment, parse_part, spec_snapshot
from podsg.preview.scene import scene_of
from podsg.report.check_github import check_github
from podsg.report.check_json import check_json
from podsg.report.check_report import CheckReport
from podsg.report.check_sarif import check_sarif
from podsg.report.check_text import check_text

_STACK_FILE: Final = re.compile(r"Pulumi\.[^/]+\.ya?ml")


class Format(StrEnum):
    """Form of the result on standard output."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


_WRITERS: Final[dict[Format, Callable[[CheckReport], str]]] = {
    Format.JSON: lambda report: json.dumps(check_json(report), indent=2),
    Format.SARIF: lambda report: json.dumps(check_sarif(report), indent=2),
    Format.GITHUB: check_github,
}


def check(  # noqa: PLR0913, PLR0917 - each argument is an option
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH…",
            help="Manifests, folders of them, stack files (Pulumi.<stack>.yaml), and - for standard input.",
        ),
    ] = None,
    stack: Annotated[
        list[Path] | None,
        typer.Option(help="What `pulumi stack export` or `pulumi preview --json` wrote; any stack."),
    ] = None,
    namespace: Annotated[
        str, typer.Option(help="Namespace of manifests that name none. Default: it is not known.")
    ] = "",
    waivers: Annotated[
        Path | None,
        typer.Option(help="YAML list of findings to leave standing: guardrail, subject, reason, until."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the result.")] = Format.TEXT,
    undecided: Annotated[bool, typer.Option("--undecided", help="Show what cannot be decided, too.")] = False,
) -> None:
    """Check manifests and stack files against the best practices of security groups for pods.

    Manifests are judged together, each stack file and each stack by itself.
    What is not told is undecided, never passed.

    Examples: `podsg check k8s/ stacks/Pulumi.dev.yaml`, `helm template shop | podsg check -`,
    `podsg check --stack preview.json`.

    Exit code 0: no errors; 1: errors; 2: something could not be read.
    """
    if not paths and not stack:
        raise typer.BadParameter("name a PATH or a --stack")
    report = checked(paths or [], stack or [], namespace, waivers)
    text = check_text(report, with_undecided=undecided) if form is Format.TEXT else _WRITERS[form](report)
    sys.stdout.write(f"{text}\n")
    raise typer.Exit(report.exit_code)


def checked(
    paths: Sequence[str], stacks: Sequence[Path], namespace: str, waivers: Path | None
) -> CheckReport:
    """Check what paths name.

    Args:
        paths: Manifests, folders, stack files, and - for standard input.
        stacks: Files with exports and previews of stacks.
        namespace: Namespace of manifests that name none; empty if it is not known.
        waivers: File of waivers.
    """
    stack_files = [path for path in paths if _STACK_FILE.fullmatch(Path(path).name)]
    manifests = read([path for path in paths if path not in stack_files])
    outcomes: list[Outcome] = []
    unread = [*manifests.problems]
    waived = _waivers_of(waivers, unread)
    if manifests.documents:
        outcomes += judge(Scene(snapshot_of(manifests.documents, namespace)))
    for path in stack_files:
        if (spec := _environment(path, unread)) is not None:
            outcomes += judge(Scene(spec_snapshot(spec)))
            waived += [Waiver.written(**one.model_dump()) for one in spec.waivers]
    for export in stacks:
        outcomes += _of_stack(str(export), unread)
    settled = settle(outcomes, waived, datetime.now(UTC).date())
    return CheckReport(settled.outcomes, settled.waived, tuple(unread))


def _environment(path: str, unread: list[FileProblem]) -> EnvironmentSpec | None:
    content = _loaded(path, unread)
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict) or "podsg:environment" not in config:
        if content is not None:
            unread.append(FileProblem(path, "it has no config podsg:environment"))
        return None
    try:
        return parse_environment(config["podsg:environment"], region=config.get("aws:region"))
    except InputError as error:
        unread.append(FileProblem(path, str(error)))
        return None


def _of_stack(path: str, unread: list[FileProblem]) -> tuple[Outcome, ...]:
    document = _loaded(path, unread, json.loads)
    if document is None:
        return ()
    try:
        return judge(scene_of(document, path))
    except InputError as error:
        unread.append(FileProblem(path, str(error)))
        return ()


def _waivers_of(path: Path | None, unread: list[FileProblem]) -> list[Waiver]:
    content = [] if path is None else _loaded(str(path), unread)
    if content is not None and not isinstance(content, list):
        unread.append(FileProblem(str(path), "it is no list of waivers"))
        return []
    found = []
    for number, one in enumerate(content or []):
        try:
            found.append(Waiver.written(**parse_part(WaiverSpec, one, f"waivers[{number}]").model_dump()))
        except InputError as error:
            unread.append(FileProblem(str(path), str(error)))
    return found


def _loaded(path: str, unread: list[FileProblem], load: Callable[[str], Any] = yaml.safe_load) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        content = load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        unread.append(FileProblem(path, f"it cannot be read: {error}"))
        return None
    if content is None:
        unread.append(FileProblem(path, "it is empty"))
    return content
