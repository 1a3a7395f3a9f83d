"""Subnets and security groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final

from podsg.model.snapshot.place import Place
from podsg.model.snapshot.values import NOT_READ, Maybe

# Source: VPC user guide, "Subnet CIDR blocks": the first four addresses and the last one are not for use.
_KEPT_BY_AWS: Final = 5


def addresses_for_use(cidr: str) -> int:
    """Return how many addresses a new subnet has for interfaces (count).

    Args:
        cidr: Network of the subnet.

    Example:
        >>> addresses_for_use("10.0.1.0/24")
        251
    """
    return ip_network(cidr).num_addresses - _KEPT_BY_AWS


@dataclass(frozen=True)
class Subnet:
    """A subnet, with what its route table does."""

    place: Place
    id: str
    vpc_id: Maybe[str] = NOT_READ
    cidr: Maybe[str] = NOT_READ
    """IPv4 network, such as 10.0.1.0/24."""
    zone: Maybe[str] = NOT_READ
    """Availability zone, such as us-west-2a."""
    free_addresses: Maybe[int] = NOT_READ
    """Addresses that are free (count); of a subnet still to be made all but the five of AWS."""
    default_route: Maybe[str] = NOT_READ
    """What 0.0.0.0/0 leads to: `nat`, `internet`, `other` or `none`."""


@dataclass(frozen=True)
class GroupRule:
    """A rule of a security group; exactly one of the three peers is set."""

    is_ingress: bool
    protocol: Maybe[str]
    """`tcp`, `udp`, `icmp`, or `-1` for all."""
    from_port: Maybe[int]
    """First port (0 to 65535); -1 for all."""
    to_port: Maybe[int]
    peer_group_id: Maybe[str | None] = None
    peer_cidr: Maybe[str | None] = None
    peer_prefix_list_id: Maybe[str | None] = None


@dataclass(frozen=True)
class SecurityGroup:
    """A security group."""

    place: Place
    id: str
    """Its id; of one still to be made, its name in the engine's record, by which others refer to it."""
    vpc_id: Maybe[str] = NOT_READ
    rules: Maybe[tuple[GroupRule, ...]] = NOT_READ
    tags: Maybe[Mapping[str, str]] = field(default_factory=dict)
    depends_on: frozenset[str] = frozenset()
