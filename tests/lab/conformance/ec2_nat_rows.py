"""NAT gateways: states that take time, and the interface that only the service may take."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from .row import Clients, Row, eventually, refused
from .scene import Scene


def nat_becomes_available(clients: Clients) -> None:
    scene = Scene(clients)
    assert scene.gateway_id
    made = clients.ec2.create_nat_gateway(SubnetId=scene.public_subnet_id, AllocationId=scene.address())
    assert made["NatGateway"]["State"] == "pending"
    eventually(lambda: scene.nat_state(made["NatGateway"]["NatGatewayId"]), "available")


def nat_interface(clients: Clients) -> None:
    scene = Scene(clients)
    nat_id, allocation_id = scene.nat_gateway()
    eventually(lambda: scene.nat_state(nat_id), "available")
    (address,) = scene.describe_nat_gateway(nat_id)["NatGatewayAddresses"]
    found = scene.describe_interface(address["NetworkInterfaceId"])
    assert ip_address(found["PrivateIpAddress"]) in ip_network("10.0.0.0/24")
    assert found["PrivateIpAddress"] == address["PrivateIp"]
    assert (found["InterfaceType"], found["Status"]) == ("nat_gateway", "in-use")
    assert found["RequesterManaged"] is True
    assert found["Groups"] == []
    assert found["Description"] == f"Interface for NAT Gateway {nat_id}"
    assert found["Association"]["AllocationId"] == allocation_id


def nat_frees_what_it_held(clients: Clients) -> None:
    scene = Scene(clients)
    nat_id, allocation_id = scene.nat_gateway()
    eventually(lambda: scene.nat_state(nat_id), "available")
    clients.ec2.delete_nat_gateway(NatGatewayId=nat_id)
    assert scene.nat_state(nat_id) == "deleting"
    with refused("DependencyViolation"):
        clients.ec2.delete_subnet(SubnetId=scene.public_subnet_id)
    with refused("InvalidIPAddress.InUse"):
        clients.ec2.release_address(AllocationId=allocation_id)
    eventually(lambda: scene.nat_state(nat_id), "deleted")
    clients.ec2.release_address(AllocationId=allocation_id)
    clients.ec2.delete_subnet(SubnetId=scene.public_subnet_id)


def _failure(scene: Scene, nat_id: str) -> tuple[str, str]:
    eventually(lambda: scene.nat_state(nat_id), "failed")
    found = scene.describe_nat_gateway(nat_id)
    return found["FailureCode"], found["FailureMessage"]


def nat_without_gateway(clients: Clients) -> None:
    scene = Scene(clients)
    made = clients.ec2.create_nat_gateway(SubnetId=scene.public_subnet_id, AllocationId=scene.address())
    text = f"Network {scene.vpc_id} has no Internet gateway attached"
    assert _failure(scene, made["NatGateway"]["NatGatewayId"]) == ("Gateway.NotAttached", text)


def nat_with_taken_address(clients: Clients) -> None:
    scene = Scene(clients)
    _, allocation_id = scene.nat_gateway()
    made = clients.ec2.create_nat_gateway(SubnetId=scene.public_subnet_id, AllocationId=allocation_id)
    text = f"Elastic IP address [{allocation_id}] is already associated"
    assert _failure(scene, made["NatGateway"]["NatGatewayId"]) == ("Resource.AlreadyAssociated", text)


def nat_with_unknown_address(clients: Clients) -> None:
    scene = Scene(clients)
    text = "The elasticIp ID 'eipalloc-0123456789abcdef0' does not exist"
    with refused("InvalidElasticIpID.NotFound", text):
        clients.ec2.create_nat_gateway(
            SubnetId=scene.public_subnet_id, AllocationId="eipalloc-0123456789abcdef0"
        )


def unknown_nat(clients: Clients) -> None:
    for call in (clients.ec2.delete_nat_gateway, lambda NatGatewayId: _describe_nat(clients, NatGatewayId)):  # noqa: N803
        with refused("NatGatewayNotFound"):
            call(NatGatewayId="nat-0123456789abcdef0")


def _describe_nat(clients: Clients, nat_id: str) -> None:
    clients.ec2.describe_nat_gateways(NatGatewayIds=[nat_id])


def nat_by_tag(clients: Clients) -> None:
    scene = Scene(clients)
    nat_id, _ = scene.nat_gateway()
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}, {"Name": "tag:Name", "Values": ["mine"]}]
    assert clients.ec2.describe_nat_gateways(Filters=filters)["NatGateways"] == []
    clients.ec2.create_tags(Resources=[nat_id], Tags=[{"Key": "Name", "Value": "mine"}])
    assert len(clients.ec2.describe_nat_gateways(Filters=filters)["NatGateways"]) == 1


def service_interface_stays(clients: Clients) -> None:
    scene = Scene(clients)
    nat_id, _ = scene.nat_gateway()
    (address,) = scene.describe_nat_gateway(nat_id)["NatGatewayAddresses"]
    interface_id = address["NetworkInterfaceId"]
    text = f"Network interface '{interface_id}' is currently in use."
    with refused("InvalidParameterValue", text):
        clients.ec2.delete_network_interface(NetworkInterfaceId=interface_id)
    attachment_id = scene.describe_interface(interface_id)["Attachment"]["AttachmentId"]
    text = "You are not allowed to manage 'ela-attach' attachments."
    with refused("OperationNotPermitted", text):
        clients.ec2.detach_network_interface(AttachmentId=attachment_id, Force=True)
    with refused("AuthFailure"):
        association_id = scene.describe_interface(interface_id)["Association"]["AssociationId"]
        clients.ec2.disassociate_address(AssociationId=association_id)


def interface_filters(clients: Clients) -> None:
    scene = Scene(clients)
    nat_id, allocation_id = scene.nat_gateway()
    (address,) = scene.describe_nat_gateway(nat_id)["NatGatewayAddresses"]
    scene.interface(scene.public_subnet_id)
    for name, value in (
        ("attachment.status", "attached"),
        ("attachment.device-index", "1"),
        ("association.allocation-id", allocation_id),
        ("addresses.private-ip-address", address["PrivateIp"]),
        ("requester-managed", "true"),
    ):
        filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}, {"Name": name, "Values": [value]}]
        found = clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        assert [item["NetworkInterfaceId"] for item in found] == [address["NetworkInterfaceId"]], name


_REFERENCE = "EC2 API reference, "
_NAT = "VPC user guide, troubleshoot NAT gateways"

ROWS = [
    Row(
        "ec2-nat-pending",
        "a NAT gateway begins as pending",
        _REFERENCE + "NatGateway (state)",
        nat_becomes_available,
    ),
    Row(
        "ec2-nat-interface",
        "a NAT gateway's interface has an address of the subnet and no group",
        "VPC user guide, NAT gateway basics",
        nat_interface,
    ),
    Row(
        "ec2-nat-deleting",
        "a NAT gateway holds interface and address until it is deleted",
        _REFERENCE + "DeleteNatGateway",
        nat_frees_what_it_held,
    ),
    Row("ec2-nat-no-gateway", "a NAT gateway fails without an internet gateway", _NAT, nat_without_gateway),
    Row(
        "ec2-nat-address-taken",
        "a NAT gateway fails with a taken address",
        "kubernetes-sigs/cluster-api-provider-aws issue 1418",
        nat_with_taken_address,
    ),
    Row(
        "ec2-nat-address-unknown",
        "a NAT gateway needs a known address",
        "openshift/installer pull request 6379",
        nat_with_unknown_address,
    ),
    Row(
        "ec2-nat-unknown",
        "an unknown NAT gateway is refused",
        "botocore, EC2 waiter NatGatewayDeleted",
        unknown_nat,
    ),
    Row(
        "ec2-nat-tag-filter", "NAT gateways are found by tag", _REFERENCE + "DescribeNatGateways", nat_by_tag
    ),
    Row(
        "ec2-eni-service-managed",
        "callers cannot take a service's interface",
        "aws-samples/aws-modern-application-workshop issue 56; aws/amazon-vpc-cni-k8s issue 1399",
        service_interface_stays,
    ),
    Row(
        "ec2-eni-filters",
        "interfaces are found by attachment and association",
        _REFERENCE + "DescribeNetworkInterfaces",
        interface_filters,
    ),
]
