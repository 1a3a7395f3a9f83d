"""What the engine's own destroy leaves behind while pods run, if no gate orders it.

Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch/provider.go, DeleteNode (drops the
queue of the node's cooling branch ENIs); EKS user guide, "Security groups for pods" (considerations).
"""

from __future__ import annotations

import pytest

from lab.engine import EngineError
from tests.lab.branch_enis.scene import until

from .scene import DRAIN, LAST_SWEEP, NODE_SWEEP, WORKLOAD, Scene


def test_without_gates_branch_enis_stay(stack: Scene) -> None:
    # given the environment with pods that hold branch ENIs, and a record without any gate
    stack.up()
    stack.without(DRAIN, NODE_SWEEP, LAST_SWEEP, WORKLOAD)
    before = stack.branch_enis()
    assert before
    assert {one["Status"] for one in before} == {"in-use"}
    pod_groups = {group["GroupId"] for one in before for group in one["Groups"]}

    # when the engine destroys: the nodes end inside the cool-down
    with pytest.raises(EngineError, match="DependencyViolation"):
        stack.destroy()

    # then the cluster is gone, and nobody is left to delete its branch ENIs
    assert stack.api("eks").list_clusters()["clusters"] == []
    left = stack.branch_enis()
    assert {one["NetworkInterfaceId"] for one in left} == {one["NetworkInterfaceId"] for one in before}
    assert {one["Status"] for one in left} == {"available"}
    assert {group["GroupId"] for one in left for group in one["Groups"]} == pod_groups

    # and only their deletion by hand lets the destroy end
    for one in left:
        stack.api("ec2").delete_network_interface(NetworkInterfaceId=one["NetworkInterfaceId"])
    until(lambda: not stack.branch_enis(), "the leaked ENIs to go")
    stack.destroy()
    stack.assert_nothing_left()
