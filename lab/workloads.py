"""The lab's own pods: one Deployment for each workload of an environment.

They are Deployments as users write them, through the ordinary API: nothing of how a pod gets its groups is
done here. Nothing is pulled: the lab's nodes run no container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubernetes.client import ApiException
from kubernetes.dynamic import DynamicClient

from lab.paths import admin_kubeconfigs
from lab.status import API_ERRORS, kubernetes_api
from podsg.model import EnvironmentSpec, WorkloadSpec, cluster_names

MANAGED_BY: Final = {"app.kubernetes.io/managed-by": "podsg-lab"}
WORKLOAD_LABEL: Final = "lab.podsg.dev/workload"
OWNER_ANNOTATION: Final = "lab.podsg.dev/owner"
FIELD_MANAGER: Final = "podsg-lab"
IMAGE: Final = "registry.k8s.io/pause:3.10"
_DEPLOYMENT, _ACCOUNT = ("apps/v1", "Deployment"), ("v1", "ServiceAccount")
_CONFLICT, _NOT_FOUND = 409, 404

Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """Where a Deployment is."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Name it as people do."""
        return f"{self.namespace}/{self.name} on {self.cluster}"


@dataclass(frozen=True)
class LabWorkload:
    """Pods that the lab runs for one workload."""

    place: Place
    spec: WorkloadSpec


def lab_workloads(spec: EnvironmentSpec) -> tuple[LabWorkload, ...]:
    """List what the lab runs for an environment, in the order of its workloads."""
    existing = spec.existing_cluster
    cluster = existing.name if existing else cluster_names(spec.name)[0].text
    return tuple(
        LabWorkload(Place(cluster, work.namespace, name), work) for name, work in spec.workloads.items()
    )


def manifests(workload: LabWorkload, owner: str) -> list[dict[str, Any]]:
    """Write the objects of a workload: a service account if its labels select the pods, and a Deployment.

    The labels of the pods are the workload's own, so that its policy selects them as it selects a user's; the
    Deployment finds its pods by a label of the lab, because its selector cannot be changed.

    Args:
        workload: What to run.
        owner: Project and stack.
    """
    spec, place = workload.spec, workload.place
    identity = {WORKLOAD_LABEL: place.name}
    metadata = {
        "name": place.name,
        "namespace": place.namespace,
        "annotations": {OWNER_ANNOTATION: owner},
    }
    container: dict[str, Any] = {"name": "workload", "image": IMAGE}
    if spec.ports:
        container["ports"] = [{"containerPort": port} for port in spec.ports]
    pod: dict[str, Any] = {"containers": [container]}
    objects = []
    if spec.service_account_selector:
        labels = {**MANAGED_BY, **spec.service_account_selector}
        objects.append(_object(_ACCOUNT, {**metadata, "labels": labels}))
        pod["serviceAccountName"] = place.name
    template = {"metadata": {"labels": {**MANAGED_BY, **identity, **spec.pod_selector}}, "spec": pod}
    wanted = {"replicas": spec.replicas, "selector": {"matchLabels": identity}, "template": template}
    deployment = _object(_DEPLOYMENT, {**metadata, "labels": {**MANAGED_BY, **identity}})
    return [*objects, {**deployment, "spec": wanted}]


