"""Internet gateways, Elastic IP addresses and NAT gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.ec2_calls import find, tagger, tags_of, wait_gone
from lab.plugins.aws.errors import WaitError
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Timeouts, Values

_IGW_GONE: Final = frozenset({"InvalidInternetGatewayID.NotFound"})
_EIP_GONE: Final = frozenset({"InvalidAllocationID.NotFound", "InvalidAddress.NotFound"})
_NAT_GONE: Final = frozenset({"NatGatewayNotFound"})

# Internet gateway


def _find_igw(call: Call, resource_id: str) -> dict[str, Any] | None:
    return find(
        call, "describe_internet_gateways", "InternetGateways", _IGW_GONE, InternetGatewayIds=[resource_id]
    )


def _create_igw(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2", "create_internet_gateway", TagSpecifications=tagging.specification("internet-gateway", inputs)
    )
    return str(answer["InternetGateway"]["InternetGatewayId"])


def _attach_igw(call: Call, resource_id: str, inputs: Values) -> None:
    if vpc_id := inputs.get("vpcId"):
        call.retry(
            {"InvalidInternetGatewayID.NotFound"},
            lambda: call.aws("ec2", "attach_internet_gateway", InternetGatewayId=resource_id, VpcId=vpc_id),
        )


def _detach_igw(call: Call, resource_id: str, vpc_id: str | None) -> None:
    if not vpc_id:
        return
    call.found(
        {"Gateway.NotAttached", *_IGW_GONE},
        lambda: call.retry(
            {"DependencyViolation"},
            lambda: call.aws("ec2", "detach_internet_gateway", InternetGatewayId=resource_id, VpcId=vpc_id),
        ),
    )


def _read_igw(call: Call, resource_id: str, _: Values) -> Values | None:
    gateway = _find_igw(call, resource_id)
    if gateway is None:
        return None
    attachments = gateway.get("Attachments") or []
    return {
        "arn": call.session.arn("ec2", f"internet-gateway/{resource_id}", call.region),
        "ownerId": gateway.get("OwnerId") or call.session.account,
        "tagsAll": tags_of(gateway),
        "vpcId": attachments[0]["VpcId"] if attachments else "",
    }


def _update_igw(call: Call, resource_id: str, change: Change) -> None:
    if change.touches("vpcId"):
        _detach_igw(call, resource_id, change.old.get("vpcId"))
        _attach_igw(call, resource_id, change.new)


def _delete_igw(call: Call, resource_id: str, state: Values) -> None:
    _detach_igw(call, resource_id, state.get("vpcId"))
    call.aws("ec2", "delete_internet_gateway", InternetGatewayId=resource_id)


INTERNET_GATEWAY: Final = Resource(
    type_name="aws:ec2/internetGateway:InternetGateway",
    sdk="pulumi_aws.ec2.internet_gateway:InternetGateway",
    title="EC2 Internet Gateway",
    source="terraform-provider-aws internal/service/ec2/vpc_internet_gateway.go",
    properties={"region": REGION, "tags": TAGS, "vpcId": Property(computed=True)},
    create=_create_igw,
    created=_attach_igw,
    read=_read_igw,
    update=_update_igw,
    delete=_delete_igw,
    tagger=tagger(),
    timeouts=Timeouts(create=1200, update=1200, delete=1200),
    retry_delete=frozenset({"DependencyViolation"}),
    gone=_IGW_GONE,
)

# Elastic IP address


def _create_eip(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2",
        "allocate_address",
        Domain=inputs.get("domain") or "vpc",
        TagSpecifications=tagging.specification("elastic-ip", inputs),
    )
    return str(answer["AllocationId"])


def _read_eip(call: Call, resource_id: str, _: Values) -> Values | None:
    address = find(call, "describe_addresses", "Addresses", _EIP_GONE, AllocationIds=[resource_id])
    if address is None:
        return None
    public = address["PublicIp"]
    zone = "compute-1" if call.region == "us-east-1" else f"{call.region}.compute"
    private = address.get("PrivateIpAddress", "")
    return {
        "allocationId": resource_id,
        "arn": call.session.arn("ec2", f"elastic-ip/{resource_id}", call.region),
        "associationId": address.get("AssociationId", ""),
        "domain": address.get("Domain", "vpc"),
        "instance": address.get("InstanceId") or "",
        "networkBorderGroup": address.get("NetworkBorderGroup") or call.region,
        "networkInterface": address.get("NetworkInterfaceId") or "",
        "privateIp": private or None,
        "publicDns": f"ec2-{public.replace('.', '-')}.{zone}.amazonaws.com",
        "publicIp": public,
        "publicIpv4Pool": address.get("PublicIpv4Pool") or "amazon",
        "tagsAll": tags_of(address),
    }


def _delete_eip(call: Call, resource_id: str, _: Values) -> None:
    call.aws("ec2", "release_address", AllocationId=resource_id)


EIP: Final = Resource(
    type_name="aws:ec2/eip:Eip",
    sdk="pulumi_aws.ec2.eip:Eip",
    title="EC2 EIP",
    source="terraform-provider-aws internal/service/ec2/ec2_eip.go",
    properties={
        "domain": Property(replaces=True, computed=True, enum="ec2:AllocateAddress.Domain"),
        "region": REGION,
        "tags": TAGS,
    },
    create=_create_eip,
    read=_read_eip,
    delete=_delete_eip,
    tagger=tagger(),
    timeouts=Timeouts(create=900, update=300, delete=180),
    retry_delete=frozenset({"InvalidIPAddress.InUse", "AuthFailure"}),
    gone=_EIP_GONE,
)

# NAT gateway


def _find_nat(call: Call, resource_id: str) -> dict[str, Any] | None:
    return find(call, "describe_nat_gateways", "NatGateways", _NAT_GONE, NatGatewayIds=[resource_id])


def _create_nat(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2",
        "create_nat_gateway",
        SubnetId=inputs["subnetId"],
        AllocationId=inputs.get("allocationId"),
        ConnectivityType=inputs["connectivityType"],
        PrivateIpAddress=inputs.get("privateIp"),
        TagSpecifications=tagging.specification("natgateway", inputs),
    )
    return str(answer["NatGateway"]["NatGatewayId"])


def _wait_nat(call: Call, resource_id: str, _: Values) -> None:
    def available() -> tuple[bool, str]:
        gateway = _find_nat(call, resource_id)
        state = gateway["State"] if gateway else "not found"
        if gateway and state == "failed":
            raise WaitError(f"{gateway.get('FailureCode')}: {gateway.get('FailureMessage')}")
        return state == "available", state

    call.until(f"EC2 NAT Gateway ({resource_id}) create", available)


def _read_nat(call: Call, resource_id: str, _: Values) -> Values | None:
    gateway = _find_nat(call, resource_id)
    if gateway is None or gateway["State"] in {"deleted", "failed"}:
        return None
    addresses = gateway.get("NatGatewayAddresses") or [{}]
    first = next((item for item in addresses if item.get("IsPrimary")), addresses[0])
    return {
        "allocationId": first.get("AllocationId"),
        "associationId": first.get("AssociationId", ""),
        "connectivityType": gateway.get("ConnectivityType", "public"),
        "networkInterfaceId": first.get("NetworkInterfaceId", ""),
        "privateIp": first.get("PrivateIp", ""),
        "publicIp": first.get("PublicIp", ""),
        "subnetId": gateway["SubnetId"],
        "tagsAll": tags_of(gateway),
        "vpcId": gateway.get("VpcId"),
    }


def _delete_nat(call: Call, resource_id: str, _: Values) -> None:
    call.aws("ec2", "delete_nat_gateway", NatGatewayId=resource_id)
    wait_gone(call, f"EC2 NAT Gateway ({resource_id})", lambda: _find_nat(call, resource_id), "deleted")


def _address_fits(inputs: Values) -> Iterator[tuple[str, str]]:
    if not inputs.get("subnetId"):
        yield "subnetId", "the lab knows only zonal NAT gateways: set subnetId"
    if inputs.get("allocationId") and inputs["connectivityType"] == "private":
        yield "allocationId", "not supported with connectivityType = private"


NAT_GATEWAY: Final = Resource(
    type_name="aws:ec2/natGateway:NatGateway",
    sdk="pulumi_aws.ec2.nat_gateway:NatGateway",
    title="EC2 NAT Gateway",
    source="terraform-provider-aws internal/service/ec2/vpc_nat_gateway.go",
    properties={
        "allocationId": Property(replaces=True),
        "connectivityType": Property(
            replaces=True, default="public", enum="ec2:CreateNatGateway.ConnectivityType"
        ),
        "privateIp": Property(replaces=True, computed=True),
        "region": REGION,
        "subnetId": Property(replaces=True),
        "tags": TAGS,
    },
    create=_create_nat,
    created=_wait_nat,
    read=_read_nat,
    delete=_delete_nat,
    tagger=tagger(),
    timeouts=Timeouts(create=600, update=600, delete=1800),
    gone=_NAT_GONE,
    validate=_address_fits,
)

RECORDS: Final = (INTERNET_GATEWAY, EIP, NAT_GATEWAY)
