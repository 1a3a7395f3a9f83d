"""What people hand in: refused at the border, or passed on."""

from __future__ import annotations

import base64
import json
from email import message_from_string
from typing import Any, cast

import pulumi
import pytest

from podsg.resources import (
    Cluster,
    Environment,
    GrantedDatabaseArgs,
    Network,
    NodeGroup,
    NodeGroupArgs,
    SecurityGroupsForPods,
    SecurityGroupsForPodsArgs,
)
from podsg.resources.kubernetes_login import kubeconfig
from podsg.resources.node_group import ROLE_POLICIES
from podsg.resources.spec_args import EnvironmentSpecArgs, NetworkSpecArgs

from .graph import Answers, dev_environment, register, register_environment

SECRET_ARN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!db-1"


def secrets_policy(arn: str) -> str:
    actions = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": [arn]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


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


def test_zones_are_those_that_eks_takes() -> None:
    # Given a region
    answers = Answers()
    # When its zones are looked up
    register_environment(dev_environment(), answers)
    # Then those that EKS refuses and those to opt in to are left out; one in trouble is not, for others
    # would take its place.
    assert answers.asked["aws:index/getAvailabilityZones:getAvailabilityZones"] == {
        "excludeZoneIds": ["use1-az3", "usw1-az2", "cac1-az3"],
        "filters": [{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
    }


def test_a_deployer_without_access_is_warned(caplog: pytest.LogCaptureFixture) -> None:
    # Given administrators without the caller
    environment = dev_environment()
    environment["cluster"]["admin_principal_arns"] = ["arn:aws:iam::123456789012:role/team/Admin"]
    # When the environment is registered
    register_environment(environment)
    # Then one warning names the caller by its last part and says what it cannot do.
    (warning,) = (record.message for record in caplog.records if record.levelname == "WARNING")
    assert warning.startswith("cluster.admin_principal_arns: podsg-lab deploys")
    assert "Kubernetes objects cannot be made by it" in warning
    assert "123456789012" not in warning


@pytest.mark.parametrize("principals", [[], ["arn:aws:iam::123456789012:user/podsg-lab"]])
def test_a_deployer_with_access_is_not_warned(
    principals: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    # Given nobody or the caller as administrator, when the environment is registered, then nothing is said.
    environment = dev_environment()
    environment["cluster"]["admin_principal_arns"] = principals
    register_environment(environment)
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def test_the_component_has_the_name_of_the_environment() -> None:
    # Given a component and a spec of different names, when it is made, then it is refused.
    with pytest.raises(pulumi.RunError, match="found test"):
        register(lambda: Environment("test", {"spec": cast("EnvironmentSpecArgs", dev_environment())}))


def test_a_part_is_refused_with_its_own_path() -> None:
    # Given a network that does not hold, when it is made alone, then the path starts with its name.
    with pytest.raises(pulumi.RunError, match=r"office\.spec\.cidr"):
        register(lambda: Network("office", {"spec": {"cidr": "10.0.0.0/8"}}))


def test_a_network_stands_alone() -> None:
    # Given plain data with numbers as other languages send them
    spec = cast("NetworkSpecArgs", {"cidr": "10.0.0.0/16", "zone_count": 2.0})
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
    return {"spec": more, "subnet_ids": ["subnet-1", "subnet-2"]}


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


class Undescribed(Answers):
    """EKS that leaves a part of the description out."""

    def __init__(self, part: str, value: Any) -> None:
        super().__init__()
        self.part, self.value = part, value

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        resource_id, outputs = super().new_resource(args)
        return resource_id, outputs | ({self.part: self.value} if self.part in outputs else {})


@pytest.mark.parametrize(
    ("part", "value", "name"),
    [
        ("vpcConfig", {"subnetIds": ["subnet-1"]}, "cluster security group"),
        ("identities", [], "issuer"),
        ("identities", [{"oidcs": [{}]}], "issuer"),
    ],
)
def test_a_cluster_that_lacks_a_part_is_an_error(part: str, value: Any, name: str) -> None:
    # Given a cluster that EKS describes in part, when it is made, then the error names what is missing.
    with pytest.raises(pulumi.RunError, match=f"own: EKS tells no {name}"):
        register(lambda: Cluster("own", cluster_args()), Undescribed(part, value))


def test_a_limit_of_pods_reaches_the_nodes() -> None:
    # Given node groups, one with a limit of pods
    environment = dev_environment()
    environment["node_groups"]["workers"]["max_pods"] = 38
    environment["node_groups"]["more"] = {"instance_types": ["m5.large"]}
    # When they are registered
    graph = register_environment(environment)
    # Then the kubelet of the one is told in a document that nodeadm reads, and the other gets no user data.
    text = base64.b64decode(graph.named("dev-workers-template").inputs["userData"]).decode()
    _, part = message_from_string(text).walk()
    assert part.get_content_type() == "application/node.eks.aws"
    assert json.loads(str(part.get_payload())) == {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"kubelet": {"config": {"maxPods": 38}}},
    }
    assert "userData" not in graph.named("dev-more-template").inputs


def test_a_node_group_stands_alone() -> None:
    # Given a node group of one's own cluster, with a limit of pods
    args: NodeGroupArgs = {
        "spec": {"instance_types": ["m5.large"], "max_pods": 38},
        "cluster_name": "own",
        "subnet_ids": ["subnet-1"],
        "cluster_security_group_id": "sg-1",
        "node_security_group_id": "sg-2",
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
        "databases": {"catalog": {"security_group_id": "sg-4", "port": 3307, "secret_arn": SECRET_ARN}},
    }
    # When it is made
    graph = register(lambda: SecurityGroupsForPods("own", args))
    # Then the grant opens the port that was said, and the policy has the default name.
    assert graph.named("own-database-catalog-ingress").inputs["fromPort"] == 3307
    assert graph.outputs_of("SecurityGroupsForPods") == {
        "policy_name": "catalog-security-groups",
        "pod_security_group_id": "sg-1",
        "database_secret_arns": {"catalog": SECRET_ARN},
        "read_secrets_policy": secrets_policy(SECRET_ARN),
    }


@pytest.mark.parametrize(
    "databases", [{}, {"catalog": {"security_group_id": "sg-4", "port": 3306, "secret_arn": None}}]
)
def test_without_a_secret_there_is_no_policy(databases: dict[str, GrantedDatabaseArgs]) -> None:
    # Given a workload without a database, or with one whose secret is not known
    args: SecurityGroupsForPodsArgs = {
        "workload": "catalog",
        "spec": {"namespace": "shop", "pod_selector": {"app": "catalog"}, "databases": list(databases)},
        "namespace": "shop",
        "pod_security_group_id": "sg-1",
        "cluster_security_group_id": "sg-2",
        "node_security_group_id": "sg-3",
        "databases": databases,
    }
    # When it is made, then there is no policy, for one without resources would be refused.
    outputs = register(lambda: SecurityGroupsForPods("own", args)).outputs_of("SecurityGroupsForPods")
    assert outputs["database_secret_arns"] == {}
    assert outputs.get("read_secrets_policy") is None


def test_each_workload_may_read_the_secrets_of_its_databases() -> None:
    # Given a workload with a database and one without
    environment = dev_environment()
    environment["workloads"]["ui"] = {"namespace": "ui", "pod_selector": {"app": "ui"}}
    # When they are registered
    outputs = register_environment(environment).outputs_of("Environment")
    # Then the one has a policy for exactly this secret.
    assert outputs["read_secrets_policies"] == {"catalog": secrets_policy(SECRET_ARN)}


def test_an_environment_without_databases_has_empty_outputs() -> None:
    # Given neither databases nor workloads, when it is registered, then maps are empty maps and no lists.
    outputs = register_environment(dev_environment() | {"databases": {}, "workloads": {}}).outputs_of(
        "Environment"
    )
    for name in ("database_endpoints", "pod_security_group_ids", "read_secrets_policies"):
        assert outputs[name] == {}


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
    assert config["current-context"] == context["name"] == "c"
    assert context["context"] == {
        "cluster": config["clusters"][0]["name"],
        "user": config["users"][0]["name"],
    }
