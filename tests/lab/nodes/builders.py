"""Objects of the node agent's tests, with only what a test is about."""

from __future__ import annotations

import json
from typing import Any

from lab.nodes.datastore import Datastore, Interface
from lab.nodes.instance_types import InstanceType
from lab.nodes.machines import Machine
from lab.nodes.objects import POD_ENI, POD_IP
from lab.nodes.settings import read

M5_LARGE = InstanceType(2, 8192, 3, 10, "amd64")
RUNS = {"ENABLE_IPv4": "true", "ENABLE_IPv6": "false"}
"""What aws-node needs to start at all."""


def machine(number: int = 1, **changes: Any) -> Machine:
    known: dict[str, Any] = {
        "instance_id": f"i-{number:017x}",
        "name": f"ip-10-0-0-{number}.us-west-2.compute.internal",
        "zone": "us-west-2a",
        "region": "us-west-2",
        "instance_type": "m5.large",
        "private_ip": f"10.0.0.{number}",
        "subnet_id": "subnet-1",
        "max_pods": 29,
        "version": "v1.35.4",
        "reaches_api": True,
        "labels": {"eks.amazonaws.com/nodegroup": "workers"},
        "taints": [],
    }
    return Machine(**(known | changes))


def pod(name: str = "web", **changes: Any) -> dict[str, Any]:
    """Make a pod; `annotations`, `limits`, `env`, `host` and `phase` go where they belong."""
    container: dict[str, Any] = {"name": changes.get("container", "app"), "image": "app"}
    container["resources"] = {"limits": changes.get("limits", {})}
    container["env"] = [{"name": key, "value": value} for key, value in changes.get("env", {}).items()]
    spec: dict[str, Any] = {"nodeName": changes.get("node", machine().name), "containers": [container]}
    if changes.get("host"):
        spec["hostNetwork"] = True
    return {
        "metadata": {
            "name": name,
            "namespace": changes.get("namespace", "shop"),
            "uid": f"uid-{name}",
            "resourceVersion": changes.get("version", "1"),
            "labels": changes.get("labels", {}),
            "annotations": changes.get("annotations", {}),
        },
        "spec": spec,
        "status": {"phase": changes.get("phase", "Pending")},
    }


def with_address(name: str, address: str, **changes: Any) -> dict[str, Any]:
    return pod(name, annotations={POD_IP: address}, **changes)


def branch_annotation(address: str) -> dict[str, str]:
    first = {"eniId": "eni-1", "ifAddress": "02:00:00:00:00:01", "privateIp": address, "vlanId": 1}
    return {POD_ENI: json.dumps([first, {**first, "privateIp": "10.0.9.9"}])}


def interface(place: int, count: int = 0, *, trunk: bool = False) -> Interface:
    addresses = tuple(f"10.0.{place + 1}.{number}" for number in range(1, count + 1))
    return Interface(f"eni-{place}", place, trunk, addresses, "subnet-1", ("sg-node",))


def store(
    *interfaces: Interface, used: int = 0, max_pods: int = 29, env: dict[str, str] | None = None
) -> Datastore:
    """Make a datastore whose first addresses are used."""
    made = Datastore(interfaces, frozenset(), M5_LARGE, read(env or {}), max_pods)
    return made.with_used(frozenset(made.total[:used]))
