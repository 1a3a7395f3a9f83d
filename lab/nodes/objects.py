"""The words that node agent, kwok's stages and Kubernetes objects share."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
"""A Kubernetes object as the API gives it."""

POD_IP = "lab.podsg.dev/pod-ip"
"""Annotation of a pod: the address it has; kwok makes the pod Running once it is there."""
NETWORK = "lab.podsg.dev/network"
"""Annotation of a node: `ready` once aws-node runs there; kwok makes the node Ready then."""
READY = "ready"
FAKE_NODE = "kwok.x-k8s.io/node"
POD_ENI = "vpc.amazonaws.com/pod-eni"
"""Extended resource of nodes and containers, and the pods' annotation that holds their branch ENIs."""


def name_of(item: Object) -> str:
    """Return an object's name."""
    return str(item["metadata"]["name"])


def uid_of(item: Object) -> str:
    """Return an object's unique id."""
    return str(item["metadata"]["uid"])


def annotations_of(item: Object) -> dict[str, str]:
    """Return an object's annotations."""
    return dict(item["metadata"].get("annotations") or {})


def labels_of(item: Object) -> dict[str, str]:
    """Return an object's labels."""
    return dict(item["metadata"].get("labels") or {})
