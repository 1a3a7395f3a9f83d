"""Each gate has one scenario that fails without it, and only then."""

from __future__ import annotations

from typing import Any

import pytest

from lab.engine import EngineError

from .scene import DRAIN, LAST_SWEEP, NODE_SWEEP, WORKLOAD, Scene

BUDGET = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "all", "namespace": "catalog"},
    "spec": {"minAvailable": "100%", "selector": {"matchLabels": {}}},
}


def _impatient(environment: dict[str, Any]) -> None:
    environment["destroy"] = {"drain_timeout_minutes": 1}


def _is_gone(stack: Scene) -> bool:
    return not stack.api("eks").list_clusters()["clusters"]


def test_the_drain_keeps_budgets(stack: Scene) -> None:
    # given pods whose budget allows no eviction
    stack.up(_impatient)
    stack.cluster.apply(BUDGET)
    running = {pod["metadata"]["uid"] for pod in stack.pods()}

    # when the engine destroys, then it ends at the deadline, names pods and way out, and deletes none
    with pytest.raises(EngineError) as refused:
        stack.destroy()
    assert "catalog/catalog-" in str(refused.value)
    assert "kubectl uncordon" in str(refused.value)
    assert {pod["metadata"]["uid"] for pod in stack.pods()} == running

    # and without the gate nobody asks the budget
    stack.without(DRAIN, WORKLOAD)
    stack.destroy()
    assert _is_gone(stack)


def test_pods_get_their_grace(stack: Scene) -> None:
    # given pods, when the gate drains them, then each was evicted: it had its grace period
    stack.up()
    assert stack.evictions() == 0
    count = len(stack.pods())
    stack.lines.clear()
    stack.destroy()
    assert any(f"{count} of {count} pods evicted" in line for line in stack.lines), stack.lines
    stack.assert_nothing_left()


def test_the_last_sweep_takes_what_comes_free_late(stack: Scene) -> None:
    # given a cluster that was deleted by hand, with the branch ENIs of its pods
    stack.up()
    stack.delete_cluster()
    stuck = {one["NetworkInterfaceId"] for one in stack.branch_enis()}
    assert stuck

    # when the engine destroys without the last gate, then groups cannot go
    stack.without(LAST_SWEEP, NODE_SWEEP, WORKLOAD)
    with pytest.raises(EngineError, match="DependencyViolation"):
        stack.destroy()
    assert {one["NetworkInterfaceId"] for one in stack.branch_enis()} == stuck
