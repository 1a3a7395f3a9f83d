"""Which security group rules a workload needs, worked out before any of them exists."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Optional

from podsg.model import PeerSpec, WorkloadSpec

PODS = "pods"
CLUSTER = "cluster"
NODES = "nodes"
DNS_PORT = 53


class Direction(StrEnum):
    """Which way a rule lets traffic pass, seen from its group."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True)
class Party:
    """One side of a flow: a group or a CIDR block."""

    text: str
    """How descriptions call it."""
    group: Optional[str] = None
    """Name of a group that takes rules of ours, or id of one that does not; None for a CIDR block."""
    cidr: Optional[str] = None
    ours: bool = True
    """Whether its group takes rules of ours."""


@dataclass(frozen=True)
class Rule:
    """One rule of one security group."""

    key: str
    """Name of the rule within its workload; what else exists does not change it."""
    direction: Direction
    group: str
    """Name of the group that the rule belongs to."""
    peer: Party
    """The other side."""
    protocol: str
    port: int
    description: str
    """From whom to whom."""


def database_group(database: str) -> str:
    """Return how rules call the group of a database."""
    return f"database:{database}"


def workload_group(workload: str) -> str:
    """Return how rules call the group of another workload."""
    return f"workload:{workload}"


def workload_rules(
    workload: str,
    spec: WorkloadSpec,
    database_ports: Mapping[str, int],
    callers: Mapping[str, Iterable[int]],
) -> tuple[Rule, ...]:
    """Return the rules that belong to a workload: DNS, probes, grants, who calls it and whom it calls.

    A flow between two workloads belongs to the one that is called, whichever of them names it, so it is made
    once.

    Args:
        workload: Name of the workload.
        spec: What was written about it.
        database_ports: TCP port of each database that it is granted, by name.
        callers: TCP ports by name of the other workloads that name this one in their `egress_to`.

    Returns: Rules with distinct keys, DNS first.
    """
    pods = Party(f"pods of {workload}", PODS)
    rules: list[Rule] = []
    for protocol in ("tcp", "udp"):
        rules += _flow(f"dns-{protocol}", pods, Party("CoreDNS", CLUSTER), protocol, DNS_PORT)
    for port in sorted(set(spec.ports)):
        rules += _flow(f"probe-{port}", Party("the kubelet on nodes", NODES), pods, "tcp", port)
    for database in sorted(set(spec.databases)):
        party = Party(f"database {database}", database_group(database))
        rules += _flow(f"database-{database}", pods, party, "tcp", database_ports[database])
    for name, port in sorted(_callers(spec, callers)):
        caller = pods if name == workload else Party(f"pods of {name}", workload_group(name))
        rules += _flow(f"from-workload-{name}-{port}", caller, pods, "tcp", port)
    for key, party, port in _outsiders(spec.ingress_from):
        rules += _flow(f"from-{key}-{port}", party, pods, "tcp", port)
    for key, party, port in _outsiders(spec.egress_to):
        rules += _flow(f"to-{key}-{port}", pods, party, "tcp", port)
    return tuple(rules)


def callers_of(workload: str, workloads: Mapping[str, WorkloadSpec]) -> dict[str, list[int]]:
    """Return the TCP ports on which workloads want to call one of them, by the name of the caller.

    Args:
        workload: Name of the workload that is called.
        workloads: All workloads, by name.
    """
    found = {
        name: {port for peer in spec.egress_to if peer.workload == workload for port in peer.ports}
        for name, spec in workloads.items()
    }
    return {name: sorted(ports) for name, ports in found.items() if ports}


def _callers(spec: WorkloadSpec, callers: Mapping[str, Iterable[int]]) -> set[tuple[str, int]]:
    named = {(peer.workload, port) for peer in spec.ingress_from if peer.workload for port in peer.ports}
    return named | {(name, port) for name, ports in callers.items() for port in ports}


def _outsiders(peers: Iterable[PeerSpec]) -> Iterator[tuple[str, Party, int]]:
    """Yield key, party and port of the peers that are no workloads, each pair of party and port once."""
    found = {(_outsider(peer), port) for peer in peers if peer.workload is None for port in peer.ports}
    for (key, party), port in sorted(found, key=lambda entry: (entry[0][0], entry[1])):
        yield key, party, port


def _outsider(peer: PeerSpec) -> tuple[str, Party]:
    if peer.cidr is not None:
        return f"cidr-{peer.cidr.replace('/', '-')}", Party(peer.cidr, cidr=peer.cidr)
    return f"group-{peer.security_group_id}", Party(
        f"group {peer.security_group_id}", peer.security_group_id, ours=False
    )


def _flow(key: str, source: Party, destination: Party, protocol: str, port: int) -> Iterator[Rule]:
    """Yield the rule that lets a flow out at its source and the one that lets it in at its destination."""
    description = f"from {source.text} to {destination.text}, {port}/{protocol}"
    for direction, side, peer in (
        (Direction.EGRESS, source, destination),
        (Direction.INGRESS, destination, source),
    ):
        if side.ours and side.group is not None:
            yield Rule(f"{key}-{direction}", direction, side.group, peer, protocol, port, description)
