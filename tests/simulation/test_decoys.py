from __future__ import annotations

import pytest

from podsg.errors import DeadlineError
from tests.simulation.bystanders import Bystanders
from tests.simulation.decoys import DECOYS, Decoy, Held, Yard
from tests.simulation.gates import Gate, removal, run, sweep_of_cluster, sweep_of_groups
from tests.simulation.trials_of_drain import DrainTrial

IN_SCOPE = [decoy for decoy in DECOYS if decoy.in_cluster_scope]
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


@pytest.mark.parametrize("decoy", IN_SCOPE, ids=lambda decoy: decoy.name)
def test_drain_touches_no_decoy(decoy: Decoy) -> None:
    # given a pod and a leaked branch ENI beside something that looks like one
    trial = DrainTrial((), pods=1)
    kept = trial.yard.place(decoy)
    bystanders = Bystanders(trial.ec2.region)
    # when
    assert not trial.act()
    # then
    assert trial.leftover not in trial.ec2.region.interfaces
    assert {call.target for call in trial.ec2.log if call.is_write} == {trial.leftover}
    assert kept in trial.ec2.region.interfaces
    assert trial.cluster.evictions == {"shop/web": 1}
    if decoy.held is not Held.SOON:
        assert [text for text in bystanders.breaches() if kept in text] == []


def test_drain_among_all_decoys_touches_none_and_evicts_no_other_pod() -> None:
    trial = DrainTrial(tuple(IN_SCOPE), pods=20)
    assert not trial.act()
    assert not trial.breaches()
    assert {call.target for call in trial.ec2.log if call.is_write} == {trial.leftover}
    assert trial.cluster.evictions == {"shop/web": 20}


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