@dataclass(frozen=True)
class LabPods:
    """Deploy and remove the lab's pods of one stack.

    Args:
        owner: Project and stack; Deployments of others are left alone.
    """

    owner: str

    def deploy(self, workloads: Iterable[LabWorkload]) -> list[str]:
        """Make the Deployments as wanted; what is so already stays untouched.

        Returns: Why a workload could not be deployed, each with its place.
        """
        kubeconfigs = admin_kubeconfigs()
        return [
            f"{one.place} is not deployed: {problem}"
            for one in workloads
            if (problem := self._deploy(one, kubeconfigs.get(one.place.cluster)))
        ]

    def found(self) -> Iterator[Place]:
        """Find the Deployments of this stack on every cluster of the lab that answers."""
        for cluster, kubeconfig in admin_kubeconfigs().items():
            try:
                items = _resource(kubernetes_api(kubeconfig), _DEPLOYMENT).get(label_selector=_selector())
            except API_ERRORS:
                continue
            for item in items.to_dict()["items"]:
                if self._is_own(item):
                    yield Place(cluster, item["metadata"]["namespace"], item["metadata"]["name"])

    def delete(self, places: Iterable[Place]) -> None:
        """Delete Deployments and their service accounts; their pods go after them."""
        kubeconfigs = admin_kubeconfigs()
        for place in places:
            api = kubernetes_api(kubeconfigs[place.cluster])
            self._delete(api, _DEPLOYMENT, place)
            self._delete(api, _ACCOUNT, place)

    def problem(self, place: Place) -> str:
        """Return why a Deployment makes no pods; empty if it does."""
        kubeconfig = admin_kubeconfigs().get(place.cluster)
        live = _live(kubernetes_api(kubeconfig), _DEPLOYMENT, place) if kubeconfig else None
        conditions = ((live or {}).get("status") or {}).get("conditions") or ()
        failed = (
            each for each in conditions if each["type"] == "ReplicaFailure" and each["status"] == "True"
        )
        return next((str(each.get("message", "")) for each in failed), "")

    def _deploy(self, workload: LabWorkload, kubeconfig: Path | None) -> str:
        if kubeconfig is None:
            return f"there is no cluster {workload.place.cluster} in this lab."
        try:
            api = kubernetes_api(kubeconfig)
            for wanted in manifests(workload, self.owner):
                kind = wanted["apiVersion"], wanted["kind"]
                live = _live(api, kind, workload.place)
                if live is not None and not self._is_own(live):
                    return (
                        f"a {wanted['kind']} of that name exists and is not this stack's; it stays as it is."
                    )
                _apply(api, kind, workload.place, wanted)
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return f"namespace {workload.place.namespace} does not exist; create it, then run this again."
            return f"the Kubernetes API refused it ({error.status} {error.reason})."
        except API_ERRORS as error:
            return f"the Kubernetes API does not answer ({type(error).__name__})."
        return ""

    def _is_own(self, live: Mapping[str, Any]) -> bool:
        metadata = live["metadata"]
        labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
        return MANAGED_BY.items() <= labels.items() and annotations.get(OWNER_ANNOTATION) == self.owner

    def _delete(self, api: DynamicClient, kind: tuple[str, str], place: Place) -> None:
        live = _live(api, kind, place)
        if live is None or not self._is_own(live):
            return
        body = {"propagationPolicy": "Background", "preconditions": {"uid": live["metadata"]["uid"]}}
        try:
            _resource(api, kind).delete(name=place.name, namespace=place.namespace, body=body)
        except ApiException as error:
            if error.status not in {_NOT_FOUND, _CONFLICT}:
                raise


def _object(kind: tuple[str, str], metadata: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": kind[0], "kind": kind[1], "metadata": metadata}


def _resource(api: DynamicClient, kind: tuple[str, str]) -> Any:
    return api.resources.get(api_version=kind[0], kind=kind[1])


def _live(api: DynamicClient, kind: tuple[str, str], place: Place) -> dict[str, Any] | None:
    try:
        found = _resource(api, kind).get(name=place.name, namespace=place.namespace)
    except ApiException as error:
        if error.status == _NOT_FOUND:
            return None
        raise
    live: dict[str, Any] = found.to_dict()
    return live


def _apply(api: DynamicClient, kind: tuple[str, str], place: Place, wanted: dict[str, Any]) -> None:
    """Apply what the lab wants; a scale or a restart by hand is taken back only where it differs."""
    _resource(api, kind).server_side_apply(
        body=wanted,
        name=place.name,
        namespace=place.namespace,
        field_manager=FIELD_MANAGER,
        force_conflicts=True,
    )


def _selector() -> str:
    return ",".join(f"{key}={value}" for key, value in MANAGED_BY.items())
