"""Functions that look up what exists in EC2: VPCs, subnets and security groups.

Source: terraform-provider-aws `internal/service/ec2/vpc_data_source.go`, `vpc_subnet_data_source.go`,
`vpc_subnets_data_source.go`, `vpc_security_group_data_source.go`; `internal/tfresource/errors.go`,
SingularDataSourceFindError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.plugins.aws.call import Call
from lab.plugins.aws.ec2_calls import find, tags_of
from lab.plugins.aws.record import Values
from lab.plugins.interface import PluginError

_DNS_ATTRIBUTES: Final = {
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableDnsSupport": "EnableDnsSupport",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}


@dataclass(frozen=True)
class _Kind:
    """What is looked up: its name, its call, and which argument is which filter."""

    title: str
    action: str
    key: str
    ids: str
    filters: Mapping[str, str]
    gone: frozenset[str]


_VPC: Final = _Kind(
    "EC2 VPC",
    "describe_vpcs",
    "Vpcs",
    "VpcIds",
    {"cidrBlock": "cidr", "default": "isDefault", "dhcpOptionsId": "dhcp-options-id", "state": "state"},
    frozenset({"InvalidVpcID.NotFound"}),
)
_SUBNET: Final = _Kind(
    "EC2 Subnet",
    "describe_subnets",
    "Subnets",
    "SubnetIds",
    {
        "availabilityZone": "availabilityZone",
        "availabilityZoneId": "availabilityZoneId",
        "cidrBlock": "cidrBlock",
        "defaultForAz": "defaultForAz",
        "state": "state",
        "vpcId": "vpc-id",
    },
    frozenset({"InvalidSubnetID.NotFound", "InvalidSubnetId.NotFound"}),
)
_GROUP: Final = _Kind(
    "EC2 Security Group",
    "describe_security_groups",
    "SecurityGroups",
    "GroupIds",
    {"name": "group-name", "vpcId": "vpc-id"},
    frozenset({"InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound"}),
)


def vpc(call: Call, args: Values) -> Values:
    """Find exactly one VPC."""
    found = _single(call, _VPC, args)
    vpc_id = found["VpcId"]
    main = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "association.main", "Values": ["true"]}]
    table = find(call, "describe_route_tables", "RouteTables", (), Filters=main) or {}
    return args | {
        "arn": call.session.arn("ec2", f"vpc/{vpc_id}", call.region),
        "cidrBlock": found["CidrBlock"],
        "cidrBlockAssociations": [
            {
                "associationId": each["AssociationId"],
                "cidrBlock": each["CidrBlock"],
                "state": each["CidrBlockState"]["State"],
            }
            for each in found.get("CidrBlockAssociationSet") or ()
        ],
        "default": found["IsDefault"],
        "dhcpOptionsId": found["DhcpOptionsId"],
        "id": vpc_id,
        "instanceTenancy": found["InstanceTenancy"],
        "ipv6AssociationId": "",
        "ipv6CidrBlock": "",
        "ipv6CidrBlockAssociations": [],
        "mainRouteTableId": table.get("RouteTableId", ""),
        "ownerId": found["OwnerId"],
        "region": call.region,
        "state": found["State"],
        "tags": _tags(call, found),
        **{name: _attribute(call, vpc_id, name) for name in _DNS_ATTRIBUTES},
    }


def _attribute(call: Call, vpc_id: str, name: str) -> bool:
    answer = call.aws("ec2", "describe_vpc_attribute", VpcId=vpc_id, Attribute=name)
    return bool(answer[_DNS_ATTRIBUTES[name]]["Value"])


def subnet(call: Call, args: Values) -> Values:
    """Find exactly one subnet."""
    found = _single(call, _SUBNET, args)
    launch = found.get("PrivateDnsNameOptionsOnLaunch") or {}
    return args | {
        "arn": found["SubnetArn"],
        "assignIpv6AddressOnCreation": found.get("AssignIpv6AddressOnCreation", False),
        "availabilityZone": found["AvailabilityZone"],
        "availabilityZoneId": found["AvailabilityZoneId"],
        "availableIpAddressCount": found["AvailableIpAddressCount"],
        "cidrBlock": found["CidrBlock"],
        "customerOwnedIpv4Pool": found.get("CustomerOwnedIpv4Pool", ""),
        "defaultForAz": found["DefaultForAz"],
        "enableDns64": found.get("EnableDns64", False),
        "enableLniAtDeviceIndex": found.get("EnableLniAtDeviceIndex", 0),
        "enableResourceNameDnsARecordOnLaunch": launch.get("EnableResourceNameDnsARecord", False),
        "enableResourceNameDnsAaaaRecordOnLaunch": launch.get("EnableResourceNameDnsAAAARecord", False),
        "id": found["SubnetId"],
        "ipv6CidrBlock": "",
        "ipv6CidrBlockAssociationId": "",
        "ipv6Native": found.get("Ipv6Native", False),
        "mapCustomerOwnedIpOnLaunch": found.get("MapCustomerOwnedIpOnLaunch", False),
        "mapPublicIpOnLaunch": found["MapPublicIpOnLaunch"],
        "outpostArn": found.get("OutpostArn", ""),
        "ownerId": found["OwnerId"],
        "privateDnsHostnameTypeOnLaunch": launch.get("HostnameType", ""),
        "region": call.region,
        "state": found["State"],
        "tags": _tags(call, found),
        "vpcId": found["VpcId"],
    }


def subnets(call: Call, args: Values) -> Values:
    """Find the ids of all subnets that match; there may be none."""
    found = call.pages("ec2", "describe_subnets", "Subnets", Filters=_filters(args, {}) or None)
    return args | {"id": call.region, "ids": [item["SubnetId"] for item in found], "region": call.region}


def security_group(call: Call, args: Values) -> Values:
    """Find exactly one security group."""
    found = _single(call, _GROUP, args)
    group_id = found["GroupId"]
    return args | {
        "arn": call.session.arn("ec2", f"security-group/{group_id}", call.region),
        "description": found["Description"],
        "id": group_id,
        "name": found["GroupName"],
        "region": call.region,
        "tags": _tags(call, found),
        "vpcId": found["VpcId"],
    }


def _single(call: Call, kind: _Kind, args: Values) -> dict[str, Any]:
    parameters: dict[str, Any] = {"Filters": _filters(args, kind.filters) or None}
    if args.get("id"):
        parameters[kind.ids] = [args["id"]]
    found = call.found(kind.gone, lambda: call.pages("ec2", kind.action, kind.key, **parameters))
    if not found:
        raise PluginError(f"no matching {kind.title} found")
    if len(found) > 1:
        hint = f"use additional constraints to reduce matches to a single {kind.title}"
        raise PluginError(f"multiple {kind.title}s matched; {hint}")
    return dict(found[0])


def _filters(args: Values, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Build the call's filters; as in the provider, a value that is unset or false filters nothing."""
    given = {names[name]: args[name] for name in names if args.get(name)}
    given |= {f"tag:{key}": value for key, value in (args.get("tags") or {}).items()}
    plain = [{"Name": name, "Values": ["true" if value is True else value]} for name, value in given.items()]
    own = [{"Name": item["name"], "Values": item["values"]} for item in args.get("filters") or ()]
    return [*plain, *own]


def _tags(call: Call, item: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in tags_of(item).items() if call.session.shows_tag(key)}
