from __future__ import annotations

import pytest

from podsg.errors import DeadlineError
from tests.simulation.kubernetes import Budget
from tests.simulation.trials_of_drain import COOLDOWN_SECONDS, GRACE_SECONDS, DrainTrial


def test_thousand_branch_enis_on_fifty_nodes_are_drained_in_time() -> None:
    trial = DrainTrial(pods=1000, nodes=50)
    begin = trial.yard.clock.now()
    assert len(trial.left()) == 1000 + 1
    assert not trial.act()
    assert not trial.breaches()
    assert trial.cluster.evictions["shop/web"] == 1000
    assert trial.yard.clock.now() - begin <= GRACE_SECONDS + COOLDOWN_SECONDS + 180
    assert trial.ec2.throttled() == 0


def test_drain_keeps_budgets_and_names_what_they_keep() -> None:
    # given a budget that allows one pod to be away, and pods that cannot come back
    trial = DrainTrial(pods=4)
    trial.cluster.apply(Budget("shop", "web-budget", {"app": "web"}, 1))
    # when
    (error,) = trial.act()
    # then
    assert isinstance(error, DeadlineError)
    assert "shop/web" in str(error)
    assert "budget" in str(error)
    assert trial.cluster.evictions["shop/web"] == 1


def test_drain_deletes_what_a_dead_controller_leaves_free() -> None:
    trial = DrainTrial(pods=4)
    trial.cluster.controller.is_dead = True
    assert not trial.act()
    # what is still on a trunk cannot be told from one in use: the sweep after the nodes takes it
    left = [trial.ec2.region.interfaces[one] for one in trial.left()]
    assert len(left) == 4
    assert all(row.association_id for row in left)
    assert any("the sweep after the nodes takes them" in line for line in trial.said)


@pytest.mark.parametrize("pods", [0, 1])
def test_drain_leaves_what_pods_had_to_the_controller(pods: int) -> None:
    trial = DrainTrial(pods=pods)
    assert not trial.act()
    assert not trial.breaches()
    assert {call.target for call in trial.ec2.log if call.is_write} == {trial.leftover}
