"""What the kubelet and aws-node want to know about a pod."""

from __future__ import annotations

import json

from lab.nodes.objects import POD_ENI, POD_IP, Object, annotations_of, labels_of

_FINISHED = {"Succeeded", "Failed"}


def node_of_pod(pod: Object) -> str | None:
    """Return the node that a pod is bound to, None before it is scheduled."""
    name: str | None = pod["spec"].get("nodeName")
    return name


def address_of(pod: Object) -> str | None:
    """Return the address that a pod was given, None before."""
    return annotations_of(pod).get(POD_IP)


def is_finished(pod: Object) -> bool:
    """Say whether all containers of a pod have ended for good."""
    return (pod.get("status") or {}).get("phase") in _FINISHED


def is_going(pod: Object) -> bool:
    """Say whether a pod is being deleted."""
    return "deletionTimestamp" in pod["metadata"]


def on_host_network(pod: Object) -> bool:
    """Say whether a pod lives in its node's network."""
    return bool(pod["spec"].get("hostNetwork"))


def is_aws_node(pod: Object) -> bool:
    """Say whether a pod is aws-node."""
    return pod["metadata"].get("namespace") == "kube-system" and labels_of(pod).get("k8s-app") == "aws-node"


def asks_for_branch(pod: Object) -> bool:
    """Say whether aws-node looks for a branch ENI: only the first container's limits count.

    Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/rpc_handler.go` (AddNetwork).
    """
    limits = (pod["spec"]["containers"][0].get("resources") or {}).get("limits") or {}
    return any(name.startswith(POD_ENI) for name in limits)


def branch_address(pod: Object) -> str | None:
    """Return the address of a pod's first branch ENI, None while there is none that can be used.

    Source: aws/amazon-vpc-cni-k8s `pkg/ipamd/rpc_handler.go` (AddNetwork: the first of the list; address, MAC
        and VLAN must be there).
    """
    try:
        first = json.loads(annotations_of(pod)[POD_ENI])[0]
        usable = first["privateIp"] and first["ifAddress"] and first["vlanId"]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return str(first["privateIp"]) if usable else None


def secondary_address(pod: Object) -> str | None:
    """Return the address of the node's ENIs that a pod occupies, None if it occupies none."""
    if on_host_network(pod) or is_finished(pod):
        return None
    address = address_of(pod)
    return None if address == branch_address(pod) else address
