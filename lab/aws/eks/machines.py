"""The instances of a cluster as its kubelets would see themselves: what the node agent plays from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.aws.ec2.launching import instance_of
from lab.aws.eks.cni_role import session
from lab.aws.eks.ways_out import has_way_out

if TYPE_CHECKING:
    from lab.aws.eks.state import Cluster, Machine


def listing(cluster: Cluster | None, account_id: str, region: str) -> dict[str, list[dict[str, Any]]]:
    """Answer the running instances of a cluster's node groups; none if there is no such cluster."""
    machines = cluster.machines.values() if cluster else ()
    found = [_entry(cluster, each, account_id, region) for each in machines if cluster]
    return {"machines": [each for each in found if each is not None]}


def node_name(region: str, instance_id: str) -> str:
    """Return the name of an instance's Node: its private DNS name; empty if the instance is unknown.

    Source: EKS user guide, "Create self-managed Amazon Linux nodes" (node names); cloud-provider-aws.
    """
    instance = instance_of(region, instance_id)
    return str(instance.private_dns_name) if instance is not None else ""


def state_of(region: str, instance_id: str) -> str:
    """Return the state of an instance, `terminated` if EC2 has forgotten it."""
    instance = instance_of(region, instance_id)
    state = getattr(instance, "state", "terminated")
    return str(getattr(state, "name", state))


def _entry(cluster: Cluster, machine: Machine, account_id: str, region: str) -> dict[str, Any] | None:
    instance = instance_of(region, machine.instance_id)
    if instance is None or state_of(region, machine.instance_id) != "running":
        return None
    return {
        "instance_id": machine.instance_id,
        "name": str(instance.private_dns_name),
        "zone": instance.availability_zone,
        "region": region,
        "instance_type": instance.instance_type,
        "private_ip": instance.private_ip,
        "subnet_id": instance.subnet_id,
        "labels": machine.labels,
        "taints": machine.taints,
        "max_pods": machine.max_pods,
        "version": machine.version,
        "credentials": session(cluster, machine, account_id),
        "reaches_api": has_way_out(cluster, account_id, region, machine.instance_id),
    }
