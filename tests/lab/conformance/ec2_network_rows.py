"""VPCs, subnets, gateways, addresses and routes: what EC2 refuses, and what it lets happen later."""

from __future__ import annotations

from .row import Clients, Row, eventually, refused
from .scene import Scene


def subnet_with_interface(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    interface_id = scene.interface(subnet_id)
    with refused("DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted."):
        clients.ec2.delete_subnet(SubnetId=subnet_id)
    clients.ec2.delete_network_interface(NetworkInterfaceId=interface_id)
    clients.ec2.delete_subnet(SubnetId=subnet_id)


def _vpc_is_kept(scene: Scene) -> None:
    text = f"The vpc '{scene.vpc_id}' has dependencies and cannot be deleted."
    with refused("DependencyViolation", text):
        scene.ec2.delete_vpc(VpcId=scene.vpc_id)


def vpc_with_subnet(clients: Clients) -> None:
    scene = Scene(clients)
    scene.subnet()
    _vpc_is_kept(scene)


def vpc_with_gateway(clients: Clients) -> None:
    scene = Scene(clients)
    assert scene.gateway_id
    _vpc_is_kept(scene)


def vpc_with_group(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    _vpc_is_kept(scene)
    clients.ec2.delete_security_group(GroupId=group_id)
    clients.ec2.delete_vpc(VpcId=scene.vpc_id)


def vpc_with_route_table(clients: Clients) -> None:
    scene = Scene(clients)
    scene.route_table()
    _vpc_is_kept(scene)


def vpc_with_endpoint(clients: Clients) -> None:
    scene = Scene(clients)
    made = clients.ec2.create_vpc_endpoint(VpcId=scene.vpc_id, ServiceName="com.amazonaws.us-west-2.s3")
    _vpc_is_kept(scene)
    clients.ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    eventually(lambda: clients.ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"], [])
    clients.ec2.delete_vpc(VpcId=scene.vpc_id)


def vpc_goes_with_its_parts(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.default_group_id
    clients.ec2.delete_vpc(VpcId=scene.vpc_id)
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    assert clients.ec2.describe_network_acls(Filters=filters)["NetworkAcls"] == []
    assert clients.ec2.describe_route_tables(Filters=filters)["RouteTables"] == []
    with refused("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist"):
        clients.ec2.describe_security_groups(GroupIds=[group_id])


def gateway_with_mapped_address(clients: Clients) -> None:
    scene = Scene(clients)
    nat_id, _ = scene.nat_gateway()
    text = (
        f"Network {scene.vpc_id} has some mapped public address(es). "
        "Please unmap those public address(es) before detaching the gateway."
    )
    with refused("DependencyViolation", text):
        clients.ec2.detach_internet_gateway(InternetGatewayId=scene.gateway_id, VpcId=scene.vpc_id)
    clients.ec2.delete_nat_gateway(NatGatewayId=nat_id)
    eventually(lambda: scene.nat_state(nat_id), "deleted")
    clients.ec2.detach_internet_gateway(InternetGatewayId=scene.gateway_id, VpcId=scene.vpc_id)


def gateway_while_attached(clients: Clients) -> None:
    scene = Scene(clients)
    text = f"The internetGateway '{scene.gateway_id}' has dependencies and cannot be deleted."
    with refused("DependencyViolation", text):
        clients.ec2.delete_internet_gateway(InternetGatewayId=scene.gateway_id)


def second_gateway(clients: Clients) -> None:
    scene = Scene(clients)
    assert scene.gateway_id
    other = clients.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    with refused("InvalidParameterValue"):
        clients.ec2.attach_internet_gateway(InternetGatewayId=other, VpcId=scene.vpc_id)


def address_in_use(clients: Clients) -> None:
    scene = Scene(clients)
    assert scene.gateway_id
    interface_id = scene.interface(scene.public_subnet_id)
    made = clients.ec2.allocate_address(Domain="vpc")
    clients.ec2.associate_address(AllocationId=made["AllocationId"], NetworkInterfaceId=interface_id)
    with refused("InvalidIPAddress.InUse", f"Address {made['PublicIp']} is in use."):
        clients.ec2.release_address(AllocationId=made["AllocationId"])
    clients.ec2.disassociate_address(PublicIp=made["PublicIp"])
    clients.ec2.release_address(AllocationId=made["AllocationId"])


def address_without_gateway(clients: Clients) -> None:
    scene = Scene(clients)
    interface_id = scene.interface(scene.public_subnet_id)
    text = f"Network {scene.vpc_id} is not attached to any internet gateway"
    with refused("Gateway.NotAttached", text):
        clients.ec2.associate_address(AllocationId=scene.address(), NetworkInterfaceId=interface_id)


def route_table_with_association(clients: Clients) -> None:
    scene = Scene(clients)
    table_id, subnet_id = scene.route_table(), scene.subnet()
    clients.ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)
    with refused(
        "DependencyViolation", f"The routeTable '{table_id}' has dependencies and cannot be deleted."
    ):
        clients.ec2.delete_route_table(RouteTableId=table_id)


def main_route_table(clients: Clients) -> None:
    scene = Scene(clients)
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    table = clients.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]
    with refused("DependencyViolation"):
        clients.ec2.delete_route_table(RouteTableId=table)


def association_goes_with_subnet(clients: Clients) -> None:
    scene = Scene(clients)
    table_id, subnet_id = scene.route_table(), scene.subnet()
    clients.ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)
    clients.ec2.delete_subnet(SubnetId=subnet_id)
    clients.ec2.delete_route_table(RouteTableId=table_id)


def route_to_detached_gateway(clients: Clients) -> None:
    scene = Scene(clients)
    gateway_id = clients.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    table_id = scene.route_table()
    text = f"route table {table_id} and network gateway {gateway_id} belong to different networks"
    with refused("InvalidParameterValue", text):
        clients.ec2.create_route(
            RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway_id
        )


def route_to_unknown_nat(clients: Clients) -> None:
    scene = Scene(clients)
    with refused("InvalidNatGatewayID.NotFound"):
        clients.ec2.create_route(
            RouteTableId=scene.route_table(),
            DestinationCidrBlock="0.0.0.0/0",
            NatGatewayId="nat-0123456789abcdef0",
        )


def route_goes_dark(clients: Clients) -> None:
    scene = Scene(clients)
    nat_id, _ = scene.nat_gateway()
    table_id = scene.route_table()
    clients.ec2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat_id)
    clients.ec2.delete_nat_gateway(NatGatewayId=nat_id)
    eventually(lambda: scene.nat_state(nat_id), "deleted")
    (table,) = clients.ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
    states = {route.get("NatGatewayId"): route["State"] for route in table["Routes"]}
    assert states[nat_id] == "blackhole", states


