"""The subnets of a network: private ones from its low end, public ones from its high end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from podsg.errors import InputError
from podsg.model.finding import Finding, items, overlapping
from podsg.model.location import Location
from podsg.model.network import NetworkSpec, zone_count

_SMALLEST_PREFIX = 28
_KINDS = ("private", "public")


@dataclass(frozen=True)
class SubnetPlan:
    """CIDR blocks of the subnets, one of each kind per zone, in the order of the zones."""

    private: tuple[str, ...]
    public: tuple[str, ...]
    """Empty if the network has no public subnets."""
    pods: tuple[str, ...] = ()
    """Empty if pods live in the private subnets."""


def plan_subnets(spec: NetworkSpec) -> SubnetPlan:
    """Cut a network into private and public subnets, and its second network into those of pods.

    Private blocks grow from the low end, public ones from the high end, so that a zone more moves none of
    the others. Blocks that are written out are taken as they are.

    Returns:
        Blocks that lie inside the network and do not overlap.

    Raises:
        InputError: The blocks do not fit into the network.

    Example:
        >>> plan = plan_subnets(NetworkSpec(cidr="10.42.0.0/16", zone_count=2))
        >>> plan.private, plan.public
        (('10.42.0.0/19', '10.42.32.0/19'), ('10.42.255.0/24', '10.42.254.0/24'))
    """
    problems = [finding.problem for finding in subnet_findings(spec)]
    if problems:
        raise InputError(problems, "network")
    network = IPv4Network(spec.cidr)
    private, public = _prefixes(spec)
    low = int(network.network_address)
    high = low + network.num_addresses
    zones = range(zone_count(spec))
    return SubnetPlan(
        private=_written(spec.private_cidrs)
        or tuple(_block(low + zone * _size(private), private) for zone in zones),
        public=tuple(_block(high - (zone + 1) * _size(public), public) for zone in zones)
        if spec.public_cidrs is None
        else _written(spec.public_cidrs),
        pods=_pod_blocks(spec),
    )


def subnet_findings(spec: NetworkSpec, at: Location = ()) -> Iterator[Finding]:
    """Report subnets that do not fit into their network.

    Args:
        spec: The network.
        at: Where it stands in the input.

    Returns:
        Findings at the blocks that are written out; without such blocks at most one: at the prefix that,
        changed alone, makes all fit, else at the network.
    """
    for kind in _KINDS:
        prefix, cidrs = getattr(spec, f"{kind}_prefix"), getattr(spec, f"{kind}_cidrs")
        if prefix is not None and cidrs is not None:
            place, other = (*at, f"{kind}_prefix"), (*at, f"{kind}_cidrs")
            why = "the networks are written out" if cidrs else "there are no such subnets"
            yield Finding(place, str(prefix), f"no prefix, as {why}", rests_on=(place, other))
    if spec.private_cidrs or spec.public_cidrs:
        yield from _written_findings(spec, at)
    else:
        yield from _cut_findings(spec, at)


def _written_findings(spec: NetworkSpec, at: Location) -> Iterator[Finding]:
    for kind in _KINDS:
        if getattr(spec, f"{kind}_cidrs") is None:
            both = tuple((*at, f"{other}_cidrs") for other in _KINDS)
            other = next(other for other in _KINDS if other != kind)
            allowed = f"the networks of the {kind} subnets, as {other}_cidrs is written out"
            yield Finding((*at, f"{kind}_cidrs"), "nothing", allowed, rests_on=both)
        elif kind == "private" or spec.public_cidrs:
            yield from _count_findings(spec, kind, at)
    yield from _place_findings(spec, at)


def _count_findings(spec: NetworkSpec, kind: str, at: Location) -> Iterator[Finding]:
    cidrs = getattr(spec, f"{kind}_cidrs")
    zones = zone_count(spec)
    if len(cidrs) != zones:
        place = (*at, f"{kind}_cidrs")
        yield Finding(
            place,
            f"{len(cidrs)} networks",
            f"{zones} networks, one for each zone",
            rests_on=(place, (*at, "zone_count"), (*at, "zones")),
        )


def _place_findings(spec: NetworkSpec, at: Location) -> Iterator[Finding]:
    """Report blocks outside the VPC, and blocks that overlap an earlier one."""
    vpc = IPv4Network(spec.cidr)
    blocks = [
        block
        for kind in _KINDS
        for block in items(
            (*at, f"{kind}_cidrs"), list(map(IPv4Network, getattr(spec, f"{kind}_cidrs") or []))
        )
    ]
    for place, block in blocks:
        if not block.subnet_of(vpc):
            yield Finding(
                place, str(block), f"a network inside {vpc}, the VPC", rests_on=(place, (*at, "cidr"))
            )
    yield from overlapping(blocks)


def _cut_findings(spec: NetworkSpec, at: Location) -> Iterator[Finding]:
    private, public = _prefixes(spec)
    if _fits(spec, private, public):
        return
    cidr, zones = f"in {spec.cidr}", f"for {zone_count(spec)} zones"
    parts = tuple((*at, name) for name in ("cidr", "zone_count", "zones", "private_prefix", "public_prefix"))
    longer = range(IPv4Network(spec.cidr).prefixlen + 1, _SMALLEST_PREFIX + 1)
    choices = {
        "private_prefix": (private, next((prefix for prefix in longer if _fits(spec, prefix, public)), None)),
        "public_prefix": (public, next((prefix for prefix in longer if _fits(spec, private, prefix)), None)),
    }
    for name in sorted(choices, key=lambda name: getattr(spec, name) is None):
        prefix, fitting = choices[name]
        if fitting is not None:
            allowed = f"{fitting} to {_SMALLEST_PREFIX} {zones} {cidr}"
            yield Finding((*at, name), str(prefix), allowed, rests_on=parts)
            return
    allowed = f"longer prefixes {zones} {cidr}, such as {longer[2]} and {longer[7]}, the defaults"
    yield Finding(at, f"private_prefix {private} and public_prefix {public}", allowed, rests_on=parts)


def _prefixes(spec: NetworkSpec) -> tuple[int, int]:
    own = IPv4Network(spec.cidr).prefixlen
    private = own + 3 if spec.private_prefix is None else spec.private_prefix
    public = own + 8 if spec.public_prefix is None else spec.public_prefix
    return private, public


def _fits(spec: NetworkSpec, private: int, public: int) -> bool:
    in_zone = _size(private) + (0 if spec.public_cidrs == [] else _size(public))
    return zone_count(spec) * in_zone <= IPv4Network(spec.cidr).num_addresses


def _pod_blocks(spec: NetworkSpec) -> tuple[str, ...]:
    """Cut the network of the pods into eight blocks, of which each zone takes one, from the low end."""
    if spec.pod_cidr is None:
        return ()
    blocks = IPv4Network(spec.pod_cidr).subnets(prefixlen_diff=3)
    return tuple(str(next(blocks)) for _ in range(zone_count(spec)))


def _written(cidrs: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(cidrs or ())


def _size(prefix: int) -> int:
    return 1 << (32 - prefix)


def _block(address: int, prefix: int) -> str:
    return str(IPv4Network((address, prefix)))
