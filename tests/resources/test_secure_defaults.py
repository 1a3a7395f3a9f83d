"""What is secure without anybody asking for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .graph import Graph, dev_environment, register_environment


def trust(graph: Graph, role: str) -> dict[str, Any]:
    (statement,) = json.loads(graph.named(role).inputs["assumeRolePolicy"])["Statement"]
    found: dict[str, Any] = statement
    return found


def test_cluster(dev: Graph) -> None:
    # Given the reference environment, when the cluster is registered
    cluster = dev.named("dev-cluster-control-plane").inputs
    # Then it is private, encrypted, logged, and open through access entries alone.
    assert cluster["name"] == "dev-cluster"
    assert cluster["vpcConfig"] == {
        "subnetIds": [f"dev-network-private-{number}-id" for number in (1, 2, 3)],
        "endpointPrivateAccess": True,
        "endpointPublicAccess": False,
    }
    assert cluster["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }
    assert cluster["bootstrapSelfManagedAddons"] is False
    assert set(cluster["enabledClusterLogTypes"]) == {
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    }
    key = dev.named("dev-cluster-key")
    assert cluster["encryptionConfig"]["resources"] == ["secrets"]
    assert cluster["encryptionConfig"]["provider"]["keyArn"].endswith(key.name)


def test_key(dev: Graph) -> None:
    # Given the key of the cluster, when it is registered
    key = dev.named("dev-cluster-key").inputs
    # Then it rotates, can be saved for 30 days, the account administers it, and nobody may decrypt with it.
    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 30
    (statement,) = json.loads(key["policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert not [action for action in statement["Action"] if action in {"kms:*", "kms:Decrypt", "kms:Encrypt"}]


def test_caller_is_administrator_by_access_entry(dev: Graph) -> None:
    # Given a caller, when access is registered, then its entry has the administrator policy for the cluster.
    association = dev.named("dev-cluster-admin-podsg-lab-25cff0dc-policy").inputs
    assert association["principalArn"] == "arn:aws:iam::123456789012:user/podsg-lab"
    assert association["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    assert association["accessScope"] == {"type": "cluster"}


def test_named_administrators_are_all_administrators() -> None:
    # Given an administrator list without the caller
    environment = dev_environment()
    environment["cluster"]["admin_principal_arns"] = [
        "arn:aws:iam::123456789012:role/Deploy",
        "arn:aws:iam::123456789012:role/team/Admin",
    ]
    # When it is registered
    entries = register_environment(environment).of_type("aws:eks/accessEntry:AccessEntry")
    # Then only they have entries: whoever runs a preview takes no access away.
    assert sorted(entry.inputs["principalArn"].rsplit("/")[-1] for entry in entries) == ["Admin", "Deploy"]


def test_role_policies(dev: Graph) -> None:
    # Given all attachments, when they are listed, then the controller's policy is on the cluster's role.
    attached = {
        (resource.inputs["role"], resource.inputs["policyArn"].rsplit("/", 1)[-1])
        for resource in dev.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    assert attached == {
        ("dev-cluster-role", "AmazonEKSClusterPolicy"),
        ("dev-cluster-role", "AmazonEKSVPCResourceController"),
        ("dev-workers-role", "AmazonEKSWorkerNodePolicy"),
        ("dev-workers-role", "AmazonEKS_CNI_Policy"),
        ("dev-workers-role", "AmazonEC2ContainerRegistryPullOnly"),
    }


def test_roles_trust_one_service_for_one_purpose(dev: Graph) -> None:
    # Given the three roles, when their trust is read, then each names one service, bound to its resource.
    cluster = trust(dev, "dev-cluster-role")
    assert cluster["Principal"] == {"Service": "eks.amazonaws.com"}
    assert cluster["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:eks:us-west-2:123456789012:cluster/dev-cluster"},
    }
    assert trust(dev, "dev-workers-role")["Principal"] == {"Service": "ec2.amazonaws.com"}
    flow_log = trust(dev, "dev-network-flow-log-role")
    assert flow_log["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert flow_log["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":123456789012:vpc-flow-log/*")


def test_nodes(dev: Graph) -> None:
    # Given the launch template of the nodes, when it is registered
    template = dev.named("dev-workers-template").inputs
    # Then metadata is for the node alone, disks are encrypted, and both groups are on the interface.
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (mapping,) = template["blockDeviceMappings"]
    assert mapping["ebs"] == {
        "encrypted": "true",
        "volumeType": "gp3",
        "volumeSize": 50,
        "deleteOnTermination": "true",
    }
    assert template["vpcSecurityGroupIds"] == ["sg-00000000000000c1a", "dev-node-id"]
    assert "keyName" not in template
    nodes = dev.named("dev-workers-nodes").inputs
    assert "remoteAccess" not in nodes
    assert nodes["subnetIds"] == [f"dev-network-private-{number}-id" for number in (1, 2, 3)]
    assert nodes["launchTemplate"] == {"id": "dev-workers-template-id", "version": "1"}


def test_add_ons(dev: Graph) -> None:
    # Given the add-ons, when they are registered, then vpc-cni has its settings and leaves those of others.
    addons = {addon.inputs["addonName"]: addon.inputs for addon in dev.of_type("aws:eks/addon:Addon")}
    assert set(addons) == {"vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns"}
    assert {addon["resolveConflictsOnCreate"] for addon in addons.values()} == {"OVERWRITE"}
    assert {name: addon["resolveConflictsOnUpdate"] for name, addon in addons.items()} == {
        "vpc-cni": "PRESERVE",
        "kube-proxy": "OVERWRITE",
        "eks-pod-identity-agent": "OVERWRITE",
        "coredns": "OVERWRITE",
    }
    assert json.loads(addons["vpc-cni"]["configurationValues"]) == {
        "env": {
            "AWS_VPC_K8S_CNI_EXTERNALSNAT": "true",
            "ENABLE_POD_ENI": "true",
            "POD_SECURITY_GROUP_ENFORCING_MODE": "strict",
        },
        "init": {"env": {"DISABLE_TCP_EARLY_DEMUX": "true"}},
    }


def test_network(dev: Graph) -> None:
    # Given the network, when it is registered
    subnets = dev.of_type("aws:ec2/subnet:Subnet")
    # Then nothing gets a public address by itself, the default group is empty, all flows are recorded.
    assert len(subnets) == 6
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in subnets)
    assert not {"ingress", "egress"} & dev.named("dev-network-default-group").inputs.keys()
    assert dev.named("dev-network-flow-log").inputs["trafficType"] == "ALL"
    assert dev.named("dev-network-s3").inputs["serviceName"] == "com.amazonaws.us-west-2.s3"
    assert len(dev.of_type("aws:ec2/natGateway:NatGateway")) == 1
    (policy,) = json.loads(dev.named("dev-network-flow-log-policy").inputs["policy"])["Statement"]
    assert "logs:CreateLogGroup" not in policy["Action"]
    assert "*" not in policy["Resource"]


def test_logs_are_kept_a_year(dev: Graph) -> None:
    # Given all log groups, when they are registered, then they have the names AWS writes to, and 365 days.
    groups = dev.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert {group.inputs["name"] for group in groups} == {
        "/aws/eks/dev-cluster/cluster",
        "/aws/rds/instance/dev-catalog/error",
        "/aws/rds/instance/dev-catalog/slowquery",
        "/aws/vpc-flow-log/dev-network",
    }
    assert {group.inputs["retentionInDays"] for group in groups} == {365}


def test_database(dev: Graph) -> None:
    # Given the database of the reference environment, when it is registered
    database = dev.named("dev-catalog-instance").inputs
    # Then it is private and encrypted, takes TLS only, and no password is in sight.
    expected = {
        "identifier": "dev-catalog",
        "storageEncrypted": True,
        "publiclyAccessible": False,
        "iamDatabaseAuthenticationEnabled": True,
        "manageMasterUserPassword": True,
        "copyTagsToSnapshot": True,
        "backupRetentionPeriod": 7,
        "allowMajorVersionUpgrade": True,
        "applyImmediately": False,
        "autoMinorVersionUpgrade": True,
        "enabledCloudwatchLogsExports": ["error", "slowquery"],
        "vpcSecurityGroupIds": ["dev-database-catalog-id"],
        "skipFinalSnapshot": True,
        "deletionProtection": False,
        "multiAz": False,
    }
    assert {key: database[key] for key in expected} == expected
    assert not {"password", "finalSnapshotIdentifier"} & database.keys()
    parameters = dev.named("dev-catalog-parameters").inputs
    assert parameters["family"] == "mysql8.4"
    assert {"name": "require_secure_transport", "value": "1", "applyMethod": "pending-reboot"} in parameters[
        "parameters"
    ]


@pytest.mark.parametrize(
    ("engine", "version", "upgrades"),
    [
        ("mysql", "8.4", True),
        ("mysql", "8.4.5", False),
        ("postgres", "16", True),
        ("postgres", "16.3", False),
    ],
)
def test_a_patch_that_is_written_down_stays(engine: str, version: str, *, upgrades: bool) -> None:
    # Given a version, a line or a patch of it, and changes that are wanted at once
    environment = dev_environment()
    environment["databases"]["catalog"] |= {
        "engine": engine,
        "version": version,
        "apply_immediately": True,
    }
    # When it is registered, then RDS may move the instance along a line only.
    database = register_environment(environment).named("dev-catalog-instance").inputs
    assert (database["autoMinorVersionUpgrade"], database["applyImmediately"]) == (upgrades, True)


def test_iam_trusts_the_tokens_of_the_cluster(dev: Graph) -> None:
    # Given the cluster, when it is registered, then IAM trusts its issuer, for STS, and looks the
    # certificate up.
    provider = dev.named("dev-cluster-oidc-provider")
    assert provider.inputs["url"] == "https://oidc.eks.us-west-2.amazonaws.com/id/A1"
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]
    assert "thumbprintLists" not in provider.inputs
    outputs = dev.outputs_of("Cluster")
    assert outputs["oidc_provider_arn"].endswith(":dev-cluster-oidc-provider")
    assert dev.outputs_of("Environment")["oidc_provider_arn"] == outputs["oidc_provider_arn"]


def test_a_database_is_protected_unless_told_otherwise() -> None:
    # Given a database of which only the necessary is said, in an environment that says nothing either
    environment = dev_environment()
    del environment["deletion_protection"]
    environment["databases"]["orders"] = {
        "engine": "postgres",
        "version": "16",
        "instance_class": "db.t4g.micro",
    }
    # When it is registered
    graph = register_environment(environment)
    database = graph.named("dev-orders-instance").inputs
    # Then it stands in two zones, cannot be deleted by accident, and leaves a snapshot behind.
    assert (database["multiAz"], database["deletionProtection"], database["skipFinalSnapshot"]) == (
        True,
        True,
        False,
    )
    assert database["finalSnapshotIdentifier"].startswith("dev-orders-final-")
    assert database["port"] == 5432
    names = {parameter["name"] for parameter in graph.named("dev-orders-parameters").inputs["parameters"]}
    assert names == {"rds.force_ssl", "log_min_duration_statement"}
    # And the cluster cannot be deleted by accident either.
    assert graph.named("dev-cluster-control-plane").inputs["deletionProtection"] is True


def test_one_setting_turns_all_protections_off_and_a_part_may_keep_its_own() -> None:
    # Given the setting, and a database that says otherwise for itself
    environment = dev_environment()
    environment["deletion_protection"] = False
    environment["databases"]["orders"] = {**environment["databases"]["catalog"], "deletion_protection": True}
    # When it is registered, then all but this one can be deleted.
    graph = register_environment(environment)
    assert graph.named("dev-cluster-control-plane").inputs["deletionProtection"] is False
    assert graph.named("dev-catalog-instance").inputs["deletionProtection"] is False
    assert graph.named("dev-orders-instance").inputs["deletionProtection"] is True


def test_policy_holds_the_group_by_id(dev: Graph) -> None:
    # Given the policy of the reference workload, when it is registered
    policy = dev.named("dev-catalog-policy").inputs
    # Then it selects the pods and holds the id of their group.
    assert policy["metadata"]["name"] == "catalog-rds-access"
    assert policy["metadata"]["namespace"] == "catalog"
    assert policy["spec"] == {
        "podSelector": {
            "matchLabels": {
                "app.kubernetes.io/name": "catalog",
                "app.kubernetes.io/component": "service",
            }
        },
        "securityGroups": {"groupIds": ["dev-pod-catalog-id"]},
    }


def test_everything_that_takes_tags_says_whose_it_is() -> None:
    # Given an environment with tags of its own
    environment = dev_environment()
    environment["tags"] = {"team": "shop"}
    # When it is registered
    graph = register_environment(environment)
    untagged = {
        resource.type.rsplit(":", 1)[-1]
        for resource in graph.custom().values()
        if "tags" not in resource.inputs
    }
    # Then only what cannot be tagged is not, and every name is the resource's own.
    assert untagged == {
        "AccessPolicyAssociation",
        "Alias",
        "DrainGate",
        "Namespace",
        "Route",
        "RouteTableAssociation",
        "RolePolicy",
        "RolePolicyAttachment",
        "SecurityGroupPolicy",
        "SweepGate",
        "WorkloadGate",
        "kubernetes",
    }
    for resource in graph.custom().values():
        tags = resource.inputs.get("tags")
        if tags:
            assert tags["podsg:owner"] == "podsg/dev"
            assert tags["podsg:environment"] == "dev"
            assert tags["team"] == "shop"
            assert tags["Name"]
    (labels,) = {
        json.dumps(resource.inputs["metadata"]["labels"])
        for resource in graph.custom().values()
        if resource.type.startswith("kubernetes:")
    }
    assert json.loads(labels) == {"app.kubernetes.io/managed-by": "podsg"}
