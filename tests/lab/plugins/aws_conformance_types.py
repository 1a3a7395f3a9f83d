"""One case per resource type: how it is made, changed in place and replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .aws_conformance import Values
from .aws_conformance_scene import ROLE, SUBNET, VPC, Scene, trust, unique

TAGS = {"Name": "dev", "podsg:owner": "podsg/dev"}


def _nothing(_: Scene) -> Values:
    return {}


@dataclass(frozen=True)
class Case:
    """A resource type under test."""

    type_name: str
    inputs: Callable[[Scene], Values]
    """Inputs, everything tagged that can be."""
    misspelt: dict[str, str]
    """A wrong property path, and the name that the failure has to offer."""
    change: Callable[[Scene], Values] = _nothing
    """Inputs that change in place; empty: nothing but tags does."""
    replace: Callable[[Scene], Values] = _nothing
    """Inputs that need a new resource."""
    conflict: str = ""
    """Error of a second one with the same inputs; empty: there may be two."""
    stays: bool = False
    """A delete leaves it."""


def _rule(scene: Scene) -> Values:
    return {
        "securityGroupId": scene.group(),
        "referencedSecurityGroupId": scene.group(),
        "ipProtocol": "tcp",
        "fromPort": 3306,
        "toPort": 3306,
        "description": "from the pods of catalog to the database",
        "tags": TAGS,
    }


def _nat(scene: Scene) -> Values:
    address = scene.make("aws:ec2/eip:Eip", domain="vpc").id
    assert scene.internet
    return {"subnetId": scene.subnet(), "allocationId": address, "tags": TAGS}


def _flow_log(scene: Scene) -> Values:
    return {
        "vpcId": scene.make(VPC, cidrBlock="10.9.0.0/16").id,
        "trafficType": "ALL",
        "logDestination": scene.log_group_arn,
        "iamRoleArn": scene.role("vpc-flow-logs.amazonaws.com").outputs["arn"],
        "tags": TAGS,
    }


def _interface_endpoint(scene: Scene) -> Values:
    return {
        "vpcId": scene.vpc_id,
        "vpcEndpointType": "Interface",
        "serviceName": "com.amazonaws.us-west-2.ecr.dkr",
        "subnetIds": scene.subnet_ids,
        "securityGroupIds": [scene.group()],
        "privateDnsEnabled": True,
        "tags": TAGS,
    }


def _template(_: Scene) -> Values:
    return {
        "name": unique("template"),
        "description": "Nodes",
        "updateDefaultVersion": True,
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {
                    "volumeSize": 50,
                    "volumeType": "gp3",
                    "encrypted": "true",
                    "deleteOnTermination": "true",
                },
            }
        ],
        "tagSpecifications": [{"resourceType": "instance", "tags": TAGS}],
        "tags": TAGS,
    }


def _role(_: Scene) -> Values:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
    document["Statement"][0]["Principal"] = {"Service": "ec2.amazonaws.com"}  # type: ignore[index]
    return {"name": unique("role"), "assumeRolePolicy": document, "description": "nodes", "tags": TAGS}


def _policy(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": [action], "Resource": "*"}
    if not action.startswith("s3:"):
        del statement["Principal"]
    return {"Version": "2012-10-17", "Statement": [statement]}


CASES = (
    Case(
        VPC,
        lambda _: {"cidrBlock": "10.1.0.0/16", "tags": TAGS},
        {"cidrBlok": "cidrBlock"},
        change=lambda _: {"enableDnsHostnames": True},
        replace=lambda _: {"cidrBlock": "10.2.0.0/16"},
    ),
    Case(
        SUBNET,
        lambda scene: {"vpcId": scene.vpc_id, "cidrBlock": "10.0.252.0/24", "tags": TAGS},
        {"vpcID": "vpcId"},
        change=lambda _: {"mapPublicIpOnLaunch": True},
        replace=lambda _: {"cidrBlock": "10.0.253.0/24"},
        conflict="InvalidSubnet.Conflict",
    ),
    Case(
        "aws:ec2/internetGateway:InternetGateway",
        lambda scene: {"vpcId": scene.make(VPC, cidrBlock="10.3.0.0/16").id, "tags": TAGS},
        {"vpcIds": "vpcId"},
        change=lambda scene: {"vpcId": scene.make(VPC, cidrBlock="10.4.0.0/16").id},
    ),
    Case(
        "aws:ec2/eip:Eip",
        lambda _: {"domain": "vpc", "tags": TAGS},
        {"domains": "domain"},
        replace=lambda _: {"domain": "standard"},
    ),
    Case(
        "aws:ec2/natGateway:NatGateway",
        _nat,
        {"subnetIds": "subnetId"},
        replace=lambda scene: {"subnetId": scene.subnet()},
    ),
    Case(
        "aws:ec2/routeTable:RouteTable",
        lambda scene: {"vpcId": scene.vpc_id, "tags": TAGS},
        {"vpc": "vpcId"},
        replace=lambda scene: {"vpcId": scene.make(VPC, cidrBlock="10.5.0.0/16").id},
    ),
    Case(
        "aws:ec2/route:Route",
        lambda scene: {
            "routeTableId": scene.table(),
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": scene.internet,
        },
        {"destinationCidr": "destinationCidrBlock"},
        replace=lambda _: {"destinationCidrBlock": "192.0.2.0/24"},
        conflict="already exists",
    ),
    Case(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        lambda scene: {"routeTableId": scene.table(), "subnetId": scene.subnet()},
        {"subnetIds": "subnetId"},
        change=lambda scene: {"routeTableId": scene.table()},
        replace=lambda scene: {"subnetId": scene.subnet()},
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda scene: {"name": unique("group"), "vpcId": scene.vpc_id, "tags": TAGS},
        {"desciption": "description"},
        change=lambda _: {"revokeRulesOnDelete": True},
        replace=lambda _: {"description": "another"},
        conflict="InvalidGroup.Duplicate",
    ),
    Case(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        lambda scene: {"vpcId": scene.vpc_id, "tags": TAGS},
        {"vpcID": "vpcId"},
        replace=lambda scene: {"vpcId": scene.make(VPC, cidrBlock="10.6.0.0/16").id},
        stays=True,
    ),
    Case(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        _rule,
        {"protocol": "ipProtocol"},
        change=lambda _: {"description": "another", "fromPort": 3300},
        replace=lambda scene: {"securityGroupId": scene.group()},
        conflict="InvalidPermission.Duplicate",
    ),
    Case(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        lambda scene: {
            "securityGroupId": scene.group(),
            "cidrIpv4": "10.0.0.0/16",
            "ipProtocol": "-1",
            "description": "to the VPC",
            "tags": TAGS,
        },
        {"cidrIPv4": "cidrIpv4"},
        change=lambda _: {"cidrIpv4": "10.0.0.0/24"},
        replace=lambda scene: {"securityGroupId": scene.group()},
        conflict="InvalidPermission.Duplicate",
    ),
    Case(
        "aws:ec2/flowLog:FlowLog",
        _flow_log,
        {"traficType": "trafficType"},
        replace=lambda _: {"trafficType": "REJECT"},
    ),
    Case(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        lambda scene: {
            "vpcId": scene.vpc_id,
            "serviceName": "com.amazonaws.us-west-2.s3",
            "routeTableIds": [scene.table(), scene.table()],
            "tags": TAGS,
        },
        {"routeTablesIds": "routeTableIds"},
        change=lambda _: {"policy": _policy("s3:GetObject")},
        replace=lambda _: {"serviceName": "com.amazonaws.us-west-2.dynamodb"},
    ),
    Case(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        _interface_endpoint,
        {"privateDNSEnabled": "privateDnsEnabled"},
        change=lambda scene: {
            "privateDnsEnabled": False,
            "securityGroupIds": [scene.group(), scene.group()],
            "subnetIds": [scene.subnet("c")],
        },
        replace=lambda _: {"vpcEndpointType": "Gateway"},
        conflict="conflicting DNS domain",
    ),
    Case(
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        lambda scene: {"vpcId": scene.vpc_id, "cidrBlock": "100.64.0.0/16"},
        {"cidrBlocks": "cidrBlock"},
        replace=lambda _: {"cidrBlock": "100.65.0.0/16"},
        conflict="InvalidVpc.Range",
    ),
    Case(
        "aws:ec2/launchTemplate:LaunchTemplate",
        _template,
        {"metadataOptions.httpToken": "httpTokens"},
        change=lambda _: {"metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2}},
        replace=lambda _: {"name": unique("template")},
        conflict="InvalidLaunchTemplateName.AlreadyExistsException",
    ),
    Case(
        ROLE,
        _role,
        {"asumeRolePolicy": "assumeRolePolicy"},
        change=lambda _: {"assumeRolePolicy": trust("eks.amazonaws.com"), "maxSessionDuration": 7200},
        replace=lambda _: {"path": "/podsg/"},
        conflict="EntityAlreadyExists",
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda scene: {
            "role": scene.role("ec2.amazonaws.com").id,
            "name": "write",
            "policy": _policy("logs:PutLogEvents"),
        },
        {"polcy": "policy"},
        change=lambda _: {"policy": _policy("logs:CreateLogStream")},
        replace=lambda _: {"name": "other"},
    ),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda scene: {
            "role": scene.role("ec2.amazonaws.com").id,
            "policyArn": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
        },
        {"policyARN": "policyArn"},
        replace=lambda _: {"policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
    ),
    Case(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        lambda _: {
            "url": f"https://oidc.example.com/id/{unique('issuer')}",
            "clientIdLists": ["sts.amazonaws.com"],
            "tags": TAGS,
        },
        {"clientIds": "clientIdLists"},
        change=lambda _: {"clientIdLists": ["one", "two"], "thumbprintLists": ["0" * 40]},
        replace=lambda _: {"url": "https://oidc.example.com/other"},
        conflict="EntityAlreadyExists",
    ),
    Case(
        "aws:kms/key:Key",
        lambda _: {"description": "secrets", "deletionWindowInDays": 7, "tags": TAGS},
        {"enableRotation": "enableKeyRotation"},
        change=lambda _: {"enableKeyRotation": True, "description": "other"},
        replace=lambda _: {"keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "RSA_2048"},
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda scene: {"name": f"alias/{unique('a')}", "targetKeyId": scene.make("aws:kms/key:Key").id},
        {"targetKey": "targetKeyId"},
        change=lambda scene: {"targetKeyId": scene.key.id},
        replace=lambda _: {"name": f"alias/{unique('a')}"},
        conflict="AlreadyExistsException",
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda _: {"name": f"/aws/eks/{unique('c')}/cluster", "retentionInDays": 365, "tags": TAGS},
        {"retentionDays": "retentionInDays"},
        change=lambda _: {"retentionInDays": 30},
        replace=lambda _: {"name": f"/aws/{unique('c')}"},
        conflict="ResourceAlreadyExistsException",
    ),
)
