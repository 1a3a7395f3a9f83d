"""All resource types that the lab knows; a module is imported when one of its types is first used."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Final

from lab.plugins.aws.record import Resource

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "ec2_vpc": (
        "aws:ec2/vpc:Vpc",
        "aws:ec2/subnet:Subnet",
    ),
    "ec2_vpc_block": ("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",),
    "ec2_gateways": (
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/eip:Eip",
        "aws:ec2/natGateway:NatGateway",
    ),
    "ec2_routes": (
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/route:Route",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
    ),
    "ec2_groups": (
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    ),
    "ec2_group_rules": (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    ),
    "ec2_flow_log": ("aws:ec2/flowLog:FlowLog",),
    "ec2_endpoint": ("aws:ec2/vpcEndpoint:VpcEndpoint",),
    "ec2_launch_template": ("aws:ec2/launchTemplate:LaunchTemplate",),
    "iam": (
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    ),
    "iam_oidc": ("aws:iam/openIdConnectProvider:OpenIdConnectProvider",),
    "eks_cluster": ("aws:eks/cluster:Cluster",),
    "eks_access": (
        "aws:eks/accessEntry:AccessEntry",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    ),
    "eks_addon": ("aws:eks/addon:Addon",),
    "eks_node_group": ("aws:eks/nodeGroup:NodeGroup",),
    "rds_instance": ("aws:rds/instance:Instance",),
    "rds_cluster": ("aws:rds/cluster:Cluster",),
    "rds_cluster_instance": ("aws:rds/clusterInstance:ClusterInstance",),
    "rds_groups": (
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    ),
    "kms": (
        "aws:kms/key:Key",
        "aws:kms/alias:Alias",
    ),
    "logs": ("aws:cloudwatch/logGroup:LogGroup",),
}

TOKENS: Final = frozenset(token for tokens in MODULES.values() for token in tokens)


@functools.cache
def find(token: str) -> Resource | None:
    """Return the record of a resource type, none if the lab does not know the type."""
    for module, tokens in MODULES.items():
        if token in tokens:
            found: tuple[Resource, ...] = importlib.import_module(f"lab.plugins.aws.{module}").RECORDS
            return next(record for record in found if record.type_name == token)
    return None
