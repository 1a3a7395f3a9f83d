"""What a resource under test hangs on, made with the plugin itself when first asked for."""

from __future__ import annotations

import itertools
import json
import uuid
from functools import cached_property
from typing import Any

from lab.plugins.interface import ResourceState

from .aws_conformance import AwsEngine

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
ROLE = "aws:iam/role:Role"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

_numbers = itertools.count(1)


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Scene:
    """Resources that a test needs besides the one it is about."""

    def __init__(self, engine: AwsEngine) -> None:
        self.engine = engine

    def make(self, type_name: str, **inputs: Any) -> ResourceState:
        return self.engine.up(type_name, inputs, name=unique("s"))

    @cached_property
    def vpc_id(self) -> str:
        return self.make(VPC, cidrBlock="10.0.0.0/16", enableDnsHostnames=True).id

    def subnet(self, zone: str = "a") -> str:
        block = f"10.0.{next(_numbers) % 250}.0/24"
        return self.make(SUBNET, vpcId=self.vpc_id, cidrBlock=block, availabilityZone=f"us-west-2{zone}").id

    @cached_property
    def subnet_ids(self) -> list[str]:
        return [self.subnet("a"), self.subnet("b")]

    def group(self, **inputs: Any) -> str:
        return self.make(GROUP, vpcId=self.vpc_id, **inputs).id

    def gateway(self) -> str:
        return self.make("aws:ec2/internetGateway:InternetGateway", vpcId=self.vpc_id).id

    @cached_property
    def internet(self) -> str:
        return self.gateway()

    def table(self) -> str:
        return self.make("aws:ec2/routeTable:RouteTable", vpcId=self.vpc_id).id

    def role(self, service: str, *policies: str) -> ResourceState:
        role = self.make(ROLE, assumeRolePolicy=trust(service))
        for policy in policies:
            arn = f"arn:aws:iam::aws:policy/{policy}"
            self.make(ATTACHMENT, role=role.outputs["name"], policyArn=arn)
        return role

    @cached_property
    def log_group_arn(self) -> str:
        return str(self.make("aws:cloudwatch/logGroup:LogGroup").outputs["arn"])

    @cached_property
    def key(self) -> ResourceState:
        return self.make("aws:kms/key:Key", deletionWindowInDays=7)

    @cached_property
    def cluster_inputs(self) -> dict[str, Any]:
        role = self.role("eks.amazonaws.com", "AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController")
        return {
            "name": unique("cluster"),
            "version": "1.35",
            "roleArn": role.outputs["arn"],
            "vpcConfig": {"subnetIds": self.subnet_ids, "endpointPrivateAccess": True},
            "accessConfig": {
                "authenticationMode": "API",
                "bootstrapClusterCreatorAdminPermissions": False,
            },
            "bootstrapSelfManagedAddons": False,
            "enabledClusterLogTypes": ["audit", "api"],
            "encryptionConfig": {
                "provider": {"keyArn": self.key.outputs["arn"]},
                "resources": ["secrets"],
            },
        }

    @cached_property
    def cluster_name(self) -> str:
        return self.make("aws:eks/cluster:Cluster", **self.cluster_inputs).id

    @cached_property
    def node_subnet_ids(self) -> list[str]:
        """Subnets from which a node can join: their default route is a NAT gateway, which has one itself."""
        public = self._with_default_route([self.subnet()], gatewayId=self.internet)
        address = self.make("aws:ec2/eip:Eip", domain="vpc").id
        nat = self.make("aws:ec2/natGateway:NatGateway", subnetId=public[0], allocationId=address).id
        return self._with_default_route([self.subnet("a"), self.subnet("b")], natGatewayId=nat)

    def _with_default_route(self, subnet_ids: list[str], **target: str) -> list[str]:
        table = self.table()
        self.make("aws:ec2/route:Route", routeTableId=table, destinationCidrBlock="0.0.0.0/0", **target)
        for subnet_id in subnet_ids:
            self.make(ASSOCIATION, routeTableId=table, subnetId=subnet_id)
        return subnet_ids

    @cached_property
    def cluster_for_nodes(self) -> str:
        """A cluster that brings its own VPC CNI, without which no node is ready."""
        inputs = self.cluster_inputs | {"name": unique("cluster"), "bootstrapSelfManagedAddons": True}
        return self.make("aws:eks/cluster:Cluster", **inputs).id

    @cached_property
    def node_role_arn(self) -> str:
        policies = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy")
        return str(self.role("ec2.amazonaws.com", *policies).outputs["arn"])

    @cached_property
    def template(self) -> ResourceState:
        return self.make("aws:ec2/launchTemplate:LaunchTemplate", metadataOptions={"httpTokens": "required"})

    @cached_property
    def database_subnets(self) -> str:
        return self.make("aws:rds/subnetGroup:SubnetGroup", subnetIds=self.subnet_ids).id
