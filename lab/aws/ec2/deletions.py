"""Deletions that EC2 refuses while something depends on what would go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from lab.aws.ec2.errors import ec2_error, has_dependencies, not_found

if TYPE_CHECKING:
    from lab.aws.ec2.interfaces import NetworkInterface


class Deletions(EC2Response):
    """Refuse what EC2 refuses; leave the deletion itself to moto."""

    def delete_security_group(self) -> ActionResult:
        """Refuse the default group, and groups that an interface or another group's rule uses.

        Source: hashicorp/terraform-provider-aws issue 1671 (interface); gruntwork-io/cloud-nuke issue 316
        (rule); EC2 error codes page, CannotDelete (default group).
        """
        if group_id := self._get_param("GroupId"):
            group = self.ec2_backend.get_security_group_from_id(group_id)
            if group is None:
                raise not_found("InvalidGroup.NotFound", "security group", group_id)
            if group.is_default:
                problem = f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
                raise ec2_error("CannotDelete", problem)
            if self._group_is_used(group):
                raise ec2_error("DependencyViolation", f"resource {group_id} has a dependent object")
        return super().delete_security_group()

    def _group_is_used(self, group: Any) -> bool:
        if any(group in interface.group_set for interface in self.ec2_backend.enis.values()):
            return True
        others = (other for other in self.ec2_backend.all_groups() if other.id != group.id)
        rules = (rule for other in others for rule in [*other.ingress_rules, *other.egress_rules])
        return any(rule.source_group.get("GroupId") == group.id for rule in rules)

    def delete_subnet(self) -> ActionResult:
        """Refuse a subnet with interfaces in it.

        Source: terraform-aws-modules/terraform-aws-vpc issue 1081.
        """
        subnet_id = self._get_param("SubnetId")
        if self.ec2_backend.interfaces_in(subnet_id):
            raise has_dependencies("subnet", subnet_id)
        return super().delete_subnet()

    def delete_vpc(self) -> ActionResult:
        """Refuse a VPC that is not empty; the default group, main route table and default ACL go with it.

        Source: EC2 API reference, DeleteVpc; gruntwork-io/cloud-nuke issue 345.
        """
        vpc_id = self._get_param("VpcId")
        self.ec2_backend.get_vpc(vpc_id)
        if self._vpc_is_used(vpc_id):
            raise has_dependencies("vpc", vpc_id)
        return super().delete_vpc()

    def _vpc_is_used(self, vpc_id: str) -> bool:
        backend = self.ec2_backend
        gateways = [*backend.internet_gateways.values(), *backend.egress_only_internet_gateways.values()]
        peerings = [peering for peering in backend.vpc_pcxs.values() if peering.status["Code"] == "active"]
        return any(
            [
                any(subnet.vpc_id == vpc_id for subnet in backend.describe_subnets()),
                any(_is_attached(gateway, vpc_id) for gateway in gateways),
                any(not group.is_default for group in list(backend.groups[vpc_id].values())),
                any(_is_extra_table(table, vpc_id) for table in backend.route_tables.values()),
                any(endpoint.vpc_id == vpc_id for endpoint in backend.vpc_end_points.values()),
                any(acl.vpc_id == vpc_id and not acl.default for acl in backend.network_acls.values()),
                any(vpc_id in {peering.vpc.id, peering.peer_vpc.id} for peering in peerings),
            ]
        )

    def detach_internet_gateway(self) -> ActionResult:
        """Refuse while an interface of the VPC has a public address.

        Source: hashicorp/terraform issue 497.
        """
        vpc_id = self._get_param("VpcId")
        gateway = self.ec2_backend.get_internet_gateway(self._get_param("InternetGatewayId"))
        if (
            gateway.vpc
            and gateway.vpc.id == vpc_id
            and any(map(_has_public_address, self._interfaces_of(vpc_id)))
        ):
            problem = (
                f"Network {vpc_id} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway."
            )
            raise ec2_error("DependencyViolation", problem)
        return super().detach_internet_gateway()

    def _interfaces_of(self, vpc_id: str) -> list[NetworkInterface]:
        return [
            interface for interface in self.ec2_backend.enis.values() if interface.subnet.vpc_id == vpc_id
        ]

    def delete_internet_gateway(self) -> ActionResult:
        """Refuse while the gateway is attached.

        Source: saltstack/salt issue 60140; giantswarm/aws-operator issue 109.
        """
        gateway_id = self._get_param("InternetGatewayId")
        if self.ec2_backend.get_internet_gateway(gateway_id).vpc:
            raise has_dependencies("internetGateway", gateway_id)
        return super().delete_internet_gateway()

    def release_address(self) -> ActionResult:
        """Refuse while the address is associated.

        Source: genevieve/leftovers issue 16; EC2 API reference, ReleaseAddress.
        """
        address = self._address("PublicIp", "AllocationId")
        if address.eni or address.instance:
            raise ec2_error("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
        return super().release_address()

    def disassociate_address(self) -> ActionResult:
        """Refuse for an address that an AWS service, such as a NAT gateway, holds.

        Source: EC2 error codes page, AuthFailure.
        """
        address = self._address("PublicIp", "AssociationId")
        if address.eni is not None and address.eni.requester_managed:
            raise ec2_error("AuthFailure", "You do not have permission to access the specified resource.")
        return super().disassociate_address()

    def _address(self, by_ip: str, by_id: str) -> Any:
        if public_ip := self._get_param(by_ip):
            return self.ec2_backend.address_by_ip([public_ip])[0]
        if not (identifier := self._get_param(by_id)):
            problem = f"Invalid request, expect {by_ip}/{by_id} parameter."
            raise ec2_error("MissingParameter", problem)
        if by_id == "AllocationId":
            return self._allocation(identifier)
        return self.ec2_backend.address_by_association([identifier])[0]

    def _allocation(self, allocation_id: str) -> Any:
        found = [item for item in self.ec2_backend.addresses if item.allocation_id == allocation_id]
        if not found:
            raise not_found("InvalidAllocationID.NotFound", "allocation ID", allocation_id)
        return found[0]

    def delete_route_table(self) -> ActionResult:
        """Refuse a main route table and one with associations.

        Source: EC2 API reference, DeleteRouteTable; ansible/ansible pull request 20114.
        """
        table_id = self._get_param("RouteTableId")
        table = self.ec2_backend.get_route_table(table_id)
        if table.associations:
            raise has_dependencies("routeTable", table_id)
        return super().delete_route_table()


def _is_attached(gateway: Any, vpc_id: str) -> bool:
    return any(attachment["VpcId"] == vpc_id for attachment in gateway.attachments)


def _is_extra_table(table: Any, vpc_id: str) -> bool:
    return table.vpc_id == vpc_id and table.main_association_id is None


def _has_public_address(interface: NetworkInterface) -> bool:
    return interface.public_ip is not None
