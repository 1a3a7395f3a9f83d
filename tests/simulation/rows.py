"""What a simulated region holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podsg.lifecycle.interfaces import NetworkInterface


@dataclass
class Subnet:
    """A subnet with so many addresses left."""

    id: str
    vpc_id: str
    zone: str
    free_address_count: int = 250
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Group:
    """A security group, and the groups that its rules name."""

    id: str
    name: str
    vpc_id: str
    tags: dict[str, str] = field(default_factory=dict)
    named_group_ids: set[str] = field(default_factory=set)


@dataclass
class Instance:
    """An instance and how many branches its trunk carries."""

    id: str
    state: str = "running"
    branch_limit: int = 120


@dataclass
class InterfaceRow:
    """An interface as the region keeps it."""

    id: str
    vpc_id: str
    subnet_id: str
    zone: str
    private_ip: str
    mac_address: str
    group_ids: frozenset[str]
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    interface_type: str = "interface"
    instance_id: str = ""
    goes_with_instance: bool = False
    is_requester_managed: bool = False
    is_held: bool = False
    """A service or a detachment under way keeps it in use, though no instance has it."""
    association_id: str = ""
    made_at: float = 0.0

    @property
    def status(self) -> str:
        """Return EC2's status."""
        return "in-use" if self.instance_id or self.is_held or self.association_id else "available"

    def shown(self) -> NetworkInterface:
        """Return what EC2 describes."""
        return NetworkInterface(
            id=self.id,
            vpc_id=self.vpc_id,
            subnet_id=self.subnet_id,
            zone=self.zone,
            status=self.status,
            interface_type="branch" if self.association_id else self.interface_type,
            description=self.description,
            group_ids=self.group_ids,
            tags=dict(self.tags),
            private_ip=self.private_ip,
            mac_address=self.mac_address,
            instance_id=self.instance_id,
            is_requester_managed=self.is_requester_managed,
        )


@dataclass(frozen=True)
class Call:
    """A call that came to EC2, for the counts."""

    name: str
    at: float
    target: str = ""
    code: str = ""
    """Empty where it was answered well."""
    is_dry_run: bool = False

    @property
    def is_write(self) -> bool:
        """Tell whether it asks for a change."""
        return not self.is_dry_run and not self.name.startswith("Describe")
