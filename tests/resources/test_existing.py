"""Bring your own: what exists is used by its id, and nothing of it is made."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from podsg.resources import Cluster, Environment, SecurityGroupsForPods

from .graph import VPC_ID, Answers, Graph, register, register_environment

ACCOUNT = "123456789012"
GROUP_ID, NODE_GROUP_ID, DATABASE_GROUP_ID = (f"sg-0000000000000000{number}" for number in "123")
SUBNET_IDS = ["subnet-00000000000000001", "subnet-00000000000000002"]
KEY_ARN = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/shared"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/platform"
LEDGER = {
    "address": "ledger.abc.us-west-2.rds.amazonaws.com",
    "port": 5432,
    "security_group_id": DATABASE_GROUP_ID,
    "secret_arn": f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:ledger-a1b2c3",
}


def guests(**more: Any) -> dict[str, Any]:
    """Return workloads in a VPC, a cluster and beside a database that exist."""
    return {
        "name": "guests",
        "existing_network": {"vpc_id": VPC_ID},
        "existing_cluster": {"name": "platform", "node_security_group_id": NODE_GROUP_ID},
        "existing_databases": {"ledger": LEDGER},
        "workloads": {
            "billing": {"namespace": "billing", "pod_selector": {"app": "billing"}, "databases": ["ledger"]}
        },
        **more,
    }


def tenant() -> dict[str, Any]:
    """Return a cluster, nodes and a database made in a VPC that exists, with the parts of others."""
    return {
        "name": "tenant",
        "existing_network": {
            "vpc_id": VPC_ID,
            "private_subnet_ids": SUBNET_IDS,
            "pod_subnet_ids": {
                "us-west-2a": "subnet-00000000000000004",
                "us-west-2b": "subnet-00000000000000005",
            },
        },
        "cluster": {
            "key_arn": KEY_ARN,
            "role_arn": ROLE_ARN,
            "create_log_group": False,
            "node_security_group_id": NODE_GROUP_ID,
        },
        "node_groups": {"workers": {"instance_types": ["m5.large"], "role_arn": ROLE_ARN}},
        "databases": {
            "orders": {
                "engine": "mysql",
                "version": "8.4",
                "instance_class": "db.t4g.micro",
                "key_arn": KEY_ARN,
                "security_group_id": DATABASE_GROUP_ID,
                "create_log_groups": False,
            }
        },
        "workloads": {
            "orders": {
                "namespace": "orders",
                "pod_selector": {"app": "orders"},
                "security_group_ids": [GROUP_ID, NODE_GROUP_ID],
                "databases": ["orders"],
            }
        },
    }


def types_of(graph: Graph) -> set[str]:
    return {resource.type for resource in graph if resource.custom}


def test_workloads_alone_make_groups_rules_namespace_and_policy() -> None:
    # Given workloads and parts that exist, when they are registered
    graph = register_environment(guests())
    # Then nothing else is made
    assert types_of(graph) == {
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "kubernetes:core/v1:Namespace",
        "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy",
        "pulumi:providers:kubernetes",
        *(f"pulumi-python:dynamic/podsg:{kind}Gate" for kind in ("Drain", "Sweep", "Workload")),
    }
    # And the groups that exist take the other ends of the rules.
    assert graph.named("guests-pod-billing").inputs["vpcId"] == VPC_ID
    assert (
        graph.named("guests-billing-database-ledger-ingress").inputs["securityGroupId"] == DATABASE_GROUP_ID
    )
    assert graph.named("guests-billing-dns-tcp-ingress").inputs["securityGroupId"] == NODE_GROUP_ID
    outputs = graph.outputs_of("Environment")
    assert outputs["database_endpoints"] == {"ledger": f"{LEDGER['address']}:5432"}
    assert LEDGER["secret_arn"] in outputs["read_secrets_policies"]["billing"]


def test_without_a_node_group_probes_come_from_the_cluster_group() -> None:
    # Given a cluster whose nodes carry its own group alone
    environment = guests(existing_cluster={"name": "platform"})
    environment["workloads"]["billing"]["ports"] = [8080]
    # When it is registered
    graph = register_environment(environment)
    # Then the probe may come from there.
    probe = graph.named("guests-billing-probe-8080-ingress").inputs
    assert probe["referencedSecurityGroupId"] == "sg-00000000000000c1a"
    # And DNS is reached through it, unless another group is named.
    assert graph.named("guests-billing-dns-udp-ingress").inputs["securityGroupId"] == "sg-00000000000000c1a"
    environment["existing_cluster"]["dns_security_group_id"] = GROUP_ID
    graph = register_environment(environment)
    assert graph.named("guests-billing-dns-udp-ingress").inputs["securityGroupId"] == GROUP_ID


def test_nodes_may_join_a_cluster_that_exists() -> None:
    # Given nodes for a cluster that exists, whose nodes carry its own group alone
    environment = guests(existing_cluster={"name": "platform"})
    environment["existing_network"]["private_subnet_ids"] = SUBNET_IDS
    environment["node_groups"] = {"more": {"instance_types": ["m5.large"]}}
    # When they are registered
    graph = register_environment(environment)
    # Then they carry it once, and its owner's version and add-ons stay as they are.
    assert graph.named("guests-more-template").inputs["vpcSecurityGroupIds"] == ["sg-00000000000000c1a"]
    nodes = graph.named("guests-more-nodes").inputs
    assert nodes["clusterName"] == "platform"
    assert "version" not in nodes
    assert graph.of_type("aws:eks/addon:Addon") == []


def test_a_cluster_that_eks_does_not_know_is_refused_before_anything_is_made() -> None:
    # Given a name that EKS does not know, when the environment is registered
    answers = Answers()
    with pytest.raises(pulumi.RunError) as refused:
        register_environment(guests(existing_cluster={"name": "platfrom"}), answers)
    # Then it is refused with the nearest name, and was not asked for.
    text = str(refused.value)
    assert "existing_cluster.name: found platfrom; allowed: platform, the nearest of other, platform" in text
    assert "in us-west-2" in text
    assert "aws:eks/getCluster:getCluster" not in answers.asked


def test_parts_of_others_are_used_and_not_made() -> None:
    # Given a cluster, nodes, a database and pods with groups, roles, keys and log groups of others
    graph = register_environment(tenant())
    # Then none of these is made
    made = types_of(graph)
    assert "aws:ec2/securityGroup:SecurityGroup" not in made
    assert not {kind for kind in made if kind.startswith(("aws:iam/role", "aws:kms", "aws:cloudwatch"))}
    assert not {kind for kind in made if kind.startswith(("aws:ec2/vpc:", "aws:ec2/subnet:"))}
    # And they stand where they belong
    plane = graph.named("tenant-cluster-control-plane").inputs
    assert (plane["roleArn"], plane["encryptionConfig"]["provider"]["keyArn"]) == (ROLE_ARN, KEY_ARN)
    assert plane["vpcConfig"]["subnetIds"] == SUBNET_IDS
    assert graph.named("tenant-workers-nodes").inputs["nodeRoleArn"] == ROLE_ARN
    assert NODE_GROUP_ID in graph.named("tenant-workers-template").inputs["vpcSecurityGroupIds"]
    assert graph.named("tenant-orders-instance").inputs["vpcSecurityGroupIds"] == [DATABASE_GROUP_ID]
    assert graph.named("tenant-orders-instance").inputs["kmsKeyId"] == KEY_ARN
    assert graph.named("tenant-eni-config-us-west-2a").inputs["metadata"]["name"] == "us-west-2a"
    # And all groups of the pods are in the policy, of which the first takes the rules.
    policy = graph.named("tenant-orders-policy").inputs["spec"]
    assert policy["securityGroups"]["groupIds"] == [GROUP_ID, NODE_GROUP_ID]
    assert graph.named("tenant-orders-dns-udp-egress").inputs["securityGroupId"] == GROUP_ID


def test_ids_may_come_from_other_resources_of_the_program() -> None:
    # Given ids that are outputs: one, a list, and one in a mapping
    def program() -> None:
        environment = tenant()
        network = environment["existing_network"]
        network["vpc_id"] = pulumi.Output.from_input(VPC_ID)
        network["private_subnet_ids"] = pulumi.Output.from_input(SUBNET_IDS)
        network["pod_subnet_ids"]["us-west-2a"] = pulumi.Output.from_input("subnet-00000000000000009")
        environment["workloads"]["orders"]["security_group_ids"] = pulumi.Output.from_input([GROUP_ID])
        Environment("tenant", {"spec": environment})  # type: ignore[typeddict-item]

    # When the environment is made with them
    graph = register(program)
    # Then they stand where they belong.
    assert graph.named("tenant-cluster-control-plane").inputs["vpcConfig"]["subnetIds"] == SUBNET_IDS
    assert graph.named("tenant-eni-config-us-west-2a").inputs["spec"]["subnet"] == "subnet-00000000000000009"
    policy = graph.named("tenant-orders-policy").inputs["spec"]
    assert policy["securityGroups"]["groupIds"] == [GROUP_ID]


@pytest.mark.parametrize(
    ("key", "output", "expected"),
    [
        ("vpc_id", "platform", 'existing_network.vpc_id: found "platform"; allowed: a VPC id'),
        (
            "private_subnet_ids",
            [SUBNET_IDS[0], "b"],
            'existing_network.private_subnet_ids[1]: found "b"; allowed: a subnet id',
        ),
    ],
)
def test_an_output_of_the_wrong_form_is_refused_when_it_is_known(
    key: str, output: Any, expected: str
) -> None:
    # Given an output that turns out to be no id, when the environment is made with it
    def program() -> None:
        environment = tenant()
        environment["existing_network"][key] = pulumi.Output.from_input(output)
        Environment("tenant", {"spec": environment})  # type: ignore[typeddict-item]

    # Then it is refused as soon as it is known.
    with pytest.raises(pulumi.RunError) as refused:
        register(program)
    assert expected in str(refused.value)


def test_subnets_in_other_places_are_refused_at_once() -> None:
    # Given two subnets of another VPC
    environment = tenant()
    network = environment["existing_network"]
    network["private_subnet_ids"] = [SUBNET_IDS[0], "subnet-0000000000000000a"]
    network["pod_subnet_ids"]["us-west-2b"] = "subnet-0000000000000000b"
    # When the environment is registered, then both are named.
    with pytest.raises(pulumi.RunError) as refused:
        register_environment(environment)
    assert str(refused.value).splitlines() == [
        f"existing_network.{place}; allowed: a subnet of {VPC_ID}"
        for place in (
            "private_subnet_ids[1]: found subnet-0000000000000000a",
            "pod_subnet_ids.us-west-2b: found subnet-0000000000000000b",
        )
    ]


def test_subnets_for_pods_in_other_zones_are_refused_at_once() -> None:
    # Given a subnet for pods in another zone than it is named for, and a zone of nodes without one
    environment = tenant()
    environment["existing_network"]["pod_subnet_ids"] = {"us-west-2a": "subnet-00000000000000006"}
    # When the environment is registered, then both are named.
    with pytest.raises(pulumi.RunError) as refused:
        register_environment(environment)
    wrong_zone, missing = str(refused.value).splitlines()
    assert "found a subnet in us-west-2c; allowed: a subnet in us-west-2a" in wrong_zone
    assert "found no subnet in us-west-2b, where nodes start" in missing


def test_an_output_where_none_can_be_is_refused_at_once() -> None:
    # Given an output for a value that decides what is made
    def program() -> None:
        environment = guests()
        environment["workloads"]["billing"]["namespace"] = pulumi.Output.from_input("billing")
        Environment("guests", {"spec": environment})  # type: ignore[typeddict-item]

    # When the environment is made with it, then it is refused with what is allowed.
    with pytest.raises(pulumi.RunError, match=r"workloads\.billing\.namespace: .* known before anything"):
        register(program)


def test_a_cluster_of_another_vpc_is_refused() -> None:
    # Given a VPC that is not the one of the cluster
    environment = guests(existing_network={"vpc_id": "vpc-00000000000000002"})
    # When the environment is registered, then it is refused with both.
    with pytest.raises(pulumi.RunError) as refused:
        register_environment(environment)
    assert VPC_ID in str(refused.value)
    assert "vpc-00000000000000002" in str(refused.value)


def test_pods_without_any_group_are_refused() -> None:
    # Given a workload by itself, without a group here or in its description
    spec = {"namespace": "shop", "pod_selector": {"app": "shop"}}
    args: Any = {
        "workload": "shop",
        "spec": spec,
        "cluster_security_group_id": GROUP_ID,
        "node_security_group_id": NODE_GROUP_ID,
    }
    # When it is made, then it is refused.
    with pytest.raises(pulumi.RunError, match=r"shop\.pod_security_group_id: found nothing"):
        register(lambda: SecurityGroupsForPods("shop", args))


def test_groups_that_are_not_handed_in_are_refused_at_once() -> None:
    # Given a workload by itself that names a database and a caller without their groups
    spec = {
        "namespace": "shop",
        "pod_selector": {"app": "shop"},
        "databases": ["orders"],
        "ingress_from": [{"workload": "ui", "ports": [8080]}],
    }
    args: Any = {
        "workload": "shop",
        "spec": spec,
        "pod_security_group_id": GROUP_ID,
        "cluster_security_group_id": GROUP_ID,
        "node_security_group_id": NODE_GROUP_ID,
    }
    # When it is made, then both are named.
    with pytest.raises(pulumi.RunError) as refused:
        register(lambda: SecurityGroupsForPods("shop", args))
    assert "shop.databases.orders: found nothing" in str(refused.value)
    assert "shop.workload_security_group_ids.ui: found nothing" in str(refused.value)


def test_a_cluster_names_its_own_role_and_key_as_outputs() -> None:
    # Given a role and a key of the same program
    def program() -> None:
        role, key = pulumi.Output.from_input(ROLE_ARN), pulumi.Output.from_input(KEY_ARN)
        Cluster("own", {"spec": {"role_arn": role, "key_arn": key}, "subnet_ids": SUBNET_IDS})

    # When a cluster is made with them, then it has them.
    graph = register(program)
    assert graph.named("own-control-plane").inputs["roleArn"] == ROLE_ARN
