"""What a refresh shows of branch ENIs: what leaked or drifted, by id and reason, and of pods nothing."""

from __future__ import annotations

import json
from typing import Any

from tests.lab.branch_enis.scene import POD_ENI, until

from .scene import DRAIN, LAST_SWEEP, NODE_SWEEP, Scene


def _refresh(stack: Scene) -> dict[str, list[str]]:
    """Refresh by the engine; return the properties that changed, by resource."""
    steps = stack.lab.json("refresh")["steps"]
    return {step["urn"].rpartition("::")[2]: step["diff"] for step in steps}


def _outputs(stack: Scene) -> dict[str, Any]:
    (gate,) = [one for one in stack.resources() if one["urn"].endswith(f"::{DRAIN}")]
    found: dict[str, Any] = gate["outputs"]
    return found


def _have_branch_enis(stack: Scene, count: int, without: set[str]) -> bool:
    pods = stack.pods()
    shown = [pod for pod in pods if POD_ENI in pod["metadata"].get("annotations", {})]
    return len(pods) == len(shown) == count and not without & {pod["metadata"]["uid"] for pod in pods}


def test_refresh_shows_what_leaked_and_drifted_and_no_pods(stack: Scene) -> None:
    # given pods with branch ENIs
    stack.up()
    assert _refresh(stack) == {}

    # when they are deleted and come back with others, then a refresh shows nothing
    pods = {pod["metadata"]["uid"] for pod in stack.pods()}
    stack.cluster.kubectl("delete", "pods", "--all", "--namespace", "catalog", "--wait=false")
    until(lambda: _have_branch_enis(stack, len(pods), pods), "the new pods", 300)
    assert _refresh(stack) == {}

    # when somebody changes the groups of one and one is left behind, then it shows both, with reasons
    leaked, pod = stack.leak(), stack.pods()[0]
    drifted = json.loads(pod["metadata"]["annotations"][POD_ENI])[0]["eniId"]
    stack.api("ec2").modify_network_interface_attribute(
        NetworkInterfaceId=drifted, Groups=stack.cluster_groups()
    )
    changed = _refresh(stack)
    assert DRAIN in changed
    found = _outputs(stack)
    assert drifted in str(found["drifted"])
    assert leaked in str(found["leaked"])

    # and an up takes note of it in each gate that looked, and drains nothing
    steps = stack.lab.json("up")["steps"]
    assert {(step["op"], step["urn"].rpartition("::")[2]) for step in steps} == {
        ("update", gate) for gate in (DRAIN, NODE_SWEEP, LAST_SWEEP)
    }
    assert _outputs(stack)["leaked"] == []
    assert stack.evictions() == 0
    stack.destroy()
    stack.assert_nothing_left()
