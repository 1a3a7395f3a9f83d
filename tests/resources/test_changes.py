"""What a change of the input changes in the resources, and what it leaves alone."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from .graph import Graph, dev_environment, register_environment

ORDERS = {
    "namespace": "orders",
    "pod_selector": {"app": "orders"},
    "ports": [8080, 9090],
    "databases": ["catalog"],
}


def difference(before: Graph, after: Graph) -> tuple[Counter[str], Counter[str], set[str]]:
    """Return types of new and of vanished custom resources, and names of those with other inputs."""
    old, new = before.custom(), after.custom()
    added = Counter(new[urn].type for urn in new.keys() - old.keys())
    removed = Counter(old[urn].type for urn in old.keys() - new.keys())
    changed = {new[urn].name for urn in new.keys() & old.keys() if new[urn].inputs != old[urn].inputs}
    return added, removed, changed


def test_the_program_is_deterministic(dev: Graph) -> None:
    # Given the reference environment, when it is registered a second time, then nothing differs.
    assert difference(dev, register_environment(dev_environment())) == (Counter(), Counter(), set())


def test_a_workload_with_a_grant_brings_its_own_parts_only(dev: Graph) -> None:
    # Given another workload with two ports and a grant
    environment = dev_environment()
    environment["workloads"]["orders"] = ORDERS
    # When it is registered
    added, removed, changed = difference(dev, register_environment(environment))
    # Then there are a group, a namespace, a policy, and five rule pairs: DNS two, ports two, database one.
    assert added == {
        "aws:ec2/securityGroup:SecurityGroup": 1,
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": 5,
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 5,
        "kubernetes:core/v1:Namespace": 1,
        "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy": 1,
        "pulumi-python:dynamic/podsg:WorkloadGate": 1,
    }
    assert (removed, changed) == (Counter(), set())


def test_a_workload_in_a_namespace_that_is_there_makes_none(dev: Graph) -> None:
    # Given one more workload in the namespace of another, and one in a namespace that others made
    environment = dev_environment()
    environment["workloads"]["orders"] = ORDERS | {"namespace": "catalog"}
    environment["workloads"]["shared"] = ORDERS | {"namespace": "default", "create_namespace": False}
    # When they are registered
    graph = register_environment(environment)
    # Then no namespace is made, and each policy is in its own.
    added, _, _ = difference(dev, graph)
    assert "kubernetes:core/v1:Namespace" not in added
    for key, namespace in (("orders", "catalog"), ("shared", "default")):
        assert graph.named(f"dev-{key}-policy").inputs["metadata"]["namespace"] == namespace


def test_a_mode_switch_updates_the_add_on_only(dev: Graph) -> None:
    # Given standard mode, as the reference environment would have it by default
    environment = dev_environment()
    environment["cluster"]["vpc_cni"] = {"enforcing_mode": "standard"}
    # When it is registered
    graph = register_environment(environment)
    # Then only the add-on differs, and only in its settings.
    assert difference(dev, graph) == (Counter(), Counter(), {"dev-cluster-vpc-cni"})
    before, after = (found.named("dev-cluster-vpc-cni").inputs for found in (dev, graph))
    assert {key for key in after if after[key] != before[key]} == {"configurationValues"}
    values = json.loads(after["configurationValues"])
    assert values["env"]["POD_SECURITY_GROUP_ENFORCING_MODE"] == "standard"
    assert values["init"]["env"]["DISABLE_TCP_EARLY_DEMUX"] == "false"


def test_nat_per_zone_moves_routes_only(dev: Graph) -> None:
    # Given one NAT gateway per zone in place of one
    environment = dev_environment()
    environment["network"]["nat"] = "per_zone"
    # When it is registered
    added, removed, changed = difference(dev, register_environment(environment))
    # Then gateways and addresses are added, and the routes of the other zones turn to them.
    assert added == {"aws:ec2/natGateway:NatGateway": 2, "aws:ec2/eip:Eip": 2}
    assert (removed, changed) == (
        Counter(),
        {"dev-network-private-2-to-nat", "dev-network-private-3-to-nat"},
    )


def test_another_zone_moves_no_subnet(dev: Graph) -> None:
    # Given a fourth zone
    environment = dev_environment()
    environment["network"]["zone_count"] = 4
    # When it is registered
    _, removed, changed = difference(dev, register_environment(environment))
    # Then the subnets that are there stay; what lists all of them is updated.
    assert removed == Counter()
    assert changed == {
        "dev-network-s3",
        "dev-catalog-subnets",
        "dev-cluster-control-plane",
        "dev-workers-nodes",
    }


def test_another_version_moves_the_nodes_along(dev: Graph) -> None:
    # Given a newer cluster
    environment = dev_environment()
    environment["cluster"]["version"] = "1.36"
    # When it is registered
    graph = register_environment(environment)
    # Then cluster and nodes differ, in their version alone, and the nodes come after the cluster.
    changed = {"dev-cluster-control-plane", "dev-workers-nodes"}
    assert difference(dev, graph) == (Counter(), Counter(), changed)
    for name in changed:
        before, after = (found.named(name).inputs for found in (dev, graph))
        assert {key for key in after if after[key] != before[key]} == {"version"}
        assert after["version"] == "1.36"
    assert graph.waits_for(graph.named("dev-workers-nodes"), graph.named("dev-cluster-control-plane"))


@pytest.mark.parametrize(
    "peer", [{"cidr": "10.1.0.0/16", "ports": [443]}, {"workload": "catalog", "ports": [9090]}]
)
def test_another_peer_moves_no_rule(dev: Graph, peer: dict[str, Any]) -> None:
    # Given a workload that is reached from one more side
    environment = dev_environment()
    environment["workloads"]["catalog"]["ingress_from"] = [peer]
    # When it is registered
    added, removed, changed = difference(dev, register_environment(environment))
    # Then there are rules more, and every other is as it was.
    assert set(added) <= {
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    }
    assert added
    assert (removed, changed) == (Counter(), set())
