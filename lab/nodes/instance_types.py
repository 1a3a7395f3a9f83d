"""What an instance type offers to the kubelet and to aws-node."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_ec2.type_defs import InstanceTypeInfoTypeDef

_CPU_SHARES = ((1, 60), (1, 10), (2, 5))
"""Cores and the millicores that are reserved on each of them; every further core costs 2.5."""
_EVICTION_MIB = 100


@dataclass(frozen=True)
class InstanceType:
    """Hold the size of an instance type.

    Attributes:
        cpu_count: Virtual processors.
        memory_mib: Memory.
        interfaces: ENIs of the default network card (count).
        ipv4_per_interface: Addresses of one ENI, its primary one included (count).
        architecture: `amd64` or `arm64`.
    """

    cpu_count: int
    memory_mib: int
    interfaces: int
    ipv4_per_interface: int
    architecture: str

    def allocatable(self, max_pods: int) -> dict[str, str]:
        """Return what the kubelet leaves to pods: the EKS images' reservation is taken off.

        Args:
            max_pods: How many pods the kubelet takes (count).

        Source: awslabs/amazon-eks-ami, nodeadm `internal/kubelet/config.go` (CPU shares; 255 MiB and 11 MiB
            for each pod; eviction at 100 MiB).

        Example:
            >>> InstanceType(2, 8192, 3, 10, "amd64").allocatable(29)
            {'cpu': '1930m', 'memory': '7518Mi'}
        """
        left, reserved = self.cpu_count, 0.0
        for cores, millicores in _CPU_SHARES:
            reserved += min(left, cores) * millicores
            left -= min(left, cores)
        cpu = self.cpu_count * 1000 - int(reserved + left * 2.5)
        return {"cpu": f"{cpu}m", "memory": f"{self.memory_mib - 255 - 11 * max_pods - _EVICTION_MIB}Mi"}


class InstanceTypes:
    """Look instance types up in EC2, each once; threads may share it."""

    def __init__(self, ec2: EC2Client) -> None:
        self._ec2 = ec2
        self._known: dict[str, InstanceType] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> InstanceType:
        """Return an instance type.

        Raises:
            botocore.exceptions.ClientError: EC2 does not know it.

        Source: EC2 API reference, DescribeInstanceTypes; AmazonEKS_CNI_Policy allows it.
        """
        with self._lock:
            if name not in self._known:
                found = self._ec2.describe_instance_types(InstanceTypes=[name])  # type: ignore[list-item]
                self._known[name] = _read(found["InstanceTypes"][0])
            return self._known[name]


def _read(info: InstanceTypeInfoTypeDef) -> InstanceType:
    network = info["NetworkInfo"]
    cards = network.get("NetworkCards") or []
    default = network.get("DefaultNetworkCardIndex", 0)
    of_card = [each["MaximumNetworkInterfaces"] for each in cards if each.get("NetworkCardIndex") == default]
    return InstanceType(
        cpu_count=info["VCpuInfo"]["DefaultVCpus"],
        memory_mib=info["MemoryInfo"]["SizeInMiB"],
        interfaces=of_card[0] if of_card else network["MaximumNetworkInterfaces"],
        ipv4_per_interface=network["Ipv4AddressesPerInterface"],
        architecture="arm64" if "arm64" in info["ProcessorInfo"]["SupportedArchitectures"] else "amd64",
    )
