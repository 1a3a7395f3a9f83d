"""The gate between the policy of a workload and its security group."""

from typing import Optional, TypedDict

import pulumi
from pulumi import dynamic

from podsg.model import OnRemove
from podsg.provider.dynamic import WorkloadGateProvider
from podsg.resources.aws_access import AwsAccess


class PodClusterArgs(TypedDict):
    """The cluster of a workload, as far as the removal of the workload needs it."""

    vpc_id: pulumi.Input[str]
    """VPC of the pods."""
    name: pulumi.Input[str]
    """Name of the EKS cluster."""
    identity: pulumi.Input[str]
    """What tells the cluster from another of its name: when it was made, as EKS says it."""
    kubeconfig: pulumi.Input[str]
    """Kubeconfig with a login command and without a token."""


class WorkloadGateArgs(TypedDict):
    """Inputs of the gate of a workload."""

    access: AwsAccess
    """How it calls AWS."""
    owner: str
    """`<project>/<stack>`, as the tag `podsg:owner` says it."""
    cluster: PodClusterArgs
    """The cluster of the pods."""
    workload: str
    """Name of the workload."""
    namespace: pulumi.Input[str]
    """Namespace of its pods."""
    group_id: pulumi.Input[str]
    """Id of the security group that its pods hold."""
    on_remove: OnRemove
    """What happens to running pods when it is removed."""
    timeout_minutes: int
    """How long they may take to let go of the group (minutes)."""


class WorkloadGate(dynamic.Resource, module="podsg", name="WorkloadGate"):
    """Let the security group of a workload go only when no pod holds it any more.

    The policy depends on the gate, the gate on the group; another group is another gate. Creating, changing
    and refreshing it changes nothing.
    """

    def __init__(
        self, name: str, args: WorkloadGateArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        cluster = args["cluster"]
        super().__init__(
            WorkloadGateProvider(),
            name,
            {
                **args["access"].inputs(),
                "owner": args["owner"],
                "vpc_id": cluster["vpc_id"],
                "cluster_name": cluster["name"],
                "cluster_identity": cluster["identity"],
                "kubeconfig": cluster["kubeconfig"],
                "workload": args["workload"],
                "namespace": args["namespace"],
                "group_ids": [args["group_id"]],
                "on_remove": args["on_remove"].value,
                "timeout_minutes": args["timeout_minutes"],
            },
            opts,
        )
