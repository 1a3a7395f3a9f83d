"""Network interfaces: their addresses, their groups, and those that AWS services make for themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models import elastic_network_interfaces as stock
from moto.moto_api._internal import mock_random

from lab.aws.lock import BACKEND_LOCK
from lab.aws.server import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from lab.aws.ec2.addresses import AddressPool

_ASSOCIATION_KEYS = {
    "allocation-id": "allocationId",
    "association-id": "associationId",
    "ip-owner-id": "ipOwnerId",
    "owner-id": "ipOwnerId",
    "public-ip": "publicIp",
    "public-dns-name": "publicDnsName",
}
_ENDPOINT_TYPES = {"nat_gateway", "vpc_endpoint", "gateway_load_balancer_endpoint"}


@dataclass
class Attachment:
    """Tie an interface to an AWS service: what EC2 shows in place of an instance."""

    attachment_id: str
    instance_owner_id: str
    device_index: int = 1
    delete_on_termination: bool = False
    status: str = "attached"
    attach_time: datetime = field(default_factory=utcnow)


class NetworkInterface(stock.NetworkInterface):
    """Take addresses from the subnet's pool; moto derives names on the wire from the class name."""

    def __init__(
        self,
        ec2_backend: Any,
        subnet: Any,
        private_ip_address: Any,
        private_ip_addresses: list[Any] | None = None,
        *args: Any,
        secondary_ips_count: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        """Build moto's interface on addresses that nobody else has.

        An address that is not free is replaced: moto's own callers pass random ones. What API callers pass is
        checked before.
        """
        if isinstance(subnet, str):
            subnet = ec2_backend.get_subnet(subnet)
        self.service_attachment: Attachment | None = None
        self.attachment_status = "attached"
        if subnet.pool is None:
            super().__init__(ec2_backend, subnet, private_ip_address, private_ip_addresses, *args, **kwargs)
            return
        wanted = _wanted_addresses(private_ip_address, private_ip_addresses)
        addresses = [self._claim(subnet, address) for address in wanted]
        extra = range(int(secondary_ips_count or 0))
        addresses += [subnet.pool.take_next(self, subnet.reserved_ips) for _ in extra]
        entries = [{"Primary": not index, "PrivateIpAddress": ip} for index, ip in enumerate(addresses)]
        try:
            super().__init__(ec2_backend, subnet, addresses[0], entries, *args, **kwargs)
        except BaseException:
            subnet.pool.release_all(self)
            raise
        self._name_in_region()

    def _claim(self, subnet: Any, address: str | None) -> str:
        pool: AddressPool = subnet.pool
        if address and pool.can_take(address):
            return pool.take(address, self)
        if address and (holder := _holder(pool, address)) and not isinstance(holder, stock.NetworkInterface):
            return pool.take(address, self)
        return pool.take_next(self, subnet.reserved_ips)

    def _name_in_region(self) -> None:
        """Give the primary address the private name that it has in this region.

        Source: VPC user guide, DNS attributes for your VPC (private hostnames).
        """
        region = self.ec2_backend.region_name
        primary = self.private_ip_addresses[0]
        if "PrivateDnsName" in primary and region != "us-east-1":
            host = primary["PrivateDnsName"].partition(".")[0]
            self.private_dns_name = primary["PrivateDnsName"] = f"{host}.{region}.compute.internal"

    @property
    def attachment(self) -> Any:
        """Return the attachment to a service or an instance; None if there is none."""
        made = self.service_attachment or super().attachment
        if made is not None and made is not self.service_attachment:
            made.status = self.attachment_status
        return made

    @property
    def group_set(self) -> Any:
        """Return the interface's own groups."""
        return self._group_set

    def set_groups(self, groups: Sequence[Any]) -> None:
        """Give the interface other groups; an AWS service's interface may have none."""
        self._group_set = list(groups)

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """Return the value that a filter of DescribeNetworkInterfaces compares.

        Source: EC2 API reference, DescribeNetworkInterfaces.
        """
        area, _, name = filter_name.partition(".")
        if filter_name == "group-name":
            return [group.name for group in self.group_set]
        if filter_name in {"addresses.private-ip-address", "private-ip-address"}:
            return [entry["PrivateIpAddress"] for entry in self.private_ip_addresses]
        if filter_name == "addresses.primary":
            return [str(entry["Primary"]).lower() for entry in self.private_ip_addresses]
        if area == "attachment":
            return _text(self._attachment_value(name.replace("-", "_")))
        if filter_name.startswith(("association.", "addresses.association.")):
            return _text(self.association.get(_ASSOCIATION_KEYS.get(filter_name.rpartition(".")[2], "")))
        return super().get_filter_value(filter_name, method_name)

    def _attachment_value(self, name: str) -> Any:
        if name == "instance_id" and self.service_attachment:
            return None
        return getattr(self.attachment, name, None)

    def attach_to_service(self, owner: str, interface_type: str) -> None:
        """Make the interface one that an AWS service manages.

        Source: EC2 API reference, NetworkInterface (requesterManaged, requesterId, interfaceType) and
        NetworkInterfaceAttachment (instanceOwnerId).
        """
        prefix = "ela-attach-" if interface_type in _ENDPOINT_TYPES else "eni-attach-"
        self.service_attachment = Attachment(prefix + mock_random.get_random_hex(17), owner)
        self.interface_type = interface_type
        self.requester_id = owner
        self.requester_managed = True
        self.status = "in-use"


class InterfaceTable(dict[str, NetworkInterface]):
    """Hold a region's interfaces; removing one frees its addresses, whoever removes it."""

    def pop(self, key: str, *default: Any) -> Any:
        """Remove an interface and free its addresses."""
        removed = super().pop(key, *default)
        if isinstance(removed, NetworkInterface) and removed.subnet.pool is not None:
            removed.subnet.pool.release_all(removed)
        return removed


def create_service_interface(
    region: str,
    *,
    subnet_id: str,
    group_ids: Sequence[str],
    description: str,
    requester_id: str,
    interface_type: str = "interface",
) -> str:
    """Make an interface as an AWS service does: in use, managed by the service.

    It holds its subnet and its groups; API callers can neither detach nor delete it.

    Args:
        region: Region of the subnet.
        subnet_id: Subnet that gives the address.
        group_ids: Security groups of the subnet's VPC; may be empty.
        description: What EC2 shows.
        requester_id: The service, such as `amazon-rds`.
        interface_type: EC2's interface type.

    Returns:
        The interface's id.

    Raises:
        EC2ClientError: unknown subnet or group, group of another VPC, or no free address.
    """
    with BACKEND_LOCK:
        backend: Any = ec2_backends[ACCOUNT_ID][region]
        subnet = backend.get_subnet(subnet_id)
        backend.check_interface_groups(subnet.vpc_id, group_ids)
        interface = backend.create_network_interface(
            subnet, None, group_ids=list(group_ids), description=description
        )
        if not group_ids:
            interface.set_groups([])
        interface.attach_to_service(requester_id, interface_type)
        return str(interface.id)


def delete_service_interface(region: str, interface_id: str) -> None:
    """Remove an interface that a service made; one that is gone already is success."""
    with BACKEND_LOCK:
        backend: Any = ec2_backends[ACCOUNT_ID][region]
        backend.remove_interface(interface_id)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holder(pool: AddressPool, address: str) -> object:
    try:
        return pool.holder(address)
    except ValueError:
        return None


def _wanted_addresses(single: Any, several: list[Any] | None) -> list[str | None]:
    if isinstance(single, list):
        single = single[0] if single else None
    listed = [entry if isinstance(entry, dict) else {"PrivateIpAddress": entry} for entry in several or []]
    listed.sort(key=lambda entry: not entry.get("Primary"))
    addresses: list[str | None] = [entry.get("PrivateIpAddress") for entry in listed]
    if single:
        return [single, *(address for address in addresses if address != single)]
    return addresses or [None]
