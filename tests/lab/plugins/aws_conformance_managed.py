"""The cases of EKS and RDS."""

from __future__ import annotations

import json
from typing import Any

from .aws_conformance import Values
from .aws_conformance_scene import Scene, unique
from .aws_conformance_types import TAGS, Case

_POLICY = "arn:aws:eks::aws:cluster-access-policy/"


def _settings(mode: str) -> str:
    return json.dumps({"env": {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": mode}})


def _entry(scene: Scene, **inputs: Any) -> Values:
    arn = scene.role("ec2.amazonaws.com").outputs["arn"]
    return {"clusterName": scene.cluster_name, "principalArn": arn, **inputs}


def _association(scene: Scene) -> Values:
    arn = scene.make("aws:eks/accessEntry:AccessEntry", **_entry(scene)).outputs["principalArn"]
    return {
        "clusterName": scene.cluster_name,
        "principalArn": arn,
        "policyArn": f"{_POLICY}AmazonEKSClusterAdminPolicy",
        "accessScope": {"type": "cluster"},
    }


def _nodes(scene: Scene) -> Values:
    template = scene.template
    return {
        "clusterName": scene.cluster_for_nodes,
        "nodeGroupName": unique("nodes"),
        "nodeRoleArn": scene.node_role_arn,
        "subnetIds": scene.node_subnet_ids,
        "amiType": "AL2023_x86_64_STANDARD",
        "instanceTypes": ["m5.large"],
        "version": "1.34",
        "launchTemplate": {"id": template.id, "version": str(template.outputs["latestVersion"])},
        "scalingConfig": {"desiredSize": 1, "minSize": 1, "maxSize": 2},
        "updateConfig": {"maxUnavailable": 1},
        "tags": TAGS,
    }


def _instance(scene: Scene) -> Values:
    return {
        "identifier": unique("db"),
        "engine": "mysql",
        "engineVersion": "8.4",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "storageType": "gp3",
        "storageEncrypted": True,
        "username": "podsg",
        "manageMasterUserPassword": True,
        "dbSubnetGroupName": scene.database_subnets,
        "vpcSecurityGroupIds": [scene.group()],
        "backupRetentionPeriod": 7,
        "multiAz": True,
        "enabledCloudwatchLogsExports": ["slowquery", "error"],
        "skipFinalSnapshot": True,
        "allowMajorVersionUpgrade": True,
        "applyImmediately": True,
        "tags": TAGS,
    }


def _parameters(_: Scene) -> Values:
    return {
        "name": unique("parameters"),
        "family": "mysql8.4",
        "parameters": [{"name": "require_secure_transport", "value": "1", "applyMethod": "pending-reboot"}],
        "tags": TAGS,
    }


def _aurora(scene: Scene) -> Values:
    return {
        "clusterIdentifier": unique("aurora"),
        "engine": "aurora-postgresql",
        "engineVersion": "16",
        "masterUsername": "podsg",
        "manageMasterUserPassword": True,
        "databaseName": "catalog",
        "dbSubnetGroupName": scene.database_subnets,
        "dbClusterParameterGroupName": scene.make(
            "aws:rds/clusterParameterGroup:ClusterParameterGroup", family="aurora-postgresql16"
        ).id,
        "vpcSecurityGroupIds": [scene.group()],
        "storageEncrypted": True,
        "kmsKeyId": scene.key.outputs["arn"],
        "backupRetentionPeriod": 7,
        "copyTagsToSnapshot": True,
        "enabledCloudwatchLogsExports": ["postgresql"],
        "iamDatabaseAuthenticationEnabled": True,
        "skipFinalSnapshot": True,
        "applyImmediately": True,
        "tags": TAGS,
    }


def _member(scene: Scene) -> Values:
    return {
        "identifier": unique("member"),
        "clusterIdentifier": scene.make("aws:rds/cluster:Cluster", **_aurora(scene)).id,
        "engine": "aurora-postgresql",
        "engineVersion": "16",
        "instanceClass": "db.r6g.large",
        "dbSubnetGroupName": scene.database_subnets,
        "publiclyAccessible": False,
        "promotionTier": 1,
        "applyImmediately": True,
        "tags": TAGS,
    }


def _cluster_parameters(_: Scene) -> Values:
    return {
        "name": unique("parameters"),
        "family": "aurora-postgresql16",
        "parameters": [
            {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"},
            {"name": "log_statement", "value": "ddl", "applyMethod": "immediate"},
        ],
        "tags": TAGS,
    }


CASES = (
    Case(
        "aws:eks/cluster:Cluster",
        lambda scene: {**scene.cluster_inputs, "name": unique("cluster"), "tags": TAGS},
        {"vpcConfig.subnetIDs": "subnetIds"},
        change=lambda scene: {
            "enabledClusterLogTypes": ["api"],
            "vpcConfig": {
                "subnetIds": scene.subnet_ids,
                "endpointPrivateAccess": True,
                "endpointPublicAccess": False,
            },
        },
        replace=lambda _: {"bootstrapSelfManagedAddons": True},
        conflict="ResourceInUseException",
    ),
    Case(
        "aws:eks/accessEntry:AccessEntry",
        lambda scene: _entry(scene, type="STANDARD", tags=TAGS),
        {"principalARN": "principalArn"},
        change=lambda _: {"kubernetesGroups": ["viewers"]},
        replace=lambda _: {"type": "EC2_LINUX"},
        conflict="ResourceInUseException",
    ),
    Case(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        _association,
        {"accessScope.typ": "type"},
        replace=lambda _: {"accessScope": {"type": "namespace", "namespaces": ["catalog"]}},
    ),
    Case(
        "aws:eks/addon:Addon",
        lambda scene: {
            "clusterName": scene.cluster_name,
            "addonName": "vpc-cni",
            "configurationValues": _settings("strict"),
            "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "PRESERVE",
            "tags": TAGS,
        },
        {"configurationValue": "configurationValues"},
        change=lambda _: {"configurationValues": _settings("standard")},
        replace=lambda _: {"addonName": "kube-proxy", "configurationValues": "{}"},
        conflict="ResourceInUseException",
    ),
    Case(
        "aws:eks/nodeGroup:NodeGroup",
        _nodes,
        {"scalingConfig.desired": "desiredSize"},
        change=lambda _: {
            "scalingConfig": {"desiredSize": 2, "minSize": 1, "maxSize": 2},
            "labels": {"a": "b"},
            "version": "1.35",
        },
        replace=lambda _: {"instanceTypes": ["m5.xlarge"]},
        conflict="ResourceInUseException",
    ),
    Case(
        "aws:rds/instance:Instance",
        _instance,
        {"engineVersions": "engineVersion"},
        change=lambda _: {"backupRetentionPeriod": 14, "enabledCloudwatchLogsExports": ["error"]},
        replace=lambda _: {"username": "other"},
        conflict="DBInstanceAlreadyExists",
    ),
    Case(
        "aws:rds/subnetGroup:SubnetGroup",
        lambda scene: {"name": unique("subnets"), "subnetIds": scene.subnet_ids, "tags": TAGS},
        {"subnetsIds": "subnetIds"},
        change=lambda _: {"description": "another"},
        replace=lambda _: {"name": unique("subnets")},
        conflict="DBSubnetGroupAlreadyExists",
    ),
    Case(
        "aws:rds/parameterGroup:ParameterGroup",
        _parameters,
        {"parameters[0].applyMethods": "applyMethod"},
        change=lambda scene: {
            "parameters": [
                {"name": "max_connections", "value": "50", "applyMethod": "immediate"},
                *_parameters(scene)["parameters"],
            ]
        },
        replace=lambda _: {"family": "mysql8.0"},
        conflict="DBParameterGroupAlreadyExists",
    ),
    Case(
        "aws:rds/cluster:Cluster",
        _aurora,
        {"clusterIdentifer": "clusterIdentifier"},
        change=lambda scene: {
            "backupRetentionPeriod": 14,
            "enabledCloudwatchLogsExports": ["iam-db-auth-error", "postgresql"],
            "iamDatabaseAuthenticationEnabled": False,
            "vpcSecurityGroupIds": [scene.group()],
        },
        replace=lambda _: {"masterUsername": "other", "databaseName": "orders"},
        conflict="DBClusterAlreadyExistsFault",
    ),
    Case(
        "aws:rds/clusterInstance:ClusterInstance",
        _member,
        {"instanceClas": "instanceClass"},
        change=lambda _: {"instanceClass": "db.r6g.xlarge", "promotionTier": 3},
        replace=lambda _: {"clusterIdentifier": "other"},
        conflict="DBInstanceAlreadyExists",
    ),
    Case(
        "aws:rds/clusterParameterGroup:ClusterParameterGroup",
        _cluster_parameters,
        {"parameters[0].applyMethods": "applyMethod"},
        change=lambda scene: {"parameters": _cluster_parameters(scene)["parameters"][:1]},
        replace=lambda _: {"family": "aurora-postgresql15"},
        conflict="DBParameterGroupAlreadyExists",
    ),
)
