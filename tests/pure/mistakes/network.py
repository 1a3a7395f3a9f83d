"""Mistakes in a network made here."""

from __future__ import annotations

from typing import Any

from tests.pure.mistakes.mistake import MISSING, Location, Mistake, mistake

NETWORK: Location = ("network",)
ZONES = ["us-west-2a", "us-west-2b", "us-west-2c"]
PRIVATE = ["10.42.0.0/19", "10.42.32.0/19", "10.42.64.0/19"]
PUBLIC = ["10.42.255.0/24", "10.42.254.0/24", "10.42.253.0/24"]
# VPC, network for pods, the range of it that AWS does not join to the VPC.
POD_NETWORKS_KEPT = (
    ("10.42.0.0/16", "172.30.0.0/16", "172.16.0.0/12"),
    ("10.42.0.0/16", "192.168.0.0/16", "192.168.0.0/16"),
    ("10.1.0.0/16", "10.0.0.0/16", "10.0.0.0/16"),
    ("172.20.0.0/16", "10.1.0.0/16", "10.0.0.0/8"),
    ("172.20.0.0/16", "172.31.0.0/20", "172.31.0.0/16"),
    ("192.168.0.0/16", "172.16.0.0/16", "172.16.0.0/12"),
    ("100.64.0.0/16", "10.1.0.0/16", "10.0.0.0/8"),
    ("203.0.0.0/16", "192.168.0.0/16", "192.168.0.0/16"),
)


def network(kind: str, changes: dict[str, Any], allowed: str, path: str, *, found: str) -> Mistake:
    """Make a mistake that several values of the network make together."""
    return mistake(
        kind,
        NETWORK,
        {"cidr": "10.42.0.0/16", **changes},
        allowed,
        f"network.{path}".rstrip("."),
        found=found,
    )


def written_out(kind: str, changes: dict[str, Any], allowed: str, path: str, *, found: str) -> Mistake:
    """Make a mistake in a network whose subnets are written out."""
    cidrs = {"private_cidrs": PRIVATE, "public_cidrs": PUBLIC}
    return network(kind, {**cidrs, **changes}, allowed, path, found=found)


