"""What an EC2 instance type holds: interfaces, addresses and branch interfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from podsg.capacity._limits_data import ROWS, VERSION

__all__ = ["VERSION", "InstanceLimits", "default_max_pods", "known_limits", "limits_of"]


@dataclass(frozen=True)
class InstanceLimits:
    """What one instance of a type holds."""

    instance_type: str
    interface_count: int
    """Network interfaces, the primary one included."""
    addresses_per_interface: int
    """Private IPv4 addresses of one interface, its primary one included."""
    is_trunk_compatible: bool
    """Whether an interface of the instance can be a trunk."""
    branch_eni_count: int
    """Branch ENIs that the trunk carries; 0 where no trunk is possible."""


def limits_of(
    instance_type: str, overrides: Mapping[str, InstanceLimits] | None = None
) -> InstanceLimits | None:
    """Return the limits of an instance type; None if the table does not have it.

    Args:
        instance_type: Type as EC2 names it.
        overrides: Limits that go before the table, by type; for types that are newer than the table.

    Source: aws/amazon-vpc-resource-controller-k8s, pkg/aws/vpc/limits.go, of the version VERSION.

    Example:
        >>> limits_of("m5.large").branch_eni_count
        9
        >>> limits_of("m99.large") is None
        True
    """
    if overrides and instance_type in overrides:
        return overrides[instance_type]
    return known_limits().get(instance_type)


def default_max_pods(limits: InstanceLimits) -> int:
    """Return the pods per node that EKS tells the kubelet if nobody says another number.

    Source: EKS user guide, "Choose an optimal Amazon EC2 node instance type".

    Example:
        >>> default_max_pods(limits_of("m5.large"))
        29
    """
    return limits.interface_count * (limits.addresses_per_interface - 1) + 2


@cache
def known_limits() -> Mapping[str, InstanceLimits]:
    """Return all limits of the table, by type; read at the first call."""
    return {one.instance_type: one for row in ROWS.split("\n") if row for one in _limits_in(row)}


def _limits_in(row: str) -> list[InstanceLimits]:
    interfaces, addresses, branches, *types = row.split()
    count = int(branches)
    return [InstanceLimits(name, int(interfaces), int(addresses), count > 0, count) for name in types]
