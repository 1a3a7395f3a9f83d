"""Checks that each part of an environment is made or exists, and has what it needs of the others."""

from __future__ import annotations

from collections.abc import Iterator

from podsg.model.database import database_port
from podsg.model.environment import EnvironmentSpec, has_pod_subnets
from podsg.model.finding import Finding, items, repeated
from podsg.model.location import Location, key_set, path_text, presence
from podsg.model.network_consistency import zone_findings
from podsg.model.wording import shown

_FEWEST_SUBNETS = 2
# What the rules for a database follow from.
_RULE_KEYS = ("security_group_id", "port", "engine")
_POD_SUBNETS: Location = ("existing_network", "pod_subnet_ids")


def existing_findings(spec: EnvironmentSpec, region: str | None) -> Iterator[Finding]:
    """Report parts that are missing, that are there twice, or that lack something of an existing one.

    Args:
        spec: The environment.
        region: Region of the stack, such as us-west-2; None if it is not known.
    """
    for part in ("network", "cluster"):
        yield from _exactly_one(spec, part)
    if spec.network is not None and spec.existing_cluster is not None:
        yield Finding(
            ("existing_cluster",),
            "a cluster beside a network made here",
            "existing_network, the one that the cluster is in",
            rests_on=(presence(("network",)), presence(("existing_cluster",))),
        )
    for name in sorted(spec.databases.keys() & spec.existing_databases.keys()):
        place: Location = ("existing_databases", name)
        other: Location = ("databases", name)
        found = f"a name of {path_text(other)} too"
        yield Finding(place, found, "each name once", rests_on=(presence(place), presence(other)))
    yield from _subnets(spec)
    yield from _pod_subnets(spec, region)
    yield from _custom_networking(spec)
    yield from _pod_groups(spec)
    yield from _equal_grants(spec)


def _exactly_one(spec: EnvironmentSpec, part: str) -> Iterator[Finding]:
    made: Location = (part,)
    existing: Location = (f"existing_{part}",)
    rests_on = (presence(made), presence(existing))
    given = [place for place in (made, existing) if getattr(spec, str(place[0])) is not None]
    if not given:
        yield Finding(made, "nothing", f"a {part} to be made, or existing_{part}", rests_on=rests_on)
    elif len(given) == len((made, existing)):
        yield Finding(existing, f"{part} beside it", f"either {part} or existing_{part}", rests_on=rests_on)


def _subnets(spec: EnvironmentSpec) -> Iterator[Finding]:
    """Report an existing VPC without subnets for what is made in it."""
    network = spec.existing_network
    if network is None:
        return
    place: Location = ("existing_network", "private_subnet_ids")
    yield from repeated(items(place, network.private_subnet_ids))
    made = [part for part in ("cluster", "node_groups", "databases") if getattr(spec, part)]
    if made and len(network.private_subnet_ids) < _FEWEST_SUBNETS:
        yield Finding(
            place,
            f"{len(network.private_subnet_ids)} for {', '.join(made)}",
            "ids of private subnets, 2 to 30, in two zones or more",
            rests_on=(place, *(presence((part,)) for part in made)),
        )


def _pod_subnets(spec: EnvironmentSpec, region: str | None) -> Iterator[Finding]:
    """Report subnets for pods that are there twice, in another region, or of no use."""
    if spec.existing_network is None:
        return
    subnets = {(*_POD_SUBNETS, zone): subnet for zone, subnet in spec.existing_network.pod_subnet_ids.items()}
    yield from repeated(subnets.items())
    yield from zone_findings(((place, str(place[-1])) for place in subnets), region)
    if subnets and spec.cluster is None:
        yield Finding(
            _POD_SUBNETS,
            "subnets for pods of an existing cluster",
            "none, as custom networking of that cluster is set up where it is made",
            rests_on=(key_set(_POD_SUBNETS), presence(("cluster",))),
        )


def _custom_networking(spec: EnvironmentSpec) -> Iterator[Finding]:
    """Report custom networking without subnets for pods, and such subnets without it."""
    if spec.cluster is None:
        return
    wanted = spec.cluster.vpc_cni.custom_networking
    if wanted is None or wanted == has_pod_subnets(spec):
        return
    place: Location = ("cluster", "vpc_cni", "custom_networking")
    subnets: Location = _POD_SUBNETS if spec.network is None else ("network", "pod_cidr")
    found = f"{shown(wanted)} {'without' if wanted else 'with'} subnets for pods"
    allowed = f"true with {path_text(subnets)}, false without it"
    networks = presence(("network",)), presence(("existing_network",))
    yield Finding(place, found, allowed, rests_on=(place, key_set(subnets), *networks))


def _pod_groups(spec: EnvironmentSpec) -> Iterator[Finding]:
    """Report a group that would get the rules of two workloads, of which many are the same."""
    first = {
        ("workloads", name, "security_group_ids", 0): work.security_group_ids[0]
        for name, work in spec.workloads.items()
        if work.security_group_ids
    }
    yield from repeated(first.items(), "another first group: it gets the rules of one workload")


def _equal_grants(spec: EnvironmentSpec) -> Iterator[Finding]:
    """Report two databases of a workload with one group and port: EC2 refuses to make one rule twice."""
    reached = _groups_and_ports(spec)
    for name, workload in spec.workloads.items():
        first: dict[tuple[str, int], str] = {}
        for at, database in items(("workloads", name, "databases"), workload.databases):
            place, reach = reached.get(database, ((), None))
            other = database if reach is None else first.setdefault(reach, database)
            if other != database:
                parts = (place, reached[other][0])
                yield Finding(
                    at,
                    f"{shown(database)}, which has the security group and the port of {other}",
                    f"{other} alone, as its rules open both",
                    rests_on=(at, *((*part, key) for part in parts for key in _RULE_KEYS)),
                )


def _groups_and_ports(spec: EnvironmentSpec) -> dict[str, tuple[Location, tuple[str, int]]]:
    """List place, security group and port of the databases whose group exists already, by name."""
    made = {
        name: (("databases", name), (database.security_group_id, database_port(database)))
        for name, database in spec.databases.items()
        if database.security_group_id is not None
    }
    existing = {
        name: (("existing_databases", name), (database.security_group_id, database.port))
        for name, database in spec.existing_databases.items()
    }
    return {**made, **existing}
