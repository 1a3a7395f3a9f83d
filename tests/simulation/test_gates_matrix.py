from __future__ import annotations

from itertools import combinations

import pytest

from tests.simulation.faults import Kind
from tests.simulation.trial import Operation, failures
from tests.simulation.trials_of_gates import GATES

by_name = pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)


@by_name
def test_gate_survives_each_fault_at_each_call(gate: Operation) -> None:
    count, found = failures(gate, ([fault] for fault in gate.faults()))
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])
    assert count >= len(Kind)


@by_name
def test_gate_survives_the_death_of_its_process_at_each_call(gate: Operation) -> None:
    count, found = failures(gate, ([death] for death in gate.deaths()))
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])


@by_name
def test_gate_survives_two_faults_of_its_changes(gate: Operation) -> None:
    """Pairs with at least one call that changes something; two failed reads change nothing together."""
    plans = combinations([*gate.faults(), *gate.deaths()], 2)
    chosen = (pair for pair in plans if any(not fault.call.startswith("Describe") for fault in pair))
    count, found = failures(gate, chosen)
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])
    assert count >= 5_000
