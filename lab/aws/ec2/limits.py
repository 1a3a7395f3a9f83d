"""What an instance type can hold: interfaces, addresses, branches."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("trunk_instance_limits.csv")


@dataclass(frozen=True)
class InstanceLimits:
    """Count what fits on one instance.

    Args:
        interfaces: Network interfaces, the primary one included.
        ipv4_per_interface: Private IPv4 addresses of one interface, its primary one included.
        trunking_compatible: Whether an interface of the instance can be a trunk.
        branch_interfaces: Branches that a trunk of the instance carries; 0 where no trunk is possible.
    """

    interfaces: int
    ipv4_per_interface: int
    trunking_compatible: bool
    branch_interfaces: int


def limits_of(instance_type: str) -> InstanceLimits | None:
    """Return the limits of an instance type; None if there is no such type.

    Source: aws/amazon-vpc-resource-controller-k8s pkg/aws/vpc/limits.go, at the version that the table names.

    Example:
        >>> limits_of("m5.large").branch_interfaces
        9
    """
    return _limits().get(instance_type)


@cache
def _limits() -> dict[str, InstanceLimits]:
    with _TABLE.open(encoding="utf-8", newline="") as text:
        rows = csv.DictReader(line for line in text if not line.startswith("#"))
        return {
            row["instance_type"]: InstanceLimits(
                interfaces=int(row["interfaces"]),
                ipv4_per_interface=int(row["ipv4_per_interface"]),
                trunking_compatible=row["is_trunking_compatible"] == "true",
                branch_interfaces=int(row["branch_interfaces"]),
            )
            for row in rows
        }
