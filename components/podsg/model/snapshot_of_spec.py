"""The picture of an environment that is only written down: what its components will make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, cast

from podsg.model.cluster import ClusterSpec
from podsg.model.environment import EnvironmentSpec, has_pod_subnets
from podsg.model.network import NatMode, NetworkSpec
from podsg.model.node_group import NodeGroupSpec, architecture
from podsg.model.snapshot import (
    NOT_READ,
    Cluster,
    Maybe,
    NodeGroup,
    Place,
    PodSet,
    Policy,
    ServiceAccount,
    Snapshot,
    Subnet,
    Unknown,
    VpcCni,
    addresses_for_use,
)
from podsg.model.subnets import plan_subnets
from podsg.model.vpc_cni import VpcCniSpec, configuration_values
from podsg.model.workload import WorkloadSpec, policy_name

AFTER_UPDATE: Final = Unknown("it is known after the update")
ELSEWHERE: Final = Unknown("the description of an environment does not tell it")
# Source: the component NodeGroup makes nodes of Amazon Linux 2023 only.
_AMI_TYPES: Final = {"arm64": "AL2023_ARM_64_STANDARD", "x86_64": "AL2023_x86_64_STANDARD"}


def spec_snapshot(spec: EnvironmentSpec) -> Snapshot:
    """Picture an environment as its description tells it.

    Ids of what exists already are not in it, as a program may give them later; nor are security groups and
    their rules, as the components make those that a workload needs.

    Args:
        spec: The environment.

    Example:
        >>> snapshot = spec_snapshot(
        ...     EnvironmentSpec(
        ...         name="dev",
        ...         network={"cidr": "10.42.0.0/16"},
        ...         cluster={"version": "1.35"},
        ...         node_groups={"workers": {"instance_types": ["m5.large"]}},
        ...     )
        ... )
        >>> snapshot.cluster.version, len(snapshot.subnets), snapshot.node_groups[0].desired_count
        ('1.35', 6, 2)
    """
    return Snapshot(
        cluster=_cluster(spec),
        vpc_cni=_vpc_cni(spec),
        eni_configs=AFTER_UPDATE if has_pod_subnets(spec) else (),
        node_groups=tuple(_node_group(spec, name, group) for name, group in spec.node_groups.items()),
        fargate_profiles=() if spec.cluster is not None else NOT_READ,
        subnets=NOT_READ if spec.network is None else tuple(_subnets(spec.network)),
        policies=tuple(_policy(name, work) for name, work in spec.workloads.items()),
        pod_sets=tuple(_pods(name, work) for name, work in spec.workloads.items()),
        service_accounts=tuple(_accounts(spec)),
        services=ELSEWHERE,
        network_policies=ELSEWHERE,
    )


def _cluster(spec: EnvironmentSpec) -> Cluster:
    if spec.existing_cluster is not None:
        return Cluster(Place("existing_cluster"), name=ELSEWHERE, vpc_id=AFTER_UPDATE)
    return _made(spec, cast("ClusterSpec", spec.cluster))


def _made(spec: EnvironmentSpec, cluster: ClusterSpec) -> Cluster:
    policies = frozenset({"AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"})
    return Cluster(
        Place("cluster"),
        name=f"{spec.name}-cluster",
        version=cluster.version,
        vpc_id=AFTER_UPDATE,
        role_policies=policies if cluster.role_arn is None else ELSEWHERE,
        ip_family="ipv4",
        has_auto_mode=False,
        security_group_id=AFTER_UPDATE,
        dns_group_id=AFTER_UPDATE,
        kube_proxy_mode="iptables",
    )


def _vpc_cni(spec: EnvironmentSpec) -> Maybe[VpcCni]:
    if spec.cluster is None:
        return ELSEWHERE
    values = json.loads(configuration_values(_settings(spec, spec.cluster)))
    cooldown = spec.cluster.vpc_cni.branch_eni_cooldown_seconds
    return VpcCni(
        Place("cluster.vpc_cni"),
        version=Unknown("EKS chooses its default version"),
        env=values["env"],
        init_env=values["init"]["env"],
        has_network_policy=False,
        cooldown=None if cooldown is None else str(cooldown),
    )


def _settings(spec: EnvironmentSpec, cluster: ClusterSpec) -> VpcCniSpec:
    written = cluster.vpc_cni
    if written.custom_networking is not None:
        return written
    return written.model_copy(update={"custom_networking": has_pod_subnets(spec)})


def _node_group(spec: EnvironmentSpec, name: str, group: NodeGroupSpec) -> NodeGroup:
    return NodeGroup(
        Place(f"node_groups.{name}"),
        name,
        instance_types=tuple(group.instance_types),
        ami_type=_AMI_TYPES[architecture(group.instance_types[0])],
        desired_count=group.desired_count,
        max_pods=group.max_pods,
        subnet_ids=_private_subnet_ids(spec),
        security_group_ids=AFTER_UPDATE,
        kernel_settings={},
    )


def _subnets(network: NetworkSpec) -> Iterator[Subnet]:
    plan = plan_subnets(network)
    nat = "none" if network.nat is NatMode.NONE else "nat"
    kinds = (("private", plan.private, nat), ("public", plan.public, "internet"), ("pods", plan.pods, nat))
    for kind, blocks, route in kinds:
        for number, block in enumerate(blocks, start=1):
            zone: Maybe[str] = network.zones[number - 1] if network.zones else AFTER_UPDATE
            yield Subnet(
                Place(f"network.{kind}-{number}"),
                f"{kind}-{number}",
                vpc_id=AFTER_UPDATE,
                cidr=block,
                zone=zone,
                free_addresses=addresses_for_use(block),
                default_route=route,
            )


def _private_subnet_ids(spec: EnvironmentSpec) -> Maybe[tuple[str, ...]]:
    if spec.network is not None:
        return tuple(one.id for one in _subnets(spec.network) if one.id.startswith("private"))
    return ELSEWHERE


def _policy(name: str, work: WorkloadSpec) -> Policy:
    return Policy(
        Place(f"workloads.{name}"),
        work.namespace,
        policy_name(name, work),
        pod_selector={"matchLabels": work.pod_selector} if work.pod_selector else None,
        service_account_selector={"matchLabels": work.service_account_selector}
        if work.service_account_selector
        else None,
        group_ids=(AFTER_UPDATE,) * max(1, len(work.security_group_ids)),
    )


def _pods(name: str, work: WorkloadSpec) -> PodSet:
    return PodSet(
        Place(f"workloads.{name}"),
        "workload",
        work.namespace,
        name,
        labels=work.pod_selector or ELSEWHERE,
        annotations=ELSEWHERE,
        service_account=_account(name) if work.service_account_selector else ELSEWHERE,
        replicas=work.replicas,
        max_surge=ELSEWHERE,
        is_host_network=ELSEWHERE,
        grace_period_seconds=ELSEWHERE,
        node_labels=ELSEWHERE,
        containers=ELSEWHERE,
    )


def _accounts(spec: EnvironmentSpec) -> Iterator[ServiceAccount]:
    for name, work in spec.workloads.items():
        if work.service_account_selector:
            yield ServiceAccount(
                Place(f"workloads.{name}"),
                work.namespace,
                _account(name),
                labels=work.service_account_selector,
                has_pod_identity=ELSEWHERE,
            )


def _account(workload: str) -> str:
    return f"service account of {workload}"
