"""VPC endpoints: what they make in the network, what EC2 refuses, and how they change and go."""

from __future__ import annotations

from typing import Any

from .row import REGION, Clients, Row, eventually, refused
from .scene import Scene

_SERVICES = (
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "secretsmanager",
    "sqs",
    "ssm",
    "sts",
)


def _name(service: str) -> str:
    return f"com.amazonaws.{REGION}.{service}"


class EndpointScene(Scene):
    """A VPC with DNS names, and endpoints in it."""

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.ec2.modify_vpc_attribute(VpcId=self.vpc_id, EnableDnsHostnames={"Value": True})

    def interface_endpoint(self, service: str = "sts", *subnet_ids: str, **more: Any) -> Any:
        request = {"SubnetIds": list(subnet_ids), "PrivateDnsEnabled": True} | more
        return self._create(service, VpcEndpointType="Interface", **request)

    def gateway_endpoint(self, *table_ids: str, service: str = "s3") -> Any:
        return self._create(service, RouteTableIds=list(table_ids))

    def _create(self, service: str, **request: Any) -> Any:
        made = self.ec2.create_vpc_endpoint(VpcId=self.vpc_id, ServiceName=_name(service), **request)
        return made["VpcEndpoint"]

    def describe(self, endpoint: Any) -> Any:
        found = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
        return found["VpcEndpoints"][0]

    def state(self, endpoint: Any) -> str:
        return str(self.describe(endpoint)["State"])

    def modify(self, endpoint: Any, **change: Any) -> None:
        self.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], **change)

    def delete(self, endpoint: Any) -> None:
        answer = self.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
        assert answer["Unsuccessful"] == []

    def endpoints(self) -> list[str]:
        filters = [{"Name": "vpc-id", "Values": [self.vpc_id]}]
        found = self.ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
        return [endpoint["VpcEndpointId"] for endpoint in found]

    def interfaces(self) -> list[Any]:
        filters = [{"Name": "vpc-id", "Values": [self.vpc_id]}]
        return list(self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"])

    def places(self) -> dict[str, list[str]]:
        """Return the groups of the interfaces by subnet."""
        return {
            each["SubnetId"]: [group["GroupId"] for group in each["Groups"]] for each in self.interfaces()
        }

    def routed(self, table_id: str) -> set[str]:
        (table,) = self.ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
        return {route["GatewayId"] for route in table["Routes"]} - {"local"}


def services_exist(clients: Clients) -> None:
    scene = EndpointScene(clients)
    for service in _SERVICES:
        made = scene.interface_endpoint(service)
        assert made["PrivateDnsEnabled"] is True
        names = [entry["DnsName"] for entry in made["DnsEntries"]]
        assert any(name.endswith(f".{REGION}.amazonaws.com") and "vpce" not in name for name in names), names


def makes_interfaces(clients: Clients) -> None:
    scene = EndpointScene(clients)
    group, subnets = scene.group(), [scene.subnet(), scene.subnet("10.0.2.0/24", "us-west-2b")]
    made = scene.interface_endpoint("ec2", *subnets, SecurityGroupIds=[group])
    assert made["State"] == "pending"
    eventually(lambda: scene.state(made), "available")
    found = scene.describe(made)
    assert sorted(found["SubnetIds"]) == sorted(subnets)
    assert [entry["GroupId"] for entry in found["Groups"]] == [group]
    assert scene.places() == {subnet: [group] for subnet in subnets}
    for interface in scene.interfaces():
        assert interface["NetworkInterfaceId"] in found["NetworkInterfaceIds"]
        assert (interface["InterfaceType"], interface["Status"]) == ("vpc_endpoint", "in-use")
        assert interface["RequesterManaged"] is True
        assert interface["Description"] == f"VPC Endpoint Interface {made['VpcEndpointId']}"


def holds_groups_and_subnets(clients: Clients) -> None:
    scene = EndpointScene(clients)
    group, subnet = scene.group(), scene.subnet()
    made = scene.interface_endpoint("ec2", subnet, SecurityGroupIds=[group])
    with refused("DependencyViolation", f"resource {group} has a dependent object"):
        clients.ec2.delete_security_group(GroupId=group)
    with refused("DependencyViolation"):
        clients.ec2.delete_subnet(SubnetId=subnet)
    (interface,) = scene.interfaces()
    with refused("InvalidParameterValue"):
        clients.ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])

    scene.delete(made)
    assert scene.state(made) == "deleting"
    with refused("DependencyViolation"):
        clients.ec2.delete_subnet(SubnetId=subnet)
    eventually(scene.endpoints, [])
    with refused("InvalidVpcEndpointId.NotFound"):
        scene.describe(made)
    clients.ec2.delete_security_group(GroupId=group)
    clients.ec2.delete_subnet(SubnetId=subnet)


def default_group(clients: Clients) -> None:
    scene = EndpointScene(clients)
    subnet = scene.subnet()
    made = scene.interface_endpoint("ec2", subnet)
    assert [entry["GroupId"] for entry in made["Groups"]] == [scene.default_group_id]
    assert scene.places() == {subnet: [scene.default_group_id]}


