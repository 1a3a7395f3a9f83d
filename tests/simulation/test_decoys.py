from __future__ import annotations

import pytest

from podsg.errors import DeadlineError
from tests.simulation.bystanders import Bystanders
from tests.simulation.decoys import DECOYS, Decoy, Held, Yard
from tests.simulation.gates import Gate, removal, run, sweep_of_cluster, sweep_of_groups

GATES: dict[str, Gate] = {
    "sweep of a cluster": sweep_of_cluster,
    "sweep of a stack's groups": sweep_of_groups,
    "workload removal": removal,
}


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("decoy", DECOYS, ids=lambda decoy: decoy.name)
def test_no_gate_touches_a_decoy(name: str, decoy: Decoy) -> None:
    if name == "sweep of a cluster" and not decoy.in_cluster_scope:
        decoy_is_swept(decoy)
        return
    # given a leftover beside something that looks like one
    yard = Yard.laid_out()
    leftover, kept = yard.leftover(), yard.place(decoy)
    bystanders = Bystanders(yard.ec2.region)
    # when
    errors = run(GATES[name], yard)
    # then
    assert all(isinstance(error, DeadlineError) for error in errors)
    assert leftover not in yard.ec2.region.interfaces
    assert {call.target for call in yard.ec2.log if call.is_write} == {leftover}
    assert kept in yard.ec2.region.interfaces
    if decoy.held is not Held.SOON:
        assert [text for text in bystanders.breaches() if leftover not in text] == []


def decoy_is_swept(decoy: Decoy) -> None:
    """Show that the scope alone saves it: the same interface goes where the whole cluster is the stack's."""
    yard = Yard.laid_out()
    yard.place(decoy)
    assert not run(sweep_of_cluster, yard)
    assert yard.ec2.calls()["DeleteNetworkInterface"] == 1


def test_there_are_forty_kinds_of_decoys() -> None:
    assert len({decoy.name for decoy in DECOYS}) == len(DECOYS) >= 40
    assert sum(decoy.in_cluster_scope for decoy in DECOYS) >= 40


def test_cluster_without_leftovers_is_not_written_to() -> None:
    yard = Yard.laid_out()
    for decoy in DECOYS:
        if decoy.in_cluster_scope:
            yard.place(decoy)
    assert not run(sweep_of_cluster, yard)
    assert yard.ec2.writes() == 0
