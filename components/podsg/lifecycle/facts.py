"""What a preflight looks at: what the engine has recorded, and what is there now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any


@dataclass(frozen=True)
class Recorded:
    """One resource in the engine's record of a stack.

    Example:
        >>> urn = "urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::dev-network-vpc"
        >>> Recorded(urn, "aws:ec2/vpc:Vpc", "vpc-1").name
        'dev-network-vpc'
    """

    urn: str
    type: str
    id: str = ""
    """Id at the provider; empty for components."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    provider: str = ""
    """`<urn>::<id>` of the provider that it was made with."""
    is_protected: bool = False
    is_deleted: bool = True
    """False: a destroy forgets it and leaves it where it is."""

    @property
    def name(self) -> str:
        """Return its logical name."""
        return self.urn.rpartition("::")[2]

    def value(self, key: str) -> object:
        """Return a property as it was last seen, else as it was wanted; None if it has none."""
        return self.outputs.get(key, self.inputs.get(key))

    def text(self, key: str) -> str:
        """Return a property that is text; empty if there is none."""
        value = self.value(key)
        return value if isinstance(value, str) else ""


class Kind(StrEnum):
    """Parts of a network, in the words of messages."""

    SUBNET = "subnet"
    ROUTE_TABLE = "route table"
    INTERNET_GATEWAY = "internet gateway"
    NAT_GATEWAY = "NAT gateway"
    VPC_ENDPOINT = "VPC endpoint"
    SECURITY_GROUP = "security group"
    NETWORK_ACL = "network ACL"


@dataclass(frozen=True)
class Part:
    """A part of a VPC; main route tables, default groups and default ACLs, which go with it, are none."""

    kind: Kind
    id: str
    vpc_id: str
    subnet_ids: frozenset[str] = frozenset()
    """Subnets that cannot be deleted before it."""
    group_ids: frozenset[str] = frozenset()
    """Security groups that cannot be deleted before it."""
    interface_ids: frozenset[str] = frozenset()
    """Network interfaces that come and go with it."""
    label: str = ""
    """Its Name tag; empty if it has none."""


@dataclass(frozen=True)
class Interface:
    """A network interface in EC2."""

    id: str
    vpc_id: str
    subnet_id: str
    group_ids: frozenset[str] = frozenset()
    description: str = ""
    instance_id: str = ""
    """Instance that it is attached to; empty if there is none."""
    is_service_managed: bool = False
    """An AWS service made it, and only that service can delete it."""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """An EC2 instance that is not terminated."""

    id: str
    vpc_id: str
    subnet_id: str
    group_ids: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A security group rule that names another security group."""

    id: str
    group_id: str
    """Group that the rule is part of."""
    named_group_id: str
    is_egress: bool


@dataclass(frozen=True)
class RolePolicy:
    """A policy of an IAM role."""

    role: str
    """Name of the role."""
    policy: str
    """ARN of an attached policy, name of an inline one."""
    is_inline: bool


@dataclass(frozen=True)
class Cluster:
    """An EKS cluster that the stack recorded."""

    name: str
    deletion_protection: bool
    node_groups: frozenset[str] = frozenset()
    fargate_profiles: frozenset[str] = frozenset()
    group_id: str = ""
    """The cluster security group, which EKS makes and deletes."""


@dataclass(frozen=True)
class Database:
    """An RDS instance or an Aurora cluster."""

    identifier: str
    is_cluster: bool
    deletion_protection: bool
    vpc_id: str = ""
    """Empty for an Aurora cluster: its instances tell."""
    subnet_ids: frozenset[str] = frozenset()
    group_ids: frozenset[str] = frozenset()
    cluster_identifier: str = ""
    """Aurora cluster that an instance is in; empty if it is in none."""


class Access(Enum):
    """What a caller gets from a Kubernetes API."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Api:
    """What the Kubernetes API behind a recorded provider answers to the caller."""

    provider_urn: str
    server: str
    """Its URL."""
    access: Access
    detail: str = ""
    """What was refused, or how the connection failed; empty if all is allowed."""


@dataclass(frozen=True)
class Live:
    """What is there; what is gone is not in it."""

    clusters: tuple[Cluster, ...] = ()
    databases: tuple[Database, ...] = ()
    """All of the region: recorded or not."""
    snapshots: frozenset[str] = frozenset()
    """Those names of final snapshots of recorded RDS instances that are taken."""
    cluster_snapshots: frozenset[str] = frozenset()
    """The same for Aurora clusters."""
    parts: tuple[Part, ...] = ()
    """Parts of the VPCs in which the stack has something, recorded or not; the same for the next two."""
    instances: tuple[Instance, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    rules: tuple[Rule, ...] = ()
    """Rules of the region that name a group."""
    role_policies: tuple[RolePolicy, ...] = ()
    """Policies of recorded roles, recorded or not."""
    apis: tuple[Api, ...] = ()