def private_dns_needs_vpc(clients: Clients) -> None:
    for name in ("EnableDnsHostnames", "EnableDnsSupport"):
        scene = EndpointScene(clients)
        clients.ec2.modify_vpc_attribute(VpcId=scene.vpc_id, **{name: {"Value": False}})
        text = (
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes "
            f"set to true for {scene.vpc_id}"
        )
        with refused("InvalidParameter", text):
            scene.interface_endpoint()
        made = scene.interface_endpoint(PrivateDnsEnabled=False)
        with refused("InvalidParameter", text):
            scene.modify(made, PrivateDnsEnabled=True)


def private_dns_conflict(clients: Clients) -> None:
    scene = EndpointScene(clients)
    first = scene.interface_endpoint()
    text = (
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
        f"sts.us-west-2.amazonaws.com in the VPC {scene.vpc_id}"
    )
    with refused("InvalidParameter", text):
        scene.interface_endpoint()
    second = scene.interface_endpoint(PrivateDnsEnabled=False)
    with refused("InvalidParameter", text):
        scene.modify(second, PrivateDnsEnabled=True)
    scene.modify(first, PrivateDnsEnabled=False)
    scene.modify(second, PrivateDnsEnabled=True)
    assert [scene.describe(each)["PrivateDnsEnabled"] for each in (first, second)] == [False, True]


def one_subnet_per_zone(clients: Clients) -> None:
    scene = EndpointScene(clients)
    first, second = scene.subnet(), scene.subnet("10.0.2.0/24")
    with refused("DuplicateSubnetsInSameZone"):
        scene.interface_endpoint("ec2", first, second)
    assert scene.interfaces() == []
    made = scene.interface_endpoint("ec2", first)
    with refused("DuplicateSubnetsInSameZone"):
        scene.modify(made, AddSubnetIds=[second])
    scene.modify(made, AddSubnetIds=[second], RemoveSubnetIds=[first])
    assert list(scene.places()) == [second]


def unknown_service(clients: Clients) -> None:
    scene = EndpointScene(clients)
    text = f"The Vpc Endpoint Service '{_name('stss')}' does not exist"
    with refused("InvalidServiceName", text):
        scene.interface_endpoint("stss")
    with refused("InvalidServiceName"):
        clients.ec2.create_vpc_endpoint(VpcId=scene.vpc_id, ServiceName="com.amazonaws.eu-west-1.s3")


def parts_of_other_kind(clients: Clients) -> None:
    scene = EndpointScene(clients)
    subnet, table = scene.subnet(), scene.route_table()
    service = {"VpcId": scene.vpc_id, "ServiceName": _name("s3")}
    text = "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints."
    with refused("InvalidParameter", text):
        clients.ec2.create_vpc_endpoint(**service, SubnetIds=[subnet])
    with refused("InvalidParameter"):
        clients.ec2.create_vpc_endpoint(**service, SecurityGroupIds=[scene.group()])
    with refused("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint."):
        scene.interface_endpoint(RouteTableIds=[table])
    with refused("InvalidParameter", text):
        scene.modify(scene.gateway_endpoint(), AddSubnetIds=[subnet])


def kind_of_service(clients: Clients) -> None:
    scene = EndpointScene(clients)
    text = "Endpoint type (Gateway) does not match available service types ([Interface])."
    with refused("InvalidParameter", text):
        clients.ec2.create_vpc_endpoint(VpcId=scene.vpc_id, ServiceName=_name("logs"))
    with refused("InvalidParameter"):
        scene.interface_endpoint("dynamodb")


def foreign_parts(clients: Clients) -> None:
    scene, other = EndpointScene(clients), EndpointScene(clients)
    with refused("InvalidParameter"):
        scene.interface_endpoint("ec2", other.subnet())
    with refused("InvalidGroup.NotFound"):
        scene.interface_endpoint("ec2", scene.subnet(), SecurityGroupIds=[other.group()])
    with refused("InvalidSubnetID.NotFound"):
        scene.interface_endpoint("ec2", "subnet-0123456789abcdef0")
    assert scene.endpoints() == []


def subnets_and_groups_change(clients: Clients) -> None:
    scene = EndpointScene(clients)
    first, second = scene.subnet(), scene.subnet("10.0.2.0/24", "us-west-2b")
    old, new = scene.group(), scene.group("others")
    made = scene.interface_endpoint("ec2", first, SecurityGroupIds=[old])
    scene.modify(made, AddSubnetIds=[second], AddSecurityGroupIds=[new], RemoveSecurityGroupIds=[old])
    assert scene.state(made) == "pending"
    eventually(lambda: scene.state(made), "available")
    assert scene.places() == {first: [new], second: [new]}
    clients.ec2.delete_security_group(GroupId=old)
    scene.modify(made, RemoveSubnetIds=[first])
    assert scene.places() == {second: [new]}
    assert scene.describe(made)["SubnetIds"] == [second]
    clients.ec2.delete_subnet(SubnetId=first)
    with refused(
        "InvalidParameter", "An Interface VPC Endpoint must always have at least one Security Group"
    ):
        scene.modify(made, RemoveSecurityGroupIds=[new])


