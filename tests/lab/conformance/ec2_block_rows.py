"""Further IPv4 blocks of a VPC: which are refused, when they are usable, and when they can go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .row import Clients, Row, eventually, refused
from .scene import Scene

_PODS = "100.64.0.0/16"


class BlockScene(Scene):
    """A VPC with further blocks."""

    def associate(self, block: str) -> Any:
        made = self.ec2.associate_vpc_cidr_block(VpcId=self.vpc_id, CidrBlock=block)
        assert made["VpcId"] == self.vpc_id
        return made["CidrBlockAssociation"]

    def states(self) -> dict[str, str]:
        (vpc,) = self.ec2.describe_vpcs(VpcIds=[self.vpc_id])["Vpcs"]
        return {each["CidrBlock"]: each["CidrBlockState"]["State"] for each in vpc["CidrBlockAssociationSet"]}

    def ready(self, block: str = _PODS) -> str:
        """Associate a block, wait for it, and return the association's id."""
        made = self.associate(block)
        eventually(lambda: self.states()[made["CidrBlock"]], "associated")
        return str(made["AssociationId"])

    def local_routes(self, table_id: str) -> set[str]:
        (table,) = self.ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
        return {route["DestinationCidrBlock"] for route in table["Routes"] if route["GatewayId"] == "local"}


def takes_time(clients: Clients) -> None:
    scene = BlockScene(clients)
    made = scene.associate(_PODS)
    assert made["CidrBlockState"]["State"] == "associating"
    assert scene.states() == {"10.0.0.0/16": "associated", _PODS: "associating"}
    with refused("InvalidSubnet.Range", "The CIDR '100.64.0.0/20' is invalid."):
        scene.subnet("100.64.0.0/20")
    eventually(lambda: scene.states()[_PODS], "associated")
    scene.subnet("100.64.0.0/20")
    with refused("InvalidSubnet.Range"):
        scene.subnet("100.65.0.0/20")


def found_by_association(clients: Clients) -> None:
    scene = BlockScene(clients)
    filters = [{"Name": "cidr-block-association.association-id", "Values": [scene.ready()]}]
    (vpc,) = clients.ec2.describe_vpcs(Filters=filters)["Vpcs"]
    assert vpc["VpcId"] == scene.vpc_id


def held_by_subnet(clients: Clients) -> None:
    scene = BlockScene(clients)
    association_id = scene.ready()
    subnet = scene.subnet("100.64.0.0/20")
    text = f"The vpc {scene.vpc_id} currently has a subnet within CIDR block {_PODS}"
    with refused("InvalidCidrBlock.InUse", text):
        clients.ec2.disassociate_vpc_cidr_block(AssociationId=association_id)
    clients.ec2.delete_subnet(SubnetId=subnet)
    gone = clients.ec2.disassociate_vpc_cidr_block(AssociationId=association_id)
    assert gone["CidrBlockAssociation"]["CidrBlockState"]["State"] == "disassociating"
    with refused("InvalidSubnet.Range"):
        scene.subnet("100.64.0.0/20")
    eventually(scene.states, {"10.0.0.0/16": "associated"})


def unknown_block(clients: Clients) -> None:
    scene = BlockScene(clients)
    association_id = scene.ready()
    clients.ec2.disassociate_vpc_cidr_block(AssociationId=association_id)
    eventually(scene.states, {"10.0.0.0/16": "associated"})
    with refused("InvalidVpcCidrBlockAssociationID.NotFound"):
        clients.ec2.disassociate_vpc_cidr_block(AssociationId=association_id)


def primary_block(clients: Clients) -> None:
    scene = BlockScene(clients)
    (vpc,) = clients.ec2.describe_vpcs(VpcIds=[scene.vpc_id])["Vpcs"]
    (primary,) = vpc["CidrBlockAssociationSet"]
    with refused("OperationNotPermitted"):
        clients.ec2.disassociate_vpc_cidr_block(AssociationId=primary["AssociationId"])


def routed_locally(clients: Clients) -> None:
    scene = BlockScene(clients)
    before = scene.route_table()
    association_id = scene.ready()
    after = scene.route_table()
    assert scene.local_routes(before) == scene.local_routes(after) == {"10.0.0.0/16", _PODS}
    clients.ec2.disassociate_vpc_cidr_block(AssociationId=association_id)
    eventually(lambda: (scene.local_routes(before), scene.local_routes(after)), ({"10.0.0.0/16"},) * 2)


