"""Attaching interfaces to instances, and taking them off."""

from __future__ import annotations

from .instance_scene import InstanceScene
from .row import Clients, Row, eventually, refused


def attached(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.running()
    interface_id = scene.interface(scene.subnet_id, InterfaceType="trunk")
    attachment_id = scene.attach(instance_id, interface_id, 2)
    found = scene.describe_interface(interface_id)
    wanted = {
        "AttachmentId": attachment_id,
        "DeleteOnTermination": False,
        "DeviceIndex": 2,
        "NetworkCardIndex": 0,
        "InstanceId": instance_id,
        "Status": "attached",
    }
    assert {name: found["Attachment"][name] for name in wanted} == wanted
    assert found["Status"] == "in-use"
    shown = {each["NetworkInterfaceId"]: each for each in scene.instance(instance_id)["NetworkInterfaces"]}
    assert len(shown) == 2
    assert shown[interface_id]["InterfaceType"] == "trunk"
    assert shown[interface_id]["Attachment"]["AttachmentId"] == attachment_id


def in_use(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id, other = scene.running(), scene.running()
    interface_id = scene.interface(scene.subnet_id)
    scene.attach(instance_id, interface_id)
    for target in (instance_id, other):
        with refused("InvalidNetworkInterface.InUse", f"Interface: [{interface_id}] in use."):
            scene.attach(target, interface_id, 2)
    with refused("InvalidParameterValue", f"Network interface '{interface_id}' is currently in use."):
        clients.ec2.delete_network_interface(NetworkInterfaceId=interface_id)


def device_index(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.running()
    scene.attach(instance_id, scene.interface(scene.subnet_id))
    loose = scene.interface(scene.subnet_id)
    for index in (0, 1):
        text = f"Instance '{instance_id}' already has an interface attached at device index '{index}'."
        with refused("InvalidParameterValue", text):
            scene.attach(instance_id, loose, index)
    with refused("InvalidParameterValue"):
        clients.ec2.attach_network_interface(
            InstanceId=instance_id, NetworkInterfaceId=loose, DeviceIndex=2, NetworkCardIndex=1
        )
    assert scene.describe_interface(loose)["Status"] == "available"


def same_zone(clients: Clients) -> None:
    scene = InstanceScene(clients)
    away = scene.interface(scene.subnet("10.0.3.0/24", "us-west-2b"))
    near = scene.interface(scene.subnet("10.0.2.0/24"))
    instance_id = scene.running()
    with refused("InvalidParameterCombination"):
        scene.attach(instance_id, away)
    scene.attach(instance_id, near)


def interface_limit(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.running("t3.medium")
    for index in (1, 2):
        scene.attach(instance_id, scene.interface(scene.subnet_id), index)
    with refused("AttachmentLimitExceeded", "Interface count 4 exceeds the limit for t3.medium"):
        scene.attach(instance_id, scene.interface(scene.subnet_id), 3)


def instance_state(clients: Clients) -> None:
    scene = InstanceScene(clients)
    interface_id = scene.interface(scene.subnet_id)
    instance_id = scene.run()
    with refused("IncorrectState"):
        scene.attach(instance_id, interface_id)
    eventually(lambda: scene.state(instance_id), "running")
    scene.attach(instance_id, interface_id)
    clients.ec2.terminate_instances(InstanceIds=[instance_id])
    with refused("IncorrectState"):
        scene.attach(instance_id, scene.interface(scene.subnet_id), 2)
    with refused("InvalidInstanceID.NotFound"):
        scene.attach("i-0123456789abcdef0", interface_id)
    with refused("InvalidNetworkInterfaceID.NotFound"):
        scene.attach(instance_id, "eni-0123456789abcdef0")


def detached(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.running()
    interface_id = scene.interface(scene.subnet_id)
    attachment_id = scene.attach(instance_id, interface_id)
    scene.delete_with_instance(interface_id, wanted=True)
    clients.ec2.detach_network_interface(AttachmentId=attachment_id)
    assert scene.describe_interface(interface_id)["Attachment"]["Status"] == "detaching"
    with refused("InvalidParameterValue"):
        clients.ec2.delete_network_interface(NetworkInterfaceId=interface_id)
    eventually(lambda: scene.describe_interface(interface_id)["Status"], "available")
    assert "Attachment" not in scene.describe_interface(interface_id)
    assert len(scene.instance(instance_id)["NetworkInterfaces"]) == 1
    again = scene.attach(instance_id, interface_id)
    assert not scene.describe_interface(interface_id)["Attachment"]["DeleteOnTermination"]
    clients.ec2.detach_network_interface(AttachmentId=again, Force=True)
    assert scene.describe_interface(interface_id)["Status"] == "available"
    clients.ec2.delete_network_interface(NetworkInterfaceId=interface_id)


def primary_stays(clients: Clients) -> None:
    scene = InstanceScene(clients)
    primary = scene.primary_id(scene.running())
    attachment_id = scene.describe_interface(primary)["Attachment"]["AttachmentId"]
    text = "The network interface at device index 0 and networkCard index 0 cannot be detached."
    for force in (False, True):
        with refused("OperationNotPermitted", text):
            clients.ec2.detach_network_interface(AttachmentId=attachment_id, Force=force)
    with refused("InvalidAttachmentID.NotFound"):
        clients.ec2.detach_network_interface(AttachmentId="eni-attach-0123456789abcdef0")


def delete_on_termination(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.running()
    interface_id = scene.interface(scene.subnet_id)
    scene.attach(instance_id, interface_id)
    for wanted in (True, False):
        scene.delete_with_instance(interface_id, wanted=wanted)
        assert scene.describe_interface(interface_id)["Attachment"]["DeleteOnTermination"] is wanted
        shown = scene.instance(instance_id)["NetworkInterfaces"]
        flags = {each["NetworkInterfaceId"]: each["Attachment"]["DeleteOnTermination"] for each in shown}
        assert flags[interface_id] is wanted
    with refused("InvalidAttachmentID.NotFound"):
        clients.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface_id,
            Attachment={"AttachmentId": "eni-attach-0123456789abcdef0", "DeleteOnTermination": True},
        )


def filters_of_interfaces(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id, other = scene.running(), scene.running()
    second, loose = scene.interface(scene.subnet_id), scene.interface(scene.subnet_id)
    attachment_id = scene.attach(instance_id, second)
    primaries = {scene.primary_id(each) for each in (instance_id, other)}

    def found(**wanted: str) -> set[str]:
        filters = [
            {"Name": f"attachment.{name.replace('_', '-')}", "Values": [value]}
            for name, value in wanted.items()
        ]
        filters.append({"Name": "vpc-id", "Values": [scene.vpc_id]})
        interfaces = clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return {each["NetworkInterfaceId"] for each in interfaces}

    assert found(instance_id=instance_id) == {scene.primary_id(instance_id), second}
    assert found(device_index="0") == primaries
    assert found(instance_id=instance_id, device_index="1") == {second}
    assert found(status="attached") == {*primaries, second}
    assert found(attachment_id=attachment_id) == {second}
    assert found(delete_on_termination="true") == primaries
    assert found(delete_on_termination="false") == {second}
    assert loose not in found(status="attached")


def addresses_per_interface(clients: Clients) -> None:
    scene = InstanceScene(clients)
    primary = scene.primary_id(scene.run("t3.medium"))
    clients.ec2.assign_private_ip_addresses(NetworkInterfaceId=primary, SecondaryPrivateIpAddressCount=5)
    text = "Number of private addresses will exceed limit."
    with refused("PrivateIpAddressLimitExceeded", text):
        clients.ec2.assign_private_ip_addresses(NetworkInterfaceId=primary, SecondaryPrivateIpAddressCount=1)
    assert len(scene.describe_interface(primary)["PrivateIpAddresses"]) == 6


_REFERENCE = "EC2 API reference, "
_ATTACH = _REFERENCE + "AttachNetworkInterface"
_CODES = "EC2 API reference, error codes, "

ROWS = [
    Row(
        "ec2-attach",
        "an attached interface is shown by itself and by its instance, with its type",
        _ATTACH + ", InstanceNetworkInterface",
        attached,
    ),
    Row(
        "ec2-attach-in-use",
        "an interface sits on one instance, and is not deleted there",
        "hashicorp/terraform-provider-aws issue 27513; aws/amazon-vpc-cni-k8s issue 1399",
        in_use,
    ),
    Row(
        "ec2-attach-index",
        "a device index is used once (the code for a second network card is the lab's own choice)",
        "hashicorp/terraform-provider-aws pull request 906; lstoll/k8s-vpcnet issue 71",
        device_index,
    ),
    Row(
        "ec2-attach-zone",
        "interface and instance are in one zone, in any subnet (the lab's own choice of code)",
        _ATTACH + "; EC2 user guide, elastic network interfaces",
        same_zone,
    ),
    Row(
        "ec2-attach-limit",
        "a t3.medium has three interfaces",
        _CODES + "AttachmentLimitExceeded; aws/amazon-vpc-resource-controller-k8s pkg/aws/vpc/limits.go",
        interface_limit,
    ),
    Row(
        "ec2-attach-state",
        "interfaces are attached to running or stopped instances",
        "EC2 user guide, elastic network interfaces; " + _CODES + "IncorrectState",
        instance_state,
    ),
    Row(
        "ec2-detach",
        "detaching takes a moment unless it is forced; then the interface is free",
        _REFERENCE + "DetachNetworkInterface (Force), NetworkInterfaceAttachment (status)",
        detached,
    ),
    Row(
        "ec2-detach-primary",
        "the primary interface cannot be detached",
        "getmoto/moto issue 7678; " + _CODES + "InvalidAttachmentID.NotFound",
        primary_stays,
    ),
    Row(
        "ec2-attach-deletion",
        "what becomes of an interface at the end is kept and shown",
        _REFERENCE + "ModifyNetworkInterfaceAttribute (Attachment)",
        delete_on_termination,
    ),
    Row(
        "ec2-attach-filters",
        "interfaces are found by their attachment",
        _REFERENCE + "DescribeNetworkInterfaces (Filters)",
        filters_of_interfaces,
    ),
    Row(
        "ec2-attach-addresses",
        "an interface of a t3.medium has six addresses",
        "aws/amazon-vpc-cni-k8s issue 989",
        addresses_per_interface,
    ),
]
