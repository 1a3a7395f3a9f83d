"""A branch ENI that a program makes itself."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, Optional, TypedDict

import pulumi
from pulumi import dynamic

from podsg.provider.dynamic import BranchEniProvider
from podsg.resources.aws_access import AwsAccess

DEFAULT_TIMEOUT_MINUTES = 15
OUTPUTS = (
    "eni_id",
    "association_id",
    "vpc_id",
    "zone",
    "private_ip",
    "mac_address",
    "status",
    "made_at",
)


class BranchEniArgs(TypedDict):
    """Inputs of a branch ENI."""

    trunk_eni_id: pulumi.Input[str]
    """Id of the trunk ENI; another one replaces the branch ENI."""
    group_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Ids of its security groups (1 to 16), in the VPC of the trunk."""
    subnet_id: NotRequired[pulumi.Input[str]]
    """Id of its subnet, in the zone of the trunk; another one replaces it. Default: the trunk's."""
    vlan_id: NotRequired[pulumi.Input[int]]
    """VLAN on the trunk (1 to 120); another one replaces it. Default: the lowest that is free."""
    description: NotRequired[pulumi.Input[str]]
    """Its description. Default: its logical name."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags besides name and owner. Default: none."""
    cooldown_seconds: NotRequired[pulumi.Input[float]]
    """How long its address rests between taking it from the trunk and deleting it (seconds, 0 or more).
    Default: 0, as no pod has it."""
    adopt_eni_id: NotRequired[pulumi.Input[str]]
    """Id of a network interface that exists already and is taken over. Default: one is made."""
    timeout_minutes: NotRequired[pulumi.Input[int]]
    """How long one operation may take (minutes, 1 or more). Default: 15."""


class BranchEni(dynamic.Resource, module="podsg", name="BranchEni"):
    """Make a branch ENI and hang it on a trunk ENI, where the account may call the trunk API.

    Ordinary accounts may be refused that call; it is tried with DryRun before anything is made. Pods do not
    get these: theirs come from the VPC Resource Controller, by a SecurityGroupPolicy.
    """

    eni_id: pulumi.Output[str]
    """Id of the network interface."""
    association_id: pulumi.Output[str]
    """Id of its association with the trunk."""
    trunk_eni_id: pulumi.Output[str]
    """Id of the trunk ENI."""
    vlan_id: pulumi.Output[int]
    """VLAN on the trunk."""
    subnet_id: pulumi.Output[str]
    """Id of its subnet."""
    vpc_id: pulumi.Output[str]
    """Id of its VPC."""
    zone: pulumi.Output[str]
    """Its availability zone."""
    private_ip: pulumi.Output[str]
    """Its IPv4 address."""
    mac_address: pulumi.Output[str]
    """Its MAC address."""
    group_ids: pulumi.Output[Sequence[str]]
    """Ids of its security groups."""
    status: pulumi.Output[str]
    """What EC2 says of it."""
    made_at: pulumi.Output[str]
    """When it was made (ISO 8601, UTC), as its tag `podsg:made-at` says; empty if it was taken over."""

    def __init__(self, name: str, args: BranchEniArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(
            BranchEniProvider(),
            name,
            {
                "owner": f"{pulumi.get_project()}/{pulumi.get_stack()}",
                "name": name,
                "trunk_eni_id": args["trunk_eni_id"],
                "group_ids": args["group_ids"],
                "subnet_id": args.get("subnet_id", ""),
                "vlan_id": args.get("vlan_id", 0),
                "description": args.get("description", name),
                "tags": args.get("tags", {}),
                "cooldown_seconds": args.get("cooldown_seconds", 0),
                "adopt_eni_id": args.get("adopt_eni_id", ""),
                "timeout_minutes": args.get("timeout_minutes", DEFAULT_TIMEOUT_MINUTES),
                **_access(opts).inputs(),
                **dict.fromkeys(OUTPUTS),
            },
            # Two branch ENIs of one resource would share its tags: the old one goes first.
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
        )


def _access(opts: Optional[pulumi.ResourceOptions]) -> AwsAccess:
    """Ask the AWS provider of the parent, else the default one, where it works."""
    return AwsAccess.of(opts.parent if opts is not None and opts.parent is not None else None)
