"""The parts that an environment works with, whether it made them or found them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from podsg.model import EnvironmentSpec, ExistingClusterSpec
from podsg.model.wording import nearest
from podsg.resources.cluster import Cluster, told
from podsg.resources.existing_subnets import refuse_misplaced_subnets
from podsg.resources.kubernetes_login import cluster_kubeconfig
from podsg.resources.network import Network
from podsg.resources.specification import Description


@dataclass(frozen=True)
class NetworkInUse:
    """Hold the VPC of an environment."""

    vpc_id: pulumi.Input[str]
    private_subnet_ids: pulumi.Output[list[str]]
    pod_subnets: Sequence[tuple[str, pulumi.Input[str]]] = ()
    """Zone and subnet of each network for pods alone."""
    ways_out: Sequence[pulumi.Resource] = ()
    """What nodes need to reach AWS."""
    subnets: Sequence[pulumi.Resource] = ()
    """Its subnets, if the environment makes them."""

    @classmethod
    def made(cls, network: Network) -> "NetworkInUse":
        """Use a network that the environment makes."""
        return cls(
            network.vpc_id,
            network.private_subnet_ids,
            network.pod_subnets,
            network.ways_out,
            network.subnets,
        )

    @classmethod
    def found(cls, description: Description[EnvironmentSpec], component: pulumi.Resource) -> "NetworkInUse":
        """Use the network that an environment names.

        Args:
            description: The environment.
            component: Component whose provider asks EC2.

        Raises:
            RunError: A subnet is in another VPC or zone.
        """
        given = partial(description.given, "existing_network")
        private_ids, pod_subnets = given("private_subnet_ids"), given("pod_subnet_ids") or {}
        listed = private_ids if isinstance(private_ids, list) else []
        if listed or pod_subnets:
            refuse_misplaced_subnets(given("vpc_id"), listed, pod_subnets, component)
        return cls(
            given("vpc_id"),
            _ids(private_ids),
            tuple(sorted(pod_subnets.items())),
        )


@dataclass(frozen=True)
class ClusterInUse:
    """Hold the cluster of an environment."""

    name: pulumi.Output[str]
    identity: pulumi.Output[str]
    """What tells it from another of its name: when it was made."""
    kubeconfig: pulumi.Output[str]
    cluster_security_group_id: pulumi.Output[str]
    node_security_group_id: pulumi.Input[str]
    dns_security_group_id: pulumi.Input[str]
    """Group that CoreDNS is reached through."""
    oidc_provider_arn: Optional[pulumi.Input[str]]
    version: Optional[str] = None
    """Kubernetes version of its nodes; None leaves it to EKS."""
    ways_in: Sequence[pulumi.Resource] = ()
    """What has to be there before the Kubernetes API can be reached."""
    before_kubernetes: Sequence[pulumi.Resource] = ()
    """What has to be there before the Kubernetes API is asked."""
    before_nodes: Sequence[pulumi.Resource] = ()
    vpc_cni: Sequence[pulumi.Resource] = ()
    """Add-on that knows ENIConfigs, if the environment installs it."""

    @classmethod
    def made(
        cls, cluster: Cluster, version: str, node_security_group_id: pulumi.Input[str]
    ) -> "ClusterInUse":
        """Use a cluster that the environment makes."""
        return cls(
            cluster.cluster_name,
            cluster.identity,
            cluster.kubeconfig,
            cluster.cluster_security_group_id,
            node_security_group_id,
            cluster.cluster_security_group_id,
            cluster.oidc_provider_arn,
            version,
            cluster.ways_in,
            (*cluster.ways_in, *cluster.access, *cluster.before_nodes),
            cluster.before_nodes,
            (cluster.vpc_cni,),
        )

    @classmethod
    def found(
        cls,
        description: Description[EnvironmentSpec],
        spec: ExistingClusterSpec,
        component: pulumi.Resource,
        region: pulumi.Output[str],
    ) -> "ClusterInUse":
        """Use the cluster that an environment names, as EKS describes it.

        Args:
            description: The environment.
            spec: What it says of the cluster.
            component: Component whose provider asks EKS.
            region: Region of the cluster.

        Raises:
            RunError: EKS knows no such cluster, or it is in another VPC than the environment.
        """
        given = partial(description.given, "existing_cluster")
        cluster = pulumi.Output.all(
            _described_by_eks(given("name"), component), description.given("existing_network", "vpc_id")
        ).apply(lambda known: _in_vpc(known[0], known[1]))
        group_id = cluster.apply(
            lambda known: told(
                known.vpc_config.cluster_security_group_id, known.name, "cluster security group"
            )
        )
        node_group_id = given("node_security_group_id")
        nodes = group_id if node_group_id is None else node_group_id
        dns_group_id = given("dns_security_group_id")
        return cls(
            cluster.apply(lambda known: known.name),
            cluster.apply(lambda known: known.created_at),
            cluster_kubeconfig(
                cluster.apply(lambda known: known.name),
                cluster.apply(lambda known: known.endpoint),
                cluster.apply(lambda known: known.certificate_authorities[0].data),
                region,
                spec.login,
            ),
            group_id,
            nodes,
            nodes if dns_group_id is None else dns_group_id,
            given("oidc_provider_arn"),
        )


def _ids(given: Any) -> pulumi.Output[list[str]]:  # noqa: ANN401 - a list of ids and outputs, or one output
    if isinstance(given, pulumi.Output):
        return given
    return pulumi.Output.all(*(given or []))


def _described_by_eks(
    name: pulumi.Input[str], component: pulumi.Resource
) -> pulumi.Output[aws.eks.GetClusterResult]:
    """Return what EKS tells of a cluster, after a look whether there is one where its name is known."""
    options = pulumi.InvokeOptions(parent=component)
    if isinstance(name, str):
        there = aws.eks.get_clusters(opts=options)
        if name not in there.names:
            raise pulumi.RunError(_unknown_cluster(name, there.names, there.region))
    return aws.eks.get_cluster_output(name=name, opts=options)


def _unknown_cluster(name: str, there: Sequence[str], region: str) -> str:
    similar, names = nearest(name, there), ", ".join(sorted(there)) or "none"
    allowed = f"{similar}, the nearest of {names}" if similar else f"a cluster of this account: {names}"
    return (
        f"existing_cluster.name: found {name}; allowed: {allowed} in {region}\n"
        "  Why: groups are opened to its nodes, and policies are made in it.\n"
        "  Fix: look at the name, at aws:region, and at the account that the credentials belong to."
    )


def _in_vpc(cluster: aws.eks.GetClusterResult, vpc_id: str) -> aws.eks.GetClusterResult:
    """Return a cluster that is in the VPC of the environment."""
    if cluster.vpc_config.vpc_id != vpc_id:
        raise pulumi.RunError(
            f"existing_network.vpc_id: found {vpc_id}; allowed: {cluster.vpc_config.vpc_id}, the VPC of the "
            f"cluster {cluster.name}"
        )
    return cluster
