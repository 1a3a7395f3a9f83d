"""Objects of manifests as a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from podsg.manifests.cni import eni_config, vpc_cni
from podsg.manifests.document import Document
from podsg.manifests.kinds import (
    CALICO,
    CILIUM,
    ENI_CONFIG,
    NETWORK_POLICY,
    POLICY,
    SERVICE,
    SERVICE_ACCOUNT,
    WORKLOADS,
)
from podsg.manifests.namespaced import network_policy, policy, service, service_account
from podsg.manifests.workloads import pod_set
from podsg.model.snapshot import NOT_READ, PodSet, ServiceAccount, Snapshot, Unknown

Made = TypeVar("Made")
_NETWORK_POLICIES: Final = frozenset({NETWORK_POLICY, *CALICO, *CILIUM})


def snapshot_of(documents: Iterable[Document], namespace: str = "") -> Snapshot:
    """Return what manifests say of an environment; other parts of the snapshot are not read.

    A field of a wrong type is Unknown. Objects that another one of the manifests makes, such as the
    ReplicaSets of a Deployment, are left out. A service account that pods use and no manifest makes is there
    with Unknown labels.

    Args:
        documents: Objects of all kinds.
        namespace: Namespace of objects that name none. Default: their namespace is Unknown.

    Example:
        >>> snapshot_of([]).policies, snapshot_of([]).security_groups.text
        ((), 'nothing was read that tells it')
    """
    read = tuple(documents)

    def made(kinds: Collection[tuple[str, str]], make: Callable[[Document, str], Made]) -> tuple[Made, ...]:
        return tuple(make(one, namespace) for one in read if (one.group, one.kind) in kinds)

    workloads = tuple(pod_set(one, namespace) for one in _of_their_own(read, namespace))
    accounts = made({SERVICE_ACCOUNT}, service_account)
    return Snapshot(
        vpc_cni=vpc_cni(read, namespace),
        eni_configs=tuple(eni_config(one) for one in read if (one.group, one.kind) == ENI_CONFIG),
        policies=made({POLICY}, policy),
        pod_sets=workloads,
        service_accounts=(*accounts, *_not_made(workloads, accounts)),
        services=made({SERVICE}, service),
        network_policies=made(_NETWORK_POLICIES, network_policy),
    )


def _of_their_own(documents: Sequence[Document], namespace: str) -> Iterator[Document]:
    workloads = [one for one in documents if (one.group, one.kind) in WORKLOADS]
    names = {(one.namespace or namespace, one.kind, one.name) for one in workloads}
    for one in workloads:
        if not any((one.namespace or namespace, *owner) in names for owner in _owners(one)):
            yield one


def _owners(document: Document) -> Iterator[tuple[object, object]]:
    owners = (document.content.get("metadata") or {}).get("ownerReferences")
    for owner in owners if isinstance(owners, list) else []:
        if isinstance(owner, dict) and owner.get("controller") is True:
            yield str(owner.get("kind")), str(owner.get("name"))


def _not_made(pod_sets: Iterable[PodSet], accounts: Iterable[ServiceAccount]) -> Iterator[ServiceAccount]:
    there = {(one.namespace, one.name) for one in accounts}
    for pods in pod_sets:
        name = pods.service_account
        if isinstance(name, Unknown) or (pods.namespace, name) in there:
            continue
        there.add((pods.namespace, name))
        labels = Unknown(f"no manifest makes the service account {name}")
        yield ServiceAccount(pods.place, pods.namespace, name, labels, NOT_READ)
