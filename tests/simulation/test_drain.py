from __future__ import annotations

from itertools import combinations

import pytest

from podsg.errors import DeadlineError
from podsg.lifecycle.drain import DrainRequest, drain
from podsg.lifecycle.ports import Kubernetes
from tests.simulation.bystanders import Bystanders
from tests.simulation.cluster import SimulatedCluster
from tests.simulation.decoys import CLUSTER, DECOYS, Yard
from tests.simulation.gates import run
from tests.simulation.trial import Errors, Operation, failures

GRACE = 30.0
COOLDOWN = 60.0
TIMEOUT = 600.0


class DrainTrial:
    """Two nodes with pods of all kinds, among decoys."""

    def __init__(self, pods: int = 2, nodes: int = 2, step: int = 4) -> None:
        self.yard = Yard.laid_out()
        self.ec2 = self.yard.ec2
        for decoy in DECOYS[::step]:
            if decoy.in_cluster_scope:
                self.yard.place(decoy)
        self.yard.clock.sleep(600.0)
        self.bystanders = Bystanders(self.ec2.region)
        self.cluster = SimulatedCluster(self.yard, nodes, COOLDOWN)
        for number in range(pods):
            self.cluster.run("shop", "web", f"node-{number % nodes}", grace=GRACE)
        self.cluster.run("kube-system", "agent", "node-0", "DaemonSet")
        self.cluster.run_plain("shop", "plain", "node-0")
        self.said: list[str] = []

    def act(self) -> Errors:
        port: Kubernetes = self.cluster
        request = DrainRequest(CLUSTER, self.yard.vpc_id, TIMEOUT, COOLDOWN)
        return run(
            lambda yard, ec2: (drain(ec2, port, yard.clock, request, self.said.append), None)[1], self.yard
        )

    def again(self) -> Errors:
        return self.act()

    def breaches(self) -> list[str]:
        kept = self.cluster.branch_ids(of_daemon_sets=True)
        rows = self.bystanders.newcomers()
        left = [f"left: {row}" for row in rows if row.interface_type != "trunk" and row.id not in kept]
        touched = [f"evicted: {key}" for key in self.cluster.evictions if key != "shop/web"]
        gone = [] if len(kept) == 1 else [f"branch ENIs of the DaemonSet: {kept}"]
        return self.bystanders.breaches() + left + touched + gone

    def vanish(self, _call: str, _target: str) -> bool:
        return False


DRAIN = Operation("drain", DrainTrial)


def test_drain_survives_each_fault_and_each_death() -> None:
    # it asks the same again and again: the first rounds, and every tenth after them
    faults = [fault for fault in [*DRAIN.faults(), *DRAIN.deaths()] if fault.nth <= 3 or fault.nth % 10 == 0]
    plans = [[fault] for fault in faults]
    count, found = failures(DRAIN, iter(plans))
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])
    assert count >= 200


def test_drain_survives_two_faults() -> None:
    early = [fault for fault in [*DRAIN.faults(), *DRAIN.deaths()] if fault.nth <= 2]
    count, found = failures(DRAIN, (pair for pair in combinations(early[::3], 2)))
    assert not found, "\n".join([f"{len(found)} of {count}", *found[:10]])
    assert count >= 400


def test_thousand_branch_enis_on_fifty_nodes_are_drained_in_time() -> None:
    trial = DrainTrial(pods=1000, nodes=50)
    begin = trial.yard.clock.now()
    assert not trial.act()
    assert not trial.breaches()
    assert trial.cluster.evictions["shop/web"] == 1000
    assert trial.yard.clock.now() - begin <= GRACE + COOLDOWN + 180
    assert trial.ec2.throttled() == 0


def test_drain_keeps_budgets_and_names_what_they_keep() -> None:
    # given a budget that allows one pod to be away, and pods that cannot come back
    trial = DrainTrial(pods=4)
    trial.cluster.budgets["shop"] = 1
    # when
    (error,) = trial.act()
    # then
    assert isinstance(error, DeadlineError)
    assert "shop/web" in str(error)
    assert "budget" in str(error)
    assert trial.cluster.evictions["shop/web"] == 1


def test_drain_deletes_what_a_dead_controller_leaves() -> None:
    trial = DrainTrial(pods=4)
    trial.cluster.is_controller_down = True
    assert not trial.act()
    branches = [row for row in trial.bystanders.newcomers() if row.interface_type != "trunk"]
    associated = [row for row in branches if row.association_id]
    # what is still on a trunk cannot be told from one in use: the sweep after the nodes takes it
    assert len(associated) == len(branches) == 5
    assert any("the sweep after the nodes takes them" in line for line in trial.said)


@pytest.mark.parametrize("pods", [0, 1])
def test_drain_of_a_quiet_cluster_writes_nothing(pods: int) -> None:
    trial = DrainTrial(pods=pods)
    assert not trial.act()
    assert trial.ec2.writes() == 0
