"""Bring your own: a stack beside parts that exist makes what it owns, and leaves the rest as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml

from lab.status import client
from tests.lab.by_hand import NODE_POLICIES, ByHand
from tests.lab.conftest import Lab, kubernetes_of
from tests.lab.inventory import Inventory, take_inventory

GUESTS, TENANT = "guests", "tenant"
# What AWS makes of itself for a cluster and a database, and what is part of something else.
OF_OTHERS = ("NetworkInterfaces", "SecretList", "Aliases", "role policies", " of tenant-cluster")
# What Kubernetes makes of itself in each namespace.
OF_NAMESPACES = ("kube-root-ca.crt", "default")


@pytest.fixture
def platform(lab: Lab) -> Iterator[ByHand]:
    """A VPC with a cluster, a database, and a namespace and groups that other people use."""
    made = ByHand(lab.running(), "platform", "10.60")
    assert made.cluster
    assert made.database
    assert made.node_group_id
    assert made.pod_group_id
    namespaces = kubernetes_of("platform").resources.get(api_version="v1", kind="Namespace")
    namespaces.create(body={"metadata": {"name": "shared"}})
    yield made
    made.remove()


def guests(platform: ByHand) -> dict[str, Any]:
    """Workloads, and nothing else."""
    endpoint = platform.database["Endpoint"]
    return {
        "name": GUESTS,
        "existing_network": {"vpc_id": platform.vpc_id},
        "existing_cluster": {"name": platform.cluster, "node_security_group_id": platform.node_group_id},
        "existing_databases": {
            "ledger": {
                "address": endpoint["Address"],
                "port": endpoint["Port"],
                "security_group_id": platform.database_group_id,
                "secret_arn": platform.database["MasterUserSecret"]["SecretArn"],
            }
        },
        "workloads": {
            "billing": {
                "namespace": "billing",
                "pod_selector": {"app": "billing"},
                "ports": [8080],
                "databases": ["ledger"],
            },
            "audit": {
                "namespace": "shared",
                "create_namespace": False,
                "pod_selector": {"app": "audit"},
                "security_group_ids": [platform.pod_group_id],
                "ingress_from": [{"workload": "billing", "ports": [9090]}],
            },
        },
    }


def tenant(platform: ByHand) -> dict[str, Any]:
    """A cluster and a database of its own, in a VPC, with roles, keys, groups and log groups of others."""
    for name in ("/aws/eks/tenant-cluster/cluster", "/aws/rds/instance/tenant-orders/error"):
        platform.log_group(name)
    platform.log_group("/aws/rds/instance/tenant-orders/slowquery")
    cluster_policies = ("AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController")
    return {
        "name": TENANT,
        "deletion_protection": False,
        "existing_network": {"vpc_id": platform.vpc_id, "private_subnet_ids": platform.subnet_ids},
        "cluster": {
            "key_arn": platform.key_arn,
            "role_arn": platform.role("tenant-cluster", "eks.amazonaws.com", cluster_policies),
            "create_log_group": False,
            "node_security_group_id": platform.group("tenant-nodes"),
        },
        "node_groups": {
            "workers": {
                "instance_types": ["m5.large"],
                "role_arn": platform.role("tenant-nodes", "ec2.amazonaws.com", NODE_POLICIES),
            }
        },
        "databases": {
            "orders": {
                "engine": "mysql",
                "version": "8.4",
                "instance_class": "db.t4g.micro",
                "multi_az": False,
                "final_snapshot": False,
                "key_arn": platform.key_arn,
                "security_group_id": platform.group("tenant-orders"),
                "create_log_groups": False,
            }
        },
        "workloads": {
            "orders": {"namespace": "orders", "pod_selector": {"app": "orders"}, "databases": ["orders"]}
        },
    }


def write_stack(lab: Lab, name: str, environment: dict[str, Any]) -> None:
    config = {"config": {"aws:region": "us-west-2", "podsg:environment": environment}}
    (lab.project / "stacks" / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(config))


def together(*actions: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    """Run commands at the same time."""
    with ThreadPoolExecutor() as pool:
        return [found.result() for found in [pool.submit(action) for action in actions]]


def owners_of(added: dict[tuple[str, str], dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Sort what is new by the stack whose owner tag or annotation it bears."""
    owners: dict[str, list[tuple[str, str]]] = {}
    for key, item in added.items():
        owners.setdefault(owner_of(item), []).append(key)
    return owners


