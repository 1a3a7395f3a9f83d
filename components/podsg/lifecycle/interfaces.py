"""Network interfaces as the life of a branch ENI sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/config/type.go: tags and descriptions.
ENI_OWNER_TAG: Final = "eks:eni:owner"
CONTROLLER_OWNER: Final = "eks-vpc-resource-controller"
CNI_OWNER: Final = "amazon-vpc-cni"
INSTANCE_TAG: Final = "node.k8s.amazonaws.com/instance_id"
TRUNK_TAG: Final = "vpcresources.k8s.aws/trunk-eni-id"
VLAN_TAG: Final = "vpcresources.k8s.aws/vlan-id"
# Source: aws/amazon-vpc-cni-k8s, pkg/awsutils/awsutils.go: on interfaces of aws-node with CLUSTER_NAME.
CNI_CLUSTER_TAG: Final = "cluster.k8s.amazonaws.com/name"
TRUNK_DESCRIPTION: Final = "aws-k8s-trunk-eni"
BRANCH_DESCRIPTION: Final = "aws-k8s-branch-eni"
OWNED: Final = "owned"
# Source: aws-quickstart/quickstart-amazon-eks issue 201; the name is that of the cluster.
CONTROL_PLANE_DESCRIPTION: Final = "Amazon EKS {}"
# What EC2 shows for interfaces of RDS; they name no database.
DATABASE_DESCRIPTION: Final = "RDSNetworkInterface"

# Source: EC2 API reference, NetworkInterface (status).
PENDING: Final = "pending"
AVAILABLE: Final = "available"


def cluster_tag(cluster_name: str) -> str:
    """Return the tag key that says which cluster an interface was made for; its value is `owned`."""
    return f"kubernetes.io/cluster/{cluster_name}"


@dataclass(frozen=True)
class NetworkInterface:
    """A network interface as EC2 describes it."""

    id: str
    vpc_id: str
    subnet_id: str
    zone: str = ""
    status: str = AVAILABLE
    """pending, available, associated, attaching, in-use or detaching; only `available` is certainly free."""
    interface_type: str = "interface"
    description: str = ""
    group_ids: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    private_ip: str = ""
    mac_address: str = ""
    instance_id: str = ""
    """Instance that it is attached to; empty if there is none."""
    is_requester_managed: bool = False
    """An AWS service made it, and only that service can delete it."""


@dataclass(frozen=True)
class NewInterface:
    """What EC2 is asked for in one CreateNetworkInterface."""

    subnet_id: str
    group_ids: tuple[str, ...]
    description: str
    tags: Mapping[str, str]
    token: str
    """ClientToken: the same token with the same values gives the same interface."""


@dataclass(frozen=True)
class TrunkAssociation:
    """A branch interface on a trunk."""

    id: str
    branch_id: str
    trunk_id: str
    vlan_id: int


@dataclass(frozen=True)
class SecurityGroup:
    """A security group as EC2 describes it."""

    id: str
    name: str
    vpc_id: str
    tags: Mapping[str, str] = field(default_factory=dict)
