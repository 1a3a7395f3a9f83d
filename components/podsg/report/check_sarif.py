"""A check as SARIF 2.1.0, which code scanning services read.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from podsg import __version__
from podsg.errors import FileProblem
from podsg.guardrails import GUARDRAILS, Guardrail, Outcome
from podsg.guardrails.waivers import EXPIRED, UNMATCHED, Waiver
from podsg.report.check_report import CheckReport

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def check_sarif(report: CheckReport) -> dict[str, Any]:
    """Return a SARIF log with one run: failures, waived ones as suppressed, undecided ones as open."""
    rules = (*GUARDRAILS, EXPIRED, UNMATCHED)
    index = {one.id: number for number, one in enumerate(rules)}
    results = [_failed(one, index) for one in (*report.errors, *report.warnings)]
    results += [_waived(outcome, waiver, index) for outcome, waiver in report.waived]
    results += [_open(one, index) for one in report.undecided]
    run = {
        "tool": {"driver": {"name": "podsg", "version": __version__, "rules": _rules(rules)}},
        "invocations": [
            {
                "executionSuccessful": not report.unread,
                "exitCode": report.exit_code,
                "toolExecutionNotifications": [_notification(one) for one in report.unread],
            }
        ],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(guardrails: Iterable[Guardrail]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "shortDescription": {"text": f"{one.title}."},
            "fullDescription": {"text": f"{one.condition}: {one.consequence}."},
            "help": {"text": f"See {one.page}. Source: {one.source}."},
            "defaultConfiguration": {"level": one.severity.value},
        }
        for one in guardrails
    ]


def _failed(outcome: Outcome, index: dict[str, int]) -> dict[str, Any]:
    return {**_result(outcome, index), "kind": "fail", "level": outcome.guardrail.severity.value}


def _waived(outcome: Outcome, waiver: Waiver, index: dict[str, int]) -> dict[str, Any]:
    text = f"{waiver.reason} (until {waiver.until})"
    return {
        **_failed(outcome, index),
        "suppressions": [{"kind": "external", "status": "accepted", "justification": text}],
    }


def _open(outcome: Outcome, index: dict[str, int]) -> dict[str, Any]:
    return {**_result(outcome, index), "kind": "open", "level": "none"}


def _result(outcome: Outcome, index: dict[str, int]) -> dict[str, Any]:
    guardrail, place = outcome.guardrail, outcome.place
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": place.urn or place.subject}]}
    if place.file:
        location["physicalLocation"] = _physical(place.file, place.line)
    return {
        "ruleId": guardrail.id,
        "ruleIndex": index[guardrail.id],
        "message": {"text": str(outcome)},
        "locations": [location],
    }


def _notification(one: FileProblem) -> dict[str, Any]:
    location = {"physicalLocation": _physical(one.file, one.line)}
    return {"level": "error", "message": {"text": one.text}, "locations": [location]}


def _physical(file: str, line: int) -> dict[str, Any]:
    region = {"region": {"startLine": line}} if line else {}
    return {"artifactLocation": {"uri": quote(file)}, **region}
