"""Instances: what their interfaces are."""

from __future__ import annotations

from typing import Any

from .instance_scene import InstanceScene
from .row import Clients, Row, refused

_UNKNOWN_GROUP = "sg-0123456789abcdef0"


def primary_interface(clients: Clients) -> None:
    scene = InstanceScene(clients)
    group_id = scene.group()
    instance = scene.instance(scene.run(SecurityGroupIds=[group_id]))
    (shown,) = instance["NetworkInterfaces"]
    attachment = shown["Attachment"]
    found = scene.describe_interface(shown["NetworkInterfaceId"])
    wanted = {"DeviceIndex": 0, "DeleteOnTermination": True, "Status": "attached", "NetworkCardIndex": 0}
    assert {name: attachment[name] for name in wanted} == wanted
    assert attachment["AttachmentId"] == found["Attachment"]["AttachmentId"]
    assert found["Attachment"]["InstanceId"] == instance["InstanceId"]
    assert (found["Status"], found["InterfaceType"]) == ("in-use", "interface")
    assert (shown["Status"], shown["InterfaceType"]) == ("in-use", "interface")
    assert [group["GroupId"] for group in found["Groups"]] == [group_id]
    assert [group["GroupId"] for group in shown["Groups"]] == [group_id]
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == [group_id]
    assert [entry["PrivateIpAddress"] for entry in shown["PrivateIpAddresses"]] == [found["PrivateIpAddress"]]
    assert instance["PrivateIpAddress"] == found["PrivateIpAddress"]
    assert instance["SubnetId"] == found["SubnetId"] == scene.subnet_id
    name = f"ip-{found['PrivateIpAddress'].replace('.', '-')}.us-west-2.compute.internal"
    assert instance["PrivateDnsName"] == name


def own_groups_per_interface(clients: Clients) -> None:
    scene = InstanceScene(clients)
    first, second, third = (scene.group(name) for name in ("first", "second", "third"))
    instance_id = scene.running(SecurityGroupIds=[first])
    interface_id = scene.interface(scene.subnet_id, second)
    scene.attach(instance_id, interface_id)
    assert scene.group_ids(interface_id) == [second]
    clients.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface_id, Groups=[third])
    assert scene.group_ids(interface_id) == [third]
    assert scene.group_ids(scene.primary_id(instance_id)) == [first]
    assert [group["GroupId"] for group in scene.instance(instance_id)["SecurityGroups"]] == [first]


