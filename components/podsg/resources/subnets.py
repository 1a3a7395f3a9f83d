"""The subnets of a VPC, and the route tables that they use."""

from collections.abc import Iterable, Mapping, Sequence

import pulumi
import pulumi_aws as aws

from podsg.resources.owner import Owner


def make_subnets(
    owner: Owner,
    vpc_id: pulumi.Input[str],
    kind: str,
    places: Iterable[tuple[str, str]],
    tags: Mapping[str, str],
) -> list[aws.ec2.Subnet]:
    """Make one subnet in each place; nothing in it gets a public address by itself.

    Args:
        owner: Network that the subnets belong to.
        vpc_id: VPC that they are in.
        kind: What they are for, the start of their roles.
        places: Zone and CIDR block of each.
        tags: Tags besides those of the network.

    Returns: The subnets, in the order of the places.
    """
    return [
        aws.ec2.Subnet(
            owner.child(f"{kind}-{number}"),
            vpc_id=vpc_id,
            cidr_block=cidr,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags={**owner.tagged(f"{kind}-{number}"), **tags},
            opts=owner.options(),
        )
        for number, (zone, cidr) in enumerate(places, start=1)
    ]


def make_route_table(owner: Owner, vpc_id: pulumi.Input[str], role: str) -> aws.ec2.RouteTable:
    """Make a route table that leads nowhere but through the VPC."""
    return aws.ec2.RouteTable(owner.child(role), vpc_id=vpc_id, tags=owner.tagged(role), opts=owner.options())


def associate(
    owner: Owner, kind: str, tables: Sequence[aws.ec2.RouteTable], subnets: Sequence[aws.ec2.Subnet]
) -> list[pulumi.Resource]:
    """Let subnets use route tables.

    Args:
        owner: Network that both belong to.
        kind: Kind of the subnets.
        tables: The table of each subnet, in the same order.
        subnets: The subnets.
    """
    return [
        aws.ec2.RouteTableAssociation(
            owner.child(f"{kind}-{number}-association"),
            route_table_id=table.id,
            subnet_id=subnet.id,
            opts=owner.options(),
        )
        for number, (table, subnet) in enumerate(zip(tables, subnets, strict=True), start=1)
    ]
