"""What EC2 and a Kubernetes API say, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SYSTEM_NAMESPACE = "kube-system"


@dataclass(frozen=True)
class Interface:
    """A network interface of EC2."""

    id: str
    kind: str = "interface"
    """EC2's own word: `interface`, `trunk`, `branch`."""
    instance_id: str = ""
    device_index: int | None = None
    addresses: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """An EC2 instance."""

    id: str
    type: str
    zone: str


@dataclass(frozen=True)
class Account:
    """What EC2 says."""

    interfaces: tuple[Interface, ...] = ()
    instances: tuple[Instance, ...] = ()
    group_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """A node as Kubernetes knows it."""

    name: str
    instance_id: str
    is_ready: bool = True
    branch_eni_capacity: int = 0
    """Allocatable `vpc.amazonaws.com/pod-eni`."""


@dataclass(frozen=True)
class BranchEni:
    """A branch ENI as the annotation of its pod tells it."""

    id: str
    vlan_id: int


@dataclass(frozen=True)
class Pod:
    """A pod as Kubernetes knows it."""

    namespace: str
    name: str
    node: str = ""
    phase: str = "Pending"
    message: str = ""
    """Why it does not run: the scheduler's message, else its last warning."""
    address: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    service_account: str = "default"
    uses_host_network: bool = False
    requests_branch_eni: bool = False
    branch_enis: tuple[BranchEni, ...] = ()
    created: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.phase in {"Succeeded", "Failed"}


@dataclass(frozen=True)
class Expression:
    """One set-based requirement on labels."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selector:
    """A label selector; without any requirement it selects everything."""

    labels: Mapping[str, str] = field(default_factory=dict)
    expressions: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Policy:
    """A SecurityGroupPolicy."""

    namespace: str
    name: str
    pod_selector: Selector | None = None
    service_account_selector: Selector | None = None
    group_ids: tuple[str, ...] = ()
    created: str = ""


@dataclass(frozen=True)
class Cluster:
    """What a Kubernetes API says; what could not be read is empty, and `problem` says why."""

    name: str
    nodes: tuple[Node, ...] = ()
    pods: tuple[Pod, ...] = ()
    policies: tuple[Policy, ...] = ()
    account_labels: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    """Labels of each service account, by namespace and name."""
    problem: str = ""
