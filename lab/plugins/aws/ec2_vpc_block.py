"""Further IPv4 blocks of a VPC."""

from __future__ import annotations

from typing import Any, Final

from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_network
from lab.plugins.aws.ec2_calls import find
from lab.plugins.aws.ec2_vpc import vpc_block
from lab.plugins.aws.errors import WaitError
from lab.plugins.aws.record import REGION, Property, Resource, Timeouts, Values

_GONE: Final = frozenset({"InvalidVpcCidrBlockAssociationID.NotFound"})


def _create(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2", "associate_vpc_cidr_block", VpcId=inputs["vpcId"], CidrBlock=inputs.get("cidrBlock")
    )
    return str(answer["CidrBlockAssociation"]["AssociationId"])


def _find(call: Call, resource_id: str) -> tuple[dict[str, Any], str] | None:
    """Return the association and its VPC, none if the block is gone."""
    filters = [{"Name": "cidr-block-association.association-id", "Values": [resource_id]}]
    vpc = find(call, "describe_vpcs", "Vpcs", (), Filters=filters)
    for item in vpc["CidrBlockAssociationSet"] if vpc else ():
        if item["AssociationId"] == resource_id and item["CidrBlockState"]["State"] != "disassociated":
            return item, str(vpc["VpcId"]) if vpc else ""
    return None


def _state(call: Call, resource_id: str) -> str:
    found = _find(call, resource_id)
    return str(found[0]["CidrBlockState"]["State"]) if found else ""


def _wait(call: Call, resource_id: str, inputs: Values) -> None:
    def associated() -> tuple[bool, str]:
        state = _state(call, resource_id)
        if state in {"failing", "failed"}:
            raise WaitError(f"unexpected state {state}")
        return state == "associated", state

    what = f"EC2 VPC ({inputs['vpcId']}) IPv4 CIDR block ({resource_id}) to become associated"
    call.until(what, associated)


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    found = _find(call, resource_id)
    return {"cidrBlock": found[0]["CidrBlock"], "vpcId": found[1]} if found else None


def _delete(call: Call, resource_id: str, _: Values) -> None:
    call.aws("ec2", "disassociate_vpc_cidr_block", AssociationId=resource_id)

    def gone() -> tuple[bool, str]:
        state = _state(call, resource_id)
        return not state, state

    call.until(f"EC2 VPC IPv4 CIDR block ({resource_id}) to become disassociated", gone)


RECORDS: Final = (
    Resource(
        type_name="aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        sdk="pulumi_aws.ec2.vpc_ipv4_cidr_block_association:VpcIpv4CidrBlockAssociation",
        title="EC2 VPC IPv4 CIDR Block Association",
        source="terraform-provider-aws internal/service/ec2/vpc_ipv4_cidr_block_association.go",
        properties={
            "cidrBlock": Property(replaces=True, computed=True, check=vpc_block, same=same_network),
            "region": REGION,
            "vpcId": Property(replaces=True),
        },
        create=_create,
        created=_wait,
        read=_read,
        delete=_delete,
        timeouts=Timeouts(create=600, delete=600),
        gone=_GONE,
    ),
)
