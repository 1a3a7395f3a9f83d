"""What a check found, in each form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pysarif
import pytest

from podsg.errors import FileProblem
from podsg.guardrails import GUARDRAILS, Outcome, Scene, judge
from podsg.guardrails.waivers import Waiver, settle
from podsg.model.snapshot import NOT_READ, Place, Policy, Snapshot, VpcCni
from podsg.report.check_github import check_github
from podsg.report.check_json import check_json
from podsg.report.check_report import FOUND, PASSED, UNREADABLE, CheckReport
from podsg.report.check_sarif import check_sarif
from podsg.report.check_text import check_text

GOLDEN = Path(__file__).parent / "golden"
KNOWN_TO_SCHEMA = {".$schema", ".runs.results.suppressions.status"}
"""Properties that the classes lack, and the schema of the published standard has."""
FEW = [
    one for one in GUARDRAILS if one.id in {"pod-eni-enabled", "policy-has-selector", "enforcing-mode-known"}
]
PLACE = Place("SecurityGroupPolicy shop/ui", file="apps/shop, ui.yaml", line=3)
WAIVED = Place("SecurityGroupPolicy shop/cart", file="apps/cart.yaml", line=7)
UNREAD = FileProblem("apps/50%.yaml", "line 2: a tab\nFix: use spaces.", 2)


def outcomes() -> tuple[Outcome, ...]:
    policies = (Policy(PLACE, "shop", "ui", None), Policy(WAIVED, "shop", "cart", None))
    cni = VpcCni(Place("vpc-cni"), env={"POD_SECURITY_GROUP_ENFORCING_MODE": NOT_READ})
    return judge(Scene(Snapshot(vpc_cni=cni, policies=policies)), FEW)


def report() -> CheckReport:
    """Two errors, one waived, one undecided, one file that cannot be read."""
    waiver = Waiver("policy-has-selector", WAIVED.subject, "it goes next week", date(2026, 3, 1))
    settled = settle(outcomes(), [waiver], date(2026, 2, 1))
    return CheckReport(settled.outcomes, settled.waived, (UNREAD,))


def test_text() -> None:
    assert check_text(report()) + "\n" == (GOLDEN / "check.txt").read_text()


def test_undecided_ones_are_shown_on_demand() -> None:
    text = check_text(report(), with_undecided=True)
    assert "enforcing-mode-known: vpc-cni: undecided, because POD_SECURITY_GROUP_ENFORCING_MODE is" in text


def test_json() -> None:
    found = check_json(report())
    assert json.loads(json.dumps(found)) == found
    assert [one["guardrail"] for one in found["findings"]] == ["pod-eni-enabled", "policy-has-selector"]
    assert found["findings"][1] | {"consequence": "", "fix": "", "problem": ""} == {
        "guardrail": "policy-has-selector",
        "severity": "error",
        "object": "SecurityGroupPolicy shop/ui",
        "file": "apps/shop, ui.yaml",
        "line": 3,
        "urn": "",
        "problem": "",
        "consequence": "",
        "fix": "",
        "page": "docs/guardrails/policy-has-selector.md",
    }
    (undecided,) = found["undecided"]
    assert undecided["reason"] == NOT_READ.reason
    assert [one["until"] for one in found["waived"]] == ["2026-03-01"]
    assert found["unread"] == [{"file": UNREAD.file, "line": 2, "text": UNREAD.text}]


def test_annotations() -> None:
    lines = check_github(report()).splitlines()
    assert lines[0] == (
        "::error file=apps/50%25.yaml,line=2,title=unreadable::line 2: a tab%0AFix: use spaces."
    )
    assert lines[1].startswith("::error title=pod-eni-enabled::pod-eni-enabled: vpc-cni: ")
    assert lines[2].startswith("::error file=apps/shop%2C ui.yaml,line=3,title=policy-has-selector::")
    assert lines[3].startswith("::notice title=podsg check::2 errors")
    assert len(lines) == 4


def _lost(written: Any, again: Any, path: str = "") -> list[str]:
    """List what is in the first and not in the second."""
    if isinstance(written, dict):
        return [
            one
            for key, item in written.items()
            for one in _lost(item, (again or {}).get(key), f"{path}.{key}")
        ]
    if isinstance(written, list):
        pairs = zip(written, again or [None] * len(written), strict=True)
        return [one for item, other in pairs for one in _lost(item, other, path)]
    return [] if written == again else [path]


def test_sarif() -> None:
    # given the log, when the classes of its schema read and write it
    written = json.loads(json.dumps(check_sarif(report())))
    again = pysarif.SarifLog.from_dict(written).to_dict()

    # then nothing in it was unknown to them
    assert set(_lost(written, again)) == KNOWN_TO_SCHEMA

    # and it tells what was found, waived, left open and not read
    (run,) = written["runs"]
    kinds = [(one["ruleId"], one["kind"], one["level"]) for one in run["results"]]
    assert kinds == [
        ("pod-eni-enabled", "fail", "error"),
        ("policy-has-selector", "fail", "error"),
        ("policy-has-selector", "fail", "error"),
        ("enforcing-mode-known", "open", "none"),
    ]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert run["results"][1]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "apps/shop%2C%20ui.yaml"},
        "region": {"startLine": 3},
    }
    assert run["results"][2]["suppressions"][0]["justification"] == "it goes next week (until 2026-03-01)"
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, UNREADABLE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, UNREADABLE),
        ({"unread": ()}, FOUND),
        ({"unread": (), "outcomes": ()}, PASSED),
    ],
)
def test_exit_codes(changes: dict[str, Any], code: int) -> None:
    assert replace(report(), **changes).exit_code == code
