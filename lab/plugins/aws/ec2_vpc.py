"""VPCs and subnets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_network
from lab.plugins.aws.ec2_calls import find, tagger, tags_of, wait_available, wait_gone
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Timeouts, Values

_VPC_GONE: Final = frozenset({"InvalidVpcID.NotFound"})
_SUBNET_GONE: Final = frozenset({"InvalidSubnetID.NotFound", "InvalidSubnetId.NotFound"})
_VPC_ATTRIBUTES: Final = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}
_VPC_LARGEST, _VPC_SMALLEST = 16, 28


def ipv4_network(value: Any) -> str | None:
    """Check that a text is an IPv4 block without host bits.

    Source: terraform-provider-aws `internal/verify/validate.go`, ValidIPv4CIDRNetworkAddress.
    """
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        return f"{value!r} is not a valid IPv4 CIDR block: {error}"
    return None


def vpc_block(value: Any) -> str | None:
    """Check that a text is an IPv4 block that a VPC can have.

    Source: terraform-provider-aws `internal/service/ec2/vpc_.go`, vpcCIDRMaxIPv4Netmask.
    """
    problem = ipv4_network(value)
    if problem is None and not _VPC_LARGEST <= ipaddress.IPv4Network(value).prefixlen <= _VPC_SMALLEST:
        return f"expected a block between /16 and /28, got {value}"
    return problem


# VPC


def _create_vpc(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2",
        "create_vpc",
        CidrBlock=inputs.get("cidrBlock"),
        InstanceTenancy=inputs["instanceTenancy"],
        TagSpecifications=tagging.specification("vpc", inputs),
    )
    return str(answer["Vpc"]["VpcId"])


def _settle_vpc(call: Call, resource_id: str, inputs: Values) -> None:
    wait_available(
        call,
        f"EC2 VPC ({resource_id})",
        lambda: find(call, "describe_vpcs", "Vpcs", _VPC_GONE, VpcIds=[resource_id]),
    )
    _set_vpc_attributes(call, resource_id, inputs, _VPC_ATTRIBUTES)


def _set_vpc_attributes(call: Call, resource_id: str, inputs: Values, names: Mapping[str, str]) -> None:
    for name, parameter in names.items():
        if inputs.get(name) is not None:
            call.aws("ec2", "modify_vpc_attribute", VpcId=resource_id, **{parameter: {"Value": inputs[name]}})


def _read_vpc(call: Call, resource_id: str, _: Values) -> Values | None:
    vpc = find(call, "describe_vpcs", "Vpcs", _VPC_GONE, VpcIds=[resource_id])
    if vpc is None:
        return None
    main = _first(
        call, "describe_route_tables", "RouteTables", {"vpc-id": resource_id, "association.main": "true"}
    )
    group = _first(
        call, "describe_security_groups", "SecurityGroups", {"vpc-id": resource_id, "group-name": "default"}
    )
    acl = _first(call, "describe_network_acls", "NetworkAcls", {"vpc-id": resource_id, "default": "true"})
    return {
        "arn": call.session.arn("ec2", f"vpc/{resource_id}", call.region),
        "assignGeneratedIpv6CidrBlock": False,
        "cidrBlock": vpc["CidrBlock"],
        "defaultNetworkAclId": acl.get("NetworkAclId"),
        "defaultRouteTableId": main.get("RouteTableId"),
        "defaultSecurityGroupId": group.get("GroupId"),
        "dhcpOptionsId": vpc["DhcpOptionsId"],
        "enableDnsHostnames": _vpc_attribute(call, resource_id, "enableDnsHostnames"),
        "enableDnsSupport": _vpc_attribute(call, resource_id, "enableDnsSupport"),
        "instanceTenancy": vpc["InstanceTenancy"],
        "mainRouteTableId": main.get("RouteTableId"),
        "ownerId": vpc["OwnerId"],
        "tagsAll": tags_of(vpc),
    }


def _vpc_attribute(call: Call, resource_id: str, name: str) -> bool:
    answer = call.aws("ec2", "describe_vpc_attribute", VpcId=resource_id, Attribute=name)
    return bool(answer[_VPC_ATTRIBUTES[name]]["Value"])


def _first(call: Call, action: str, key: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    return find(call, action, key, (), Filters=filters) or {}


def _update_vpc(call: Call, resource_id: str, change: Change) -> None:
    names = {name: parameter for name, parameter in _VPC_ATTRIBUTES.items() if change.touches(name)}
    _set_vpc_attributes(call, resource_id, change.new, names)


def _delete_vpc(call: Call, resource_id: str, _: Values) -> None:
    call.aws("ec2", "delete_vpc", VpcId=resource_id)
    wait_gone(
        call,
        f"EC2 VPC ({resource_id})",
        lambda: find(call, "describe_vpcs", "Vpcs", _VPC_GONE, VpcIds=[resource_id]),
    )


VPC: Final = Resource(
    type_name="aws:ec2/vpc:Vpc",
    sdk="pulumi_aws.ec2.vpc:Vpc",
    title="EC2 VPC",
    source="terraform-provider-aws internal/service/ec2/vpc_.go",
    properties={
        "cidrBlock": Property(replaces=True, computed=True, check=vpc_block, same=same_network),
        "enableDnsHostnames": Property(computed=True),
        "enableDnsSupport": Property(default=True),
        "instanceTenancy": Property(default="default", replaces=True, enum="ec2:CreateVpc.InstanceTenancy"),
        "region": REGION,
        "tags": TAGS,
    },
    create=_create_vpc,
    created=_settle_vpc,
    read=_read_vpc,
    update=_update_vpc,
    delete=_delete_vpc,
    tagger=tagger(),
    timeouts=Timeouts(create=600, update=600, delete=300),
    retry_delete=frozenset({"DependencyViolation"}),
    gone=_VPC_GONE,
)


# Subnet


def _create_subnet(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2",
        "create_subnet",
        VpcId=inputs["vpcId"],
        CidrBlock=inputs.get("cidrBlock"),
        AvailabilityZone=inputs.get("availabilityZone"),
        AvailabilityZoneId=inputs.get("availabilityZoneId"),
        TagSpecifications=tagging.specification("subnet", inputs),
    )
    return str(answer["Subnet"]["SubnetId"])


def _settle_subnet(call: Call, resource_id: str, inputs: Values) -> None:
    wait_available(
        call,
        f"EC2 Subnet ({resource_id})",
        lambda: find(call, "describe_subnets", "Subnets", _SUBNET_GONE, SubnetIds=[resource_id]),
    )
    if inputs["mapPublicIpOnLaunch"]:
        _set_public_addresses(call, resource_id, inputs)


def _set_public_addresses(call: Call, resource_id: str, inputs: Values) -> None:
    setting = {"Value": inputs["mapPublicIpOnLaunch"]}
    call.aws("ec2", "modify_subnet_attribute", SubnetId=resource_id, MapPublicIpOnLaunch=setting)


def _read_subnet(call: Call, resource_id: str, _: Values) -> Values | None:
    subnet = find(call, "describe_subnets", "Subnets", _SUBNET_GONE, SubnetIds=[resource_id])
    if subnet is None:
        return None
    return {
        "arn": subnet.get("SubnetArn") or call.session.arn("ec2", f"subnet/{resource_id}", call.region),
        "assignIpv6AddressOnCreation": False,
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet["AvailabilityZoneId"],
        "cidrBlock": subnet["CidrBlock"],
        "mapPublicIpOnLaunch": subnet.get("MapPublicIpOnLaunch", False),
        "ownerId": subnet["OwnerId"],
        "tagsAll": tags_of(subnet),
        "vpcId": subnet["VpcId"],
    }


def _update_subnet(call: Call, resource_id: str, change: Change) -> None:
    if change.touches("mapPublicIpOnLaunch"):
        _set_public_addresses(call, resource_id, change.new)


def _delete_subnet(call: Call, resource_id: str, _: Values) -> None:
    call.aws("ec2", "delete_subnet", SubnetId=resource_id)
    wait_gone(
        call,
        f"EC2 Subnet ({resource_id})",
        lambda: find(call, "describe_subnets", "Subnets", _SUBNET_GONE, SubnetIds=[resource_id]),
    )


def _one_zone(inputs: Values) -> Iterator[tuple[str, str]]:
    if inputs.get("availabilityZone") and inputs.get("availabilityZoneId"):
        yield "availabilityZoneId", "conflicts with availabilityZone"


SUBNET: Final = Resource(
    type_name="aws:ec2/subnet:Subnet",
    sdk="pulumi_aws.ec2.subnet:Subnet",
    title="EC2 Subnet",
    source="terraform-provider-aws internal/service/ec2/vpc_subnet.go",
    properties={
        "availabilityZone": Property(replaces=True, computed=True),
        "availabilityZoneId": Property(replaces=True, computed=True),
        "cidrBlock": Property(replaces=True, check=vpc_block, same=same_network),
        "mapPublicIpOnLaunch": Property(default=False),
        "region": REGION,
        "tags": TAGS,
        "vpcId": Property(replaces=True),
    },
    create=_create_subnet,
    created=_settle_subnet,
    read=_read_subnet,
    update=_update_subnet,
    delete=_delete_subnet,
    tagger=tagger(),
    timeouts=Timeouts(create=600, update=600, delete=1200),
    retry_delete=frozenset({"DependencyViolation"}),
    gone=_SUBNET_GONE,
    validate=_one_zone,
)

RECORDS: Final = (VPC, SUBNET)
