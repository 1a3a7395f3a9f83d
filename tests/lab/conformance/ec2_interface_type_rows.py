"""What a network interface is made as: its type, its groups, its timeouts."""

from __future__ import annotations

from .row import Clients, Row, refused
from .scene import Scene


def _shown(scene: Scene, interface_id: str) -> tuple[str, str, bool]:
    found = scene.describe_interface(interface_id)
    return found["InterfaceType"], found["Status"], "Attachment" in found


def type_is_kept(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    for kind in ("trunk", "branch"):
        assert _shown(scene, scene.interface(subnet_id, InterfaceType=kind)) == (kind, "available", False)
    assert _shown(scene, scene.interface(subnet_id)) == ("interface", "available", False)
    with refused("InvalidParameterValue"):
        scene.interface(subnet_id, InterfaceType="tree")
    filters = [
        {"Name": "interface-type", "Values": ["trunk"]},
        {"Name": "vpc-id", "Values": [scene.vpc_id]},
    ]
    assert len(clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]) == 1


def groups_by_default(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    found = scene.describe_interface(scene.interface(subnet_id, InterfaceType="trunk"))
    assert [group["GroupId"] for group in found["Groups"]] == [scene.default_group_id]


def tracking_timeouts(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    wanted = {"TcpEstablishedTimeout": 350, "UdpTimeout": 30}
    interface_id = scene.interface(subnet_id, ConnectionTrackingSpecification=wanted)
    assert scene.describe_interface(interface_id)["ConnectionTrackingConfiguration"] == wanted
    with refused("InvalidParameterValue"):
        scene.interface(subnet_id, ConnectionTrackingSpecification={"UdpTimeout": 61})


_REFERENCE = "EC2 API reference, "

ROWS = [
    Row(
        "ec2-trunk-type",
        "the type of an interface is kept; the code for an unknown one is the lab's own choice",
        _REFERENCE + "CreateNetworkInterface (InterfaceType)",
        type_is_kept,
    ),
    Row(
        "ec2-trunk-default-group",
        "an interface without groups has the VPC's default group",
        _REFERENCE + "CreateNetworkInterface (SecurityGroupId)",
        groups_by_default,
    ),
    Row(
        "ec2-eni-tracking-timeouts",
        "timeouts of connection tracking are kept; the code for a wrong one is the lab's own choice",
        _REFERENCE + "ConnectionTrackingSpecificationRequest, ConnectionTrackingConfiguration",
        tracking_timeouts,
    ),
]
