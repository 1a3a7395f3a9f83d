"""Kubernetes objects as a drain sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# Source: EKS user guide, managed node groups: label of their nodes.
NODE_GROUP_LABEL: Final = "eks.amazonaws.com/nodegroup"
OWNER_ANNOTATION: Final = "podsg/owner"


@dataclass(frozen=True)
class Node:
    """A node."""

    name: str
    instance_id: str = ""
    """From its provider id; empty if it names no EC2 instance."""
    is_unschedulable: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pod:
    """A pod."""

    namespace: str
    name: str
    uid: str = ""
    node: str = ""
    """Empty while it is not scheduled."""
    phase: str = "Running"
    labels: Mapping[str, str] = field(default_factory=dict)
    service_account: str = "default"
    branch_eni_ids: tuple[str, ...] = ()
    """Ids that its annotation `vpc.amazonaws.com/pod-eni` names."""
    wants_branch_eni: bool = False
    """A container of it requests `vpc.amazonaws.com/pod-eni`."""
    controller_kind: str = ""
    """Kind of the controlling owner (ReplicaSet, DaemonSet, Node, …); empty for a pod of its own."""
    controller_name: str = ""
    is_terminating: bool = False
    grace_seconds: float = 30.0

    @property
    def place(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def is_of_its_node(self) -> bool:
        """Tell whether it comes back on its node at once, cordoned or not, so that an eviction is no use."""
        return self.controller_kind in {"DaemonSet", "Node"}

    @property
    def has_ended(self) -> bool:
        """Tell whether all its containers have ended for good."""
        return self.phase in {"Succeeded", "Failed"}


@dataclass(frozen=True)
class Policy:
    """A SecurityGroupPolicy."""

    namespace: str
    name: str
    owner: str = ""
    """Its annotation `podsg/owner`: `<project>/<stack>` of the stack that made it; else empty."""
    group_ids: tuple[str, ...] = ()
    pod_selector: Mapping[str, Any] | None = None
    """A label selector as Kubernetes writes it (matchLabels, matchExpressions); None if there is none."""
    service_account_selector: Mapping[str, Any] | None = None

    @property
    def place(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"
