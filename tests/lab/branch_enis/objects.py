"""Kubernetes objects as users write them: namespaces, Deployments, policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

IMAGE = "public.ecr.aws/docker/library/busybox:stable"
POLICY = "vpcresources.k8s.aws/v1beta1"


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def service_account(where: str, name: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": where, "labels": labels}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def policy(where: str, group_ids: Sequence[str], **selectors: Any) -> dict[str, Any]:
    """A SecurityGroupPolicy; without a selector named it selects the pods of `deployment`."""
    chosen = selectors or {"podSelector": {"matchLabels": {"app": "app"}}}
    return {
        "apiVersion": POLICY,
        "kind": "SecurityGroupPolicy",
        "metadata": {"name": "policy", "namespace": where},
        "spec": {**{key: value for key, value in chosen.items() if value is not None}}
        | {"securityGroups": {"groupIds": list(group_ids)}},
    }


def deployment(
    where: str,
    replicas: int = 1,
    *,
    name: str = "app",
    annotations: dict[str, str] | None = None,
    resources: dict[str, Any] | None = None,
    strategy: dict[str, Any] | None = None,
    **pod: Any,
) -> dict[str, Any]:
    """A Deployment of pods labelled `app: <name>`; more of the pod's specification by keyword."""
    container = {
        "name": "app",
        "image": IMAGE,
        "command": ["sleep", "infinity"],
        "resources": resources or {},
    }
    labels = {"app": name}
    spec: dict[str, Any] = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels, "annotations": annotations or {}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 30} | pod,
        },
    }
    if strategy:
        spec["strategy"] = strategy
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": where},
        "spec": spec,
    }


def eni_config(zone: str, subnet_id: str, *group_ids: str) -> dict[str, Any]:
    return {
        "apiVersion": "crd.k8s.amazonaws.com/v1alpha1",
        "kind": "ENIConfig",
        "metadata": {"name": zone},
        "spec": {"subnet": subnet_id, "securityGroups": list(group_ids)},
    }


def on_group(node_group: str) -> dict[str, str]:
    """A nodeSelector for the nodes of one managed node group."""
    return {"eks.amazonaws.com/nodegroup": node_group}
