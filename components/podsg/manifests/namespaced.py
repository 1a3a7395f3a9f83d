"""Policies, service accounts, Services and network policies."""

from __future__ import annotations

from typing import Any, Final

from podsg.manifests.document import Document
from podsg.manifests.fields import FieldError, Fields, maybe
from podsg.manifests.kinds import CALICO, CILIUM, CLUSTER_WIDE
from podsg.manifests.selectors import calico_selector, cilium_selector, selector
from podsg.model.snapshot import (
    NOT_READ,
    Maybe,
    NetworkPolicy,
    Policy,
    Selector,
    Service,
    ServiceAccount,
    Unknown,
)

# Source: kubernetes-sigs/aws-load-balancer-controller, docs/guide/{service,ingress}/annotations.md.
_LB_TYPE: Final = "service.beta.kubernetes.io/aws-load-balancer-type"
_TARGET_TYPES: Final = (
    "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type",
    "alb.ingress.kubernetes.io/target-type",
)


def policy(document: Document, namespace: str = "") -> Policy:
    """Return a SecurityGroupPolicy.

    Args:
        document: The object.
        namespace: Namespace if it names none.
    """
    root = Fields(document.content)
    return Policy(
        document.place(namespace),
        document.namespace_or(namespace),
        document.name,
        maybe(lambda: selector(root.mapping("spec"), "podSelector")),
        maybe(lambda: selector(root.mapping("spec"), "serviceAccountSelector")),
        maybe(lambda: _group_ids(root.mapping("spec").mapping("securityGroups"))),
    )


def _group_ids(groups: Fields) -> tuple[Maybe[str], ...]:
    ids = groups.values.get("groupIds") or []
    if not isinstance(ids, list):
        raise FieldError(groups.at("groupIds"), ids, "a list of ids")
    return tuple(_group_id(one, f"{groups.at('groupIds')}[{number}]") for number, one in enumerate(ids))


def _group_id(value: Any, path: str) -> Maybe[str]:  # noqa: ANN401 - any value
    if isinstance(value, Unknown) or (isinstance(value, str) and value):
        return value
    return Unknown(str(FieldError(path, value, "the id of a security group")))


def service_account(document: Document, namespace: str = "") -> ServiceAccount:
    """Return a ServiceAccount; no manifest of Kubernetes tells whether it has a Pod Identity.

    Args:
        document: The object.
        namespace: Namespace if it names none.
    """
    labels = maybe(lambda: Fields(document.content).mapping("metadata").texts("labels"))
    place = document.place(namespace)
    return ServiceAccount(place, document.namespace_or(namespace), document.name, labels, NOT_READ)


def service(document: Document, namespace: str = "") -> Service:
    """Return a Service.

    Args:
        document: The object.
        namespace: Namespace if it names none.
    """
    root = Fields(document.content)
    return Service(
        document.place(namespace),
        document.namespace_or(namespace),
        document.name,
        maybe(lambda: root.mapping("spec").text("type", "ClusterIP")),
        maybe(lambda: root.mapping("spec").texts("selector")),
        maybe(lambda: root.mapping("spec").text("externalTrafficPolicy", "Cluster")),
        maybe(lambda: _target_type(root.mapping("metadata").mapping("annotations"))),
    )


def _target_type(annotations: Fields) -> str:
    default = "ip" if annotations.text(_LB_TYPE) == "nlb-ip" else "instance"
    key = next((key for key in _TARGET_TYPES if annotations.has(key)), _TARGET_TYPES[0])
    return annotations.one_of(key, default, ("instance", "ip"))


def network_policy(document: Document, namespace: str = "") -> NetworkPolicy:
    """Return a NetworkPolicy of Kubernetes, Calico or Cilium.

    Args:
        document: The object.
        namespace: Namespace if it names none.
    """
    is_wide = document.kind in CLUSTER_WIDE
    return NetworkPolicy(
        document.place("" if is_wide else namespace),
        Unknown("it is for all namespaces") if is_wide else document.namespace_or(namespace),
        document.name,
        maybe(lambda: _pod_selector(document)),
        _engine(document),
    )


def _engine(document: Document) -> str:
    if (document.group, document.kind) in CALICO:
        return "calico"
    return "cilium" if (document.group, document.kind) in CILIUM else "vpc-cni"


def _pod_selector(document: Document) -> Maybe[Selector]:
    spec, engine = Fields(document.content).mapping("spec"), _engine(document)
    if engine == "calico":
        return calico_selector(spec)
    return cilium_selector(spec) if engine == "cilium" else selector(spec, "podSelector") or {}
