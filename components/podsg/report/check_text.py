"""A check as people read it in a terminal."""

from __future__ import annotations

from podsg.report.check_report import CheckReport


def check_text(report: CheckReport, *, with_undecided: bool = False) -> str:
    """Show what could not be read, errors, warnings, then counts.

    Args:
        report: What was found.
        with_undecided: Whether each undecided outcome is shown, not their count alone.
    """
    parts = [f"error: {one}" for one in report.unread]
    parts += [f"error: {one}" for one in report.errors]
    parts += [f"warning: {one}" for one in report.warnings]
    parts += [
        f"waived until {waiver.until} ({waiver.reason}): {outcome.guardrail.id}: {outcome.place}"
        for outcome, waiver in report.waived
    ]
    if with_undecided:
        parts += [str(one) for one in report.undecided]
    return "\n".join([*parts, f"{report.summary}."])
