"""Every mistake of the table: where it is told, what was found there, what is allowed."""

from __future__ import annotations

import pytest

from podsg.errors import InputError
from podsg.model import parse_environment
from tests.pure.environments import in_existing_network, workloads_alone
from tests.pure.mistakes import MISTAKES, Mistake, make
from tests.pure.mistakes.mistake import Start
from tests.pure.mistakes.references import REFERENCE_MISTAKES

FEWEST_KINDS = 60


def test_the_table_is_long_and_names_each_kind_once() -> None:
    # given the table, when its kinds are counted, then each is there once, and there are enough
    kinds = [case.kind for case in MISTAKES]
    assert len(set(kinds)) == len(kinds) >= FEWEST_KINDS


@pytest.mark.parametrize("start", {case.start for case in MISTAKES}, ids=lambda start: start.__name__)
def test_what_mistakes_are_made_in_passes(start: Start) -> None:
    # given an environment without a mistake, when it is read, then it passes
    assert parse_environment(start()).workloads


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.kind)
def test_each_mistake_is_told_with_place_value_and_choice(case: Mistake) -> None:
    # given one mistake
    written = case.start()
    make(written, case.location, case.value)

    # when read
    with pytest.raises(InputError) as refused:
        parse_environment(written)

    # then it is told once, with its place, what was found and what is allowed, and what hangs on it is not
    # guessed at
    (problem,) = refused.value.problems
    assert problem.path == case.path
    assert case.found in problem.found
    assert case.allowed in problem.allowed
    line = f"  podsg:environment.{case.path}: found {problem.found}; allowed: {problem.allowed}"
    assert str(refused.value).splitlines()[1] == line


@pytest.mark.parametrize("start", [in_existing_network, workloads_alone], ids=lambda start: start.__name__)
def test_all_wrong_ids_are_told_at_once(start: Start) -> None:
    # given an environment in which every id and ARN has the wrong form
    places = {case.location: case for case in REFERENCE_MISTAKES if case.start is start}
    written = start()
    for location, case in places.items():
        make(written, location, case.value)

    # when read
    with pytest.raises(InputError) as refused:
        parse_environment(written)

    # then each is told, and nothing else
    assert sorted(problem.path for problem in refused.value.problems) == sorted(
        case.path for case in places.values()
    )
