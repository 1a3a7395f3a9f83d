"""AWS services that are reached inside a VPC."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from podsg.model import NetworkSpec
from podsg.resources.location import Location
from podsg.resources.owner import Owner

HTTPS_PORT = 443


def make_interface_endpoints(
    owner: Owner,
    vpc_id: pulumi.Input[str],
    spec: NetworkSpec,
    subnet_ids: Sequence[pulumi.Input[str]],
    location: Location,
) -> list[pulumi.Resource]:
    """Make an endpoint for each service that a network names, with one security group for all of them.

    Everything in the VPC finds them under the services' own names and reaches them over HTTPS.

    Args:
        owner: Network that the endpoints belong to.
        vpc_id: VPC that they are in.
        spec: The network.
        subnet_ids: Subnets that they have an address in, one for each zone.
        location: Where the VPC is.

    Returns: Rules and endpoints; empty if no service is named.
    """
    if not spec.interface_endpoints:
        return []
    group = _make_group(owner, vpc_id)
    roles = {service.value.replace(".", "-"): service.value for service in spec.interface_endpoints}
    endpoints = [
        aws.ec2.VpcEndpoint(
            owner.child(role),
            vpc_id=vpc_id,
            service_name=pulumi.Output.concat("com.amazonaws.", location.region, ".", service),
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=subnet_ids,
            security_group_ids=[group.id],
            tags=owner.tagged(role),
            opts=owner.options(),
        )
        for role, service in roles.items()
    ]
    return [*_let_in(owner, group, spec), *endpoints]


def _make_group(owner: Owner, vpc_id: pulumi.Input[str]) -> aws.ec2.SecurityGroup:
    return aws.ec2.SecurityGroup(
        owner.child("endpoints"),
        description=f"Interface endpoints of {owner.name}",
        vpc_id=vpc_id,
        tags=owner.tagged("endpoints"),
        opts=owner.options(),
    )


def _let_in(owner: Owner, group: aws.ec2.SecurityGroup, spec: NetworkSpec) -> list[pulumi.Resource]:
    """Let in what is in the VPC: its own network, and that of the pods if there is one."""
    sources = {"endpoints-from-vpc": spec.cidr, "endpoints-from-pods": spec.pod_cidr}
    return [
        aws.vpc.SecurityGroupIngressRule(
            owner.child(role),
            security_group_id=group.id,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            description=f"from {cidr} to the interface endpoints of {owner.name}, {HTTPS_PORT}/tcp",
            tags=owner.tagged(role),
            opts=owner.options(),
        )
        for role, cidr in sources.items()
        if cidr is not None
    ]
