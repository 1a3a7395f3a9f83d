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
    subnets: Sequence[aws.ec2.Subnet],
    location: Location,
) -> list[pulumi.Resource]:
    """Make an endpoint for each service that a network names, with one security group for all of them.

    Everything in the VPC finds them under the services' own names, and reaches them over HTTPS alone.

    Args:
        owner: Network that the endpoints belong to.
        vpc_id: VPC that they are in.
        spec: The network.
        subnets: Subnets that they have an address in, one for each zone.
        location: Where the VPC is.

    Returns: Endpoints and rules, without which no service is reached; empty if none is named.
    """
    if not spec.interface_endpoints:
        return []
    group = aws.ec2.SecurityGroup(
        owner.child("endpoints"),
        description=f"Interface endpoints of {owner.name}",
        vpc_id=vpc_id,
        tags=owner.tagged("endpoints"),
        opts=owner.options(),
    )
    sources = {"vpc": spec.cidr, "pods": spec.pod_cidr}
    rules = [_let_in(owner, group, key, cidr) for key, cidr in sources.items() if cidr is not None]
    endpoints = [
        aws.ec2.VpcEndpoint(
            owner.child(role),
            vpc_id=vpc_id,
            service_name=pulumi.Output.concat("com.amazonaws.", location.region, ".", service.value),
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_ids=[group.id],
            tags=owner.tagged(role),
            opts=owner.options(),
        )
        for role, service in (
            (service.value.replace(".", "-"), service) for service in spec.interface_endpoints
        )
    ]
    return [*rules, *endpoints]


def _let_in(owner: Owner, group: aws.ec2.SecurityGroup, key: str, cidr: str) -> pulumi.Resource:
    role = f"endpoints-from-{key}"
    return aws.vpc.SecurityGroupIngressRule(
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
