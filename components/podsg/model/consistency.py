"""Checks of values against each other, each on parts whose own values hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from ipaddress import IPv4Network

from podsg.model.cluster import ClusterSpec
from podsg.model.database import DatabaseSpec
from podsg.model.database_consistency import database_findings
from podsg.model.environment import EnvironmentSpec
from podsg.model.existing_consistency import existing_findings
from podsg.model.finding import Finding, items, overlapping, repeated, without_effect
from podsg.model.location import Location, key_set, path_text, presence
from podsg.model.naming import (
    PhysicalName,
    name_findings,
    node_group_names,
    physical_database_names,
    shared_names,
)
from podsg.model.network import NetworkSpec
from podsg.model.network_consistency import network_findings
from podsg.model.node_group import NodeGroupSpec, architecture
from podsg.model.spec import Spec
from podsg.model.wording import nearest, shown
from podsg.model.workload import PeerSpec, WorkloadSpec, policy_name

_RESERVED_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
# What the names of a database follow from, besides its own.
_NAMING_KEYS = ("engine", "instance_count")
_PEER_KINDS = ("workload", "cidr", "security_group_id")


def findings(spec: Spec, region: str | None = None) -> Iterator[Finding]:
    """Report what does not fit together in an environment or in one of its parts.

    Args:
        spec: An environment, network, cluster, node group, database or workload; nothing is found in others.
        region: Region of the stack, such as us-west-2. Default: not known, then zones may be of any region.
    """
    match spec:
        case EnvironmentSpec():
            yield from _environment(spec, region)
        case NetworkSpec():
            yield from network_findings(spec, region)
        case ClusterSpec():
            yield from _cluster(spec, ())
        case NodeGroupSpec():
            yield from _node_group(spec, ())
        case DatabaseSpec():
            yield from database_findings(spec)
        case WorkloadSpec():
            yield from _workload(spec, ())
        case _:
            return


def _environment(spec: EnvironmentSpec, region: str | None) -> Iterator[Finding]:
    if spec.name.split("-", 1)[0] == "sg":
        # Source: EC2 API, CreateSecurityGroup: a name cannot start with sg-.
        yield Finding(
            ("name",), shown(spec.name), "a name whose groups do not start with sg-", rests_on=(("name",),)
        )
    if spec.network is not None:
        yield from network_findings(spec.network, region, ("network",))
    if spec.cluster is not None:
        yield from _cluster(spec.cluster, ("cluster",))
    yield from existing_findings(spec, region)
    for name, group in spec.node_groups.items():
        yield from _node_group(group, ("node_groups", name))
    for name, database in spec.databases.items():
        yield from database_findings(database, ("databases", name))
    for name, workload in spec.workloads.items():
        yield from _workload(workload, ("workloads", name))
    yield from _references(spec)
    yield from _policy_names(spec)
    yield from _no_nodes(spec)
    yield from _long_names(spec)


def _cluster(spec: ClusterSpec, at: Location) -> Iterator[Finding]:
    access = spec.endpoint_access
    for key, cidrs in (("public_cidrs", access.public_cidrs), ("private_cidrs", access.private_cidrs)):
        yield from overlapping(items((*at, "endpoint_access", key), map(IPv4Network, cidrs)))
    yield from repeated(items((*at, "admin_principal_arns"), spec.admin_principal_arns))
    if spec.key_arn is not None:
        yield from without_effect(spec, "key_deletion_window_days", "key_arn", at)
    if not spec.create_log_group:
        yield from without_effect(spec, "log_retention_days", "create_log_group", at)


def _node_group(spec: NodeGroupSpec, at: Location) -> Iterator[Finding]:
    minimum, desired, maximum = (*at, "min_count"), (*at, "desired_count"), (*at, "max_count")
    if spec.min_count > spec.max_count:
        yield Finding(
            minimum,
            str(spec.min_count),
            f"at most {spec.max_count}, the max_count",
            rests_on=(minimum, maximum),
        )
    elif not spec.min_count <= spec.desired_count <= spec.max_count:
        yield Finding(
            desired,
            str(spec.desired_count),
            f"{spec.min_count} to {spec.max_count}, from min_count to max_count",
            rests_on=(minimum, desired, maximum),
        )
    types = (*at, "instance_types")
    yield from repeated(items(types, spec.instance_types))
    first = architecture(spec.instance_types[0])
    for index, instance_type in enumerate(spec.instance_types):
        if architecture(instance_type) != first:
            yield Finding(
                (*types, index),
                f"{shown(instance_type)}, {architecture(instance_type)}",
                f"types of one architecture: {first}, as {spec.instance_types[0]}",
                rests_on=((*types, 0), (*types, index)),
            )


def _workload(spec: WorkloadSpec, at: Location) -> Iterator[Finding]:
    pods, accounts = (*at, "pod_selector"), (*at, "service_account_selector")
    if not spec.pod_selector and not spec.service_account_selector:
        yield Finding(
            pods,
            "no label",
            "one label or more here or in service_account_selector",
            rests_on=(pods, accounts),
        )
    namespace = (*at, "namespace")
    if spec.create_namespace and spec.namespace in _RESERVED_NAMESPACES:
        yield Finding(
            namespace,
            f"{shown(spec.namespace)}, which every cluster has",
            "another namespace, or create_namespace: false",
            rests_on=(namespace, (*at, "create_namespace")),
        )
    for listed in ("ports", "databases", "security_group_ids"):
        yield from repeated(items((*at, listed), getattr(spec, listed)))
    for direction, peers in (("ingress_from", spec.ingress_from), ("egress_to", spec.egress_to)):
        for index, peer in enumerate(peers):
            yield from _peer(peer, (*at, direction, index))


def _peer(peer: PeerSpec, at: Location) -> Iterator[Finding]:
    given = [kind for kind in _PEER_KINDS if getattr(peer, kind) is not None]
    if len(given) != 1:
        yield Finding(
            at,
            " and ".join(given) or f"none of {', '.join(_PEER_KINDS)}",
            f"exactly one of {', '.join(_PEER_KINDS)}",
            # What is there is there, even if it does not hold; what is missing may be misspelt.
            rests_on=() if given else tuple((*at, kind) for kind in _PEER_KINDS),
        )
    yield from repeated(items((*at, "ports"), peer.ports))


def _references(spec: EnvironmentSpec) -> Iterator[Finding]:
    databases = {**spec.databases, **spec.existing_databases}
    for name, workload in spec.workloads.items():
        at: Location = ("workloads", name)
        for index, database in enumerate(workload.databases):
            yield from _unknown("databases", database, databases, (*at, "databases", index))
        for direction, peers in (("ingress_from", workload.ingress_from), ("egress_to", workload.egress_to)):
            for index, peer in enumerate(peers):
                if peer.workload is not None:
                    yield from _unknown(
                        "workloads", peer.workload, spec.workloads, (*at, direction, index, "workload")
                    )


def _unknown(part: str, name: str, known: Collection[str], location: Location) -> Iterator[Finding]:
    if name in known:
        return
    similar = nearest(name, known)
    names = ", ".join(sorted(known)) or f"none, as {part} is empty"
    allowed = f"{similar}, the nearest of {names}" if similar else f"one of the {part} of this input: {names}"
    places: tuple[Location, ...] = (location, (part, name), (f"existing_{part}", name))
    yield Finding(location, shown(name), allowed, rests_on=places)


def _policy_names(spec: EnvironmentSpec) -> Iterator[Finding]:
    first: dict[tuple[str, str], str] = {}
    for name, workload in spec.workloads.items():
        policy = policy_name(name, workload)
        other = first.setdefault((workload.namespace, policy), name)
        if other != name:
            places: list[Location] = [
                ("workloads", one, key) for one in (other, name) for key in ("namespace", "policy_name")
            ]
            yield Finding(
                ("workloads", name, "policy_name"),
                f"{shown(policy)}, as in {path_text(('workloads', other))}",
                f"another name in namespace {workload.namespace}",
                rests_on=tuple(places),
            )


def _no_nodes(spec: EnvironmentSpec) -> Iterator[Finding]:
    if spec.cluster is None:
        return
    counts: list[Location] = [
        ("node_groups", name, key) for name in spec.node_groups for key in ("min_count", "desired_count")
    ]
    if not any(group.desired_count or group.min_count for group in spec.node_groups.values()):
        yield Finding(
            ("node_groups",),
            "desired_count 0 in every group" if spec.node_groups else "no node group",
            "one with a desired_count of 1 or more, which CoreDNS needs",
            rests_on=(presence(("cluster",)), key_set(("node_groups",)), *counts),
        )


def _long_names(spec: EnvironmentSpec) -> Iterator[Finding]:
    name: Location = ("name",)
    for group in spec.node_groups:
        yield from name_findings(("node_groups", group), node_group_names(spec.name, group), name)
    databases: dict[Location, tuple[PhysicalName, ...]] = {
        ("databases", key): physical_database_names(spec.name, key, database)
        for key, database in spec.databases.items()
    }
    for place, names in databases.items():
        yield from name_findings(place, names, name, *((*place, key) for key in _NAMING_KEYS))
    yield from shared_names(databases, *_NAMING_KEYS)
