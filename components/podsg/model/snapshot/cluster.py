"""The cluster, its VPC CNI and its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podsg.model.snapshot.place import Place
from podsg.model.snapshot.values import NOT_READ, Maybe


@dataclass(frozen=True)
class Cluster:
    """An EKS cluster."""

    place: Place
    name: Maybe[str] = NOT_READ
    version: Maybe[str] = NOT_READ
    """Kubernetes version, such as 1.35."""
    vpc_id: Maybe[str] = NOT_READ
    role_policies: Maybe[frozenset[str]] = NOT_READ
    """Names of the managed policies of its role, without path."""
    ip_family: Maybe[str] = NOT_READ
    """`ipv4` or `ipv6`."""
    has_auto_mode: Maybe[bool] = NOT_READ
    """Whether EKS Auto Mode makes its nodes."""
    security_group_id: Maybe[str] = NOT_READ
    """The cluster security group."""
    dns_group_id: Maybe[str] = NOT_READ
    """Security group that CoreDNS is reached through."""
    kube_proxy_mode: Maybe[str] = NOT_READ
    """`iptables`, `ipvs` or `nftables`."""
    depends_on: frozenset[str] = frozenset()
    """Names of what has to be there before it, and so is destroyed after it."""


@dataclass(frozen=True)
class VpcCni:
    """The VPC CNI: what aws-node and its init container are told."""

    place: Place
    version: Maybe[str] = NOT_READ
    """Version, such as v1.22.3-eksbuild.1 or 1.22.3."""
    env: Maybe[Mapping[str, Maybe[str]]] = field(default_factory=dict)
    """Variables of aws-node as they are written; a missing one has its default."""
    init_env: Maybe[Mapping[str, Maybe[str]]] = field(default_factory=dict)
    """Variables of its init container."""
    has_network_policy: Maybe[bool] = False
    """Whether its network policy agent is on (`enableNetworkPolicy`)."""
    cooldown: Maybe[str | None] = NOT_READ
    """`branch-eni-cooldown` of the ConfigMap amazon-vpc-cni, as text (seconds); None if it is not set."""


@dataclass(frozen=True)
class EniConfig:
    """An ENIConfig of custom networking."""

    place: Place
    name: str
    subnet_id: Maybe[str] = NOT_READ
    security_group_ids: Maybe[tuple[str, ...]] = ()


@dataclass(frozen=True)
class NodeGroup:
    """Nodes that are made alike."""

    place: Place
    name: str
    instance_types: Maybe[tuple[str, ...]] = NOT_READ
    """Types that a node may have (one at least)."""
    ami_type: Maybe[str] = NOT_READ
    """AMI type as EKS names it, such as AL2023_x86_64_STANDARD or WINDOWS_CORE_2022_x86_64."""
    desired_count: Maybe[int] = NOT_READ
    max_pods: Maybe[int | None] = NOT_READ
    """Pods per node that the kubelet is told; None leaves it to the default of the type."""
    subnet_ids: Maybe[tuple[str, ...]] = NOT_READ
    security_group_ids: Maybe[tuple[str, ...]] = NOT_READ
    kernel_settings: Maybe[Mapping[str, str]] = NOT_READ
    """sysctl values that its user data sets; empty if none."""
    depends_on: frozenset[str] = frozenset()
    """Names of what has to be there before it, and so is destroyed after it."""


@dataclass(frozen=True)
class FargateProfile:
    """A Fargate profile."""

    place: Place
    name: str
    selectors: Maybe[tuple[tuple[str, Mapping[str, str]], ...]] = NOT_READ
    """Namespace and labels of each of its selectors."""
