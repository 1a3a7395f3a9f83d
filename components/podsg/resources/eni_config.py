"""Which subnets and security groups the VPC CNI gives to pods, zone by zone."""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from podsg.resources.existing import ClusterInUse
from podsg.resources.owner import KUBERNETES_LABELS, Owner


def make_eni_configs(
    owner: Owner,
    pod_subnets: Sequence[tuple[str, pulumi.Input[str]]],
    cluster: ClusterInUse,
    provider: kubernetes.Provider,
) -> list[pulumi.Resource]:
    """Make one ENIConfig for each zone, with the zone's name, by which nodes find theirs.

    They are read when a node starts, so they have to be there before the first one. Pods without a branch ENI
    get the groups that the nodes have.

    Args:
        owner: Environment that they belong to.
        pod_subnets: Zone and id of each subnet for pods alone.
        cluster: Cluster made by the environment; the add-on vpc-cni brings the definition of the kind.
        provider: Provider of the cluster.

    Returns: The ENIConfigs, in the order of the zones; none for a cluster that exists already.

    Source: EKS user guide, "Customize the secondary network interface in Amazon EKS nodes".
    """
    if not cluster.vpc_cni:
        return []
    options = pulumi.ResourceOptions.merge(
        owner.options(*cluster.vpc_cni), pulumi.ResourceOptions(provider=provider)
    )
    return [
        kubernetes.apiextensions.CustomResource(
            owner.child(f"eni-config-{zone}"),
            api_version="crd.k8s.amazonaws.com/v1alpha1",
            kind="ENIConfig",
            metadata={"name": zone, "labels": KUBERNETES_LABELS, "annotations": owner.annotations},
            spec={
                "subnet": subnet_id,
                "securityGroups": [cluster.cluster_security_group_id, cluster.node_security_group_id],
            },
            opts=options,
        )
        for zone, subnet_id in pod_subnets
    ]
