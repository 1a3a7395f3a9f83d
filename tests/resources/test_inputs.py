"""What people hand in: refused at the border, or passed on."""

from __future__ import annotations

import base64
import json
from typing import Any

import pulumi
import pytest

from podsg.resources import (
    Cluster,
    Environment,
    Network,
    NodeGroup,
    NodeGroupArgs,
    SecurityGroupsForPods,
    SecurityGroupsForPodsArgs,
)
from podsg.resources.kubernetes_login import kubeconfig
from podsg.resources.node_group import ROLE_POLICIES

from .graph import Answers, dev_environment, register, register_environment


def test_all_mistakes_are_refused_at_once_before_any_resource() -> None:
    # Given an environment with mistakes in three places
    environment = dev_environment()
    environment["network"]["zone_count"] = 9
    environment["databases"]["catalog"]["port"] = 70000
    environment["workloads"]["catalog"]["databases"] = ["catalogue"]
    # When the program runs, then the engine's own error names all of them, and nothing was registered.
    with pytest.raises(pulumi.RunError) as refusal:
        register_environment(environment)
    for path in ("network.zone_count", "databases.catalog.port", "workloads.catalog.databases[0]"):
        assert f"podsg:environment.{path}" in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_a_missing_environment_is_refused() -> None:
    # Given a stack without an environment, when the program runs, then the error names the key.
    with pytest.raises(pulumi.RunError, match="podsg:environment"):
        register_environment(None)


def test_more_zones_than_the_region_has_are_refused() -> None:
    # Given a region of two zones, when three are wanted, then the error names both numbers.
    with pytest.raises(pulumi.RunError, match=r"zone_count: found 3; allowed: at most 2"):
        register_environment(dev_environment(), Answers(zones=2))


def test_the_component_has_the_name_of_the_environment() -> None:
    # Given a component and a spec of different names, when it is made, then it is refused.
    with pytest.raises(pulumi.RunError, match="found test"):
        register(lambda: Environment("test", {"spec": dev_environment()}))


def test_a_part_is_refused_with_its_own_path() -> None:
    # Given a network that does not hold, when it is made alone, then the path starts with its name.
    with pytest.raises(pulumi.RunError, match=r"office\.spec\.cidr"):
        register(lambda: Network("office", {"spec": {"cidr": "10.0.0.0/8"}}))


def test_a_network_stands_alone() -> None:
    # Given plain data with numbers as other languages send them
    spec = {"cidr": "10.0.0.0/16", "zone_count": 2.0}
    # When a network is made of it
    graph = register(lambda: Network("office", {"spec": spec, "tags": {"team": "it"}}))
    # Then it has its subnets, and says whose it is.
    assert len(graph.of_type("aws:ec2/subnet:Subnet")) == 4
    assert graph.named("office-vpc").inputs["tags"] == {
        "team": "it",
        "podsg:owner": "podsg/dev",
        "Name": "office-vpc",
    }


def cluster_args(**more: Any) -> Any:
    return {"spec": {}, "subnet_ids": ["subnet-1", "subnet-2"], "admin_principal_arns": [], **more}


def test_a_key_can_be_brought() -> None:
    # Given a key that exists
    arn = "arn:aws:kms:us-west-2:123456789012:key/1"
    # When a cluster is made with it
    graph = register(lambda: Cluster("own", cluster_args(key_arn=arn)))
    # Then it is used, and none is made.
    assert graph.named("own-control-plane").inputs["encryptionConfig"]["provider"] == {"keyArn": arn}
    assert graph.of_type("aws:kms/key:Key", "aws:kms/alias:Alias") == []


def test_the_deletion_window_of_the_key_is_an_input() -> None:
    # Given a window, when a cluster is made with it, then its key has it.
    graph = register(lambda: Cluster("own", cluster_args(key_deletion_window_days=7)))
    assert graph.named("own-key").inputs["deletionWindowInDays"] == 7


def test_a_node_group_stands_alone() -> None:
    # Given a node group of one's own cluster, with a limit of pods
    args: NodeGroupArgs = {
        "spec": {"instance_types": ["m5.large"]},
        "cluster_name": "own",
        "subnet_ids": ["subnet-1"],
        "cluster_security_group_id": "sg-1",
        "node_security_group_id": "sg-2",
        "max_pods": 38,
    }
    # When it is made
    graph = register(lambda: NodeGroup("nodes", args))
    # Then it waits for nothing but its own parts, and its nodes know the limit.
    waits_for = {graph.by_urn[urn].name for urn in graph.named("nodes-nodes").waits_for}
    assert waits_for == {"nodes-role", *(f"nodes-role-{key}" for key in ROLE_POLICIES), "nodes-template"}
    user_data = base64.b64decode(graph.named("nodes-template").inputs["userData"])
    assert b'"maxPods": 38' in user_data


