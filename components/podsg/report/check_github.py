"""A check as annotations of a GitHub workflow run."""

from __future__ import annotations

from podsg.errors import FileProblem
from podsg.guardrails import Outcome
from podsg.report.check_report import CheckReport


def check_github(report: CheckReport) -> str:
    """Write one workflow command per finding, and the counts as a notice.

    Source: GitHub documentation, "Workflow commands for GitHub Actions".
    """
    lines = [_unread(one) for one in report.unread]
    lines += [_finding("error", one) for one in report.errors]
    lines += [_finding("warning", one) for one in report.warnings]
    return "\n".join([*lines, f"::notice title=podsg check::{_data(report.summary)}"])


def _finding(level: str, outcome: Outcome) -> str:
    place = outcome.place
    at = _at(place.file, place.line)
    return f"::{level} {at}title={_property(outcome.guardrail.id)}::{_data(str(outcome))}"


def _unread(one: FileProblem) -> str:
    return f"::error {_at(one.file, one.line)}title=unreadable::{_data(one.text)}"


def _at(file: str, line: int) -> str:
    parts = [f"file={_property(file)}"] if file else []
    parts += [f"line={line}"] if file and line else []
    return "".join(f"{part}," for part in parts)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
