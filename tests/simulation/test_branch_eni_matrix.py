from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from tests.simulation.conftest import IN_PAIRS, SINGLY
from tests.simulation.faults import Kind
from tests.simulation.trial import Operation, failures
from tests.simulation.trials_of_branch_enis import OPERATIONS

Record = Callable[[str, object], None]
by_name = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


@by_name
def test_operation_survives_each_fault_at_each_call(operation: Operation, record_property: Record) -> None:
    count, found = failures(operation, ([fault] for fault in operation.faults()))
    record_property(SINGLY, count)
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])
    assert count >= len(Kind)


@by_name
def test_operation_survives_the_death_of_its_process_at_each_call(
    operation: Operation, record_property: Record
) -> None:
    count, found = failures(operation, ([death] for death in operation.deaths()))
    record_property(SINGLY, count)
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])


@by_name
def test_operation_survives_two_faults(operation: Operation, record_property: Record) -> None:
    pairs = combinations([*operation.faults(), *operation.deaths()], 2)
    count, found = failures(operation, pairs)
    record_property(IN_PAIRS, count)
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])


def test_matrix_is_as_large_as_it_has_to_be() -> None:
    single = [len(operation.faults()) for operation in OPERATIONS]
    assert sum(single) >= 200
    assert sum(count * (count - 1) // 2 for count in single) >= 15_000
