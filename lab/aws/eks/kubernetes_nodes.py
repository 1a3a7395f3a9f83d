"""What EKS does to the Nodes of a cluster: look, cordon, evict, label, taint.

Source: EKS user guide, "Delete a managed node group from your cluster" and "Update a managed node group for
your cluster" (drain); Kubernetes documentation, "Safely Drain a Node" and "API-initiated Eviction".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from kubernetes import client

from lab.cluster.admin import REQUEST_SECONDS

if TYPE_CHECKING:
    from lab.cluster.admin import Admin

MIRROR = "kubernetes.io/config.mirror"
Taint = Mapping[str, str]


class KubernetesNodes:
    """Act on the Nodes of one cluster.

    Args:
        admin: The lab's access to the API server.
    """

    def __init__(self, admin: Admin) -> None:
        self._api: Any = client.CoreV1Api(admin.api)

    def readiness(self) -> dict[str, bool]:
        """Return by name whether a Node is Ready."""
        nodes = self._api.list_node(_request_timeout=REQUEST_SECONDS).items
        return {node.metadata.name: _is_ready(node) for node in nodes}

    def cordon(self, names: Collection[str], *, schedulable: bool = False) -> None:
        """Close Nodes to new pods, or open them again; those that are not there do not matter."""
        for node in self._api.list_node(_request_timeout=REQUEST_SECONDS).items:
            if node.metadata.name in names and bool(node.spec.unschedulable) is schedulable:
                self._patch(node.metadata.name, {"spec": {"unschedulable": None if schedulable else True}})

    def evict(self, names: Collection[str]) -> set[str]:
        """Ask once for the eviction of every pod on Nodes that a drain moves.

        Pods of DaemonSets and mirror pods stay; a PodDisruptionBudget may refuse.

        Returns:
            The Nodes that still have pods to move.
        """
        pods = self._api.list_pod_for_all_namespaces(_request_timeout=REQUEST_SECONDS).items
        left = [each for each in pods if each.spec.node_name in names and _moves(each)]
        for pod in left:
            if pod.metadata.deletion_timestamp is None:
                self._evict(pod)
        return {str(each.spec.node_name) for each in left}

    def relabel(self, names: Collection[str], labels: Mapping[str, str | None]) -> None:
        """Set labels on Nodes; None removes one."""
        for name in names:
            self._patch(name, {"metadata": {"labels": dict(labels)}})

    def retaint(self, names: Iterable[str], old: Sequence[Taint], new: Sequence[Taint]) -> None:
        """Exchange taints of Nodes; others stay."""
        dropped = {(each["key"], each["effect"]) for each in (*old, *new)}
        for node in self._api.list_node(_request_timeout=REQUEST_SECONDS).items:
            if node.metadata.name not in set(names):
                continue
            present = [
                {"key": each.key, "value": each.value, "effect": each.effect} for each in _taints(node)
            ]
            kept = [each for each in present if (each["key"], each["effect"]) not in dropped]
            self._patch(node.metadata.name, {"spec": {"taints": [*kept, *map(dict, new)]}})

    def _patch(self, name: str, body: dict[str, Any]) -> None:
        try:
            self._api.patch_node(name, body, _request_timeout=REQUEST_SECONDS)
        except client.ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def _evict(self, pod: Any) -> None:
        metadata = client.V1ObjectMeta(name=pod.metadata.name, namespace=pod.metadata.namespace)
        try:
            self._api.create_namespaced_pod_eviction(
                pod.metadata.name,
                pod.metadata.namespace,
                client.V1Eviction(metadata=metadata),
                _request_timeout=REQUEST_SECONDS,
            )
        except client.ApiException as error:
            if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}:
                raise


def _is_ready(node: Any) -> bool:
    conditions = node.status.conditions or []
    return any(each.type == "Ready" and each.status == "True" for each in conditions)


def _taints(node: Any) -> list[Any]:
    return list(node.spec.taints or [])


def _moves(pod: Any) -> bool:
    owners = pod.metadata.owner_references or []
    return MIRROR not in (pod.metadata.annotations or {}) and all(each.kind != "DaemonSet" for each in owners)
