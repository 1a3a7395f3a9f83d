"""The addresses that aws-node keeps for the pods of one node, and what it does when they become few."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lab.nodes.instance_types import InstanceType
from lab.nodes.settings import Settings


@dataclass(frozen=True)
class Interface:
    """Describe an ENI that is attached to the node.

    Attributes:
        device_index: Its place on the instance; 0 is the primary ENI.
        trunk: Whether it is the trunk ENI; it gives no addresses to pods.
        addresses: Secondary private addresses, in EC2's order.
        subnet_id: Its subnet.
        group_ids: Its security groups.
    """

    interface_id: str
    device_index: int
    trunk: bool
    addresses: tuple[str, ...]
    subnet_id: str = ""
    group_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class AssignAddresses:
    """Add secondary addresses to an ENI that has room."""

    interface_id: str
    count: int


@dataclass(frozen=True)
class CreateInterface:
    """Create and attach one more ENI with so many secondary addresses."""

    count: int


Step = AssignAddresses | CreateInterface


@dataclass(frozen=True)
class Datastore:
    """Hold a node's ENIs and which of their addresses pods have.

    Args:
        interfaces: Every attached ENI.
        used: Addresses that pods have or were promised.
        size: What the instance type allows.
        settings: What aws-node was told.
        max_pods: How many pods the kubelet takes (count).
    """

    interfaces: tuple[Interface, ...]
    used: frozenset[str]
    size: InstanceType
    settings: Settings
    max_pods: int

    @property
    def total(self) -> list[str]:
        """Return every address that pods may have, in the order of the ENIs' places."""
        return [address for each in self._pools for address in each.addresses]

    @property
    def free(self) -> list[str]:
        """Return the addresses that no pod has."""
        return [address for address in self.total if address not in self.used]

    def with_used(self, used: frozenset[str]) -> Datastore:
        """Return the same ENIs with other used addresses."""
        return replace(self, used=used)

    @property
    def has_trunk(self) -> bool:
        """Say whether the trunk ENI is attached."""
        return any(each.trunk for each in self.interfaces)

    @property
    def most_interfaces(self) -> int:
        """Return how many ENIs aws-node may use, the primary one and the trunk included.

        Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (getMaxENI).
        """
        return min(self.size.interfaces, self.settings.max_eni or self.size.interfaces)

    @property
    def has_room_for_trunk(self) -> bool:
        """Say whether a trunk ENI could still be attached.

        Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (tryEnableSecurityGroupsForPods).
        """
        return len(self.interfaces) < self.most_interfaces

    @property
    def free_device_index(self) -> int:
        """Return the lowest free place on the instance.

        Source: aws/amazon-vpc-cni-k8s `pkg/awsutils/awsutils.go` (awsGetFreeDeviceNumber).
        """
        taken = {each.device_index for each in self.interfaces}
        return next(index for index in range(len(taken) + 1) if index not in taken)

    def next_step(self) -> Step | None:
        """Return what aws-node does next to have enough spare addresses; None if it has, or cannot.

        Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` (isDatastorePoolTooLow, datastoreTargetState,
            increaseDatastorePool, tryAssignIPs, hasRoomForEni).
        """
        wanted = self._wanted
        if wanted <= 0 or len(self.total) >= self.max_pods:
            return None
        most = self.size.ipv4_per_interface - 1
        for each in self._pools:
            if len(each.addresses) < most:
                return AssignAddresses(each.interface_id, min(most - len(each.addresses), wanted))
        kept_for_trunk = 1 if self.settings.pod_eni and not self.has_trunk else 0
        if len(self.interfaces) < self.most_interfaces - kept_for_trunk:
            return CreateInterface(min(most, wanted))
        return None

    @property
    def _pools(self) -> list[Interface]:
        """Return the ENIs whose addresses pods get: with custom networking not the primary one's."""
        first = 1 if self.settings.custom_networking else 0
        usable = [each for each in self.interfaces if not each.trunk and each.device_index >= first]
        return sorted(usable, key=lambda each: each.device_index)

    @property
    def _wanted(self) -> int:
        """Return how many addresses are short; whole ENIs, unless a target counts addresses."""
        available, settings = len(self.free), self.settings
        if settings.warm_ip_target is not None or settings.minimum_ip_target is not None:
            short = (settings.warm_ip_target or 0) - available
            return max(short, (settings.minimum_ip_target or 0) - len(self.total), 0)
        whole = self.size.ipv4_per_interface - 1
        spare = settings.warm_eni_target * whole
        return whole if available < spare or (spare == 0 and available == 0) else 0
