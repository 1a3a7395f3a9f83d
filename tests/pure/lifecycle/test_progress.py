from __future__ import annotations

import pytest

from podsg.lifecycle.progress import Progress, named
from tests.simulation.clock import SimulatedClock


def test_line_is_said_when_it_changes_and_every_fifteen_seconds() -> None:
    # given
    clock, said = SimulatedClock(), list[tuple[float, str]]()
    progress = Progress(clock, lambda line: said.append((clock.now(), line)))
    # when
    for second in range(32):
        progress.tell("two pods" if second < 4 else "one pod")
        clock.sleep(1.0)
    # then
    assert said == [(0.0, "two pods"), (4.0, "one pod"), (19.0, "one pod")]


@pytest.mark.parametrize(
    ("names", "text"),
    [([], ""), (["a"], "a"), (list("abcde"), "a, b, c, d, e"), (list("abcdefg"), "a, b, c, d, e and 2 more")],
)
def test_first_five_are_named(names: list[str], text: str) -> None:
    assert named(names) == text
