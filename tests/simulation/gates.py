"""The gates as a provider runs them: each time a process of its own, over a yard with decoys."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from podsg.lifecycle.calls import RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.sweep import SweepScope, sweep
from podsg.lifecycle.workload_removal import RemovalRequest, release_groups
from podsg.model.removal import OnRemove
from tests.simulation.decoys import CLUSTER, Yard
from tests.simulation.faults import ProcessDiedError
from tests.simulation.trial import Errors

Gate = Callable[[Yard, RetryingEc2], None]
TIMEOUT_SECONDS: Final = 900.0


def sweep_of_cluster(yard: Yard, ec2: RetryingEc2) -> None:
    """Sweep a cluster that this stack made."""
    _sweep(yard, ec2, None)


def sweep_of_groups(yard: Yard, ec2: RetryingEc2) -> None:
    """Sweep a cluster of somebody else: only what carries a group of this stack."""
    _sweep(yard, ec2, frozenset({yard.groups["pod"]}))


def _sweep(yard: Yard, ec2: RetryingEc2, groups: frozenset[str] | None) -> None:
    scope = SweepScope(CLUSTER, yard.vpc_id, groups)
    sweep(ec2, yard.clock, scope, lambda _: None, timeout_seconds=TIMEOUT_SECONDS)


def removal(yard: Yard, ec2: RetryingEc2) -> None:
    """Release the group of a workload whose cluster is gone."""
    groups = frozenset({yard.groups["pod"]})
    request = RemovalRequest("probe", CLUSTER, yard.vpc_id, groups, OnRemove.WAIT, TIMEOUT_SECONDS)
    release_groups(ec2, None, yard.clock, request, lambda _: None)


def run(gate: Gate, yard: Yard) -> Errors:
    """Run a gate; return the error that ended it, if there was one."""
    deadline = Deadline(yard.clock, TIMEOUT_SECONDS)
    chance = random.Random(0)  # noqa: S311 - jitter
    ec2 = RetryingEc2(yard.ec2, yard.clock, Pacing(yard.clock), deadline, chance=chance)
    try:
        gate(yard, ec2)
    except (Exception, ProcessDiedError) as error:  # noqa: BLE001 - judged by the trial
        return [error]
    return []
