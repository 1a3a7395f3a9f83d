"""The gates of an environment: what a destroy passes, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from podsg.model import DestroySpec
from podsg.resources.aws_access import AwsAccess
from podsg.resources.database import Database
from podsg.resources.drain_gate import DrainGate
from podsg.resources.existing import ClusterInUse
from podsg.resources.owner import Owner
from podsg.resources.sweep_gate import SweepGate


@dataclass(frozen=True)
class EnvironmentGates:
    """Make the gates; what a gate depends on is deleted after it.

    A destroy passes the drain gate, then policies and nodes go, then the node sweep, then the cluster and
    the databases go, then the last sweep, then groups, subnets and the VPC. Gates that others wait for depend
    on groups and subnets, not on the components that make them: one with children on the cluster would let
    an update wait for ever.
    """

    owner: Owner
    spec: DestroySpec
    access: AwsAccess
    vpc_id: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    is_own_cluster: bool

    def last_sweep(self, *earlier: pulumi.Resource) -> SweepGate:
        """Make the gate that cluster and databases depend on.

        Args:
            earlier: Groups and subnets that network interfaces hold.
        """
        return SweepGate(
            self.owner.child("last-sweep"),
            {
                "access": self.access,
                "owner": self.owner.identity,
                "vpc_id": self.vpc_id,
                "cluster_name": self.cluster_name,
                "is_own_cluster": self.is_own_cluster,
                "timeout_minutes": self.spec.sweep_timeout_minutes,
            },
            self.owner.options(*earlier),
        )

    def node_sweep(self, cluster: ClusterInUse) -> SweepGate:
        """Make the gate that node groups depend on, and that depends on the cluster."""
        return SweepGate(
            self.owner.child("node-sweep"),
            {
                "access": self.access,
                "owner": self.owner.identity,
                "vpc_id": self.vpc_id,
                "cluster_name": cluster.name,
                "cluster_identity": cluster.identity,
                "is_own_cluster": self.is_own_cluster,
                "timeout_minutes": self.spec.sweep_timeout_minutes,
            },
            self.owner.options(),
        )

    def drain(
        self, cluster: ClusterInUse, databases: Mapping[str, Database], *everything: pulumi.Resource
    ) -> DrainGate:
        """Make the gate that a destroy passes first.

        Args:
            cluster: Cluster of the pods.
            databases: Databases that the environment makes.
            everything: All that the environment makes: nothing of it goes before the gate lets it.
        """
        return DrainGate(
            self.owner.child("drain"),
            {
                "access": self.access,
                "owner": self.owner.identity,
                "vpc_id": self.vpc_id,
                "cluster_name": cluster.name,
                "cluster_identity": cluster.identity,
                "kubeconfig": cluster.kubeconfig,
                "is_own_cluster": self.is_own_cluster,
                "databases": [
                    {
                        "identifier": self.owner.child(key),
                        "is_cluster": made.is_cluster,
                        "final_snapshot_identifier": made.final_snapshot_identifier or "",
                    }
                    for key, made in databases.items()
                ],
                "allow_foreign": self.spec.allow_foreign,
                "timeout_minutes": self.spec.drain_timeout_minutes,
            },
            self.owner.options(*everything),
        )
