"""The trunk and branch ENIs of a cluster: who has each, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from podsg.lifecycle.interfaces import (
    AVAILABLE,
    BRANCH_DESCRIPTION,
    TRUNK_DESCRIPTION,
    VLAN_TAG,
    NetworkInterface,
)
from podsg.lifecycle.objects import Node, Pod, Policy
from podsg.lifecycle.ownership import (
    TERMINATED,
    cluster_interfaces,
    instance_of,
    instance_states,
    is_branch,
    is_of_cluster,
    is_trunk,
)
from podsg.lifecycle.ports import Ec2, Kubernetes
from podsg.lifecycle.selectors import groups_of, policies_of


class Health(StrEnum):
    """How an interface does, worst first."""

    LEAKED = "leaked"
    """Its owner is gone and nobody will delete it."""
    DRIFTED = "drifted"
    """Its groups are not those that the policies give its pod."""
    FOREIGN = "foreign"
    """It looks like one of the cluster, and is not marked as such: nobody's to delete."""
    HEALTHY = "healthy"


@dataclass(frozen=True)
class ClusterFacts:
    """What EC2 and Kubernetes say of a cluster."""

    cluster_name: str
    interfaces: tuple[NetworkInterface, ...]
    """Those of the cluster, and those of its VPC that look like its own."""
    instance_states: Mapping[str, str] = field(default_factory=dict)
    pods: tuple[Pod, ...] = ()
    nodes: tuple[Node, ...] = ()
    policies: tuple[Policy, ...] = ()
    account_labels: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    api_was_asked: bool = False
    """False: pods, nodes and policies are not known."""


@dataclass(frozen=True)
class Row:
    """One interface."""

    interface_id: str
    kind: str
    """trunk, branch or cni."""
    health: Health
    reason: str
    """Why it is not healthy; empty if it is."""
    status: str
    node: str = ""
    pod: str = ""
    """`namespace/name`; empty if none has it, or the API was not asked."""
    policies: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    wanted_group_ids: tuple[str, ...] = ()
    """What the policies give its pod; empty if none does."""
    vlan_id: str = ""


def gather(ec2: Ec2, kubernetes: Kubernetes | None, cluster_name: str, vpc_id: str) -> ClusterFacts:
    """Ask EC2, and Kubernetes if there is one, with filtered lists alone.

    EC2 calls: DescribeNetworkInterfaces (three lists), DescribeInstances.
    """
    look_alike = ec2.describe_network_interfaces(
        filters={"vpc-id": [vpc_id], "description": [TRUNK_DESCRIPTION, BRANCH_DESCRIPTION]}
    )
    own = cluster_interfaces(ec2, cluster_name, vpc_id)
    found = tuple({one.id: one for one in (*look_alike, *own)}.values())
    states = instance_states(ec2, found)
    if kubernetes is None:
        return ClusterFacts(cluster_name, found, states)
    return ClusterFacts(
        cluster_name,
        found,
        states,
        kubernetes.pods(),
        kubernetes.nodes(),
        kubernetes.policies(),
        kubernetes.service_account_labels(),
        api_was_asked=True,
    )


def inventory(facts: ClusterFacts) -> tuple[Row, ...]:
    """Judge each interface, worst first, then by id.

    Without the Kubernetes API nothing counts as drifted, and leaked is only what a dead instance left free.
    """
    pods = {eni: pod for pod in facts.pods if not pod.has_ended for eni in pod.branch_eni_ids}
    nodes = {node.instance_id: node.name for node in facts.nodes if node.instance_id}
    rows = (_row(one, facts, pods.get(one.id), nodes) for one in facts.interfaces)
    order = list(Health)
    return tuple(sorted(rows, key=lambda row: (order.index(row.health), row.interface_id)))


def _row(one: NetworkInterface, facts: ClusterFacts, pod: Pod | None, nodes: Mapping[str, str]) -> Row:
    policies = policies_of(pod, facts.policies, facts.account_labels) if pod else ()
    wanted = groups_of(policies)
    health, reason = _judged(one, facts, pod, wanted)
    instance = instance_of(one)
    return Row(
        interface_id=one.id,
        kind="trunk" if is_trunk(one) else "branch" if is_branch(one) else "cni",
        health=health,
        reason=reason,
        status=one.status,
        node=nodes.get(instance, instance),
        pod=pod.place if pod else "",
        policies=tuple(policy.place for policy in policies),
        group_ids=tuple(sorted(one.group_ids)),
        wanted_group_ids=tuple(sorted(wanted)),
        vlan_id=one.tags.get(VLAN_TAG, ""),
    )


def _judged(
    one: NetworkInterface, facts: ClusterFacts, pod: Pod | None, wanted: frozenset[str]
) -> tuple[Health, str]:
    if not is_of_cluster(one, facts.cluster_name):
        return Health.FOREIGN, f"it is not marked as an interface of {facts.cluster_name}"
    if leak := "; ".join(_leaks(one, facts, pod)):
        return Health.LEAKED, leak
    if pod and wanted and one.group_ids != wanted:
        return Health.DRIFTED, (
            f"it has {', '.join(sorted(one.group_ids))};"
            f" the policies give {pod.place} {', '.join(sorted(wanted))}"
        )
    return Health.HEALTHY, ""


def _leaks(one: NetworkInterface, facts: ClusterFacts, pod: Pod | None) -> Iterator[str]:
    if one.status != AVAILABLE:
        return
    instance = instance_of(one)
    if facts.instance_states.get(instance, TERMINATED) == TERMINATED:
        yield f"it is free, and its instance {instance or '(none named)'} is gone"
    elif is_branch(one) and facts.api_was_asked and pod is None:
        yield "it is free, and no pod has it"
