"""Each guardrail on scenes that fail, pass, cannot be decided, or are none of its business."""

from __future__ import annotations

import pytest

from podsg.guardrails import GUARDRAILS, Guardrail, Outcome, Scene, Verdict, judge
from podsg.model.snapshot import Snapshot

from . import (
    changes_cases,
    control_plane_cases,
    policies_cases,
    vpc_cni_cases,
)
from .case import Case, Kind
from .reference import SCENE

FAMILIES = (
    changes_cases,
    control_plane_cases,
    policies_cases,
    vpc_cni_cases,
)
CASES = tuple(case for family in FAMILIES for case in family.CASES)
IMPOSSIBLE = {key: reason for family in FAMILIES for key, reason in family.IMPOSSIBLE.items()}
"""Kinds that cannot exist, and why."""
BY_ID = {one.id: one for one in GUARDRAILS}


def outcomes(guardrail: str, scene: Scene) -> tuple[Outcome, ...]:
    return judge(scene, [BY_ID[guardrail]])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    # given a scene, when the guardrail judges it
    found = outcomes(case.guardrail, case.scene)
    verdicts = {outcome.verdict for outcome in found}

    # then it says what is expected
    if case.kind is Kind.FAILS:
        assert Verdict.FAILED in verdicts
    elif case.kind is Kind.UNDECIDED:
        assert verdicts - {Verdict.PASSED} == {Verdict.UNDECIDED}
    else:
        assert verdicts == ({Verdict.PASSED} if case.kind is Kind.PASSES else set())
    assert case.says in "\n".join(map(str, found))


@pytest.mark.parametrize("case", [case for case in CASES if case.kind is Kind.FAILS], ids=str)
def test_each_fix_passes_the_check_that_asked_for_it(case: Case) -> None:
    for outcome in outcomes(case.guardrail, case.scene):
        if outcome.failure is not None:
            repaired = outcome.failure.fix.apply(case.scene)
            left = [one for one in outcomes(case.guardrail, repaired) if one.place == outcome.place]
            assert Verdict.FAILED not in {one.verdict for one in left}, "\n".join(map(str, left))


def test_nothing_is_found_in_the_reference() -> None:
    found = [outcome for outcome in judge(SCENE) if outcome.verdict is not Verdict.PASSED]
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=lambda one: one.id)
def test_each_kind_has_a_case(guardrail: Guardrail) -> None:
    id_ = guardrail.id
    kinds = {case.kind for case in CASES if case.guardrail == id_}
    impossible = {kind for name, kind in IMPOSSIBLE if name == id_}
    assert kinds | impossible == set(Kind)
    assert not kinds & impossible


def test_what_is_not_read_is_never_passed() -> None:
    # given a scene of which nothing was read, before and now
    verdicts = {outcome.verdict for outcome in judge(Scene(Snapshot(), Snapshot()))}
    assert verdicts == {Verdict.UNDECIDED}


def test_ids_and_numbers_are_unique() -> None:
    assert len(BY_ID) == len(GUARDRAILS)
    assert len({one.number for one in GUARDRAILS}) == len(GUARDRAILS)


def test_needs_are_parts_of_a_snapshot() -> None:
    parts = set(Snapshot.__dataclass_fields__)
    assert all(set(one.needs) <= parts for one in GUARDRAILS)
