"""Instances: how they end, and what is free then."""

from __future__ import annotations

from .instance_scene import InstanceScene
from .row import Clients, Row, eventually, refused


def end_of_interfaces(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.running()
    kept, gone = scene.interface(scene.subnet_id), scene.interface(scene.subnet_id)
    for index, interface_id in enumerate((kept, gone), start=1):
        scene.attach(instance_id, interface_id, index)
    scene.delete_with_instance(gone, wanted=True)
    primary = scene.primary_id(instance_id)
    scene.terminate(instance_id)
    found = scene.describe_interface(kept)
    assert (found["Status"], "Attachment" in found) == ("available", False)
    for interface_id in (gone, primary):
        with refused("InvalidNetworkInterfaceID.NotFound"):
            scene.describe_interface(interface_id)
    assert scene.free_addresses() == 250
    clients.ec2.terminate_instances(InstanceIds=[instance_id])
    assert scene.free_addresses() == 250
    again = scene.running()
    scene.attach(again, kept)
    assert scene.describe_interface(kept)["Attachment"]["InstanceId"] == again


def public_address(clients: Clients) -> None:
    scene = InstanceScene(clients)
    assert scene.gateway_id
    for stays in (False, True):
        instance_id, allocation_id = scene.running(), scene.address()
        primary = scene.primary_id(instance_id)
        clients.ec2.associate_address(AllocationId=allocation_id, InstanceId=instance_id)
        scene.delete_with_instance(primary, wanted=not stays)
        with refused("InvalidIPAddress.InUse"):
            clients.ec2.release_address(AllocationId=allocation_id)
        scene.terminate(instance_id)
        (shown,) = clients.ec2.describe_addresses(AllocationIds=[allocation_id])["Addresses"]
        assert not shown.get("InstanceId")
        assert (shown.get("NetworkInterfaceId") == primary) is stays
        if stays:
            clients.ec2.disassociate_address(AssociationId=shown["AssociationId"])
        clients.ec2.release_address(AllocationId=allocation_id)


def after_the_end(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.run()
    scene.terminate(instance_id)
    shown = scene.instance(instance_id)
    assert (shown["NetworkInterfaces"], shown["SecurityGroups"], shown["PrivateDnsName"]) == ([], [], "")
    assert not {"SubnetId", "VpcId", "PrivateIpAddress"} & set(shown)
    assert shown["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    with refused("IncorrectState"):
        scene.attach(instance_id, scene.interface(scene.subnet_id))


def ended_stays_ended(clients: Clients) -> None:
    scene = InstanceScene(clients)
    instance_id = scene.run()
    scene.terminate(instance_id)
    calls = (clients.ec2.start_instances, clients.ec2.stop_instances, clients.ec2.reboot_instances)
    for call in calls:
        with refused("IncorrectInstanceState"):
            call(InstanceIds=[instance_id])
    assert scene.state(instance_id) == "terminated"


def dependencies(clients: Clients) -> None:
    scene = InstanceScene(clients)
    group_id = scene.group()
    instance_id = scene.run(SecurityGroupIds=[group_id])
    with refused("DependencyViolation", f"resource {group_id} has a dependent object"):
        clients.ec2.delete_security_group(GroupId=group_id)
    with refused("DependencyViolation"):
        clients.ec2.delete_subnet(SubnetId=scene.subnet_id)
    clients.ec2.terminate_instances(InstanceIds=[instance_id])
    with refused("DependencyViolation"):
        clients.ec2.delete_security_group(GroupId=group_id)
    eventually(lambda: scene.state(instance_id), "terminated")
    clients.ec2.delete_security_group(GroupId=group_id)
    clients.ec2.delete_subnet(SubnetId=scene.subnet_id)
    assert scene.state(instance_id) == "terminated"


_REFERENCE = "EC2 API reference, "
_CODES = "EC2 API reference, error codes, "

ROWS = [
    Row(
        "ec2-instance-end-of-interfaces",
        "some interfaces go with the instance, the others are free; addresses come back once",
        _REFERENCE + "NetworkInterfaceAttachment (deleteOnTermination)",
        end_of_interfaces,
    ),
    Row(
        "ec2-instance-address",
        "a public address stays with the interface and is free when that is gone",
        "VPC user guide, Elastic IP addresses; genevieve/leftovers issue 16",
        public_address,
    ),
    Row(
        "ec2-instance-ended",
        "an instance that has ended is shown, without a network",
        _REFERENCE + "TerminateInstances; " + _CODES + "IncorrectState",
        after_the_end,
    ),
    Row(
        "ec2-instance-stays-ended",
        "an instance that has ended is neither started nor stopped nor rebooted",
        _CODES + "IncorrectInstanceState; cloud-custodian/cloud-custodian pull request 6014",
        ended_stays_ended,
    ),
    Row(
        "ec2-instance-dependencies",
        "groups and subnet are held until the instance has ended",
        "hashicorp/terraform-provider-aws issue 1671; terraform-aws-modules/terraform-aws-vpc issue 1081",
        dependencies,
    ),
]
