"""The gates that a destroy passes after the nodes, and after cluster and databases."""

from collections.abc import Sequence
from typing import Any, NotRequired, Optional, TypedDict

import pulumi
from pulumi import dynamic

from podsg.provider.dynamic import SweepGateProvider
from podsg.resources.aws_access import AwsAccess


class SweepGateArgs(TypedDict):
    """Inputs of a sweep gate."""

    access: AwsAccess
    """How it calls AWS."""
    owner: str
    """`<project>/<stack>`, as the tag `podsg:owner` says it."""
    vpc_id: pulumi.Input[str]
    """VPC of the stack."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    cluster_identity: NotRequired[pulumi.Input[str]]
    """What tells the cluster from another of its name: when it was made. Default: the gate stays when the
    cluster is replaced, and is the last one of a destroy."""
    is_own_cluster: bool
    """The stack made the cluster: all its interfaces are swept. Else only those with a group of the stack."""
    timeout_minutes: int
    """How long network interfaces may take to go (minutes)."""


class SweepGate(dynamic.Resource, module="podsg", name="SweepGate"):
    """Delete the network interfaces that a cluster left behind, and wait for those that AWS takes away.

    Whatever it depends on is deleted after it. Creating, changing and refreshing it changes nothing.
    """

    leaked: pulumi.Output[Sequence[Any]]
    """Branch ENIs whose owner is gone, with the reason."""

    def __init__(self, name: str, args: SweepGateArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        identity = args.get("cluster_identity")
        super().__init__(
            SweepGateProvider(),
            name,
            {
                **args["access"].inputs(),
                "owner": args["owner"],
                "vpc_id": args["vpc_id"],
                "cluster_name": args["cluster_name"],
                "cluster_identity": "" if identity is None else identity,
                "stage": "last" if identity is None else "nodes",
                "group_scope": not args["is_own_cluster"],
                "timeout_minutes": args["timeout_minutes"],
                "leaked": None,
            },
            opts,
        )