VALUES = (
    mistake("missing key", (*NETWORK, "cidr"), MISSING, "an IPv4 network of /16 to /20"),
    mistake(
        "misspelt key",
        (*NETWORK, "zone_cuont"),
        3,
        "zone_count, the nearest of cidr, zone_count,",
        found="an unknown key",
    ),
    mistake("text for network", NETWORK, "10.42.0.0/16", "a mapping with the keys cidr, zone_count"),
    mistake("text for number", (*NETWORK, "zone_count"), "3", "a whole number: 2 to 6"),
    mistake("fraction", (*NETWORK, "zone_count"), 2.5, "a whole number: 2 to 6"),
    mistake("truth for number", (*NETWORK, "zone_count"), True, "a whole number: 2 to 6"),
    mistake("too few zones", (*NETWORK, "zone_count"), 1, "2 to 6"),
    mistake("too many zones", (*NETWORK, "zone_count"), 7, "2 to 6"),
    mistake("unknown choice", (*NETWORK, "nat"), "many", "single, per_zone or none"),
    mistake("no network at all", (*NETWORK, "cidr"), "10.0.0.0/99", "an IPv4 network of /16 to /20"),
    mistake("no prefix", (*NETWORK, "cidr"), "10.0.0.0", "an IPv4 network of /16 to /20"),
    mistake("network too large", (*NETWORK, "cidr"), "10.0.0.0/8", "an IPv4 network of /16 to /20"),
    mistake("network too small", (*NETWORK, "cidr"), "10.0.0.0/24", "an IPv4 network of /16 to /20"),
    mistake(
        "host bits", (*NETWORK, "cidr"), "10.42.7.1/16", "10.42.0.0/16, the same network without host bits"
    ),
    mistake("loopback network", (*NETWORK, "cidr"), "127.0.0.0/16", "outside 127.0.0.0/8"),
    mistake("IPv6 network", (*NETWORK, "cidr"), "fd00::/16", "an IPv4 network of /16 to /20"),
    mistake(
        "retention not offered", (*NETWORK, "flow_log_retention_days"), 42, "1, 3, 5, 7, 14, 30, 60, 90,"
    ),
    mistake("truth for days", (*NETWORK, "flow_log_retention_days"), True, "a whole number: 1, 3, 5,"),
)
ZONE_MISTAKES = (
    mistake("one zone", (*NETWORK, "zones"), ["us-west-2a"], "a list of 2 to 6 items"),
    mistake(
        "region for zone",
        (*NETWORK, "zones"),
        [*ZONES[:2], "us-west-2"],
        "such as us-west-2a",
        "network.zones[2]",
        found='"us-west-2"',
    ),
    mistake(
        "unknown zone",
        (*NETWORK, "zones"),
        [*ZONES[:2], "us-west-2g"],
        "a letter from a to f",
        "network.zones[2]",
        found='"us-west-2g"',
    ),
    mistake(
        "local zone",
        (*NETWORK, "zones"),
        [*ZONES[:2], "us-west-2-lax-1a"],
        "a letter from a to f",
        "network.zones[2]",
        found='"us-west-2-lax-1a"',
    ),
    mistake(
        "zone of another region",
        (*NETWORK, "zones"),
        [*ZONES[:2], "us-east-1c"],
        "a zone of us-west-2, the region of the first zone",
        "network.zones[2]",
        found='"us-east-1c"',
    ),
    mistake(
        "zone twice",
        (*NETWORK, "zones"),
        [*ZONES[:2], "us-west-2a"],
        "each value once",
        "network.zones[2]",
        found='"us-west-2a", as in network.zones[0]',
    ),
    mistake(
        "zones against their count",
        (*NETWORK, "zones"),
        ZONES[:2],
        "2, as many as zones, or no zone_count",
        "network.zone_count",
        found="3",
    ),
)
SUBNET_MISTAKES = (
    mistake(
        "private subnets too large", (*NETWORK, "private_prefix"), 17, "18 to 28 for 3 zones in 10.42.0.0/16"
    ),
    mistake(
        "public subnets too large", (*NETWORK, "public_prefix"), 17, "19 to 28 for 3 zones in 10.42.0.0/16"
    ),
    mistake("subnet prefix too long", (*NETWORK, "private_prefix"), 29, "17 to 28"),
    network(
        "both kinds too large",
        {"private_prefix": 17, "public_prefix": 17},
        "such as 19 and 24",
        "",
        found="private_prefix 17 and public_prefix 17",
    ),
    written_out(
        "subnet too small",
        {"private_cidrs": [*PRIVATE[:2], "10.42.64.0/29"]},
        "an IPv4 network of /16 to /28",
        "private_cidrs[2]",
        found='"10.42.64.0/29"',
    ),
    written_out(
        "subnet with host bits",
        {"public_cidrs": [*PUBLIC[:2], "10.42.253.9/24"]},
        "10.42.253.0/24, the same network",
        "public_cidrs[2]",
        found='"10.42.253.9/24"',
    ),
    written_out(
        "subnet outside the VPC",
        {"private_cidrs": [*PRIVATE[:2], "10.43.0.0/19"]},
        "a network inside 10.42.0.0/16, the VPC",
        "private_cidrs[2]",
        found="10.43.0.0/19",
    ),
    written_out(
        "overlapping subnets",
        {"private_cidrs": [*PRIVATE[:2], "10.42.48.0/20"]},
        "networks that do not overlap",
        "private_cidrs[2]",
        found="10.42.48.0/20, which overlaps 10.42.32.0/19 in network.private_cidrs[1]",
    ),
    written_out(
        "public subnet in a private one",
        {"public_cidrs": ["10.42.1.0/24", *PUBLIC[:2]]},
        "networks that do not overlap",
        "public_cidrs[0]",
        found="10.42.1.0/24, which overlaps 10.42.0.0/19 in network.private_cidrs[0]",
    ),
    written_out(
        "one subnet",
        {"private_cidrs": PRIVATE[:1]},
        "a list of 2 to 6 items",
        "private_cidrs",
        found="a list of 1 item",
    ),
    written_out(
        "a private subnet for two zones of three",
        {"private_cidrs": PRIVATE[:2]},
        "3 networks, one for each zone",
        "private_cidrs",
        found="2 networks",
    ),
    written_out(
        "a public subnet too many",
        {"public_cidrs": [*PUBLIC, "10.42.252.0/24"]},
        "3 networks, one for each zone",
        "public_cidrs",
        found="4 networks",
    ),
    network(
        "private subnets alone written out",
        {"private_cidrs": PRIVATE},
        "the networks of the public subnets, as private_cidrs is written out",
        "public_cidrs",
        found="nothing",
    ),
    network(
        "public subnets alone written out",
        {"public_cidrs": PUBLIC},
        "the networks of the private subnets, as public_cidrs is written out",
        "private_cidrs",
        found="nothing",
    ),
    written_out(
        "prefix beside networks",
        {"private_prefix": 19},
        "no prefix, as the networks are written out",
        "private_prefix",
        found="19",
    ),
    network(
        "prefix of no subnets",
        {
            "public_cidrs": [],
            "public_prefix": 24,
            "nat": "none",
            "interface_endpoints": ["ec2", "ecr.api", "ecr.dkr", "eks", "sts"],
        },
        "no prefix, as there are no such subnets",
        "public_prefix",
        found="24",
    ),
)
WAYS_OUT = (
    network(
        "NAT without public subnets",
        {"public_cidrs": []},
        "none, or public_cidrs for the subnets that NAT gateways stand in",
        "nat",
        found='"single" without public subnets',
    ),
    network(
        "NAT per zone without public subnets",
        {"public_cidrs": [], "nat": "per_zone"},
        "none, or public_cidrs",
        "nat",
        found='"per_zone" without public subnets',
    ),
    network(
        "neither NAT nor endpoints",
        {"nat": "none"},
        "ec2, ecr.api, ecr.dkr, eks, sts and any others, as nodes without NAT",
        "interface_endpoints",
        found="none for ec2, ecr.api, ecr.dkr, eks, sts",
    ),
    network(
        "an endpoint missing without NAT",
        {"nat": "none", "interface_endpoints": ["ec2", "ecr.api", "eks", "sts"]},
        "ec2, ecr.api, ecr.dkr, eks, sts",
        "interface_endpoints",
        found="none for ecr.dkr",
    ),
    mistake(
        "unknown endpoint",
        (*NETWORK, "interface_endpoints"),
        ["ecr"],
        "autoscaling, ec2, ecr.api,",
        "network.interface_endpoints[0]",
        found='"ecr"',
    ),
    mistake(
        "endpoint twice",
        (*NETWORK, "interface_endpoints"),
        ["sts", "ec2", "sts"],
        "each value once",
        "network.interface_endpoints[2]",
        found='"sts", as in network.interface_endpoints[0]',
    ),
)
POD_NETWORKS = (
    mistake(
        "pod network too small", (*NETWORK, "pod_cidr"), "100.64.0.0/25", "an IPv4 network of /16 to /24"
    ),
    mistake(
        "pod network too large", (*NETWORK, "pod_cidr"), "100.64.0.0/10", "an IPv4 network of /16 to /24"
    ),
    mistake("pod network of nobody", (*NETWORK, "pod_cidr"), "198.19.0.0/16", "outside 198.19.0.0/16"),
    mistake(
        "pod network in the VPC",
        (*NETWORK, "pod_cidr"),
        "10.42.128.0/17",
        "a network outside the VPC's own",
        found="10.42.128.0/17, which overlaps 10.42.0.0/16",
    ),
    *(
        network(
            f"pod network {pods} beside {vpc}",
            {"cidr": vpc, "pod_cidr": pods},
            f"a network of 100.64.0.0/10, as AWS joins nothing of {kept} to {vpc}",
            "pod_cidr",
            found=f"{pods}, in {kept}",
        )
        for vpc, pods, kept in POD_NETWORKS_KEPT
    ),
)

NETWORK_MISTAKES = (*VALUES, *ZONE_MISTAKES, *SUBNET_MISTAKES, *WAYS_OUT, *POD_NETWORKS)
