"""The IAM policy of whoever sweeps interfaces: every call in use, and no deletion beyond a cluster's own."""

from __future__ import annotations

from typing import Any

from podsg.lifecycle.interfaces import (
    CNI_CLUSTER_TAG,
    CNI_OWNER,
    CONTROLLER_OWNER,
    ENI_OWNER_TAG,
    OWNED,
    cluster_tag,
)

# What EKS puts on everything that it makes for a cluster. Source: EKS user guide, tags.
_EKS_CLUSTER_TAG = "aws:eks:cluster-name"
_LISTS = (
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "eks:DescribeCluster",
)
_GATE_LISTS = (
    "ec2:DescribeSecurityGroups",
    "eks:DescribeNodegroup",
    "eks:ListNodegroups",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
)


def sweep_policy(cluster_name: str = "") -> dict[str, Any]:
    """Return the policy for `podsg enis`, and in the statements `Gates…` for the gates of a destroy.

    Not in it: what a stack's other resources need, and the rights in Kubernetes, which RBAC gives.

    Args:
        cluster_name: Only what was made for this cluster may be deleted. Default: for any cluster.

    Source: service authorization reference, EC2 (aws:ResourceTag on DeleteNetworkInterface and
    DeleteSecurityGroup).

    Example:
        >>> [statement["Sid"] for statement in sweep_policy("dev")["Statement"]]
        ['Look', 'DeleteInterfaces', 'DeleteInterfacesOfVpcCni', 'GatesLook', 'GatesDeleteClusterGroup']
    """
    owners = {ENI_OWNER_TAG: [CNI_OWNER, CONTROLLER_OWNER]}
    if cluster_name:
        deletions = [
            _deletion(
                "DeleteInterfaces", "DeleteNetworkInterface", {**owners, cluster_tag(cluster_name): OWNED}
            ),
            # The VPC CNI marks its interfaces by this tag where it is told the name of the cluster.
            _deletion(
                "DeleteInterfacesOfVpcCni",
                "DeleteNetworkInterface",
                {**owners, CNI_CLUSTER_TAG: cluster_name},
            ),
        ]
        group = _deletion(
            "GatesDeleteClusterGroup", "DeleteSecurityGroup", {cluster_tag(cluster_name): OWNED}
        )
    else:
        deletions = [_deletion("DeleteInterfaces", "DeleteNetworkInterface", owners)]
        group = _statement("GatesDeleteClusterGroup", "ec2:DeleteSecurityGroup") | {
            "Condition": {"Null": {f"aws:ResourceTag/{_EKS_CLUSTER_TAG}": "false"}}
        }
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement("Look", *_LISTS),
            *deletions,
            _statement("GatesLook", *_GATE_LISTS),
            group,
        ],
    }


def _statement(sid: str, *actions: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": "*"}


def _deletion(sid: str, call: str, tags: dict[str, Any]) -> dict[str, Any]:
    wanted = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    return _statement(sid, f"ec2:{call}") | {"Condition": {"StringEquals": wanted}}