def several_interfaces(clients: Clients) -> None:
    scene = InstanceScene(clients)
    first, second = scene.group("first"), scene.group("second")
    existing = scene.interface(scene.subnet_id, second)
    instance_id = scene.run(
        NetworkInterfaces=[
            {"DeviceIndex": 0, "SubnetId": scene.subnet_id, "Groups": [first]},
            {
                "DeviceIndex": 1,
                "SubnetId": scene.subnet("10.0.2.0/24"),
                "Groups": [second],
                "DeleteOnTermination": False,
            },
            {"DeviceIndex": 2, "NetworkInterfaceId": existing},
        ]
    )
    shown = scene.instance(instance_id)["NetworkInterfaces"]
    found = {each["Attachment"]["DeviceIndex"]: each for each in shown}
    assert {index: each["Attachment"]["DeleteOnTermination"] for index, each in found.items()} == {
        0: True,
        1: False,
        2: False,
    }
    groups = {index: [group["GroupId"] for group in each["Groups"]] for index, each in found.items()}
    assert groups == {0: [first], 1: [second], 2: [second]}
    assert found[2]["NetworkInterfaceId"] == existing
    assert scene.describe_interface(existing)["Attachment"]["InstanceId"] == instance_id
    with refused("InvalidNetworkInterface.InUse", f"Interface: [{existing}] in use."):
        scene.run(NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": existing}])


def existing_primary(clients: Clients) -> None:
    scene = InstanceScene(clients)
    subnet_id = scene.subnet("10.0.3.0/24", "us-west-2b")
    existing = scene.interface(subnet_id)
    instance = scene.instance(
        scene.run(NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": existing}])
    )
    assert (instance["SubnetId"], instance["VpcId"]) == (subnet_id, scene.vpc_id)
    assert instance["Placement"]["AvailabilityZone"] == "us-west-2b"
    with refused("InvalidParameterCombination"):
        loose = {"DeviceIndex": 0, "NetworkInterfaceId": scene.interface(subnet_id)}
        scene.run(NetworkInterfaces=[{**loose, "DeleteOnTermination": True}])


def wrong_interfaces(clients: Clients) -> None:
    scene = InstanceScene(clients)
    away = scene.subnet("10.0.3.0/24", "us-west-2b")
    at = {index: {"DeviceIndex": index, "SubnetId": scene.subnet_id} for index in range(4)}
    cases: list[tuple[str, list[Any]]] = [
        ("InvalidParameterValue", [at[0], at[0]]),
        ("InvalidParameterCombination", [at[1]]),
        ("InvalidParameterCombination", [at[0], {"DeviceIndex": 1, "SubnetId": away}]),
        ("InvalidParameterValue", [at[0], {**at[1], "InterfaceType": "trunk"}]),
        ("InvalidSubnetID.NotFound", [{"DeviceIndex": 0, "SubnetId": "subnet-0123456789abcdef0"}]),
        (
            "InvalidNetworkInterfaceID.NotFound",
            [{"DeviceIndex": 0, "NetworkInterfaceId": "eni-0123456789abcdef0"}],
        ),
    ]
    for code, interfaces in cases:
        with refused(code):
            scene.run(NetworkInterfaces=interfaces)
    assert scene.free_addresses() == 251


def interface_limit(clients: Clients) -> None:
    scene = InstanceScene(clients)
    interfaces = [{"DeviceIndex": index, "SubnetId": scene.subnet_id} for index in range(4)]
    with refused("AttachmentLimitExceeded", "Interface count 4 exceeds the limit for t3.medium"):
        scene.run("t3.medium", NetworkInterfaces=interfaces)
    scene.run("t3.medium", NetworkInterfaces=interfaces[:3])


def instance_level_settings(clients: Clients) -> None:
    scene = InstanceScene(clients)
    interfaces = [{"DeviceIndex": 0, "SubnetId": scene.subnet_id}]
    for what, more in (
        ("subnet ID", {"SubnetId": scene.subnet_id}),
        ("security groups", {"SecurityGroupIds": [scene.default_group_id]}),
    ):
        text = f"Network interfaces and an instance-level {what} may not be specified on the same request"
        with refused("InvalidParameterCombination", text):
            scene.run(NetworkInterfaces=interfaces, **more)
    with refused(
        "InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet"
    ):
        scene.run(SecurityGroups=["default"])


def tracking_timeouts(clients: Clients) -> None:
    scene = InstanceScene(clients)
    first, second = {"UdpTimeout": 40}, {"TcpEstablishedTimeout": 350}
    spec = {"DeviceIndex": 0, "SubnetId": scene.subnet_id, "ConnectionTrackingSpecification": first}
    instance_id = scene.running(NetworkInterfaces=[spec])
    scene.attach(instance_id, scene.interface(scene.subnet_id, ConnectionTrackingSpecification=second))
    scene.attach(instance_id, scene.interface(scene.subnet_id), 2)
    shown = scene.instance(instance_id)["NetworkInterfaces"]
    found = {each["Attachment"]["DeviceIndex"]: each.get("ConnectionTrackingConfiguration") for each in shown}
    assert found == {0: first, 1: second, 2: None}


def change_of_groups(clients: Clients) -> None:
    scene, other = InstanceScene(clients), InstanceScene(clients)
    group_id = scene.group()
    instance_id = scene.run()
    for code, wrong in (
        ("InvalidSecurityGroupID.NotFound", _UNKNOWN_GROUP),
        ("InvalidGroup.NotFound", other.group()),
    ):
        with refused(code):
            clients.ec2.modify_instance_attribute(InstanceId=instance_id, Groups=[wrong])
    clients.ec2.modify_instance_attribute(InstanceId=instance_id, Groups=[group_id])
    assert scene.group_ids(scene.primary_id(instance_id)) == [group_id]


_REFERENCE = "EC2 API reference, "
_CODES = "EC2 API reference, error codes, "

ROWS = [
    Row(
        "ec2-instance-primary",
        "the primary interface is in use at index 0, with exactly the groups of the launch",
        _REFERENCE
        + "InstanceNetworkInterface, InstanceNetworkInterfaceAttachment; batfish/batfish issue 737",
        primary_interface,
    ),
    Row(
        "ec2-instance-own-groups",
        "each interface has its own groups, the instance shows those of its primary one",
        _REFERENCE + "ModifyNetworkInterfaceAttribute (SecurityGroupId), Instance (groupSet)",
        own_groups_per_interface,
    ),
    Row(
        "ec2-instance-interfaces",
        "new interfaces go with the instance unless said otherwise, existing ones stay",
        _REFERENCE + "InstanceNetworkInterfaceSpecification; hashicorp/terraform-provider-aws issue 27513",
        several_interfaces,
    ),
    Row(
        "ec2-instance-existing-primary",
        "an existing interface can be the primary one; the code for deleting it is the lab's own choice",
        _REFERENCE + "InstanceNetworkInterfaceSpecification (NetworkInterfaceId, DeleteOnTermination)",
        existing_primary,
    ),
    Row(
        "ec2-instance-wrong-interfaces",
        "wrong interfaces are refused (codes for index, zone and type are the lab's own choice)",
        _REFERENCE + "InstanceNetworkInterfaceSpecification; " + _CODES + "InvalidSubnetID.NotFound",
        wrong_interfaces,
    ),
    Row(
        "ec2-instance-interface-limit",
        "a t3.medium has three interfaces",
        _CODES + "AttachmentLimitExceeded; aws/amazon-vpc-resource-controller-k8s pkg/aws/vpc/limits.go",
        interface_limit,
    ),
    Row(
        "ec2-instance-level",
        "interfaces exclude a subnet or groups of the instance, a subnet excludes names of groups",
        "aws/aws-cli issues 518, 2453; saltstack/salt issue 25569",
        instance_level_settings,
    ),
    Row(
        "ec2-instance-tracking",
        "an instance shows the timeouts of connection tracking that its interfaces were given",
        _REFERENCE + "InstanceNetworkInterface (connectionTrackingConfiguration)",
        tracking_timeouts,
    ),
    Row(
        "ec2-instance-change-groups",
        "groups of an instance are those of its primary interface; wrong ones are refused",
        _REFERENCE + "ModifyInstanceAttribute (GroupId); hashicorp/terraform issue 3372",
        change_of_groups,
    ),
]
