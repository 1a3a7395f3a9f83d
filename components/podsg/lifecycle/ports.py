"""What the life of branch ENIs needs from the world: EC2, a cluster, a clock, and somebody to tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from podsg.lifecycle.interfaces import NetworkInterface, NewInterface, SecurityGroup, TrunkAssociation
from podsg.lifecycle.objects import Node, Pod, Policy

Say = Callable[[str], None]
"""Takes one line of progress."""


class Clock(Protocol):
    """Time, which comes in from outside."""

    def now(self) -> float:
        """Return the seconds since any fixed moment; they never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def utc(self) -> datetime:
        """Return the time of day in UTC, which other processes can compare; somebody may set it back."""
        ...


class Ec2(Protocol):
    """The EC2 calls in use; each page of a list is read.

    Every method raises `Ec2CallError`, with EC2's code, where EC2 refuses or does not answer. With `dry_run`
    a method returns if EC2 would have done it and changes nothing.
    """

    def describe_network_interfaces(
        self, *, ids: Collection[str] = (), filters: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[NetworkInterface, ...]:
        """List interfaces; an unknown id is an error (InvalidNetworkInterfaceID.NotFound)."""
        ...

    def describe_trunk_associations(self, *, ids: Collection[str] = ()) -> tuple[TrunkAssociation, ...]:
        """List the region's associations of branches with trunks; EC2 has no filter for either end."""
        ...

    def describe_instances(self, ids: Collection[str]) -> Mapping[str, str]:
        """Return the state of each instance (running, terminated, …); what EC2 forgot is not in it."""
        ...

    def describe_security_groups(self, *, filters: Mapping[str, Sequence[str]]) -> tuple[SecurityGroup, ...]:
        """List security groups."""
        ...

    def describe_subnets(self, *, filters: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """List the ids of subnets."""
        ...

    def vpc_exists(self, vpc_id: str) -> bool:
        """Tell whether the account has this VPC in this region."""
        ...

    def create_network_interface(self, wanted: NewInterface) -> NetworkInterface:
        """Create an interface."""
        ...

    def associate_trunk_interface(
        self, *, branch_id: str, trunk_id: str, vlan_id: int, token: str, dry_run: bool = False
    ) -> TrunkAssociation:
        """Hang a branch on a trunk."""
        ...

    def disassociate_trunk_interface(self, association_id: str, *, token: str) -> None:
        """Take a branch from its trunk."""
        ...

    def modify_network_interface(
        self, interface_id: str, *, group_ids: Sequence[str] | None = None, description: str | None = None
    ) -> None:
        """Change the groups or the description, one of them per call."""
        ...

    def create_tags(self, resource_id: str, tags: Mapping[str, str]) -> None:
        """Add or change tags."""
        ...

    def delete_tags(self, resource_id: str, keys: Collection[str]) -> None:
        """Remove tags."""
        ...

    def delete_network_interface(self, interface_id: str, *, dry_run: bool = False) -> None:
        """Delete an interface."""
        ...

    def delete_security_group(self, group_id: str) -> None:
        """Delete a security group."""
        ...


class Kubernetes(Protocol):
    """The calls to a cluster's API in use.

    Every method raises `KubernetesCallError`: `ApiUnreachableError`, `ForbiddenError`, or itself with the
    HTTP status.
    """

    def nodes(self) -> tuple[Node, ...]:
        """List the nodes."""
        ...

    def pods(self) -> tuple[Pod, ...]:
        """List the pods of all namespaces."""
        ...

    def policies(self) -> tuple[Policy, ...]:
        """List the SecurityGroupPolicies of all namespaces; none if their definition is not there."""
        ...

    def service_account_labels(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """Return the labels of each service account, by namespace and name."""
        ...

    def cordon(self, node_name: str) -> None:
        """Keep the scheduler off a node; a node that is gone is none to keep off."""
        ...

    def evict(self, pod: Pod) -> None:
        """Evict a pod.

        A pod that is gone, or of which only the name is left, counts as evicted.

        Raises:
            DisruptionBudgetError: A PodDisruptionBudget does not allow it now.
        """
        ...

    def load_balancers(self) -> tuple[str, ...]:
        """List the Services of type LoadBalancer, as `namespace/name`."""
        ...

    def volume_claims(self) -> tuple[str, ...]:
        """List the PersistentVolumeClaims, as `namespace/name`."""
        ...

    def refused_rights(self) -> tuple[str, ...]:
        """List which of the calls that a drain makes the caller may not make, as `verb resource`."""
        ...
