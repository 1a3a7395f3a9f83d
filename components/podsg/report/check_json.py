"""A check as programs read it."""

from __future__ import annotations

from typing import Any

from podsg.guardrails import Outcome
from podsg.report.check_report import CheckReport


def check_json(report: CheckReport) -> dict[str, Any]:
    """Return plain data: `findings`, `undecided`, `waived`, `unread` and `exit_code`."""
    return {
        "exit_code": report.exit_code,
        "summary": report.summary,
        "findings": [_finding(one) for one in (*report.errors, *report.warnings)],
        "undecided": [
            {**_head(one), "missing": one.missing, "reason": one.unknown.text if one.unknown else ""}
            for one in report.undecided
        ],
        "waived": [
            {**_finding(outcome), "until": waiver.until.isoformat(), "reason": waiver.reason}
            for outcome, waiver in report.waived
        ],
        "unread": [{"file": one.file, "line": one.line, "text": one.text} for one in report.unread],
    }


def _head(outcome: Outcome) -> dict[str, Any]:
    place = outcome.place
    return {
        "guardrail": outcome.guardrail.id,
        "severity": outcome.guardrail.severity.value,
        "object": place.subject,
        "file": place.file,
        "line": place.line,
        "urn": place.urn,
    }


def _finding(outcome: Outcome) -> dict[str, Any]:
    failure = outcome.failure
    return {
        **_head(outcome),
        "problem": failure.problem if failure else "",
        "consequence": outcome.guardrail.consequence,
        "fix": failure.fix.text if failure else "",
        "page": outcome.guardrail.page,
    }
