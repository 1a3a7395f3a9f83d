"""EC2's state: moto's backend with tracked addresses, states that change in time and references that hold."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import moto.ec2.urls
from moto.ec2.exceptions import InvalidInstanceIdError
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, generic_filter, get_prefix

from lab.aws.ec2.attachments import AttachmentBackend
from lab.aws.ec2.endpoints import EndpointBackend
from lab.aws.ec2.errors import ec2_error, not_found
from lab.aws.ec2.interfaces import InterfaceTable, NetworkInterface
from lab.aws.ec2.trunks import TrunkTable
from lab.aws.ec2.vpc_blocks import VpcBlockBackend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GROUPS_PER_INTERFACE_COUNT = 5


class LabEC2Backend(AttachmentBackend, EndpointBackend, VpcBlockBackend):
    """Hold what API callers see; refusals that concern callers only are in the response classes.

    moto calls its own backends (VPC deletion removes the default group, endpoints pass random addresses), so
    these methods stay lenient.
    """

    @property
    def _url_module(self) -> Any:
        return moto.ec2.urls

    def __init__(self, region_name: str, account_id: str) -> None:
        """Build moto's backend, then take over its table of interfaces."""
        self._answers: dict[tuple[str, str], tuple[str, object]] = {}
        self.trunks = TrunkTable()
        super().__init__(region_name, account_id)
        self.enis: dict[str, Any] = InterfaceTable(self.enis)

    def settle(self) -> None:
        """Make every state change that is due."""
        gateways: list[Any] = list(self.nat_gateways.values())
        for gateway in gateways:
            if gateway.settle():
                self.remove_interface(gateway.interface_id)
        self.settle_endpoints()
        self.settle_blocks()

    def remove_interface(self, interface_id: str) -> None:
        """Remove an interface with its address association; one that is gone already is success."""
        interface = self.enis.pop(interface_id, None)
        if interface is None:
            return
        self.trunks.forget(self, interface_id)
        for address in self.addresses:
            if address.eni is interface:
                address.eni = address.association_id = address.instance = None
        self.tags.pop(interface_id, None)

    def run_instances(self, *args: Any, **kwargs: Any) -> Any:
        """Start instances: all of them or none."""
        known = set(self.reservations)
        try:
            return super().run_instances(*args, **kwargs)
        except BaseException:
            for reservation_id in set(self.reservations) - known:
                begun: list[Any] = self.reservations.pop(reservation_id).instances
                for instance in begun:
                    instance.discard()
            raise

    def get_instance_by_id(self, instance_id: str) -> Any:
        """Return an instance, also one that has ended; None if it is unknown."""
        held = itertools.chain.from_iterable(item.instances for item in list(self.reservations.values()))
        return next((instance for instance in held if instance.id == instance_id), None)

    def get_instance(self, instance_id: str) -> Any:
        """Return an instance, also one that has ended; an unknown id is refused."""
        instance = self.get_instance_by_id(instance_id)
        if instance is None:
            raise InvalidInstanceIdError(instance_id)
        return instance

    def get_network_interface(self, eni_id: str) -> Any:
        """Return an interface; an unknown id is refused."""
        if eni_id not in self.enis:
            raise not_found("InvalidNetworkInterfaceID.NotFound", "networkInterface ID", eni_id)
        return self.enis[eni_id]

    def interfaces_in(self, subnet_id: str) -> list[NetworkInterface]:
        """Return the interfaces of a subnet."""
        return [interface for interface in self.enis.values() if interface.subnet.id == subnet_id]

    def gateway_of(self, vpc_id: str) -> Any:
        """Return the internet gateway of a VPC; None if it has none."""
        gateways: list[Any] = list(self.internet_gateways.values())
        return next((item for item in gateways if item.vpc and item.vpc.id == vpc_id), None)

    def all_groups(self) -> Iterable[Any]:
        """Return the security groups of all VPCs."""
        return itertools.chain.from_iterable(list(groups.values()) for groups in list(self.groups.values()))

    def check_interface_groups(self, vpc_id: str, group_ids: Sequence[str]) -> None:
        """Refuse groups that an interface in this VPC cannot have.

        Source: EC2 error codes page, SecurityGroupsPerInterfaceLimitExceeded; hashicorp/terraform issue 3372
        (unknown group); philips-software/terraform-provider-hsdp issue 68 (group of another network).
        """
        if len(group_ids) > _GROUPS_PER_INTERFACE_COUNT:
            problem = "The maximum number of security groups per interface has been reached."
            raise ec2_error("SecurityGroupsPerInterfaceLimitExceeded", problem)
        for group_id in group_ids:
            group = self.get_security_group_from_id(group_id)
            if group is None:
                raise not_found("InvalidSecurityGroupID.NotFound", "securityGroup ID", group_id)
            if group.vpc_id != vpc_id:
                problem = "You have specified two resources that belong to different networks."
                raise ec2_error("InvalidGroup.NotFound", problem)

    def get_vpc(self, vpc_id: str) -> Any:
        """Return a VPC; an unknown id is refused in EC2's words."""
        if vpc_id not in self.vpcs:
            raise not_found("InvalidVpcID.NotFound", "vpc ID", vpc_id)
        return self.vpcs[vpc_id]

    def describe_tags(self, filters: dict[str, list[str]] | None = None) -> list[dict[str, str]]:
        """Return tags; those of one resource are looked up, not searched among all."""
        ids = (filters or {}).get("resource-id", [])
        if len(filters or {}) != 1 or len(ids) != 1 or not ids[0].replace("-", "").isalnum():
            return list(super().describe_tags(filters))
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(ids[0]), "")
        own = {"resource_id": ids[0], "resource_type": kind}
        return [{**own, "key": key, "value": value} for key, value in self.tags.get(ids[0], {}).items()]

    def create_subnet(self, vpc_id: str, *args: Any, **kwargs: Any) -> Any:
        """Create a subnet; only a default VPC has default subnets and public addresses by itself."""
        subnet = super().create_subnet(vpc_id, *args, **kwargs)
        if not self.get_vpc(vpc_id).is_default:
            subnet.default_for_az = False
            subnet.map_public_ip_on_launch = False
        return subnet

    def delete_subnet(self, subnet_id: str) -> Any:
        """Delete a subnet and its route table associations."""
        subnet = super().delete_subnet(subnet_id)
        for association_id, _ in self.associations_of(subnet_id):
            self.disassociate_route_table(association_id)
        return subnet

    def associations_of(self, subnet_id: str) -> list[tuple[str, str]]:
        """Return the route table associations of a subnet: association id and table id."""
        found = [item for table in self.route_tables.values() for item in table.associations]
        return [
            (str(item["RouteTableAssociationId"]), str(item["RouteTableId"]))
            for item in found
            if item.get("SubnetId") == subnet_id
        ]

    def delete_vpc(self, vpc_id: str) -> Any:
        """Delete a VPC and its network ACLs."""
        vpc = super().delete_vpc(vpc_id)
        for acl_id in [key for key, acl in self.network_acls.items() if acl.vpc_id == vpc_id]:
            del self.network_acls[acl_id]
        return vpc

    def describe_nat_gateways(self, filters: Any, nat_gateway_ids: list[str] | None) -> list[Any]:
        """Return NAT gateways; every filter counts, tags too."""
        gateways = [
            item for item in self.nat_gateways.values() if not nat_gateway_ids or item.id in nat_gateway_ids
        ]
        return list(generic_filter(filters, gateways))

    def delete_nat_gateway(self, nat_gateway_id: str) -> Any:
        """Start to delete a NAT gateway; its interface and address go when it is deleted."""
        gateway: Any = self.nat_gateways[nat_gateway_id]
        gateway.begin_deletion()
        return gateway

    def assign_private_ip_addresses(
        self,
        eni_id: str,
        private_ip_addresses: list[str] | None = None,
        secondary_ips_count: int | None = None,
    ) -> Any:
        """Give an interface more addresses of its subnet; return interface and new addresses only."""
        interface = self.get_network_interface(eni_id)
        subnet, pool = interface.subnet, interface.subnet.pool
        new = [pool.take(str(pool.check(address)), interface) for address in private_ip_addresses or []]
        new += [pool.take_next(interface, subnet.reserved_ips) for _ in range(secondary_ips_count or 0)]
        interface.private_ip_addresses.extend({"Primary": False, "PrivateIpAddress": item} for item in new)
        return interface, new

    def unassign_private_ip_addresses(self, eni_id: str, private_ip_address: list[str] | None = None) -> Any:
        """Take secondary addresses from an interface.

        Source: EC2 API reference, UnassignPrivateIpAddresses; error codes page, InvalidParameterValue.
        """
        interface = self.get_network_interface(eni_id)
        held = {entry["PrivateIpAddress"]: entry for entry in interface.private_ip_addresses}
        for address in private_ip_address or []:
            if address not in held or held[address].get("Primary"):
                problem = f"Some of the addresses are not assigned to interface {eni_id}"
                raise ec2_error("InvalidParameterValue", problem)
            interface.private_ip_addresses.remove(held[address])
            interface.subnet.pool.release(address)
        return interface

    def draft_rules(self, group_id: str, permission: dict[str, Any], *, egress: bool) -> list[Any]:
        """Build the rules that a permission stands for, without adding them."""
        rules = self._iterate_security_rules(
            permission["ip_protocol"],
            group_id,
            permission["from_port"],
            permission["to_port"],
            permission["ip_ranges"],
            permission["source_groups"] or [],
            permission["prefix_list_ids"] or [],
            is_egress=egress,
        )
        return list(rules)

    def remember(self, action: str, token: str, request: str, answer: object) -> None:
        """Keep the answer to a request that carries a client token."""
        self._answers[action, token] = (request, answer)

    def recall(self, action: str, token: str) -> tuple[str, object] | None:
        """Return request and answer that a client token stands for; None if it is new."""
        return self._answers.get((action, token))
