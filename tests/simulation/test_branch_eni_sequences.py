from __future__ import annotations

import os

import pytest

from podsg.lifecycle.calls import Memory
from tests.simulation import sequences
from tests.simulation.sequences import BreachError, as_test, fails, random_steps, shrunk

COUNT = int(os.environ.get("PODSG_SEQUENCES", "10000"))
FIRST = int(os.environ.get("PODSG_SEED", "0"))
_PARTS = 20


@pytest.mark.parametrize("part", range(_PARTS))
def test_random_sequences_leave_nothing_behind_and_nothing_doubled(part: int) -> None:
    for seed in range(FIRST + part, FIRST + COUNT, _PARTS):
        steps = random_steps(seed)
        if fails(steps, seed):
            small = shrunk(steps, seed)
            pytest.fail(
                f"seed {seed} (again: PODSG_SEED={seed} PODSG_SEQUENCES=1): "
                f"{fails(small, seed)}\n\n{as_test(small, seed)}"
            )


def test_same_seed_makes_the_same_sequence() -> None:
    assert random_steps(7) == random_steps(7) != random_steps(8)


def test_fault_of_the_product_is_found_and_shrinks_to_a_test_that_can_be_pasted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a product that forgets what another process has just made
    monkeypatch.setattr(Memory, "note_recorded", lambda *_: None)
    # when sequences are played
    seed = next(seed for seed in range(1000) if fails(random_steps(seed), seed))
    small = shrunk(random_steps(seed), seed)
    # then one fails, and what is left of it fails by itself
    assert len(small) < len(random_steps(seed))
    names = dict(vars(sequences))
    exec(as_test(small, seed), names)  # noqa: S102 - a test's own text
    with pytest.raises(BreachError):
        names[f"test_sequence_{seed}"]()
