from __future__ import annotations

import os

import pytest

from tests.simulation.sequences import as_test, fails, random_steps, shrunk

COUNT = int(os.environ.get("PODSG_SEQUENCES", "10000"))
"""Sequences in all; the nightly run asks for 100,000."""
FIRST = int(os.environ.get("PODSG_SEED", "0"))
"""Seed of the first one."""
_PARTS = 20


@pytest.mark.parametrize("part", range(_PARTS))
def test_random_sequences_leave_nothing_behind_and_nothing_doubled(part: int) -> None:
    seeds = range(FIRST + part, FIRST + COUNT, _PARTS)
    for seed in seeds:
        steps = random_steps(seed)
        if fails(steps, seed):
            small = shrunk(steps, seed)
            pytest.fail(
                f"seed {seed} (again: PODSG_SEED={seed} PODSG_SEQUENCES=1): "
                f"{fails(small, seed)}\n\n{as_test(small, seed)}"
            )


def test_same_seed_makes_the_same_sequence() -> None:
    assert random_steps(7) == random_steps(7) != random_steps(8)
