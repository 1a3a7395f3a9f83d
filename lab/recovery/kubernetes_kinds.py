"""Kubernetes objects that a stack makes, found by their owner annotation on every cluster of the lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from kubernetes.client import ApiException
from kubernetes.config import ConfigException
from kubernetes.dynamic.exceptions import ResourceNotFoundError
from urllib3.exceptions import HTTPError

from lab.paths import admin_kubeconfigs
from lab.recovery.account import Found, lab_command
from lab.status import kubernetes_api
from podsg.lifecycle.objects import OWNER_ANNOTATION


@dataclass(frozen=True)
class KubernetesKind:
    """Name one kind and the resource name that kubectl knows it by."""

    type: str
    api_version: str
    kind: str
    resource: str


KUBERNETES_KINDS: Final = (
    KubernetesKind(
        "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy",
        "vpcresources.k8s.aws/v1beta1",
        "SecurityGroupPolicy",
        "securitygrouppolicies.vpcresources.k8s.aws",
    ),
    KubernetesKind(
        "kubernetes:crd.k8s.amazonaws.com/v1alpha1:ENIConfig",
        "crd.k8s.amazonaws.com/v1alpha1",
        "ENIConfig",
        "eniconfigs.crd.k8s.amazonaws.com",
    ),
    KubernetesKind("kubernetes:core/v1:Namespace", "v1", "Namespace", "namespaces"),
)
"""In the order of deletion."""


def owned_objects(owner: str, say: Callable[[str], None]) -> Iterator[tuple[str, Found]]:
    """Return type and object of everything on the lab's clusters that carries the owner's annotation.

    Args:
        owner: Value of the annotation.
        say: Told of a cluster whose API server does not answer: it is coming or going.
    """
    for cluster, kubeconfig in admin_kubeconfigs().items():
        try:
            api = kubernetes_api(kubeconfig)
            for kind in KUBERNETES_KINDS:
                yield from ((kind.type, found) for found in _owned(api, kind, cluster, owner))
        except (ApiException, ConfigException, HTTPError, OSError) as error:
            say(
                f"the API server of cluster {cluster} does not answer ({type(error).__name__}):"
                " its objects were not looked at."
            )


def _owned(api: Any, kind: KubernetesKind, cluster: str, owner: str) -> Iterator[Found]:
    try:
        items = api.resources.get(api_version=kind.api_version, kind=kind.kind).get().items
    except ResourceNotFoundError:
        return
    for item in items:
        metadata = item.to_dict()["metadata"]
        annotations = metadata.get("annotations") or {}
        if annotations.get(OWNER_ANNOTATION) == owner and not metadata.get("deletionTimestamp"):
            name, namespace = metadata["name"], metadata.get("namespace")
            where = ("--namespace", namespace) if namespace else ()
            line = lab_command(f"kubectl delete {kind.resource}", name, *where, cluster=cluster)
            yield Found(f"{namespace}/{name}" if namespace else name, name, line)
