"""Checks of values against each other, each on parts whose own values hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from ipaddress import IPv4Network
from itertools import combinations

from podsg.model.cluster import ClusterSpec
from podsg.model.database import VERSIONS_ALLOWED, DatabaseSpec, log_exports, version_fits
from podsg.model.environment import EnvironmentSpec
from podsg.model.finding import Finding, items, repeated
from podsg.model.location import Location, path_text
from podsg.model.naming import cluster_names, database_names, name_findings, node_group_names
from podsg.model.network import NetworkSpec
from podsg.model.node_group import NodeGroupSpec, architecture
from podsg.model.spec import Spec
from podsg.model.subnets import subnet_findings
from podsg.model.wording import nearest, shown
from podsg.model.workload import PeerSpec, WorkloadSpec, policy_name

_RESERVED_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_PEER_KINDS = ("workload", "cidr", "security_group_id")


def findings(spec: Spec) -> Iterator[Finding]:
    """Report what does not fit together in an environment or in one of its parts.

    Args:
        spec: An environment, network, cluster, node group, database or workload; nothing is found in others.
    """
    match spec:
        case EnvironmentSpec():
            yield from _environment(spec)
        case NetworkSpec():
            yield from subnet_findings(spec)
        case ClusterSpec():
            yield from _cluster(spec, ())
        case NodeGroupSpec():
            yield from _node_group(spec, ())
        case DatabaseSpec():
            yield from _database(spec, ())
        case WorkloadSpec():
            yield from _workload(spec, ())
        case _:
            return


def _environment(spec: EnvironmentSpec) -> Iterator[Finding]:
    if spec.name.split("-", 1)[0] == "sg":
        # Source: EC2 API, CreateSecurityGroup: a name cannot start with sg-.
        yield Finding(
            ("name",), shown(spec.name), "a name whose groups do not start with sg-", rests_on=(("name",),)
        )
    yield from subnet_findings(spec.network, ("network",))
    yield from _cluster(spec.cluster, ("cluster",))
    for name, group in spec.node_groups.items():
        yield from _node_group(group, ("node_groups", name))
    for name, database in spec.databases.items():
        yield from _database(database, ("databases", name))
    for name, workload in spec.workloads.items():
        yield from _workload(workload, ("workloads", name))
    yield from _references(spec)
    yield from _policy_names(spec)
    yield from _no_nodes(spec)
    yield from _long_names(spec)


def _cluster(spec: ClusterSpec, at: Location) -> Iterator[Finding]:
    cidrs = items(
        (*at, "endpoint_access", "public_cidrs"), map(IPv4Network, spec.endpoint_access.public_cidrs)
    )
    for (first, one), (second, other) in combinations(cidrs, 2):
        if one.overlaps(other):
            yield Finding(
                second,
                f"{other}, which overlaps {one}",
                "networks that do not overlap",
                rests_on=(first, second),
            )
    yield from repeated(items((*at, "admin_principal_arns"), spec.admin_principal_arns))


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


def _database(spec: DatabaseSpec, at: Location) -> Iterator[Finding]:
    if not version_fits(spec.engine, spec.version):
        version = (*at, "version")
        yield Finding(
            version, shown(spec.version), VERSIONS_ALLOWED[spec.engine], rests_on=(version, (*at, "engine"))
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
    yield from repeated(items((*at, "ports"), spec.ports))
    yield from repeated(items((*at, "databases"), spec.databases))
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
    for name, workload in spec.workloads.items():
        at: Location = ("workloads", name)
        for index, database in enumerate(workload.databases):
            yield from _unknown("databases", database, spec.databases, (*at, "databases", index))
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
    yield Finding(location, shown(name), allowed, rests_on=(location, (part, name)))


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
    if not any(group.desired_count or group.min_count for group in spec.node_groups.values()):
        yield Finding(
            ("node_groups",),
            "desired_count 0 in every group",
            "a desired_count of 1 or more in one group, which CoreDNS needs",
            rests_on=tuple(
                ("node_groups", name, key)
                for name in spec.node_groups
                for key in ("min_count", "desired_count")
            ),
        )


def _long_names(spec: EnvironmentSpec) -> Iterator[Finding]:
    name: Location = ("name",)
    yield from name_findings(name, cluster_names(spec.name))
    for group in spec.node_groups:
        yield from name_findings(("node_groups", group), node_group_names(spec.name, group), name)
    for key, database in spec.databases.items():
        names = database_names(spec.name, key, log_exports(database.engine))
        yield from name_findings(("databases", key), names, name)
