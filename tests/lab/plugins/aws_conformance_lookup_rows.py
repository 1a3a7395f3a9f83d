"""Behaviours of lookups and of the network's types, each with its source."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from lab.plugins.interface import InvalidInputsError

from .aws_conformance import AwsEngine, Row, Values, fails_with
from .aws_conformance_scene import GROUP, SUBNET, VPC, Scene, trust, unique

ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
BLOCK = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
TERRAFORM = "terraform-provider-aws internal/service"


def _look_up(engine: AwsEngine, token: str, **args: Any) -> Values:
    """Look something up; what it answers are exactly the outputs that the SDK declares."""
    package, name = token.removeprefix("aws:").partition("/")[0], token.rpartition(":")[2]
    sdk = importlib.import_module(f"pulumi_aws.{package}.{_snake(name)}")
    result = getattr(sdk, name.replace("get", "Get") + "Result")
    declared = {
        getattr(value.fget, "_pulumi_name", name)
        for name, value in vars(result).items()
        if isinstance(value, property)
    }
    found = engine.invoke(token, **args)
    assert set(found) | {"filters", "tags"} == declared | {"filters", "tags"}, set(found) ^ declared
    return found


def _snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def _vpc(engine: AwsEngine) -> None:
    token, tags = "aws:ec2/getVpc:getVpc", {"Name": unique("v")}
    made = Scene(engine).make(VPC, cidrBlock="10.31.0.0/16", enableDnsHostnames=True, tags=tags)
    block = engine.up(BLOCK, {"vpcId": made.id, "cidrBlock": "100.64.0.0/16"})
    found = _look_up(engine, token, id=made.id)
    same = ("arn", "cidrBlock", "enableDnsHostnames", "enableDnsSupport", "mainRouteTableId", "ownerId")
    assert {name: found[name] for name in same} == {name: made.outputs[name] for name in same}
    assert (found["default"], found["state"], found["tags"]) == (False, "available", tags)
    blocks = {each["cidrBlock"]: each["state"] for each in found["cidrBlockAssociations"]}
    assert blocks == {"10.31.0.0/16": "associated", "100.64.0.0/16": "associated"}
    assert block.id in {each["associationId"] for each in found["cidrBlockAssociations"]}
    assert engine.invoke(token, tags=tags)["id"] == made.id
    with fails_with("no matching EC2 VPC found"):
        engine.invoke(token, id="vpc-0123456789abcdef0")
    assert Scene(engine).vpc_id
    with fails_with("multiple EC2 VPCs matched; use additional constraints"):
        engine.invoke(token, state="available")
    engine.delete(BLOCK, block)


def _subnets(engine: AwsEngine) -> None:
    scene = Scene(engine)
    first, second = scene.make(SUBNET, **_subnet(scene, 1, "a")), scene.make(SUBNET, **_subnet(scene, 2, "b"))
    found = _look_up(engine, "aws:ec2/getSubnet:getSubnet", id=first.id)
    same = ("arn", "availabilityZone", "availabilityZoneId", "cidrBlock", "mapPublicIpOnLaunch", "vpcId")
    assert {name: found[name] for name in same} == {name: first.outputs[name] for name in same}
    assert (found["availableIpAddressCount"], found["tags"]) == (251, {"zone": "a"})
    where = {"vpcId": scene.vpc_id, "availabilityZoneId": second.outputs["availabilityZoneId"]}
    assert engine.invoke("aws:ec2/getSubnet:getSubnet", **where)["id"] == second.id
    with fails_with("no matching EC2 Subnet found"):
        engine.invoke("aws:ec2/getSubnet:getSubnet", id="subnet-0123456789abcdef0")
    with fails_with("multiple EC2 Subnets matched"):
        engine.invoke("aws:ec2/getSubnet:getSubnet", vpcId=scene.vpc_id)

    in_vpc = {"name": "vpc-id", "values": [scene.vpc_id]}
    listed = _look_up(engine, "aws:ec2/getSubnets:getSubnets", filters=[in_vpc])
    assert sorted(listed["ids"]) == sorted([first.id, second.id])
    by_id = {"name": "subnet-id", "values": [second.id]}
    assert engine.invoke("aws:ec2/getSubnets:getSubnets", filters=[in_vpc, by_id])["ids"] == [second.id]
    none = engine.invoke("aws:ec2/getSubnets:getSubnets", filters=[in_vpc], tags={"zone": "c"})
    assert none["ids"] == []
    with fails_with("InvalidParameterValue", "The filter 'vpcid' is invalid"):
        engine.invoke("aws:ec2/getSubnets:getSubnets", filters=[{"name": "vpcid", "values": ["x"]}])


def _subnet(scene: Scene, index: int, zone: str) -> Values:
    return {
        "vpcId": scene.vpc_id,
        "cidrBlock": f"10.0.{index}.0/24",
        "availabilityZone": f"us-west-2{zone}",
        "tags": {"zone": zone},
    }


def _group(engine: AwsEngine) -> None:
    token, scene = "aws:ec2/getSecurityGroup:getSecurityGroup", Scene(engine)
    made = scene.make(GROUP, vpcId=scene.vpc_id, name=unique("g"), description="of a test", tags={"a": "b"})
    found = _look_up(engine, token, id=made.id)
    same = ("arn", "description", "name", "tags", "vpcId")
    assert {name: found[name] for name in same} == {name: made.outputs[name] for name in same}
    assert engine.invoke(token, vpcId=scene.vpc_id, name=made.outputs["name"])["id"] == made.id
    with fails_with("no matching EC2 Security Group found"):
        engine.invoke(token, id="sg-0123456789abcdef0")
    with fails_with("multiple EC2 Security Groups matched"):
        engine.invoke(token, vpcId=scene.vpc_id)


def _role(engine: AwsEngine) -> None:
    token = "aws:iam/getRole:getRole"
    made = Scene(engine).role("ec2.amazonaws.com").outputs
    found = _look_up(engine, token, name=made["name"])
    same = ("arn", "createDate", "maxSessionDuration", "name", "path", "uniqueId")
    assert {name: found[name] for name in same} == {name: made[name] for name in same}
    assert json.loads(found["assumeRolePolicy"]) == json.loads(trust("ec2.amazonaws.com"))
    with fails_with("reading IAM Role (none): couldn't find resource"):
        engine.invoke(token, name="none")
    with pytest.raises(InvalidInputsError):
        engine.invoke(token)


def _cluster(engine: AwsEngine) -> None:
    token, scene = "aws:eks/getCluster:getCluster", Scene(engine)
    made = scene.make("aws:eks/cluster:Cluster", **scene.cluster_inputs).outputs
    found = _look_up(engine, token, name=made["name"])
    same = (
        "arn",
        "createdAt",
        "deletionProtection",
        "endpoint",
        "identities",
        "name",
        "platformVersion",
        "roleArn",
        "version",
    )
    assert {name: found[name] for name in same} == {name: made[name] for name in same}
    assert (found["status"], found["enabledClusterLogTypes"]) == ("ACTIVE", ["api", "audit"])
    assert found["certificateAuthorities"] == [made["certificateAuthority"]]
    (access,) = found["accessConfigs"]
    assert access["authenticationMode"] == "API"
    place = {name: value for name, value in found["vpcConfig"].items() if name in made["vpcConfig"]}
    assert place == made["vpcConfig"]
    assert place["clusterSecurityGroupId"].startswith("sg-")
    assert sorted(place["subnetIds"]) == sorted(scene.subnet_ids)
    (network,) = found["kubernetesNetworkConfigs"]
    assert network["serviceIpv4Cidr"] == made["kubernetesNetworkConfig"]["serviceIpv4Cidr"]
    assert made["name"] in _look_up(engine, "aws:eks/getClusters:getClusters")["names"]
    with fails_with("reading EKS Cluster (none): couldn't find resource"):
        engine.invoke(token, name="none")


def _private_dns(engine: AwsEngine) -> None:
    scene = Scene(engine)
    inputs = {
        "vpcId": scene.vpc_id,
        "vpcEndpointType": "Interface",
        "serviceName": "com.amazonaws.us-west-2.sts",
        "subnetIds": scene.subnet_ids,
    }
    made = engine.up(ENDPOINT, inputs)
    assert made.outputs["state"] == "available"
    assert made.outputs["privateDnsEnabled"] is False
    assert len(made.outputs["networkInterfaceIds"]) == len(made.outputs["subnetConfigurations"]) == 2
    assert not engine.diff(ENDPOINT, made, inputs).changed
    engine.delete(ENDPOINT, made)
    assert engine.refresh(ENDPOINT, made) is None
    for subnet_id in scene.subnet_ids:
        engine.client("ec2").delete_subnet(SubnetId=subnet_id)


def _gateway_tables(engine: AwsEngine) -> None:
    scene = Scene(engine)
    first, second = scene.table(), scene.table()
    inputs = {"vpcId": scene.vpc_id, "serviceName": "com.amazonaws.us-west-2.s3", "routeTableIds": [first]}
    made = engine.up(ENDPOINT, inputs)
    changed = engine.up(ENDPOINT, inputs | {"routeTableIds": [second]}, made)
    assert changed.outputs["routeTableIds"] == [second]
    tables = engine.client("ec2").describe_route_tables(RouteTableIds=[first, second])["RouteTables"]
    targets = {table["RouteTableId"]: [each["GatewayId"] for each in table["Routes"]] for table in tables}
    assert targets == {first: ["local"], second: ["local", made.id]}
    engine.delete(ENDPOINT, changed)


def _block_in_use(engine: AwsEngine) -> None:
    scene = Scene(engine)
    block = engine.up(BLOCK, {"vpcId": scene.vpc_id, "cidrBlock": "100.64.0.0/16"})
    subnet = engine.up(SUBNET, {"vpcId": scene.vpc_id, "cidrBlock": "100.64.0.0/20"})
    with fails_with("deleting EC2 VPC IPv4 CIDR Block Association", "InvalidCidrBlock.InUse"):
        engine.delete(BLOCK, block)
    engine.delete(SUBNET, subnet)
    engine.delete(BLOCK, block)
    assert engine.refresh(BLOCK, block) is None
    _, failures = engine.check(BLOCK, {"vpcId": scene.vpc_id, "cidrBlock": "100.64.0.0/10"})
    assert [failure.property for failure in failures] == ["cidrBlock"]


def _row(row_id: str, title: str, source: str, check: Callable[[AwsEngine], None]) -> Row:
    return Row(row_id, title, f"{TERRAFORM}/{source}", check)


ROWS = [
    _row("aws-get-vpc", "one VPC is found", "ec2/vpc_data_source.go", _vpc),
    _row(
        "aws-get-subnets",
        "one subnet, and all that match, are found",
        "ec2/vpc_subnet_data_source.go, vpc_subnets_data_source.go",
        _subnets,
    ),
    _row("aws-get-group", "one security group is found", "ec2/vpc_security_group_data_source.go", _group),
    _row("aws-get-role", "a role is found by name", "iam/role_data_source.go", _role),
    _row("aws-get-cluster", "a cluster is found by name", "eks/cluster_data_source.go", _cluster),
    _row(
        "aws-endpoint-private-dns",
        "an interface endpoint has no private DNS unless asked for",
        "ec2/vpc_endpoint.go Create",
        _private_dns,
    ),
    _row(
        "aws-endpoint-tables",
        "route tables of a gateway endpoint change in place",
        "ec2/vpc_endpoint.go Update",
        _gateway_tables,
    ),
    _row(
        "aws-block-in-use",
        "a block with a subnet in it stays",
        "ec2/vpc_ipv4_cidr_block_association.go Delete",
        _block_in_use,
    ),
]