def at_most_five(clients: Clients) -> None:
    scene = BlockScene(clients)
    for index in range(4):
        scene.associate(f"100.{64 + index}.0.0/16")
    with refused("CidrLimitExceeded"):
        scene.associate("100.70.0.0/16")


def _refuses(primary: str, *blocks: str) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        scene = BlockScene(clients, primary)
        for block in blocks:
            with refused("InvalidVpc.Range"):
                scene.associate(block)
        assert list(scene.states()) == [primary]

    return check


def _restricted(primary: str, refused_blocks: list[str], accepted: list[str]) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        _refuses(primary, *refused_blocks)(clients)
        scene = BlockScene(clients, primary)
        for block in accepted:
            scene.associate(block)

    return check


_TABLE = "VPC user guide, VPC CIDR blocks, IPv4 CIDR block association restrictions"
_GUIDE = "VPC user guide, VPC CIDR blocks"

ROWS = [
    Row(
        "ec2-block-associating",
        "a block is usable once it is associated, and only then",
        _GUIDE + "; hashicorp/terraform issue 21256",
        takes_time,
    ),
    Row(
        "ec2-block-filter",
        "a VPC is found by the association of a block",
        "EC2 API reference, DescribeVpcs",
        found_by_association,
    ),
    Row(
        "ec2-block-in-use",
        "a block with a subnet in it stays",
        "hashicorp/terraform-provider-aws issue 29077",
        held_by_subnet,
    ),
    Row(
        "ec2-block-unknown",
        "a block that is gone is unknown",
        "terraform-provider-aws internal/service/ec2/errors.go",
        unknown_block,
    ),
    Row("ec2-block-primary", "the primary block stays", _GUIDE, primary_block),
    Row("ec2-block-routes", "local routes come and go with a block", _GUIDE, routed_locally),
    Row("ec2-block-limit", "a VPC has five blocks at most", "Amazon VPC quotas", at_most_five),
    Row(
        "ec2-block-size",
        "a block is between /16 and /28",
        _GUIDE,
        _refuses("10.4.0.0/16", "100.64.0.0/15", "100.64.0.0/29"),
    ),
    Row(
        "ec2-block-overlap",
        "blocks of a VPC do not overlap",
        _GUIDE,
        _refuses("10.4.0.0/17", "10.4.0.0/16", "10.4.64.0/18", "10.4.0.0/17"),
    ),
    Row(
        "ec2-block-beside-10",
        "beside 10.0.0.0/8 the other private ranges and 198.19.0.0/16 are refused",
        _TABLE,
        _restricted(
            "10.4.0.0/16",
            ["172.16.0.0/16", "192.168.0.0/16", "198.19.0.0/16"],
            ["10.5.0.0/16", "100.64.0.0/16", "203.0.112.0/20", "198.18.0.0/16"],
        ),
    ),
    Row(
        "ec2-block-beside-10-1",
        "beside 10.0.0.0/15 a block of 10.0.0.0/16 is refused",
        _TABLE,
        _restricted("10.1.0.0/16", ["10.0.0.0/16", "10.0.128.0/17"], ["10.2.0.0/16"]),
    ),
    Row(
        "ec2-block-beside-172",
        "beside 172.16.0.0/12 a block of 172.31.0.0/16 is refused, and the other private ranges",
        _TABLE,
        _restricted(
            "172.20.0.0/16",
            ["172.31.0.0/16", "10.0.0.0/16", "192.168.0.0/16", "198.19.0.0/16"],
            ["172.21.0.0/16", "100.64.0.0/16"],
        ),
    ),
    Row(
        "ec2-block-beside-192",
        "beside 192.168.0.0/16 the other private ranges are refused",
        _TABLE,
        _restricted(
            "192.168.0.0/17",
            ["10.0.0.0/16", "172.16.0.0/16", "198.19.0.0/16"],
            ["192.168.128.0/17", "100.64.0.0/16"],
        ),
    ),
    Row(
        "ec2-block-beside-public",
        "beside a public block the private ranges are refused",
        _TABLE,
        _restricted(
            "100.64.0.0/16",
            ["10.0.0.0/16", "172.16.0.0/16", "192.168.0.0/16", "198.19.0.0/16"],
            ["100.65.0.0/16", "203.0.112.0/20"],
        ),
    ),
]
