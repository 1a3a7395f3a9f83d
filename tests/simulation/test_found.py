"""Sequences that once failed, as their search left them."""

from __future__ import annotations

from tests.simulation.faults import Fault
from tests.simulation.sequences import Lag, Refresh, Up, play
from tests.simulation.strangers import Stranger


def test_a_list_of_before_does_not_replace_the_association_that_was_given() -> None:
    play(
        [
            Up(program=(("alpha", 7), ("beta", 0), ("gamma", 0))),
            Lag(seconds=5.0),
            Refresh(),
            Up(program=(("alpha", 3),)),
            Refresh(),
            Stranger(deed="loosen", name="alpha"),
            Up(program=(("alpha", 0),)),
        ],
        seed=62511,
    )


def test_what_was_there_long_before_reads_lag_is_seen() -> None:
    cut = Fault(call="DeleteNetworkInterface", nth=1, kind=None, is_after=False, count=1)
    play(
        [
            Up(program=(("alpha", 0),)),
            Up(program=(("gamma", 0),)),
            Up(program=(("alpha", 0),), faults=(cut,)),
            Lag(seconds=120.0),
            Refresh(),
        ],
        seed=62582,
    )
