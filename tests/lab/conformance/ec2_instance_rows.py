"""Instances: how they begin."""

from __future__ import annotations

import base64
import uuid

from .instance_scene import InstanceScene
from .row import Clients, Row, eventually, refused

_UNKNOWN_GROUP = "sg-0123456789abcdef0"


def begins_and_ends(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.run()
    assert scene.state(instance_id) == "pending"
    eventually(lambda: scene.state(instance_id), "running")
    (change,) = clients.ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"]
    assert change["PreviousState"]["Name"] == "running"
    assert change["CurrentState"] == {"Code": 32, "Name": "shutting-down"}
    assert scene.state(instance_id) == "shutting-down"
    eventually(lambda: scene.state(instance_id), "terminated")
    (change,) = clients.ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"]
    assert change["CurrentState"] == {"Code": 48, "Name": "terminated"}
    assert scene.state(instance_id) == "terminated"


def groups_by_default(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.run()
    assert scene.group_ids(scene.primary_id(instance_id)) == [scene.default_group_id]


def groups_are_checked(clients: Clients) -> None:
    scene, other = InstanceScene(clients), InstanceScene(clients)
    foreign = other.group()
    interfaces = [{"DeviceIndex": 0, "SubnetId": scene.subnet_id, "Groups": [_UNKNOWN_GROUP]}]
    with refused("InvalidSecurityGroupID.NotFound"):
        scene.run(SecurityGroupIds=[_UNKNOWN_GROUP])
    with refused("InvalidSecurityGroupID.NotFound"):
        scene.run(NetworkInterfaces=interfaces)
    with refused("InvalidGroup.NotFound"):
        scene.run(SecurityGroupIds=[foreign])
    assert scene.free_addresses() == 251
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    assert clients.ec2.describe_instances(Filters=filters)["Reservations"] == []


def unknown_type(clients: Clients) -> None:
    scene = InstanceScene(clients)
    with refused("InvalidParameterValue", "Invalid value 'm5.tiny' for InstanceType."):
        scene.run("m5.tiny")


def without_subnet(clients: Clients) -> None:
    scene = InstanceScene(clients)
    with refused("VPCIdNotSpecified"):
        clients.ec2.run_instances(ImageId=scene.image_id, MinCount=1, MaxCount=1, InstanceType="m5.large")


def client_token(clients: Clients) -> None:
    scene = InstanceScene(clients)
    token = str(uuid.uuid4())
    first = scene.run(ClientToken=token)
    assert scene.run(ClientToken=token) == first
    assert scene.free_addresses() == 250
    with refused("IdempotentParameterMismatch"):
        scene.run("m5.xlarge", ClientToken=token)


def several_instances(clients: Clients) -> None:
    scene = InstanceScene(clients)
    request = {"ImageId": scene.image_id, "InstanceType": "m5.large", "SubnetId": scene.subnet_id}
    made = clients.ec2.run_instances(MinCount=1, MaxCount=3, **request)["Instances"]
    assert len({each["PrivateIpAddress"] for each in made}) == 3
    small = scene.subnet("10.0.2.0/28")
    with refused("InsufficientFreeAddressesInSubnet"):
        clients.ec2.run_instances(MinCount=12, MaxCount=12, **{**request, "SubnetId": small})
    found = clients.ec2.describe_subnets(SubnetIds=[small])["Subnets"][0]
    assert found["AvailableIpAddressCount"] == 11
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    (reservation,) = clients.ec2.describe_instances(Filters=filters)["Reservations"]
    assert len(reservation["Instances"]) == 3


def tags(clients: Clients) -> None:
    scene = InstanceScene(clients)
    wanted = {"instance": "node", "network-interface": "primary"}
    specs = [
        {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": value}]} for kind, value in wanted.items()
    ]
    instance_id = scene.run(TagSpecifications=specs)
    assert scene.instance(instance_id)["Tags"] == [{"Key": "Name", "Value": "node"}]
    interface = scene.describe_interface(scene.primary_id(instance_id))
    assert interface["TagSet"] == [{"Key": "Name", "Value": "primary"}]


def launch_template(clients: Clients) -> None:
    scene = InstanceScene(clients)
    group_id = scene.group()
    user_data = base64.b64encode(b"#!/bin/sh\n").decode()
    template = scene.template(
        {
            "SecurityGroupIds": [group_id],
            "UserData": user_data,
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            "TagSpecifications": [
                {"ResourceType": "network-interface", "Tags": [{"Key": "kind", "Value": "node"}]},
                {"ResourceType": "instance", "Tags": [{"Key": "kind", "Value": "node"}]},
            ],
        }
    )
    more = [{"ResourceType": "instance", "Tags": [{"Key": "name", "Value": "one"}]}]
    instance_id = scene.run(LaunchTemplate=template, SubnetId=scene.subnet_id, TagSpecifications=more)
    instance = scene.instance(instance_id)
    assert (instance["InstanceType"], instance["ImageId"]) == ("m5.large", scene.image_id)
    options = instance["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 2)
    own = {tag["Key"]: tag["Value"] for tag in instance["Tags"] if not tag["Key"].startswith("aws:")}
    assert own == {"kind": "node", "name": "one"}
    interface = scene.describe_interface(scene.primary_id(instance_id))
    assert [group["GroupId"] for group in interface["Groups"]] == [group_id]
    assert interface["TagSet"] == [{"Key": "kind", "Value": "node"}]
    shown = clients.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    assert shown["UserData"]["Value"] == user_data
    bigger = scene.run(LaunchTemplate=template, SubnetId=scene.subnet_id, InstanceType="m5.xlarge")
    assert scene.instance(bigger)["InstanceType"] == "m5.xlarge"


def launch_template_interfaces(clients: Clients) -> None:
    scene = InstanceScene(clients)
    group_id = scene.group()
    spec = {
        "DeviceIndex": 0,
        "SubnetId": scene.subnet_id,
        "Groups": [group_id],
        "DeleteOnTermination": False,
    }
    template = scene.template({"NetworkInterfaces": [spec]})
    instance = scene.instance(scene.run(LaunchTemplate=template))
    (shown,) = instance["NetworkInterfaces"]
    assert shown["SubnetId"] == scene.subnet_id
    assert [group["GroupId"] for group in shown["Groups"]] == [group_id]
    assert not shown["Attachment"]["DeleteOnTermination"]
    with refused("InvalidParameterCombination"):
        scene.run(LaunchTemplate=template, SubnetId=scene.subnet_id)


def filters_of_instances(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id, other = scene.run(), scene.run()
    primary = scene.primary_id(instance_id)

    def found(name: str, *values: str) -> set[str]:
        filters = [{"Name": name, "Values": list(values)}, {"Name": "vpc-id", "Values": [scene.vpc_id]}]
        reservations = clients.ec2.describe_instances(Filters=filters)["Reservations"]
        return {each["InstanceId"] for item in reservations for each in item["Instances"]}

    assert found("network-interface.network-interface-id", primary) == {instance_id}
    assert found("subnet-id", scene.subnet_id) == {instance_id, other}
    assert found("network-interface.subnet-id", scene.subnet_id) == {instance_id, other}
    assert found("private-dns-name", scene.instance(other)["PrivateDnsName"]) == {other}
    twice = clients.ec2.describe_instances(InstanceIds=[other, other])["Reservations"]
    assert [each["InstanceId"] for item in twice for each in item["Instances"]] == [other]


_REFERENCE = "EC2 API reference, "
_RUN = _REFERENCE + "RunInstances"
_CODES = "EC2 API reference, error codes, "

ROWS = [
    Row(
        "ec2-instance-life",
        "pending, running, shutting-down, terminated; ending twice changes nothing",
        "EC2 user guide, instance lifecycle; " + _REFERENCE + "TerminateInstances",
        begins_and_ends,
    ),
    Row(
        "ec2-instance-default-group",
        "an instance without groups has the VPC's default group",
        _RUN + " (SecurityGroupId)",
        groups_by_default,
    ),
    Row(
        "ec2-instance-groups",
        "unknown and foreign groups are refused, and nothing is left of the launch",
        "hashicorp/terraform issue 3372; philips-software/terraform-provider-hsdp issue 68",
        groups_are_checked,
    ),
    Row("ec2-instance-type", "an unknown type is refused", "getmoto/moto issue 1695", unknown_type),
    Row(
        "ec2-instance-no-subnet",
        "without a default VPC a subnet is needed",
        _CODES + "VPCIdNotSpecified",
        without_subnet,
    ),
    Row(
        "ec2-instance-token",
        "one token makes one instance",
        _REFERENCE + "ensuring idempotency",
        client_token,
    ),
    Row(
        "ec2-instance-count",
        "as many as asked for are started, or none",
        _RUN + " (MaxCount, MinCount)",
        several_instances,
    ),
    Row(
        "ec2-instance-tags",
        "instance and interface get their own tags",
        _RUN + " (TagSpecification)",
        tags,
    ),
    Row(
        "ec2-instance-template",
        "a launch template gives what the request does not name",
        _RUN + " (LaunchTemplate)",
        launch_template,
    ),
    Row(
        "ec2-instance-template-interfaces",
        "interfaces of a launch template count, and exclude a subnet of the request",
        _RUN + " (LaunchTemplate); aws/aws-cli issue 518",
        launch_template_interfaces,
    ),
    Row(
        "ec2-instance-filters",
        "instances are found by their interfaces; an id may stand twice",
        _REFERENCE + "DescribeInstances (Filters)",
        filters_of_instances,
    ),
]
