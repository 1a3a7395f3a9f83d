"""Checks of the values of a network against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from podsg.model.finding import Finding, items, repeated, without_effect
from podsg.model.location import Location
from podsg.model.network import NEEDED_WITHOUT_NAT, NatMode, NetworkSpec
from podsg.model.subnets import subnet_findings
from podsg.model.wording import shown

_PRIVATE_RANGES = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
# A VPC in the first range takes no second block from the other one, though both are private and the same.
# Source: VPC user guide, "IPv4 CIDR block association restrictions".
_KEPT_BY_AWS = tuple(
    (IPv4Network(vpc), IPv4Network(pods))
    for vpc, pods in (("10.0.0.0/15", "10.0.0.0/16"), ("172.16.0.0/12", "172.31.0.0/16"))
)


def network_findings(spec: NetworkSpec, region: str | None, at: Location = ()) -> Iterator[Finding]:
    """Report what does not fit together in a network.

    Args:
        spec: The network.
        region: Region of the stack, such as us-west-2; None if it is not known.
        at: Where the network stands in the input.
    """
    yield from subnet_findings(spec, at)
    yield from _zones(spec, region, at)
    yield from _ways_out(spec, at)
    yield from repeated(items((*at, "interface_endpoints"), spec.interface_endpoints))
    if spec.flow_log_group_arn is not None:
        yield from without_effect(spec, "flow_log_retention_days", "flow_log_group_arn", at)
    if spec.pod_cidr is not None:
        yield from _pods(IPv4Network(spec.cidr), IPv4Network(spec.pod_cidr), at)


def zone_findings(zones: Iterable[tuple[Location, str]], region: str | None) -> Iterator[Finding]:
    """Report zones of more than one region.

    Args:
        zones: Names of zones with their places, in the order written.
        region: Region of the stack, such as us-west-2; None if it is not known, then the first zone tells it.
    """
    first: Location | None = None
    for place, zone in zones:
        if region is None:
            first, region = place, zone[:-1]
        if zone[:-1] != region:
            whose = "the stack" if first is None else "the first zone"
            rests_on = (place,) if first is None else (place, first)
            yield Finding(place, shown(zone), f"a zone of {region}, the region of {whose}", rests_on=rests_on)


def _zones(spec: NetworkSpec, region: str | None, at: Location) -> Iterator[Finding]:
    if spec.zones is None:
        return
    zones = (*at, "zones")
    yield from repeated(items(zones, spec.zones))
    yield from zone_findings(items(zones, spec.zones), region)
    if "zone_count" in spec.model_fields_set and spec.zone_count != len(spec.zones):
        count = (*at, "zone_count")
        yield Finding(
            count,
            str(spec.zone_count),
            f"{len(spec.zones)}, as many as zones, or no zone_count",
            rests_on=(count, zones),
        )


def _ways_out(spec: NetworkSpec, at: Location) -> Iterator[Finding]:
    nat, public, endpoints = (*at, "nat"), (*at, "public_cidrs"), (*at, "interface_endpoints")
    if spec.nat is not NatMode.NONE and spec.public_cidrs == []:
        yield Finding(
            nat,
            f"{shown(spec.nat.value)} without public subnets",
            "none, or public_cidrs for the subnets that NAT gateways stand in",
            rests_on=(nat, public),
        )
    missing = [service for service in NEEDED_WITHOUT_NAT if service not in spec.interface_endpoints]
    if spec.nat is NatMode.NONE and missing:
        yield Finding(
            endpoints,
            f"none for {', '.join(missing)}",
            f"{', '.join(NEEDED_WITHOUT_NAT)} and any others, as nodes without NAT reach AWS no other way",
            rests_on=(nat, endpoints),
        )


def _pods(vpc: IPv4Network, pods: IPv4Network, at: Location) -> Iterator[Finding]:
    place, cidr = (*at, "pod_cidr"), (*at, "cidr")
    if pods.overlaps(vpc):
        yield Finding(
            place, f"{pods}, which overlaps {vpc}", "a network outside the VPC's own", rests_on=(place, cidr)
        )
        return
    own = next((block for block in _PRIVATE_RANGES if vpc.subnet_of(block)), None)
    kept = (block for near, block in _KEPT_BY_AWS if vpc.subnet_of(near))
    for block in (*(other for other in _PRIVATE_RANGES if other != own), *kept):
        if pods.overlaps(block):
            yield Finding(
                place,
                f"{pods}, in {block}",
                f"a network of 100.64.0.0/10, as AWS joins nothing of {block} to {vpc}",
                rests_on=(place, cidr),
            )