def owner_of(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    tags = item.get("Tags") or item.get("TagList") or item.get("tags") or {}
    if isinstance(tags, list):
        tags = {tag["Key"]: tag["Value"] for tag in tags}
    annotations = item.get("metadata", {}).get("annotations") or {}
    return str(tags.get("podsg:owner") or annotations.get("podsg/owner") or "")


def strangers(before: Inventory, after: Inventory) -> list[tuple[str, str]]:
    """List what is new and bears no owner, less what AWS and Kubernetes make of themselves."""
    added = after.added_since(before)
    ours = [key for key in owners_of(added).get("", []) if not any(mark in key[0] for mark in OF_OTHERS)]
    cluster_groups = {key[1] for key in ours if "aws:eks:cluster-name" in str(added[key].get("Tags"))}
    return [
        key
        for key in ours
        if key[1].rpartition("/")[2] not in OF_NAMESPACES and added[key].get("GroupId") not in cluster_groups
    ]


def test_two_stacks_beside_what_exists_own_what_they_make(lab: Lab, platform: ByHand) -> None:
    # given a VPC, a cluster and a database made by hand, and two stacks that use them
    write_stack(lab, GUESTS, guests(platform))
    write_stack(lab, TENANT, tenant(platform))
    before = take_inventory(lab.running())

    # when both come up at the same time, and again
    first = together(lambda: lab.json("up", "--stack", GUESTS), lambda: lab.json("up", "--stack", TENANT))
    second = together(lambda: lab.json("up", "--stack", GUESTS), lambda: lab.json("up", "--stack", TENANT))

    # then what existed is as it was, and what is new belongs to one of them
    during = take_inventory(lab.running())
    assert [outcome["changed"] for outcome in second] == [0, 0]
    assert during.removed_since(before) == []
    assert during.changed_since(before) == []
    assert strangers(before, during) == []
    owned = owners_of(during.added_since(before))

    # and the stack with workloads alone made groups, rules, a namespace, policies, and nothing else
    kinds = {kind for kind, _ in owned[f"podsg/{GUESTS}"]}
    assert kinds == {
        "SecurityGroups",
        "SecurityGroupRules",
        "Namespace of platform",
        "SecurityGroupPolicy of platform",
    }
    assert [row["database"] for row in first[0]["access"]] == ["ledger"]

    # and pods of the existing group may be reached as written
    assert policy_groups("platform", "shared", "audit-security-groups") == [platform.pod_group_id]
    assert 9090 in ingress_ports(lab, platform.pod_group_id)
    assert 5432 in ingress_ports(lab, platform.database_group_id)

    # when one is destroyed, then the other one notices nothing
    lab.json("destroy", "--stack", TENANT)
    assert lab.json("up", "--stack", GUESTS)["changed"] == 0

    # when both are gone, then everything is as before
    lab.json("destroy", "--stack", GUESTS)
    after = take_inventory(lab.running())
    assert (list(after.added_since(before)), after.removed_since(before), after.changed_since(before)) == (
        [],
        [],
        [],
    )


def policy_groups(cluster: str, namespace: str, name: str) -> list[str]:
    policies = kubernetes_of(cluster).resources.get(
        api_version="vpcresources.k8s.aws/v1beta1", kind="SecurityGroupPolicy"
    )
    return list(policies.get(namespace=namespace, name=name).spec.securityGroups.groupIds)


def ingress_ports(lab: Lab, group_id: str) -> list[int]:
    rules = client(lab.running(), "ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group_id]}]
    )["SecurityGroupRules"]
    return [rule["FromPort"] for rule in rules if not rule["IsEgress"]]
