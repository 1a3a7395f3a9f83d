"""The subnets of a network: private ones from its low end, public ones from its high end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from podsg.errors import InputError
from podsg.model.finding import Finding
from podsg.model.location import Location
from podsg.model.network import NetworkSpec

_SMALLEST_PREFIX = 28


@dataclass(frozen=True)
class SubnetPlan:
    """CIDR blocks of the subnets, one of each kind per zone, in the order of the zones."""

    private: tuple[str, ...]
    public: tuple[str, ...]


def plan_subnets(spec: NetworkSpec) -> SubnetPlan:
    """Cut a network into private and public subnets.

    Private blocks grow from the low end, public ones from the high end, so that a zone more moves none of
    the others.

    Returns:
        Blocks that lie inside the network and do not overlap.

    Raises:
        InputError: The blocks do not fit into the network.

    Example:
        >>> plan_subnets(NetworkSpec(cidr="10.42.0.0/16", zone_count=2))
        SubnetPlan(private=('10.42.0.0/19', '10.42.32.0/19'), public=('10.42.255.0/24', '10.42.254.0/24'))
    """
    problems = [finding.problem for finding in subnet_findings(spec)]
    if problems:
        raise InputError(problems, "network")
    network = IPv4Network(spec.cidr)
    private, public = _prefixes(spec)
    low = int(network.network_address)
    high = low + network.num_addresses
    return SubnetPlan(
        private=tuple(_block(low + zone * _size(private), private) for zone in range(spec.zone_count)),
        public=tuple(_block(high - (zone + 1) * _size(public), public) for zone in range(spec.zone_count)),
    )


def subnet_findings(spec: NetworkSpec, at: Location = ()) -> Iterator[Finding]:
    """Report subnets that do not fit into their network.

    Args:
        spec: The network.
        at: Where it stands in the input.

    Returns:
        At most one finding: at the prefix that, changed alone, makes all fit, else at the network.
    """
    private, public = _prefixes(spec)
    if _fits(spec, private, public):
        return
    cidr, zones = f"in {spec.cidr}", f"for {spec.zone_count} zones"
    parts = tuple((*at, name) for name in ("cidr", "zone_count", "private_prefix", "public_prefix"))
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
    return spec.zone_count * (_size(private) + _size(public)) <= IPv4Network(spec.cidr).num_addresses


def _size(prefix: int) -> int:
    return 1 << (32 - prefix)


def _block(address: int, prefix: int) -> str:
    return str(IPv4Network((address, prefix)))
