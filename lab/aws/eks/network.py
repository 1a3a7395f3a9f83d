"""What EKS makes and checks in the customer's VPC: subnets, groups, control-plane interfaces."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random

from lab.aws.ec2.interfaces import create_service_interface, delete_service_interface
from lab.aws.eks.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUESTER = "amazon-eks"
CONTROL_PLANE_INTERFACE_COUNT = 2
GROUP_DESCRIPTION = (
    "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
    "as well as any managed workloads."
)


@dataclass(frozen=True)
class Place:
    """Where a cluster or a node group lives: its VPC and one subnet per zone."""

    vpc_id: str
    subnet_by_zone: dict[str, str]


def find_place(account_id: str, region: str, subnet_ids: Sequence[str]) -> Place:
    """Look the subnets up.

    Raises:
        InvalidParameterError: No subnet, an unknown one, or subnets of several VPCs.
    """
    if not subnet_ids:
        raise InvalidParameterError("At least one subnet must be specified.")
    zones: dict[str, str] = {}
    vpcs: set[str] = set()
    for subnet_id in subnet_ids:
        try:
            subnet = ec2_backends[account_id][region].get_subnet(subnet_id)
        except EC2ClientError as error:
            raise InvalidParameterError(
                f"The subnet ID '{subnet_id}' does not exist "
                "(Service: AmazonEC2; Status Code: 400; Error Code: InvalidSubnetID.NotFound)"
            ) from error
        vpcs.add(str(subnet.vpc_id))
        zones.setdefault(str(subnet.availability_zone), subnet_id)
    if len(vpcs) > 1:
        raise InvalidParameterError("Subnets specified must belong to the same VPC.")
    return Place(vpcs.pop(), zones)


def check_groups(account_id: str, region: str, vpc_id: str, group_ids: Sequence[str]) -> None:
    """Refuse groups that do not exist or belong to another VPC.

    Raises:
        InvalidParameterError: Which group, and what is wrong.
    """
    for group_id in group_ids:
        group = ec2_backends[account_id][region].get_security_group_from_id(group_id)
        if group is None:
            raise InvalidParameterError(
                f"The security group '{group_id}' does not exist "
                "(Service: AmazonEC2; Status Code: 400; Error Code: InvalidGroup.NotFound)"
            )
        if group.vpc_id != vpc_id:
            raise InvalidParameterError(f"Security group '{group_id}' does not belong to VPC '{vpc_id}'.")


def vpc_networks(account_id: str, region: str, vpc_id: str) -> list[ipaddress.IPv4Network]:
    """Return the VPC's IPv4 ranges."""
    vpc = ec2_backends[account_id][region].get_vpc(vpc_id)
    associations: list[dict[str, Any]] = vpc.cidr_block_association_set if vpc else []
    return [ipaddress.IPv4Network(each["cidr_block"]) for each in associations]


def create_cluster_group(account_id: str, region: str, vpc_id: str, cluster_name: str) -> str:
    """Make the cluster security group: everything from itself, everything out.

    Source: EKS user guide, "View Amazon EKS security group requirements for clusters".
    """
    backend = ec2_backends[account_id][region]
    name = f"eks-cluster-sg-{cluster_name}-{mock_random.randint(10**8, 10**10)}"
    tags = {
        "Name": name,
        "aws:eks:cluster-name": cluster_name,
        f"kubernetes.io/cluster/{cluster_name}": "owned",
    }
    group = backend.create_security_group(name, GROUP_DESCRIPTION, vpc_id, tags)
    ports: Any = None
    backend.authorize_security_group_ingress(
        group.id, "-1", ports, ports, [], source_groups=[{"GroupId": group.id}], vpc_id=vpc_id
    )
    return str(group.id)


def create_control_plane_interfaces(
    region: str, place: Place, cluster_name: str, group_ids: Sequence[str]
) -> list[str]:
    """Make the interfaces through which the control plane reaches the VPC, each in another zone.

    Source: EKS user guide, "View Amazon EKS networking requirements for VPC and subnets".
    """
    subnets = [place.subnet_by_zone[zone] for zone in sorted(place.subnet_by_zone)]
    made: list[str] = []
    try:
        for subnet_id in subnets[:CONTROL_PLANE_INTERFACE_COUNT]:
            made.append(  # noqa: PERF401  those made before a failure have to be known
                create_service_interface(
                    region,
                    subnet_id=subnet_id,
                    group_ids=group_ids,
                    description=f"Amazon EKS {cluster_name}",
                    requester_id=REQUESTER,
                )
            )
    except EC2ClientError:
        for interface_id in made:
            delete_service_interface(region, interface_id)
        raise
    return made


def remove_network(account_id: str, region: str, interface_ids: Sequence[str], group_id: str | None) -> None:
    """Remove the interfaces and the cluster security group; a group that others still use stays behind."""
    for interface_id in interface_ids:
        delete_service_interface(region, interface_id)
    backend = ec2_backends[account_id][region]
    if group_id is None or backend.get_security_group_from_id(group_id) is None:
        return
    if not group_is_used(account_id, region, group_id):
        backend.delete_security_group(group_id=group_id)


def group_is_used(account_id: str, region: str, group_id: str) -> bool:
    """Tell whether an interface holds the group or another group's rule names it."""
    backend = ec2_backends[account_id][region]
    if any(group.id == group_id for eni in backend.enis.values() for group in eni.group_set):
        return True
    others = [
        group for groups in backend.groups.values() for group in groups.values() if group.id != group_id
    ]
    rules = (rule for group in others for rule in (*group.ingress_rules, *group.egress_rules))
    return any(rule.source_group.get("GroupId") == group_id for rule in rules)
