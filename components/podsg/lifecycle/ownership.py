"""Which network interfaces were made for a cluster, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from podsg.lifecycle.interfaces import (
    BRANCH_DESCRIPTION,
    CNI_CLUSTER_TAG,
    CNI_OWNER,
    CONTROLLER_OWNER,
    ENI_OWNER_TAG,
    INSTANCE_TAG,
    OWNED,
    TRUNK_DESCRIPTION,
    TRUNK_TAG,
    NetworkInterface,
    cluster_tag,
)
from podsg.lifecycle.ports import Ec2

OWNERS: Final = (CONTROLLER_OWNER, CNI_OWNER)
# Source: EC2 API reference, InstanceState.
TERMINATED: Final = "terminated"
ENDING: Final = (TERMINATED, "shutting-down")
"""States of an instance that will soon hold nothing any more."""


def is_of_cluster(interface: NetworkInterface, cluster_name: str) -> bool:
    """Tell whether the VPC Resource Controller or the VPC CNI made an interface for a cluster.

    Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/aws/ec2/api/cleanup/eni_cleanup.go (filters).

    Example:
        >>> tags = {"eks:eni:owner": "eks-vpc-resource-controller", "kubernetes.io/cluster/dev": "owned"}
        >>> is_of_cluster(NetworkInterface("eni-1", "vpc-1", "subnet-1", tags=tags), "dev")
        True
    """
    is_theirs = interface.tags.get(ENI_OWNER_TAG) in OWNERS and not interface.is_requester_managed
    return is_theirs and is_marked(interface.tags, cluster_name)


def is_marked(tags: Mapping[str, str], cluster_name: str) -> bool:
    """Tell whether the tags of an interface name a cluster, as the controller or the CNI writes it."""
    return tags.get(cluster_tag(cluster_name)) == OWNED or tags.get(CNI_CLUSTER_TAG) == cluster_name


def is_branch(interface: NetworkInterface) -> bool:
    """Tell whether the VPC Resource Controller made an interface for a pod."""
    return TRUNK_TAG in interface.tags or interface.description == BRANCH_DESCRIPTION


def is_trunk(interface: NetworkInterface) -> bool:
    """Tell whether the VPC Resource Controller made an interface as the trunk of a node."""
    return interface.interface_type == "trunk" or interface.description == TRUNK_DESCRIPTION


def instance_of(interface: NetworkInterface) -> str:
    """Return the instance that an interface is attached to, else the one that it was made for; or nothing."""
    return interface.instance_id or interface.tags.get(INSTANCE_TAG, "")


def cluster_interfaces(ec2: Ec2, cluster_name: str, vpc_id: str) -> tuple[NetworkInterface, ...]:
    """List what controller and CNI made for a cluster, by id: two filtered lists, never one by one."""
    common = {"vpc-id": [vpc_id], f"tag:{ENI_OWNER_TAG}": list(OWNERS)}
    marks = ({f"tag:{cluster_tag(cluster_name)}": [OWNED]}, {f"tag:{CNI_CLUSTER_TAG}": [cluster_name]})
    found = {
        one.id: one for mark in marks for one in ec2.describe_network_interfaces(filters={**common, **mark})
    }
    return tuple(
        one for _, one in sorted(found.items()) if is_of_cluster(one, cluster_name) and one.vpc_id == vpc_id
    )


def instance_states(ec2: Ec2, interfaces: tuple[NetworkInterface, ...]) -> Mapping[str, str]:
    """Return the state of each instance of interfaces; what EC2 has forgotten is terminated."""
    ids = sorted({instance_of(one) for one in interfaces} - {""})
    states = ec2.describe_instances(ids) if ids else {}
    return {one: states.get(one, TERMINATED) for one in ids}
