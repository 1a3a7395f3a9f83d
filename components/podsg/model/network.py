"""The VPC and its subnets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from podsg.model.addresses import PodCidr, SubnetCidr, VpcCidr
from podsg.model.references import LogGroupArn, RoleArn
from podsg.model.retention import RetentionDays
from podsg.model.spec import Spec

MOST_ZONES = 6

# Source: VPC user guide, subnet sizing: a subnet is a /16 to a /28.
SubnetPrefix = Annotated[int, Field(ge=17, le=28)]
# Local and Wavelength zones are left out: EKS puts no control plane there.
# Source: EC2 user guide, "Regions and Zones"; no region has a zone beyond f.
ZoneName = Annotated[
    str,
    Field(
        pattern="^[a-z]{2,}(-[a-z]+)+-[1-9][a-f]$",
        json_schema_extra={
            "patternErrorMessage": "a zone: the region and a letter from a to f, such as us-west-2a"
        },
        examples=["us-west-2a"],
    ),
]


class NatMode(StrEnum):
    """How many NAT gateways carry the traffic of the private subnets."""

    SINGLE = "single"
    """One for all zones."""
    PER_ZONE = "per_zone"
    """One in each zone."""
    NONE = "none"
    """No NAT gateway: no way to the internet; interface endpoints lead to AWS."""


class InterfaceEndpoint(StrEnum):
    """An AWS service that is reached inside the VPC."""

    AUTOSCALING = "autoscaling"
    """EC2 Auto Scaling."""
    EC2 = "ec2"
    """EC2, which the VPC CNI calls."""
    ECR_API = "ecr.api"
    """The API of the container registry."""
    ECR_DKR = "ecr.dkr"
    """The images of the container registry."""
    EKS = "eks"
    """EKS."""
    EKS_AUTH = "eks-auth"
    """EKS Pod Identity."""
    ELASTICLOADBALANCING = "elasticloadbalancing"
    """Elastic Load Balancing."""
    KMS = "kms"
    """Key Management Service."""
    LOGS = "logs"
    """CloudWatch Logs."""
    SECRETSMANAGER = "secretsmanager"
    """Secrets Manager."""
    SSM = "ssm"
    """Systems Manager."""
    STS = "sts"
    """Security Token Service, which roles for service accounts need."""


# Source: EKS user guide, "Deploy private clusters with limited internet access".
NEEDED_WITHOUT_NAT = (
    InterfaceEndpoint.EC2,
    InterfaceEndpoint.ECR_API,
    InterfaceEndpoint.ECR_DKR,
    InterfaceEndpoint.EKS,
    InterfaceEndpoint.STS,
)


class NetworkSpec(Spec):
    """One VPC with a private and a public subnet in each zone."""

    cidr: VpcCidr = Field(examples=["10.42.0.0/16"])
    """IPv4 network of the VPC, /16 to /20, without host bits. A change replaces the VPC."""
    zone_count: int = Field(default=3, ge=2, le=6, examples=[3])
    """Availability zones in use (count, 2 to 6).

    Adding a zone keeps all subnets but replaces the node groups: a node group's subnets cannot change."""
    zones: list[ZoneName] | None = Field(
        default=None,
        min_length=2,
        max_length=MOST_ZONES,
        examples=[["us-west-2a", "us-west-2b", "us-west-2c"]],
    )
    """Names of the zones in use (2 to 6), all of the region of the stack. Default: the first `zone_count`.

    Subnets have the number of their zone here: add zones at the end, and take them away from there."""
    nat: NatMode = Field(default=NatMode.SINGLE, strict=False, examples=["single"])
    """NAT gateways: `single` is cheaper, `per_zone` survives the loss of a zone, `none` has no way out."""
    flow_log_retention_days: RetentionDays = Field(default=365, examples=[365])
    """How long the VPC flow log is kept (days, one of the values of CloudWatch Logs)."""
    flow_log_group_arn: LogGroupArn | None = Field(
        default=None, examples=["arn:aws:logs:us-west-2:123456789012:log-group:/platform/flows"]
    )
    """ARN of a log group that exists already, for the flow log. Default: one is made."""
    flow_log_role_arn: RoleArn | None = Field(
        default=None, examples=["arn:aws:iam::123456789012:role/platform"]
    )
    """ARN of a role that exists already, for the flow log. Default: one is made."""
    private_prefix: SubnetPrefix | None = Field(default=None, examples=[19])
    """Size of a private subnet (prefix length, 17 to 28). Default: three more than the VPC's."""
    public_prefix: SubnetPrefix | None = Field(default=None, examples=[24])
    """Size of a public subnet (prefix length, 17 to 28). Default: eight more than the VPC's."""
    private_cidrs: list[SubnetCidr] | None = Field(
        default=None,
        min_length=2,
        max_length=MOST_ZONES,
        examples=[["10.42.0.0/19", "10.42.32.0/19", "10.42.64.0/19"]],
    )
    """Networks of the private subnets, one for each zone, in the VPC. Default: cut by `private_prefix`."""
    public_cidrs: list[SubnetCidr] | None = Field(
        default=None, max_length=MOST_ZONES, examples=[["10.42.255.0/24", "10.42.254.0/24", "10.42.253.0/24"]]
    )
    """Networks of the public subnets, one for each zone, inside the VPC; an empty list makes none.

    Default: cut by `public_prefix`."""
    pod_cidr: PodCidr | None = Field(default=None, examples=["100.64.0.0/16"])
    """IPv4 network for pods alone, /16 to /24, which the VPC gets as a second one (custom networking).

    Default: none, then pods live in the private subnets."""
    interface_endpoints: list[Annotated[InterfaceEndpoint, Field(strict=False)]] = Field(
        default=[], max_length=len(InterfaceEndpoint), examples=[["ecr.api"]]
    )
    """AWS services that are reached inside the VPC, not through NAT. Default: S3 alone, which is free."""


def zone_count(spec: NetworkSpec) -> int:
    """Tell how many zones a network spreads over.

    Example:
        >>> zone_count(NetworkSpec(cidr="10.42.0.0/16", zones=["us-west-2a", "us-west-2b"]))
        2
    """
    return len(spec.zones) if spec.zones else spec.zone_count
