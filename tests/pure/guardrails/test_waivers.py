"""Waivers leave one finding standing for a while, and are findings themselves when they are of no use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from podsg.guardrails import Outcome, Verdict, judge
from podsg.guardrails.waivers import Waiver, settle
from podsg.model.snapshot import NOT_READ

from .case import now
from .reference import POLICY

TODAY = date(2026, 3, 1)
WAIVER = Waiver("policy-has-selector", POLICY.place.subject, "it is rolled out next week", date(2026, 3, 1))
BROKEN = now(policies=(replace(POLICY, pod_selector=None),))


def failed(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [one.guardrail.id for one in outcomes if one.verdict is Verdict.FAILED]


def test_a_waiver_in_force_takes_its_finding_out() -> None:
    settled = settle(judge(BROKEN), [WAIVER], TODAY)
    assert failed(settled.outcomes) == []
    assert [waiver for _, waiver in settled.waived] == [WAIVER]


def test_its_last_day_counts_and_the_next_does_not() -> None:
    settled = settle(judge(BROKEN), [WAIVER], date(2026, 3, 2))
    assert failed(settled.outcomes) == ["policy-has-selector", "waiver-in-force"]
    assert settled.waived == ()


@pytest.mark.parametrize(
    "waiver",
    [
        replace(WAIVER, guardrail="policy-has-selecter"),
        replace(WAIVER, subject="SecurityGroupPolicy shop/ui"),
    ],
)
def test_a_waiver_that_covers_nothing_is_a_finding(waiver: Waiver) -> None:
    settled = settle(judge(BROKEN), [waiver], TODAY)
    assert failed(settled.outcomes) == ["policy-has-selector", "waiver-matches"]
    assert str(waiver) in str(settled.outcomes[-1])


def test_what_is_undecided_cannot_be_waived() -> None:
    undecided = judge(now(policies=(replace(POLICY, pod_selector=NOT_READ),)))
    assert failed(settle(undecided, [WAIVER], TODAY).outcomes) == ["waiver-matches"]
