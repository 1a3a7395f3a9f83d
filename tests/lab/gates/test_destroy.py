"""The engine's own destroy of an environment whose pods run ends, and with nothing left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.engine import EngineError
from tests.lab.aws_calls import counted_calls, is_write
from tests.lab.conftest import FIGURE

from .scene import Scene

PODS = 200


def _many(environment: dict[str, Any]) -> None:
    workers = environment["node_groups"]["workers"]
    workers |= {"instance_types": ["m5.2xlarge"], "desired_count": 8, "min_count": 8, "max_count": 8}
    environment["workloads"]["catalog"]["replicas"] = PODS


def test_200_pods(stack: Scene, record_property: Callable[[str, object], None]) -> None:
    # given 200 pods, each with its branch ENI
    stack.up(_many)
    assert len(stack.branch_enis()) == PODS

    # when the engine destroys, without a program and without `podsg lab destroy`
    outcome = stack.destroy()

    # then nothing is left, and a second destroy has nothing to do
    stack.assert_nothing_left()
    record_property(FIGURE, f"the engine's destroy with {PODS} pods: {outcome.seconds:.0f} s")
    with counted_calls(stack.lab.running()) as calls:
        stack.destroy()
    assert [call for call in calls if is_write(call)] == []


def test_protections_stop_it_before_any_change(stack: Scene) -> None:
    # given an environment with protections on, and a budget of 0 calls that change something
    stack.up(lambda environment: environment.update(deletion_protection=True))
    before = stack.resources()

    # when the engine destroys
    with counted_calls(stack.lab.running()) as calls, pytest.raises(EngineError) as refused:
        stack.destroy()

    # then the reasons are named, and nothing was changed
    text = str(refused.value)
    assert "cluster dev-cluster" in text
    assert "database dev-catalog" in text
    assert "deletion protection is on" in text
    assert [call for call in calls if is_write(call)] == []
    assert {one["urn"] for one in stack.resources()} == {one["urn"] for one in before}
    assert all(not node["spec"].get("unschedulable") for node in stack.cluster.objects("nodes"))

    # and without protections it ends
    stack.up(lambda environment: environment.update(deletion_protection=False))
    stack.destroy()
    stack.assert_nothing_left()
