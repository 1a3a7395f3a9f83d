"""Everything at once."""

from __future__ import annotations

from dataclasses import dataclass

from podsg.model.snapshot.cluster import Cluster, EniConfig, FargateProfile, NodeGroup, VpcCni
from podsg.model.snapshot.network import SecurityGroup, Subnet
from podsg.model.snapshot.objects import NetworkPolicy, PodSet, Policy, Service, ServiceAccount
from podsg.model.snapshot.values import NOT_READ, Maybe


@dataclass(frozen=True)
class Snapshot:
    """An environment at one moment: each part known, or Unknown as a whole.

    An empty tuple means that there is none; a part that the source says nothing of is `NOT_READ`.

    Example:
        >>> Snapshot(policies=()).policies
        ()
    """

    cluster: Maybe[Cluster] = NOT_READ
    vpc_cni: Maybe[VpcCni] = NOT_READ
    eni_configs: Maybe[tuple[EniConfig, ...]] = NOT_READ
    node_groups: Maybe[tuple[NodeGroup, ...]] = NOT_READ
    fargate_profiles: Maybe[tuple[FargateProfile, ...]] = NOT_READ
    subnets: Maybe[tuple[Subnet, ...]] = NOT_READ
    security_groups: Maybe[tuple[SecurityGroup, ...]] = NOT_READ
    policies: Maybe[tuple[Policy, ...]] = NOT_READ
    pod_sets: Maybe[tuple[PodSet, ...]] = NOT_READ
    service_accounts: Maybe[tuple[ServiceAccount, ...]] = NOT_READ
    services: Maybe[tuple[Service, ...]] = NOT_READ
    network_policies: Maybe[tuple[NetworkPolicy, ...]] = NOT_READ