def routes_follow_tables(clients: Clients) -> None:
    scene = EndpointScene(clients)
    first, second = scene.route_table(), scene.route_table()
    made = scene.gateway_endpoint(first)
    assert made["State"] == "available"
    vpce = made["VpcEndpointId"]
    assert (scene.routed(first), scene.routed(second)) == ({vpce}, set())
    scene.modify(made, AddRouteTableIds=[second], RemoveRouteTableIds=[first])
    assert (scene.routed(first), scene.routed(second)) == (set(), {vpce})
    assert scene.describe(made)["RouteTableIds"] == [second]
    scene.delete(made)
    assert (scene.routed(first), scene.routed(second)) == (set(), set())
    eventually(scene.endpoints, [])


def deleted_table_is_forgotten(clients: Clients) -> None:
    scene = EndpointScene(clients)
    first, second = scene.route_table(), scene.route_table()
    made = scene.gateway_endpoint(first, second)
    clients.ec2.delete_route_table(RouteTableId=first)
    assert scene.describe(made)["RouteTableIds"] == [second]
    scene.delete(made)
    eventually(scene.endpoints, [])


def one_route_per_service(clients: Clients) -> None:
    scene = EndpointScene(clients)
    table = scene.route_table()
    scene.gateway_endpoint(table)
    with refused("RouteAlreadyExists"):
        scene.gateway_endpoint(table)
    other = scene.gateway_endpoint()
    with refused("RouteAlreadyExists"):
        scene.modify(other, AddRouteTableIds=[table])
    scene.gateway_endpoint(table, service="dynamodb")


_REFERENCE = "EC2 API reference, "
_GUIDE = "AWS PrivateLink guide, "
_PROVIDER = "hashicorp/terraform-provider-aws issue "

ROWS = [
    Row(
        "ec2-endpoint-services",
        "the services that a private cluster needs have interface endpoints",
        "EKS user guide, Deploy private clusters with limited internet access",
        services_exist,
    ),
    Row(
        "ec2-endpoint-interfaces",
        "an interface endpoint is pending, then has one managed interface per subnet",
        _REFERENCE + "CreateVpcEndpoint",
        makes_interfaces,
    ),
    Row(
        "ec2-endpoint-holds",
        "an endpoint holds its groups and subnets until it is gone",
        _GUIDE + "Delete an interface endpoint",
        holds_groups_and_subnets,
    ),
    Row(
        "ec2-endpoint-default-group",
        "without groups an endpoint has the default group",
        _REFERENCE + "CreateVpcEndpoint (SecurityGroupIds)",
        default_group,
    ),
    Row(
        "ec2-endpoint-dns-attributes",
        "private DNS needs DNS support and DNS hostnames",
        "GuardDuty user guide, Runtime coverage statistics and troubleshooting issues",
        private_dns_needs_vpc,
    ),
    Row(
        "ec2-endpoint-dns-conflict",
        "a service's own name belongs to one endpoint of a VPC",
        _PROVIDER + "17535",
        private_dns_conflict,
    ),
    Row(
        "ec2-endpoint-zone-twice",
        "an endpoint has one subnet per zone",
        "terraform-aws-modules/terraform-aws-vpc issue 583",
        one_subnet_per_zone,
    ),
    Row(
        "ec2-endpoint-unknown-service",
        "an unknown service is refused",
        _REFERENCE + "DescribeVpcEndpointServices; error codes, InvalidServiceName",
        unknown_service,
    ),
    Row(
        "ec2-endpoint-other-parts",
        "gateway endpoints have no subnets or groups, interface endpoints no route tables",
        "nanlabs/terraform-aws-starter issue 18; ansible-collections/amazon.aws issue 576",
        parts_of_other_kind,
    ),
    Row(
        "ec2-endpoint-kind",
        "a service offers certain kinds of endpoints",
        "hashicorp/terraform issue 24478",
        kind_of_service,
    ),
    Row(
        "ec2-endpoint-foreign",
        "subnets and groups of another VPC are refused",
        _REFERENCE + "CreateVpcEndpoint (SubnetIds, SecurityGroupIds)",
        foreign_parts,
    ),
    Row(
        "ec2-endpoint-modify-interface",
        "subnets and groups change with their interfaces, and one group stays",
        _REFERENCE + "ModifyVpcEndpoint; terraform-aws-modules/terraform-aws-vpc pull request 575",
        subnets_and_groups_change,
    ),
    Row(
        "ec2-endpoint-modify-gateway",
        "routes come and go with a gateway endpoint's tables",
        _GUIDE + "Gateway endpoints",
        routes_follow_tables,
    ),
    Row(
        "ec2-endpoint-table-deleted",
        "a deleted route table leaves its gateway endpoint",
        _REFERENCE + "DeleteRouteTable",
        deleted_table_is_forgotten,
    ),
    Row(
        "ec2-endpoint-second-route",
        "a route table has one route to a service",
        "eksctl-io/eksctl issue 2510",
        one_route_per_service,
    ),
]
