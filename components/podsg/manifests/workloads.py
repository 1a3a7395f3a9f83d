"""Pods of Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs and CronJobs, and Pods themselves."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from podsg.manifests.containers import containers
from podsg.manifests.document import Document
from podsg.manifests.fields import FieldError, Fields, maybe
from podsg.manifests.node_labels import node_labels
from podsg.model.snapshot import Maybe, PodSet, Unknown

_PERCENT: Final = re.compile("([0-9]{1,9})%")
_GRACE_PERIOD_SECONDS: Final = 30


def pod_set(document: Document, namespace: str = "") -> PodSet:
    """Return the pods of one workload, with the defaults of Kubernetes.

    Args:
        document: The workload.
        namespace: Namespace if it names none.
    """
    root, kind = Fields(document.content), document.kind
    return PodSet(
        document.place(namespace),
        kind,
        document.namespace_or(namespace),
        document.name,
        labels=maybe(lambda: _template(root, kind).mapping("metadata").texts("labels")),
        annotations=maybe(lambda: _template(root, kind).mapping("metadata").texts("annotations")),
        service_account=maybe(lambda: _service_account(_pod(root, kind))),
        replicas=maybe(partial(_replicas, root, kind)),
        max_surge=maybe(partial(_max_surge, root, kind)),
        is_host_network=maybe(lambda: _pod(root, kind).flag("hostNetwork")),
        grace_period_seconds=maybe(
            lambda: _pod(root, kind).number("terminationGracePeriodSeconds", _GRACE_PERIOD_SECONDS)
        ),
        node_labels=maybe(lambda: node_labels(_pod(root, kind))),
        containers=maybe(lambda: containers(_pod(root, kind))),
    )


def _template(root: Fields, kind: str) -> Fields:
    """Return what has metadata and spec of the pods; both are unknown if the spec is missing."""
    if kind == "CronJob":
        root = root.required("spec").required("jobTemplate")
    template = root if kind == "Pod" else root.required("spec").required("template")
    template.required("spec")
    return template


def _pod(root: Fields, kind: str) -> Fields:
    return _template(root, kind).mapping("spec")


def _service_account(pod: Fields) -> str:
    return pod.text("serviceAccountName") or pod.text("serviceAccount", "default")


def _replicas(root: Fields, kind: str) -> Maybe[int]:
    if kind == "Pod":
        return 1
    if kind == "DaemonSet":
        return Unknown("a DaemonSet has one pod on each node that it is for")
    if kind == "CronJob":
        root, kind = root.required("spec").required("jobTemplate"), "Job"
    spec = root.required("spec")
    if kind == "Job":
        parallel = spec.number("parallelism", 1)
        return min(parallel, spec.number("completions", parallel))
    return spec.number("replicas", 1)


def _max_surge(root: Fields, kind: str) -> Maybe[int]:
    """Return how many pods more a rollout makes: 25 % of a Deployment by default, none of a DaemonSet."""
    if kind not in {"Deployment", "DaemonSet"}:
        return 0
    spec = root.required("spec")
    strategy = spec.mapping("strategy" if kind == "Deployment" else "updateStrategy")
    if strategy.text("type", "RollingUpdate") != "RollingUpdate":
        return 0
    rolling = strategy.mapping("rollingUpdate")
    surge = rolling.values.get("maxSurge")
    if surge is None:
        surge = "25%" if kind == "Deployment" else 0
    if not isinstance(surge, str):
        return rolling.number("maxSurge", 0)
    percent = _PERCENT.fullmatch(surge)
    if percent is None:
        raise FieldError(rolling.at("maxSurge"), surge, "a whole number of at least 0, or a percentage")
    return _share(int(percent[1]), _replicas(root, kind))


def _share(percent: int, replicas: Maybe[int]) -> Maybe[int]:
    if percent == 0 or isinstance(replicas, Unknown):
        return replicas if percent else 0
    return -(-replicas * percent // 100)
