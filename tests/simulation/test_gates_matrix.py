from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice
from typing import Final

import pytest

from tests.simulation.conftest import IN_PAIRS, SINGLY
from tests.simulation.faults import Fault, Kind
from tests.simulation.trial import Operation, failures
from tests.simulation.trials_of_drain import DRAIN
from tests.simulation.trials_of_gates import GATES

Record = Callable[[str, object], None]
SHARES: Final = 17
"""Shares of the pairs of the drain; an odd number, so that none of them misses a kind of fault."""
at_night = pytest.mark.skipif(
    os.environ.get("PODSG_NIGHTLY") != "1",
    reason="minutes of further pairs: `make nightly` (PODSG_NIGHTLY=1) tries them",
)
by_name = pytest.mark.parametrize("gate", [*GATES, DRAIN], ids=lambda gate: gate.name)
by_name_without_drain = pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)


def pairs(gate: Operation) -> Iterator[Sequence[Fault]]:
    return combinations([*gate.faults(), *gate.deaths()], 2)


def is_of_reads(pair: Sequence[Fault]) -> bool:
    return all(fault.call.startswith("Describe") for fault in pair)


def survives(gate: Operation, plans: Iterator[Sequence[Fault]], record: Record, how: str = IN_PAIRS) -> int:
    count, found = failures(gate, plans)
    record(how, count)
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])
    return count


@by_name
def test_gate_survives_each_fault_at_each_call(gate: Operation, record_property: Record) -> None:
    count = survives(gate, ([fault] for fault in gate.faults()), record_property, SINGLY)
    assert count >= len(Kind)


@by_name
def test_gate_survives_the_death_of_its_process_at_each_call(
    gate: Operation, record_property: Record
) -> None:
    survives(gate, ([death] for death in gate.deaths()), record_property, SINGLY)


@by_name_without_drain
def test_gate_survives_two_faults_of_its_changes(gate: Operation, record_property: Record) -> None:
    """Pairs with at least one call that changes something; two failed reads change nothing together."""
    chosen = (pair for pair in pairs(gate) if not is_of_reads(pair))
    assert survives(gate, chosen, record_property) >= 5_000


@at_night
@by_name_without_drain
def test_gate_survives_two_faults_of_its_reads(gate: Operation, record_property: Record) -> None:
    survives(gate, (pair for pair in pairs(gate) if is_of_reads(pair)), record_property)


@pytest.mark.parametrize("share", [0, *(pytest.param(one, marks=at_night) for one in range(1, SHARES))])
def test_drain_survives_two_faults(share: int, record_property: Record) -> None:
    """Pairs of all its calls, as evictions go on between two reads."""
    assert survives(DRAIN, islice(pairs(DRAIN), share, None, SHARES), record_property) >= 10_000
