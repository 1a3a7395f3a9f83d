"""IPv4 blocks of a VPC: which may be added, and the moment that adding and removing takes."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from ipaddress import IPv4Network
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidRouteError
from moto.ec2.models import EC2Backend
from moto.ec2.models import vpcs as stock
from moto.ec2.responses import EC2Response

from lab.aws.ec2.addresses import LARGEST_PREFIX, SMALLEST_PREFIX
from lab.aws.ec2.errors import ec2_error, not_found
from lab.aws.ec2.nat import TRANSITION_SECONDS

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_BENCHMARK = IPv4Network("198.19.0.0/16")
_TAKEN_INSIDE = {
    IPv4Network("10.0.0.0/15"): IPv4Network("10.0.0.0/16"),
    IPv4Network("172.16.0.0/12"): IPv4Network("172.31.0.0/16"),
}
"""With a block of the first in the VPC, no block of the second can be added."""


def parse_block(text: str) -> IPv4Network:
    """Return a block in canonical form.

    Raises:
        EC2ClientError: it is no IPv4 block.
    """
    try:
        network = IPv4Network(text, strict=False)
    except ValueError:
        network = None
    if network is None or "/" not in text:
        problem = f"Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        raise ec2_error("InvalidParameterValue", problem)
    return network


def is_restricted(block: IPv4Network, present: list[IPv4Network]) -> bool:
    """Tell whether EC2 refuses a further block because of its range.

    Args:
        block: The further block.
        present: The VPC's blocks, the primary one first.

    Source: VPC user guide, "VPC CIDR blocks", table "IPv4 CIDR block association restrictions".
    """
    primary = present[0]
    private = next((area for area in _PRIVATE if block.overlaps(area)), None)
    if private is not None and not primary.subnet_of(private):
        return True
    if block.overlaps(_BENCHMARK) and not primary.subnet_of(_BENCHMARK):
        return True
    return any(
        block.overlaps(taken) and any(each.subnet_of(area) for each in present)
        for area, taken in _TAKEN_INSIDE.items()
    )


class VPC(stock.VPC):
    """Let further blocks come and go in time; the class keeps moto's name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build moto's VPC; its primary block is there at once."""
        self._due: dict[str, float] = {}
        super().__init__(*args, **kwargs)

    def blocks(self, *states: str) -> list[IPv4Network]:
        """Return the IPv4 blocks, the primary one first; with states given, only those in one of them."""
        return [
            IPv4Network(entry["cidr_block"])
            for entry in self.cidr_block_association_set
            if not states or entry["cidr_block_state"]["state"] in states
        ]

    def has_block(self, association_id: str) -> bool:
        """Tell whether a block of that id belongs to the VPC, of whichever family."""
        return association_id in self._cidr_block_association_set

    def block_entry(self, association_id: str) -> Any:
        """Return the association of an IPv4 block; None if there is none of that id."""
        return next(
            (each for each in self.cidr_block_association_set if each["association_id"] == association_id),
            None,
        )

    def begin(self, association_id: str, state: str) -> None:
        """Let a block enter a state that ends a moment later."""
        self.block_entry(association_id)["cidr_block_state"]["state"] = state
        self._due[association_id] = time.monotonic() + TRANSITION_SECONDS

    def settle(self) -> list[str]:
        """Make every step that is due; return the blocks that are gone."""
        gone = []
        for association_id in [key for key, due in self._due.items() if due <= time.monotonic()]:
            del self._due[association_id]
            entry = self.block_entry(association_id)
            if entry["cidr_block_state"]["state"] == "associating":
                entry["cidr_block_state"]["state"] = "associated"
            else:
                gone.append(self._cidr_block_association_set.pop(association_id)["cidr_block"])
        return gone


class VpcBlockBackend(EC2Backend):
    """Keep the blocks of VPCs and the local routes that belong to them."""

    def associate_vpc_cidr_block(self, vpc_id: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add a block; an IPv4 block is usable a moment later.

        Source: VPC user guide, "VPC CIDR blocks" (states).
        """
        entry = super().associate_vpc_cidr_block(vpc_id, *args, **kwargs)
        vpc: Any = self.vpcs[vpc_id]
        if vpc.block_entry(entry["association_id"]):
            vpc.begin(entry["association_id"], "associating")
        return entry

    def vpc_of_block(self, association_id: str) -> Any:
        """Return the VPC that has a block, of whichever family; None if none has it."""
        vpcs: list[Any] = list(self.vpcs.values())
        return next((vpc for vpc in vpcs if vpc.has_block(association_id)), None)

    def settle_blocks(self) -> None:
        """Make every state change of a block that is due; the local routes go with a block."""
        vpcs: list[Any] = list(self.vpcs.values())
        for vpc in vpcs:
            tables = [table for table in self.route_tables.values() if table.vpc_id == vpc.id]
            for block, table in itertools.product(vpc.settle(), tables):
                with suppress(InvalidRouteError):
                    self.delete_route(table.id, block)


