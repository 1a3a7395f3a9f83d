"""Kubernetes objects that security groups for pods are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from podsg.model.snapshot.place import Place
from podsg.model.snapshot.values import Maybe

Selector = Mapping[str, Any]
"""A label selector as Kubernetes writes it: `matchLabels`, `matchExpressions`."""


@dataclass(frozen=True)
class Policy:
    """A SecurityGroupPolicy."""

    place: Place
    namespace: Maybe[str]
    name: str
    pod_selector: Maybe[Selector | None] = None
    """None: it has none."""
    service_account_selector: Maybe[Selector | None] = None
    group_ids: Maybe[tuple[Maybe[str], ...]] = ()
    """Ids in the order written; empty if there are none."""
    depends_on: frozenset[str] = frozenset()
    """Names of what has to be there before it, and so is destroyed after it."""


@dataclass(frozen=True)
class Probe:
    """A probe of a container that the kubelet makes over the network."""

    protocol: str
    """`http`, `tcp` or `grpc`; probes that run a command are not listed."""
    port: Maybe[int]
    """Port of the container (1 to 65535); Unknown if it is a name that no port of it has."""


@dataclass(frozen=True)
class Container:
    """A container of a pod."""

    name: str
    ports: tuple[int, ...] = ()
    probes: tuple[Probe, ...] = ()
    requests: Mapping[str, str] = field(default_factory=dict)
    """Requests and limits in one, by name of the resource."""


@dataclass(frozen=True)
class PodSet:
    """Pods of one template: of a Deployment, StatefulSet, DaemonSet, Job, CronJob, ReplicaSet, or a Pod."""

    place: Place
    kind: str
    namespace: Maybe[str]
    name: str
    labels: Maybe[Mapping[str, str]] = field(default_factory=dict)
    """Labels of the pods."""
    annotations: Maybe[Mapping[str, str]] = field(default_factory=dict)
    """Annotations of the pods."""
    service_account: Maybe[str] = "default"
    replicas: Maybe[int] = 1
    """Pods that run at the same time (count); of a DaemonSet Unknown."""
    max_surge: Maybe[int] = 0
    """Pods more than `replicas` that a rollout may make (count)."""
    is_host_network: Maybe[bool] = False
    grace_period_seconds: Maybe[int] = 30
    node_labels: Maybe[Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Labels that a node must have, each with the values that will do."""
    containers: Maybe[tuple[Container, ...]] = ()
    """Containers and init containers."""
    depends_on: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ServiceAccount:
    """A service account."""

    place: Place
    namespace: Maybe[str]
    name: str
    labels: Maybe[Mapping[str, str]] = field(default_factory=dict)
    has_pod_identity: Maybe[bool] = False
    """Whether an EKS Pod Identity association is made for it."""
    depends_on: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Service:
    """A Service."""

    place: Place
    namespace: Maybe[str]
    name: str
    type: Maybe[str] = "ClusterIP"
    selector: Maybe[Mapping[str, str]] = field(default_factory=dict)
    external_traffic_policy: Maybe[str] = "Cluster"
    target_type: Maybe[str] = "instance"
    """Targets of its load balancer: `instance` or `ip`."""


@dataclass(frozen=True)
class NetworkPolicy:
    """A NetworkPolicy."""

    place: Place
    namespace: Maybe[str]
    name: str
    pod_selector: Maybe[Selector] = field(default_factory=dict)
    engine: str = "vpc-cni"
    """`vpc-cni` for one of Kubernetes, `calico` or `cilium` for one of theirs."""