def small_subnet(clients: Clients) -> None:
    scene = Scene(clients)
    with refused("InvalidSubnet.Range", "The CIDR '10.0.1.0/29' is invalid."):
        scene.subnet("10.0.1.0/29")


def plain_subnet(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet(zone="us-west-2c")
    (found,) = clients.ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    assert (found["DefaultForAz"], found["MapPublicIpOnLaunch"]) == (False, False)


def subnet_in_foreign_zone(clients: Clients) -> None:
    scene = Scene(clients)
    with refused("InvalidParameterValue"):
        scene.subnet(zone="eu-west-1a")


def malformed_vpc_range(clients: Clients) -> None:
    text = "Value (10.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block."
    with refused("InvalidParameterValue", text):
        clients.ec2.create_vpc(CidrBlock="10.0.0")


def canonical_vpc_range(clients: Clients) -> None:
    made = clients.ec2.create_vpc(CidrBlock="10.7.3.18/18")["Vpc"]
    assert made["CidrBlock"] == "10.7.0.0/18"


_REFERENCE = "EC2 API reference, "
_CODES = "EC2 API reference, error codes, "

ROWS = [
    Row(
        "ec2-subnet-delete-in-use",
        "a subnet with an interface stays",
        "terraform-aws-modules/terraform-aws-vpc issue 1081",
        subnet_with_interface,
    ),
    Row(
        "ec2-vpc-delete-subnet",
        "a VPC with a subnet stays",
        "gruntwork-io/cloud-nuke issue 345",
        vpc_with_subnet,
    ),
    Row(
        "ec2-vpc-delete-gateway",
        "a VPC with an internet gateway stays",
        _REFERENCE + "DeleteVpc",
        vpc_with_gateway,
    ),
    Row(
        "ec2-vpc-delete-group",
        "a VPC with a group of one's own stays",
        _REFERENCE + "DeleteVpc",
        vpc_with_group,
    ),
    Row(
        "ec2-vpc-delete-route-table",
        "a VPC with a second route table stays",
        _REFERENCE + "DeleteVpc",
        vpc_with_route_table,
    ),
    Row(
        "ec2-vpc-delete-endpoint", "a VPC with an endpoint stays", _REFERENCE + "DeleteVpc", vpc_with_endpoint
    ),
    Row(
        "ec2-vpc-delete-parts",
        "default group, main table and default ACL go with the VPC",
        _REFERENCE + "DeleteVpc",
        vpc_goes_with_its_parts,
    ),
    Row(
        "ec2-igw-detach-mapped",
        "a gateway under a mapped address stays attached",
        "hashicorp/terraform issue 497",
        gateway_with_mapped_address,
    ),
    Row(
        "ec2-igw-delete-attached",
        "an attached gateway stays",
        "saltstack/salt issue 60140",
        gateway_while_attached,
    ),
    Row(
        "ec2-igw-second",
        "a VPC has one gateway at most",
        _REFERENCE + "AttachInternetGateway",
        second_gateway,
    ),
    Row(
        "ec2-address-release-in-use",
        "an associated address stays",
        "genevieve/leftovers issue 16",
        address_in_use,
    ),
    Row(
        "ec2-address-without-gateway",
        "a public address needs an internet gateway",
        "hashicorp/terraform-provider-aws pull request 2181",
        address_without_gateway,
    ),
    Row(
        "ec2-route-table-delete-in-use",
        "an associated route table stays",
        "ansible/ansible pull request 20114",
        route_table_with_association,
    ),
    Row(
        "ec2-route-table-delete-main",
        "the main route table stays",
        _REFERENCE + "DeleteRouteTable",
        main_route_table,
    ),
    Row(
        "ec2-subnet-delete-association",
        "an association goes with its subnet",
        _REFERENCE + "DeleteSubnet",
        association_goes_with_subnet,
    ),
    Row(
        "ec2-route-detached-gateway",
        "a route needs an attached gateway",
        "giantswarm/aws-operator pull request 632",
        route_to_detached_gateway,
    ),
    Row(
        "ec2-route-unknown-nat",
        "a route needs an existing NAT gateway",
        _CODES + "InvalidNatGatewayID.NotFound",
        route_to_unknown_nat,
    ),
    Row(
        "ec2-route-blackhole",
        "a route to a deleted NAT gateway goes dark",
        _REFERENCE + "Route (state)",
        route_goes_dark,
    ),
    Row(
        "ec2-subnet-smallest",
        "a subnet smaller than /28 is refused",
        _REFERENCE + "CreateSubnet",
        small_subnet,
    ),
    Row(
        "ec2-subnet-plain",
        "a new subnet is neither default nor public",
        _REFERENCE + "Subnet (defaultForAz, mapPublicIpOnLaunch)",
        plain_subnet,
    ),
    Row(
        "ec2-subnet-foreign-zone",
        "a zone of another region is refused",
        _REFERENCE + "CreateSubnet",
        subnet_in_foreign_zone,
    ),
    Row(
        "ec2-vpc-malformed-range",
        "a malformed range is refused",
        _CODES + "InvalidParameterValue",
        malformed_vpc_range,
    ),
    Row(
        "ec2-vpc-canonical-range",
        "host bits of a range are cleared",
        _REFERENCE + "CreateVpc (cidrBlock)",
        canonical_vpc_range,
    ),
]
