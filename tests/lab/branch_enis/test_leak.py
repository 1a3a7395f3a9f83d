"""What the engine's own destroy leaves behind while pods run: the reason for gates that order it.

Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch/provider.go, DeleteNode (drops the
queue of the node's cooling branch ENIs); EKS user guide, "Security groups for pods" (considerations).
"""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation import Deployment

from lab.engine import Engine, EngineError
from lab.status import client
from tests.lab.conftest import Lab

from .scene import until

GIVE_UP_SECONDS = 5


def _branch_enis(lab: Lab) -> list[Any]:
    filters = [{"Name": "description", "Values": ["aws-k8s-branch-eni"]}]
    found = client(lab.running(), "ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    return list(found)


def _give_up_soon(engine: Engine) -> None:
    """Let the deletion of groups and subnets end in seconds, not after a quarter of an hour."""
    deployment = engine.export().deployment
    assert deployment is not None
    for one in deployment["resources"]:
        if one["type"] in {"aws:ec2/securityGroup:SecurityGroup", "aws:ec2/subnet:Subnet"}:
            one["customTimeouts"] = {"delete": GIVE_UP_SECONDS}
    engine.import_state(Deployment(version=3, deployment=dict(deployment)))


def test_the_engines_own_destroy_leaves_branch_enis(activated: Lab) -> None:
    # given the environment with a pod that holds a branch ENI
    activated.json("up", "--pods")
    before = _branch_enis(activated)
    assert before
    assert {one["Status"] for one in before} == {"in-use"}
    pod_groups = {group["GroupId"] for one in before for group in one["Groups"]}

    # when the engine destroys without looking at pods: the nodes end inside the cool-down
    engine = Engine("dev", print, activated.project)
    _give_up_soon(engine)
    with pytest.raises(EngineError, match="DependencyViolation"):
        engine.destroy()

    # then the cluster is gone, and nobody is left to delete its branch ENIs
    assert client(activated.running(), "eks").list_clusters()["clusters"] == []
    left = _branch_enis(activated)
    assert {one["NetworkInterfaceId"] for one in left} == {one["NetworkInterfaceId"] for one in before}
    assert {one["Status"] for one in left} == {"available"}
    assert {group["GroupId"] for one in left for group in one["Groups"]} == pod_groups

    # and only their deletion by hand lets the destroy end
    for one in left:
        client(activated.running(), "ec2").delete_network_interface(
            NetworkInterfaceId=one["NetworkInterfaceId"]
        )
    until(lambda: not _branch_enis(activated), "the leaked ENIs to go")
    engine.destroy()
    assert activated.json("status")["total"] == 0
