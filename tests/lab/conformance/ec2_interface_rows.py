"""Network interfaces: their addresses and groups."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from .row import Clients, Row, refused
from .scene import Scene

_SMALLEST = "10.0.2.0/28"
_USABLE_COUNT = 11


def addresses_are_distinct(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet(_SMALLEST)
    made = [scene.interface(subnet_id) for _ in range(_USABLE_COUNT)]
    addresses = [ip_address(scene.describe_interface(item)["PrivateIpAddress"]) for item in made]
    network = ip_network(_SMALLEST)
    usable = {network[position] for position in range(4, 15)}
    assert set(addresses) == usable, addresses


def subnet_runs_out(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet(_SMALLEST)
    made = [scene.interface(subnet_id) for _ in range(_USABLE_COUNT)]
    text = "The specified subnet does not have enough free addresses to satisfy the request."
    with refused("InsufficientFreeAddressesInSubnet", text):
        scene.interface(subnet_id)
    clients.ec2.delete_network_interface(NetworkInterfaceId=made[3])
    scene.interface(subnet_id)


def free_addresses_are_counted(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet(_SMALLEST)

    def free() -> int:
        return int(
            clients.ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"][0]["AvailableIpAddressCount"]
        )

    assert free() == _USABLE_COUNT
    interface_id = scene.interface(subnet_id, SecondaryPrivateIpAddressCount=2)
    assert free() == _USABLE_COUNT - 3
    clients.ec2.delete_network_interface(NetworkInterfaceId=interface_id)
    assert free() == _USABLE_COUNT


def address_in_use(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    scene.interface(subnet_id, PrivateIpAddress="10.0.1.77")
    with refused("InvalidIPAddress.InUse"):
        scene.interface(subnet_id, PrivateIpAddress="10.0.1.77")


def address_outside(clients: Clients) -> None:
    scene = Scene(clients)
    text = "Address 10.0.9.9 does not fall within the subnet's address range"
    with refused("InvalidParameterValue", text):
        scene.interface(scene.subnet(), PrivateIpAddress="10.0.9.9")


def address_reserved(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    for address in ("10.0.1.0", "10.0.1.1", "10.0.1.3", "10.0.1.255"):
        with refused("InvalidParameterValue"):
            scene.interface(subnet_id, PrivateIpAddress=address)


def secondary_addresses(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    interface_id = scene.interface(subnet_id)
    answer = clients.ec2.assign_private_ip_addresses(
        NetworkInterfaceId=interface_id, SecondaryPrivateIpAddressCount=2
    )
    new = [item["PrivateIpAddress"] for item in answer["AssignedPrivateIpAddresses"]]
    assert len(set(new)) == 2, answer
    assert all(ip_address(address) in ip_network("10.0.1.0/24") for address in new)
    with refused("InvalidIPAddress.InUse"):
        scene.interface(subnet_id, PrivateIpAddress=new[0])
    clients.ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface_id, PrivateIpAddresses=new)
    scene.interface(subnet_id, PrivateIpAddress=new[0])


def client_token(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    token = scene.vpc_id
    first = scene.interface(subnet_id, ClientToken=token, Description="one")
    assert scene.interface(subnet_id, ClientToken=token, Description="one") == first
    with refused("IdempotentParameterMismatch"):
        scene.interface(subnet_id, ClientToken=token, Description="two")


def unknown_group(clients: Clients) -> None:
    scene = Scene(clients)
    text = "The securityGroup ID 'sg-0123456789abcdef0' does not exist"
    with refused("InvalidSecurityGroupID.NotFound", text):
        scene.interface(scene.subnet(), "sg-0123456789abcdef0")


def group_of_another_vpc(clients: Clients) -> None:
    scene, other = Scene(clients), Scene(clients)
    text = "You have specified two resources that belong to different networks."
    with refused("InvalidGroup.NotFound", text):
        scene.interface(scene.subnet(), other.group())


def too_many_groups(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    groups = [scene.group(f"group-{number}") for number in range(6)]
    scene.interface(subnet_id, *groups[:5])
    with refused("SecurityGroupsPerInterfaceLimitExceeded"):
        scene.interface(subnet_id, *groups)


def change_to_unknown_group(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    interface_id = scene.interface(scene.subnet(), group_id)
    with refused("InvalidSecurityGroupID.NotFound"):
        clients.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface_id, Groups=["sg-0123456789abcdef0"]
        )
    assert [item["GroupId"] for item in scene.describe_interface(interface_id)["Groups"]] == [group_id]


def unknown_interface(clients: Clients) -> None:
    text = "The networkInterface ID 'eni-0123456789abcdef0' does not exist"
    for call in (clients.ec2.delete_network_interface, _describe_one(clients)):
        with refused("InvalidNetworkInterfaceID.NotFound", text):
            call(NetworkInterfaceId="eni-0123456789abcdef0")


def _describe_one(clients: Clients) -> Any:
    return lambda NetworkInterfaceId: clients.ec2.describe_network_interfaces(  # noqa: N803
        NetworkInterfaceIds=[NetworkInterfaceId]
    )


def interface_described_twice(clients: Clients) -> None:
    scene = Scene(clients)
    interface_id = scene.interface(scene.subnet())
    found = clients.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id, interface_id])
    assert len(found["NetworkInterfaces"]) == 1


_REFERENCE = "EC2 API reference, "
_CODES = "EC2 API reference, error codes, "
_SIZING = "VPC user guide, subnet sizing"

ROWS = [
    Row(
        "ec2-eni-distinct-addresses",
        "addresses are distinct and never the five reserved ones",
        _SIZING,
        addresses_are_distinct,
    ),
    Row(
        "ec2-eni-no-address-left",
        "a full subnet gives no address",
        _CODES + "InsufficientFreeAddressesInSubnet",
        subnet_runs_out,
    ),
    Row(
        "ec2-subnet-free-count",
        "free addresses are counted",
        _REFERENCE + "Subnet (availableIpAddressCount)",
        free_addresses_are_counted,
    ),
    Row("ec2-eni-address-in-use", "an address has one holder", "pulumi/pulumi issue 10923", address_in_use),
    Row(
        "ec2-eni-address-outside",
        "an address lies in the subnet",
        "JamesWoolfenden/terraform-aws-cassandra issue 18",
        address_outside,
    ),
    Row(
        "ec2-eni-address-reserved",
        "reserved addresses are refused (the code is that of an address outside)",
        _SIZING,
        address_reserved,
    ),
    Row(
        "ec2-eni-secondary-addresses",
        "assigning returns the new addresses and holds them",
        _REFERENCE + "AssignPrivateIpAddresses",
        secondary_addresses,
    ),
    Row(
        "ec2-eni-client-token",
        "one token makes one interface",
        _REFERENCE + "ensuring idempotency",
        client_token,
    ),
    Row(
        "ec2-eni-unknown-group",
        "an unknown group is refused",
        "hashicorp/terraform issue 3372",
        unknown_group,
    ),
    Row(
        "ec2-eni-foreign-group",
        "a group of another VPC is refused",
        "philips-software/terraform-provider-hsdp issue 68",
        group_of_another_vpc,
    ),
    Row(
        "ec2-eni-too-many-groups",
        "an interface has five groups at most",
        _CODES + "SecurityGroupsPerInterfaceLimitExceeded",
        too_many_groups,
    ),
    Row(
        "ec2-eni-change-unknown-group",
        "a refused change leaves the groups",
        "hashicorp/terraform issue 3372",
        change_to_unknown_group,
    ),
    Row(
        "ec2-eni-unknown",
        "an unknown interface is refused",
        _CODES + "InvalidNetworkInterfaceID.NotFound",
        unknown_interface,
    ),
    Row(
        "ec2-eni-described-twice",
        "an id may stand twice in a request",
        _REFERENCE + "DescribeNetworkInterfaces",
        interface_described_twice,
    ),
]
