"""Objects as manifests have them, and the pods of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podsg.manifests import Document, snapshot_of
from podsg.model.snapshot import (
    PodSet,
    Unknown,
)


def document(kind: str, content: Mapping[str, Any], group: str = "", name: str = "a") -> Document:
    return Document("f.yaml", 1, group, kind, "shop", name, content)


def pods(kind: str, spec: Any, pod: Any = None, group: str = "apps") -> PodSet:
    """Return the pods of a workload; `pod` is the spec of its template."""
    content = {"spec": {"template": {"spec": {} if pod is None else pod}, **spec}}
    [made] = snapshot_of([document(kind, content, group)]).pod_sets  # type: ignore[misc]
    return made


def of_pod(spec: Any) -> PodSet:
    [made] = snapshot_of([document("Pod", {"spec": spec})]).pod_sets  # type: ignore[misc]
    return made


def reason(value: object) -> str:
    assert isinstance(value, Unknown)
    return value.reason


def owned(kind: str, group: str, name: str, owner: object) -> Document:
    return document(kind, {"metadata": {"ownerReferences": owner}, "spec": {}}, group, name)