class VpcBlockCalls(EC2Response):
    """Check calls about the blocks of a VPC before the backend serves them."""

    def associate_vpc_cidr_block(self) -> ActionResult:
        """Refuse a block that is too large or too small, overlaps another, or lies in a restricted range.

        Source: VPC user guide, "VPC CIDR blocks" (size, overlap, restrictions); AWS workshop on EKS Auto
        Mode, "Advanced Networking" (text of a restriction); no public record quotes the text of an overlap.
        """
        if self._get_param("AmazonProvidedIpv6CidrBlock"):
            return super().associate_vpc_cidr_block()
        vpc = self.ec2_backend.get_vpc(self._get_param("VpcId"))
        if (text := self._get_param("CidrBlock")) is None:
            raise ec2_error("MissingParameter", "The request must contain the parameter CidrBlock")
        block = parse_block(text)
        self.params["CidrBlock"] = str(block)
        if not LARGEST_PREFIX <= block.prefixlen <= SMALLEST_PREFIX:
            raise ec2_error("InvalidVpc.Range", f"The CIDR '{block}' is invalid.")
        if any(block.overlaps(other) for other in vpc.blocks()):
            raise ec2_error("InvalidVpc.Range", f"The CIDR '{block}' conflicts with another CIDR of the VPC.")
        if is_restricted(block, vpc.blocks()):
            problem = (
                f"The CIDR '{block}' is restricted. Use a CIDR from the same private address range as the "
                "current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, see "
                "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"
            )
            raise ec2_error("InvalidVpc.Range", problem)
        return super().associate_vpc_cidr_block()

    def disassociate_vpc_cidr_block(self) -> ActionResult:
        """Refuse the primary block and one with a subnet in it; the block is gone a moment later.

        Source: hashicorp/terraform-provider-aws issue 29077 (subnet), `internal/service/ec2/errors.go`
        (unknown association); VPC user guide, "VPC CIDR blocks" (primary).
        """
        association_id = self._get_param("AssociationId")
        vpc = self.ec2_backend.vpc_of_block(association_id)
        if vpc is None:
            kind = "vpc CIDR block association ID"
            raise not_found("InvalidVpcCidrBlockAssociationID.NotFound", kind, association_id)
        entry = vpc.block_entry(association_id)
        if entry is None:
            return super().disassociate_vpc_cidr_block()
        if entry["cidr_block"] == vpc.cidr_block:
            problem = (
                f"The vpc CIDR block with association ID {association_id} may not be disassociated. "
                "It is the primary IPv4 CIDR block of the VPC"
            )
            raise ec2_error("OperationNotPermitted", problem)
        self._refuse_in_use(vpc, IPv4Network(entry["cidr_block"]))
        vpc.begin(association_id, "disassociating")
        answer = {
            "AssociationId": association_id,
            "CidrBlock": entry["cidr_block"],
            "CidrBlockState": {"State": "disassociating"},
        }
        return ActionResult({"VpcId": vpc.id, "CidrBlockAssociation": answer})

    def _refuse_in_use(self, vpc: Any, block: IPv4Network) -> None:
        for subnet in self.ec2_backend.describe_subnets(filters={"vpc-id": [vpc.id]}):
            if isinstance(subnet.cidr, IPv4Network) and subnet.cidr.overlaps(block):
                problem = f"The vpc {vpc.id} currently has a subnet within CIDR block {block}"
                raise ec2_error("InvalidCidrBlock.InUse", problem)
