"""The kubelet's first request: the Node of a machine."""

from __future__ import annotations

import datetime as dt

from lab.nodes.events import NO_NETWORK
from lab.nodes.instance_types import InstanceType
from lab.nodes.machines import Machine
from lab.nodes.objects import FAKE_NODE, Object

_DISK_BYTES = 20 * 1024**3
"""Root volume of a managed node group. Source: EKS API reference, CreateNodegroup (diskSize)."""
_PROVIDER = "aws:///"
_CONDITIONS = {
    "MemoryPressure": ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("KubeletNotReady", NO_NETWORK),
}
"""Reason and message by condition; all are False. Source: Kubernetes `pkg/kubelet/nodestatus/setters.go`."""


def node_of(machine: Machine, size: InstanceType) -> Object:
    """Return the Node that the machine's kubelet registers: not ready, until its network is.

    The kubelet's own taints are those of its configuration; `node.kubernetes.io/not-ready` is added by the
    API server's admission.

    Source: Kubernetes `pkg/kubelet/kubelet_node_status.go` (initialNode); `staging/src/k8s.io/api/core/v1`
        well-known labels; cloud-provider-aws (providerID).
    """
    machine_labels = {
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": size.architecture,
        "kubernetes.io/hostname": machine.name,
        "node.kubernetes.io/instance-type": machine.instance_type,
        "topology.kubernetes.io/region": machine.region,
        "topology.kubernetes.io/zone": machine.zone,
    }
    spec: Object = {"providerID": provider_id(machine)}
    if machine.taints:
        spec["taints"] = [dict(taint) for taint in machine.taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": machine.name,
            "labels": {**machine_labels, **machine.labels},
            "annotations": {FAKE_NODE: "fake"},
        },
        "spec": spec,
        "status": _status(machine, size),
    }


def provider_id(machine: Machine) -> str:
    """Return what ties a Node to its instance."""
    return f"{_PROVIDER}{machine.zone}/{machine.instance_id}"


def is_registered(node: Object) -> bool:
    """Say whether a Node is one that this agent registered."""
    annotations = node["metadata"].get("annotations") or {}
    return FAKE_NODE in annotations and str(node["spec"].get("providerID", "")).startswith(_PROVIDER)


def _conditions() -> list[Object]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    moments = {"lastHeartbeatTime": now, "lastTransitionTime": now}
    return [
        {"type": kind, "status": "False", "reason": reason, "message": message, **moments}
        for kind, (reason, message) in _CONDITIONS.items()
    ]


def _status(machine: Machine, size: InstanceType) -> Object:
    counts = {"pods": str(machine.max_pods), "ephemeral-storage": str(_DISK_BYTES)}
    capacity = {"cpu": str(size.cpu_count), "memory": f"{size.memory_mib}Mi"}
    return {
        "addresses": [
            {"type": "InternalIP", "address": machine.private_ip},
            {"type": "InternalDNS", "address": machine.name},
            {"type": "Hostname", "address": machine.name},
        ],
        "capacity": {**capacity, **counts},
        "allocatable": {**size.allocatable(machine.max_pods), **counts},
        "conditions": _conditions(),
        "nodeInfo": {
            "architecture": size.architecture,
            "operatingSystem": "linux",
            "osImage": "Amazon Linux 2023 (played by the lab)",
            "kernelVersion": "6.12 (played by the lab)",
            "containerRuntimeVersion": "containerd://2.1 (played by the lab)",
            "kubeletVersion": machine.version,
            "kubeProxyVersion": "",
            "machineID": machine.instance_id,
            "systemUUID": machine.instance_id,
            "bootID": machine.instance_id,
        },
    }
