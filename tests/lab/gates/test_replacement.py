"""A cluster that is replaced in an `up` passes the gates like one that is destroyed."""

from __future__ import annotations

from typing import Any

import pytest

from lab.engine import EngineError
from tests.lab.test_main_job import policy_group_ids

from .scene import DRAIN, NODE_SWEEP, WORKLOAD, Scene

CLUSTER = "dev-cluster"


def _deleted(steps: list[dict[str, Any]]) -> list[str]:
    """Return the names of what the engine deleted, in its order."""
    return [step["urn"].rpartition("::")[2] for step in steps if step["op"] == "delete-replaced"]


def _cluster_groups(stack: Scene) -> list[str]:
    filters = [{"Name": "group-name", "Values": [f"eks-cluster-sg-{CLUSTER}-*"]}]
    found = stack.api("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return [group["GroupId"] for group in found]


def _leak(stack: Scene) -> str:
    """Leave a branch ENI of a node that is gone, which holds the security group of the cluster."""
    ec2 = stack.api("ec2")
    filters = [{"Name": "tag:Name", "Values": ["dev-network-private-1"]}]
    (subnet,) = ec2.describe_subnets(Filters=filters)["Subnets"]
    tags = {
        "eks:eni:owner": "eks-vpc-resource-controller",
        f"kubernetes.io/cluster/{CLUSTER}": "owned",
        "node.k8s.amazonaws.com/instance_id": "i-0123456789abcdef0",
    }
    made = ec2.create_network_interface(
        SubnetId=subnet["SubnetId"],
        Groups=_cluster_groups(stack),
        Description="aws-k8s-branch-eni",
        TagSpecifications=[
            {
                "ResourceType": "network-interface",
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            }
        ],
    )
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


def test_a_replaced_cluster_passes_the_gates_in_order(stack: Scene) -> None:
    # given pods with branch ENIs
    stack.up()
    pods = len(stack.pods())
    key = stack.api("kms").create_key()["KeyMetadata"]

    def encrypt(environment: dict[str, Any]) -> None:
        environment["cluster"]["key_arn"] = key["Arn"]

    # when another key replaces the cluster
    groups = _cluster_groups(stack)
    before = stack.branch_enis()
    done = stack.up(encrypt, "--no-pods")

    # then everything on it goes before it, through the gates
    deleted = _deleted(done["steps"])
    order = [
        DRAIN,
        "dev-catalog-policy",
        WORKLOAD,
        "dev-namespace-catalog",
        "dev-workers-nodes",
        NODE_SWEEP,
        "dev-cluster-control-plane",
    ]
    assert [name for name in deleted if name in order] == order
    assert len(before) == pods
    assert not stack.branch_enis()

    # and comes back on the new one; of the old one nothing is left, and nothing is left to do
    assert policy_group_ids(stack.lab, "catalog", "catalog-rds-access")
    assert len(_cluster_groups(stack)) == 1
    assert _cluster_groups(stack) != groups
    assert stack.lab.json("up")["steps"] == []
    stack.destroy()
    stack.api("kms").schedule_key_deletion(KeyId=key["KeyId"])
    stack.assert_nothing_left()


@pytest.mark.parametrize("has_gate", [True, False])
def test_the_node_sweep_frees_the_group_of_the_cluster(stack: Scene, *, has_gate: bool) -> None:
    # given a leaked branch ENI with the security group that EKS deletes with its cluster
    stack.up(lambda _: None, "--no-pods")
    leaked = _leak(stack)
    if has_gate:
        # when the engine destroys, then the ENI goes before the cluster, and nothing is left
        stack.destroy()
        stack.assert_nothing_left()
        return
    # when it destroys without the node sweep, then EKS leaves the group, which keeps the VPC
    stack.without(NODE_SWEEP)
    with pytest.raises(EngineError, match="DependencyViolation"):
        stack.destroy()
    (group_id,) = _cluster_groups(stack)
    assert leaked not in {one["NetworkInterfaceId"] for one in stack.branch_enis()}
    stack.api("ec2").delete_security_group(GroupId=group_id)
    stack.destroy()
    stack.assert_nothing_left()