def test_security_groups_for_pods_stand_alone() -> None:
    # Given a workload whose group, database and namespace were made elsewhere
    args: SecurityGroupsForPodsArgs = {
        "workload": "catalog",
        "spec": {"namespace": "shop", "pod_selector": {"app": "catalog"}, "databases": ["catalog"]},
        "namespace": "shop",
        "pod_security_group_id": "sg-1",
        "cluster_security_group_id": "sg-2",
        "node_security_group_id": "sg-3",
        "databases": {"catalog": {"security_group_id": "sg-4", "port": 3307}},
    }
    # When it is made
    graph = register(lambda: SecurityGroupsForPods("own", args))
    # Then the grant opens the port that was said, and the policy has the default name.
    assert graph.named("own-database-catalog-ingress").inputs["fromPort"] == 3307
    assert graph.outputs_of("SecurityGroupsForPods") == {
        "policy_name": "catalog-security-groups",
        "pod_security_group_id": "sg-1",
    }


def test_named_networks_may_reach_the_api() -> None:
    # Given a network that may reach the API
    environment = dev_environment()
    environment["cluster"]["endpoint_access"] = {"public_cidrs": ["203.0.113.0/24"]}
    # When it is registered, then the public endpoint is open to it alone, and the private one stays.
    access = register_environment(environment).named("dev-cluster-control-plane").inputs["vpcConfig"]
    assert access["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert (access["endpointPublicAccess"], access["endpointPrivateAccess"]) == (True, True)


def test_the_cooldown_reaches_the_controller() -> None:
    # Given a cool-down
    environment = dev_environment()
    environment["cluster"]["vpc_cni"]["branch_eni_cooldown_seconds"] = 45
    # When it is registered
    graph = register_environment(environment)
    patch = graph.named("dev-branch-eni-cooldown")
    # Then it is patched into the ConfigMap of the add-on, through the provider of this cluster.
    assert patch.type == "kubernetes:core/v1:ConfigMapPatch"
    assert patch.inputs["data"] == {"branch-eni-cooldown": "45"}
    assert patch.inputs["metadata"]["name"] == "amazon-vpc-cni"
    assert patch.provider == graph.named("dev-kubernetes").urn
    assert graph.waits_for(patch, graph.named("dev-cluster-vpc-cni"))


def test_the_kubeconfig_holds_a_login_and_no_token() -> None:
    # Given a login of one's own
    environment = dev_environment()
    environment["cluster"]["login"] = {"command": "corp-login", "args": ["{cluster_name}", "--in={region}"]}
    # When it is registered
    graph = register_environment(environment)
    # Then provider and output have the same kubeconfig, made of the cluster's outputs alone.
    text = graph.named("dev-kubernetes").inputs["kubeconfig"]
    assert graph.outputs_of("Environment")["kubeconfig"] == text
    config = json.loads(text)
    assert config["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:6443",
        "certificate-authority-data": "QQ==",
    }
    (user,) = config["users"]
    assert user["user"] == {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "corp-login",
            "args": ["dev-cluster", "--in=us-west-2"],
            "interactiveMode": "Never",
        }
    }


def test_everything_in_kubernetes_goes_through_the_explicit_provider() -> None:
    # Given the reference environment, when it is registered, then no default provider reads a KUBECONFIG.
    graph = register_environment(dev_environment())
    objects = [resource for resource in graph if resource.type.startswith("kubernetes:")]
    assert len(objects) == 2
    assert {resource.provider for resource in objects} == {graph.named("dev-kubernetes").urn}


def test_outputs() -> None:
    # Given the reference environment, when the program ends, then it exports what people look for.
    graph = register_environment(dev_environment())
    outputs = graph.outputs_of("Environment")
    assert graph.exports == set(outputs)
    assert outputs["cluster_name"] == "dev-cluster"
    assert outputs["database_endpoints"] == {"catalog": "dev-catalog.abc.us-west-2.rds.amazonaws.com:3306"}
    assert outputs["pod_security_group_ids"] == {"catalog": "dev-pod-catalog-id"}


def test_a_kubeconfig_is_valid_for_its_own_context() -> None:
    # Given names, when a kubeconfig is written, then context, cluster and user fit together.
    config = json.loads(kubeconfig("c", "https://127.0.0.1", "QQ==", "login", []))
    (context,) = config["contexts"]
    assert config["current-context"] == context["name"] == config["clusters"][0]["name"]
    assert context["context"] == {"cluster": "c", "user": config["users"][0]["name"]}
