"""A fresh VPC with what a row needs in it; every row has its own."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from .row import Clients


class Scene:
    """Make things in a VPC that no other row sees."""

    def __init__(self, clients: Clients, cidr: str = "10.0.0.0/16") -> None:
        self.clients = clients
        self.ec2 = clients.ec2
        self.vpc_id: str = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]

    def subnet(self, cidr: str = "10.0.1.0/24", zone: str = "us-west-2a") -> str:
        made = self.ec2.create_subnet(VpcId=self.vpc_id, CidrBlock=cidr, AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    @cached_property
    def public_subnet_id(self) -> str:
        return self.subnet("10.0.0.0/24")

    def group(self, name: str = "pods", description: str = "for a test") -> str:
        made = self.ec2.create_security_group(VpcId=self.vpc_id, GroupName=name, Description=description)
        return str(made["GroupId"])

    @cached_property
    def default_group_id(self) -> str:
        filters = [{"Name": "vpc-id", "Values": [self.vpc_id]}, {"Name": "group-name", "Values": ["default"]}]
        return str(self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"])

    def interface(self, subnet_id: str, *group_ids: str, **more: Any) -> str:
        made = self.ec2.create_network_interface(SubnetId=subnet_id, Groups=list(group_ids), **more)
        return str(made["NetworkInterface"]["NetworkInterfaceId"])

    def describe_interface(self, interface_id: str) -> Any:
        found = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id])
        return found["NetworkInterfaces"][0]

    @cached_property
    def gateway_id(self) -> str:
        made = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=self.vpc_id)
        return str(made)

    def address(self) -> str:
        return str(self.ec2.allocate_address(Domain="vpc")["AllocationId"])

    def nat_gateway(self) -> tuple[str, str]:
        """Return the ids of a NAT gateway and of its address' allocation."""
        assert self.gateway_id
        allocation_id = self.address()
        made = self.ec2.create_nat_gateway(SubnetId=self.public_subnet_id, AllocationId=allocation_id)
        return str(made["NatGateway"]["NatGatewayId"]), allocation_id

    def describe_nat_gateway(self, gateway_id: str) -> Any:
        return self.ec2.describe_nat_gateways(NatGatewayIds=[gateway_id])["NatGateways"][0]

    def nat_state(self, gateway_id: str) -> str:
        return str(self.describe_nat_gateway(gateway_id)["State"])

    def route_table(self) -> str:
        return str(self.ec2.create_route_table(VpcId=self.vpc_id)["RouteTable"]["RouteTableId"])

    def rules(self, group_id: str, *, egress: bool = False) -> list[Any]:
        filters = [{"Name": "group-id", "Values": [group_id]}]
        found = self.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        return [rule for rule in found if rule["IsEgress"] is egress]

    def allow(self, group_id: str, port: int = 8080, **peer: Any) -> Any:
        """Authorize one ingress rule on a TCP port."""
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}
        return self.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])


def from_group(group_id: str, description: str | None = None) -> dict[str, Any]:
    pair = {"GroupId": group_id}
    return {"UserIdGroupPairs": [pair if description is None else {**pair, "Description": description}]}


def from_cidr(cidr: str, description: str | None = None) -> dict[str, Any]:
    entry = {"CidrIp": cidr}
    return {"IpRanges": [entry if description is None else {**entry, "Description": description}]}
