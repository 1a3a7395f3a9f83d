"""The VPC and its subnets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from podsg.model.addresses import VpcCidr
from podsg.model.retention import RetentionDays
from podsg.model.spec import Spec

# Source: VPC user guide, subnet sizing: a subnet is a /16 to a /28.
SubnetPrefix = Annotated[int, Field(ge=17, le=28)]


class NatMode(StrEnum):
    """How many NAT gateways carry the traffic of the private subnets."""

    SINGLE = "single"
    PER_ZONE = "per_zone"


class NetworkSpec(Spec):
    """One VPC with a private and a public subnet in each zone."""

    cidr: VpcCidr = Field(examples=["10.42.0.0/16"])
    """IPv4 network of the VPC, /16 to /20, without host bits. A change replaces the VPC."""
    zone_count: int = Field(default=3, ge=2, le=6, examples=[3])
    """Availability zones in use (count, 2 to 6).

    Adding a zone keeps all subnets but replaces the node groups: a node group's subnets cannot change."""
    nat: NatMode = Field(default=NatMode.SINGLE, strict=False, examples=["single"])
    """NAT gateways: `single` is cheaper, `per_zone` survives the loss of a zone."""
    flow_log_retention_days: RetentionDays = Field(default=365, examples=[365])
    """How long the VPC flow log is kept (days, one of the values of CloudWatch Logs)."""
    private_prefix: SubnetPrefix | None = Field(default=None, examples=[19])
    """Size of a private subnet (prefix length, 17 to 28). Default: three more than the VPC's."""
    public_prefix: SubnetPrefix | None = Field(default=None, examples=[24])
    """Size of a public subnet (prefix length, 17 to 28). Default: eight more than the VPC's."""
