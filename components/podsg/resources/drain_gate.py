"""The gate that a destroy passes first."""

from collections.abc import Sequence
from typing import Any, Optional, TypedDict

import pulumi
from pulumi import dynamic

from podsg.provider.dynamic import DrainGateProvider
from podsg.resources.aws_access import AwsAccess


class FinalSnapshotArgs(TypedDict):
    """A database that a destroy deletes."""

    identifier: str
    """Identifier in RDS."""
    is_cluster: bool
    """An Aurora cluster, not an instance."""
    final_snapshot_identifier: pulumi.Input[str]
    """Name of its last snapshot; empty if none is taken."""


class DrainGateArgs(TypedDict):
    """Inputs of a drain gate."""

    access: AwsAccess
    """How it calls AWS."""
    owner: str
    """`<project>/<stack>`, as the tag `podsg:owner` says it."""
    vpc_id: pulumi.Input[str]
    """VPC of the stack."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    cluster_identity: pulumi.Input[str]
    """What tells the cluster from another of its name: when it was made."""
    kubeconfig: pulumi.Input[str]
    """Kubeconfig with a login command and without a token."""
    is_own_cluster: bool
    """The stack made the cluster: all its pods with branch ENIs are drained. Else none of them is."""
    databases: Sequence[FinalSnapshotArgs]
    """Databases of the stack."""
    allow_foreign: bool
    """Goes on although others have something in the cluster."""
    timeout_minutes: int
    """How long the drain may take (minutes)."""


class DrainGate(dynamic.Resource, module="podsg", name="DrainGate"):
    """Let a destroy begin only if it would end, and drain the pods with branch ENIs first.

    Whatever it depends on is deleted after it. Creating, changing and refreshing it changes nothing.
    """

    drifted: pulumi.Output[Sequence[Any]]
    """Branch ENIs whose security groups differ from what the policies give, with the reason."""
    leaked: pulumi.Output[Sequence[Any]]
    """Branch ENIs whose owner is gone, with the reason."""

    def __init__(self, name: str, args: DrainGateArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(
            DrainGateProvider(),
            name,
            {
                **args["access"].inputs(),
                "owner": args["owner"],
                "vpc_id": args["vpc_id"],
                "cluster_name": args["cluster_name"],
                "cluster_identity": args["cluster_identity"],
                "kubeconfig": args["kubeconfig"],
                "scope": "cluster" if args["is_own_cluster"] else "none",
                "preflight": True,
                "databases": [dict(one) for one in args["databases"]],
                "allow_foreign": args["allow_foreign"],
                "timeout_minutes": args["timeout_minutes"],
                "drifted": None,
                "leaked": None,
            },
            opts,
        )
