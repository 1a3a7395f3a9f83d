"""Somebody deletes parts of an environment by hand; the engine's destroy ends all the same."""

from __future__ import annotations

import pytest

from lab.engine import EngineError
from tests.lab.aws_calls import counted_calls, is_write
from tests.lab.branch_enis.scene import until

from .scene import Scene

CONTROLLER_POLICY = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController"
CLUSTER_POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"


def _strip_role(stack: Scene) -> None:
    role = stack.api("eks").describe_cluster(name="dev-cluster")["cluster"]["roleArn"].rpartition("/")[2]
    for policy in (CONTROLLER_POLICY, CLUSTER_POLICY):
        stack.api("iam").detach_role_policy(RoleName=role, PolicyArn=policy)


def _delete_add_on(stack: Scene) -> None:
    eks = stack.api("eks")
    eks.delete_addon(clusterName="dev-cluster", addonName="vpc-cni")
    until(lambda: "vpc-cni" not in eks.list_addons(clusterName="dev-cluster")["addons"], "the add-on", 120)


def _kill_nodes(stack: Scene) -> None:
    """End the instances as soon as the pods are deleted: their branch ENIs do not cool down any more."""
    stack.cluster.kubectl("delete", "deployments", "--all", "--namespace", "catalog")
    filters = [{"Name": "tag:eks:cluster-name", "Values": ["dev-cluster"]}]
    found = stack.api("ec2").describe_instances(Filters=filters)["Reservations"]
    ids = [one["InstanceId"] for reservation in found for one in reservation["Instances"]]
    stack.api("ec2").terminate_instances(InstanceIds=ids)


def _delete_database(stack: Scene) -> None:
    stack.api("rds").delete_db_instance(DBInstanceIdentifier="dev-catalog", SkipFinalSnapshot=True)


def _destroyed(stack: Scene) -> None:
    assert stack.branch_enis()
    stack.destroy()
    stack.assert_nothing_left()


def test_node_group_first(stack: Scene) -> None:
    stack.up()
    stack.delete_node_groups()
    _destroyed(stack)


def test_cluster_first(stack: Scene) -> None:
    stack.up()
    stack.delete_cluster()
    _destroyed(stack)


@pytest.mark.parametrize(
    "target",
    [
        ("securitygrouppolicies", "--all", "--namespace", "catalog"),
        ("customresourcedefinitions", "securitygrouppolicies.vpcresources.k8s.aws"),
    ],
    ids=["policy", "definition"],
)
def test_policy_first(stack: Scene, target: tuple[str, ...]) -> None:
    stack.up()
    stack.cluster.kubectl("delete", *target)
    _destroyed(stack)


def test_add_on_first(stack: Scene) -> None:
    stack.up()
    _delete_add_on(stack)
    _destroyed(stack)


def test_role_stripped(stack: Scene) -> None:
    stack.up()
    _strip_role(stack)
    _destroyed(stack)


def test_controller_dead(stack: Scene) -> None:
    stack.up()
    stack.hold("vpc-resource-controller")
    _destroyed(stack)


def test_nodes_killed_before_the_cool_down(stack: Scene) -> None:
    stack.up()
    _kill_nodes(stack)
    _destroyed(stack)


def test_database_still_deleting(stack: Scene) -> None:
    stack.up()
    _delete_database(stack)
    _destroyed(stack)


def test_api_out_of_reach(stack: Scene) -> None:
    # given a cluster whose API server does not run
    stack.up()
    stack.hold("kube-apiserver")
    before = stack.resources()

    # when the engine destroys, then it says so and changes nothing
    with (
        counted_calls(stack.lab.running()) as calls,
        pytest.raises(EngineError, match=r"would not end(?s:.)*cannot be reached"),
    ):
        stack.destroy()
    assert not [call["action"] for call in calls if is_write(call)]
    assert stack.resources() == before

    # and when the server is back, the same command ends
    stack.release("kube-apiserver")
    _destroyed(stack)
