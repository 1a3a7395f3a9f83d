"""The parts that an environment works with, whether it made them or found them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from podsg.model import EnvironmentSpec, ExistingClusterSpec
from podsg.resources.cluster import Cluster, told
from podsg.resources.kubernetes_login import cluster_kubeconfig
from podsg.resources.network import Network
from podsg.resources.specification import Description


@dataclass(frozen=True)
class NetworkInUse:
    """Hold the VPC of an environment."""

    vpc_id: pulumi.Input[str]
    private_subnet_ids: pulumi.Output[list[str]]
    pod_subnets: Sequence[tuple[pulumi.Input[str], pulumi.Input[str]]] = ()
    """Zone and subnet of each network for pods alone."""
    ways_out: Sequence[pulumi.Resource] = ()
    """What nodes need to reach AWS."""

    @classmethod
    def made(cls, network: Network) -> "NetworkInUse":
        """Use a network that the environment makes."""
        return cls(network.vpc_id, network.private_subnet_ids, network.pod_subnets, network.ways_out)

    @classmethod
    def found(cls, description: Description[EnvironmentSpec]) -> "NetworkInUse":
        """Use the network that an environment names."""
        pod_subnets = description.given("existing_network", "pod_subnet_ids") or {}
        return cls(
            description.given("existing_network", "vpc_id"),
            _ids(description.given("existing_network", "private_subnet_ids")),
            tuple(sorted(pod_subnets.items())),
        )


@dataclass(frozen=True)
class ClusterInUse:
    """Hold the cluster of an environment."""

    name: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    cluster_security_group_id: pulumi.Output[str]
    node_security_group_id: pulumi.Input[str]
    oidc_provider_arn: Optional[pulumi.Input[str]]
    version: Optional[str] = None
    """Kubernetes version of its nodes; None leaves it to EKS."""
    before_kubernetes: Sequence[pulumi.Resource] = ()
    """What has to be there before the Kubernetes API is asked."""
    before_nodes: Sequence[pulumi.Resource] = ()
    vpc_cni: Sequence[pulumi.Resource] = field(default=())
    """Add-on that knows ENIConfigs, if the environment installs it."""

    @classmethod
    def made(
        cls, cluster: Cluster, version: str, node_security_group_id: pulumi.Input[str]
    ) -> "ClusterInUse":
        """Use a cluster that the environment makes."""
        return cls(
            cluster.cluster_name,
            cluster.kubeconfig,
            cluster.cluster_security_group_id,
            node_security_group_id,
            cluster.oidc_provider_arn,
            version,
            (*cluster.access, *cluster.before_nodes),
            cluster.before_nodes,
            (cluster.vpc_cni,),
        )

    @classmethod
    def found(
        cls,
        description: Description[EnvironmentSpec],
        component: pulumi.Resource,
        region: pulumi.Output[str],
    ) -> "ClusterInUse":
        """Use the cluster that an environment names, as EKS describes it.

        Args:
            description: The environment.
            component: Component whose provider asks EKS.
            region: Region of the cluster.
        """
        spec = description.spec.existing_cluster or ExistingClusterSpec(name="")
        name = description.given("existing_cluster", "name")
        found = aws.eks.get_cluster_output(name=name, opts=pulumi.InvokeOptions(parent=component))
        vpc_id = description.given("existing_network", "vpc_id")
        group_id = pulumi.Output.all(found, vpc_id).apply(lambda known: _group_id_in(known[0], known[1]))
        given = description.given("existing_cluster", "node_security_group_id")
        return cls(
            found.name,
            cluster_kubeconfig(
                found.name, found.endpoint, found.certificate_authorities[0].data, region, spec.login
            ),
            group_id,
            group_id if given is None else given,
            description.given("existing_cluster", "oidc_provider_arn"),
        )


def _ids(given: Any) -> pulumi.Output[list[str]]:  # noqa: ANN401 - a list of ids and outputs, or one output
    if isinstance(given, pulumi.Output):
        return given
    return pulumi.Output.all(*(given or []))


def _group_id_in(cluster: Any, vpc_id: str) -> str:  # noqa: ANN401 - the SDK's result is typed by its module
    """Return the id of the cluster security group, of a cluster that is in the VPC of the environment."""
    if cluster.vpc_config.vpc_id != vpc_id:
        raise pulumi.RunError(
            f"existing_network.vpc_id: found {vpc_id}; allowed: {cluster.vpc_config.vpc_id}, the VPC of the "
            f"cluster {cluster.name}"
        )
    return told(cluster.vpc_config.cluster_security_group_id, cluster.name, "cluster security group")
