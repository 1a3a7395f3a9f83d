"""Subnets that know their addresses."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from moto.ec2.models import subnets as stock
from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from lab.aws.ec2.addresses import AddressPool


class Subnet(stock.Subnet):
    """Count and hand out addresses through a pool; moto's random ones are never used."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build moto's subnet, then its pool (none for an IPv6-only subnet)."""
        super().__init__(*args, **kwargs)
        self.pool = AddressPool(self.cidr) if isinstance(self.cidr, IPv4Network) else None

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """Return the value that a filter of DescribeSubnets compares."""
        if filter_name in {"availability-zone-id", "availabilityZoneId"}:
            return self.availability_zone_id
        return super().get_filter_value(filter_name, method_name)

    @property
    def reserved_ips(self) -> set[Any]:
        """Return the addresses of the subnet's CIDR reservations."""
        return self._reserved_ips

    @property
    def available_ip_address_count(self) -> int:
        """Return how many addresses are free, prefix reservations taken off."""
        return int(self._available_ip_addresses) - (self.pool.taken_count if self.pool else 0)

    def get_available_subnet_ip(self, instance: Any) -> str:
        """Take the next free address for an instance, mount target or resolver."""
        if self.pool is None:
            return str(super().get_available_subnet_ip(instance))
        return self.pool.take_next(instance, self.reserved_ips)

    def request_ip(self, ip: str, instance: Any) -> None:
        """Take a given address."""
        if self.pool is None:
            super().request_ip(ip, instance)
            return
        self.pool.check(ip, instance)
        self.pool.take(ip, instance)

    def del_subnet_ip(self, ip: str) -> None:
        """Free an address unless a live interface holds it."""
        if self.pool is None:
            super().del_subnet_ip(ip)
        elif not isinstance(self.pool.holder(ip), NetworkInterface):
            self.pool.release(ip)
