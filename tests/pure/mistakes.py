"""Mistakes that people make in an environment, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Location = tuple[str | int, ...]

MISSING = object()
"""Put in place of a value: the key is left out."""


@dataclass(frozen=True)
class Mistake:
    kind: str
    location: Location
    """Where the mistake is made."""
    value: Any
    allowed: str
    """Part of what is said to be allowed."""
    path: str
    """Where it is reported."""


def make(written: dict[str, Any], location: Location, value: Any) -> None:
    *parents, last = location
    place: Any = written
    for step in parents:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    if value is MISSING:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value


def mistake(kind: str, location: Location, value: Any, allowed: str, path: str = "") -> Mistake:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return Mistake(kind, location, value, allowed, path or "".join(steps).removeprefix("."))


NETWORK: Location = ("network",)
CLUSTER: Location = ("cluster",)
WORKERS: Location = ("node_groups", "workers")
DATABASE: Location = ("databases", "catalog")
WORKLOAD: Location = ("workloads", "catalog")
SHARED = ["m5.large", "m6i.large"]
MYSQL = {"engine": "mysql", "version": "8.4", "instance_class": "db.m5.large"}
PRIVATE_SOURCES = {
    "10.1.0.0/16": "10.0.0.0/8",
    "172.31.0.0/16": "172.16.0.0/12",
    "172.0.0.0/8": "172.16.0.0/12",
    "192.168.1.0/24": "192.168.0.0/16",
    "100.127.0.1/32": "100.64.0.0/10",
    "127.0.0.1/32": "127.0.0.0/8",
    "169.254.169.254/32": "169.254.0.0/16",
}

MISTAKES = (
    mistake("missing part", NETWORK, MISSING, "a mapping with the keys cidr, zone_count"),
    mistake("empty part", NETWORK, None, "a mapping with the keys cidr, zone_count"),
    mistake("missing key", (*NETWORK, "cidr"), MISSING, "an IPv4 network of /16 to /20"),
    mistake("misspelt key", (*NETWORK, "zone_cuont"), 3, "zone_count, the nearest of cidr, zone_count,"),
    mistake("shortened key", (*WORKERS, "min"), 3, "min_count, the nearest of instance_types,"),
    mistake(
        "unknown key",
        (*WORKERS, "qqq"),
        3,
        "instance_types, desired_count, min_count, max_count, disk_gib or max_pods",
    ),
    mistake("number for text", ("name",), 5, "lower-case letters, digits and single hyphens"),
    mistake("bad characters", ("name",), "Dev_1", "lower-case letters, digits and single hyphens"),
    mistake("double hyphen", ("name",), "dev--one", "single hyphens, a letter first, no hyphen last"),
    mistake("long environment name", ("name",), "d" * 21, "at most 20 characters"),
    mistake("text for number", (*NETWORK, "zone_count"), "3", "a whole number: 2 to 6"),
    mistake("fraction", (*NETWORK, "zone_count"), 2.5, "a whole number: 2 to 6"),
    mistake("truth for number", (*NETWORK, "zone_count"), True, "a whole number: 2 to 6"),
    mistake("too few zones", (*NETWORK, "zone_count"), 1, "2 to 6"),
    mistake("too many zones", (*NETWORK, "zone_count"), 7, "2 to 6"),
    mistake("unknown choice", (*NETWORK, "nat"), "many", "single or per_zone"),
    mistake("no network", (*NETWORK, "cidr"), "10.0.0.0/99", "an IPv4 network of /16 to /20"),
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
    mistake(
        "private subnets too large", (*NETWORK, "private_prefix"), 17, "18 to 28 for 3 zones in 10.42.0.0/16"
    ),
    mistake(
        "public subnets too large", (*NETWORK, "public_prefix"), 17, "19 to 28 for 3 zones in 10.42.0.0/16"
    ),
    mistake("number for version", (*CLUSTER, "version"), 1.35, 'text "1.30" or newer, in quotes'),
    mistake("old version", (*CLUSTER, "version"), "1.29", 'text "1.30" or newer, in quotes'),
    mistake(
        "open to everybody",
        (*CLUSTER, "endpoint_access", "public_cidrs", 0),
        "0.0.0.0/0",
        "public networks, each IPv4, /8 to /32, without host bits, such as 203.0.113.0/24; never 0.0.0.0/0",
    ),
    *(
        mistake(
            f"private source {cidr}",
            (*CLUSTER, "endpoint_access", "public_cidrs", 0),
            cidr,
            f"never 0.0.0.0/0, outside {private}",
        )
        for cidr, private in PRIVATE_SOURCES.items()
    ),
    mistake(
        "overlapping sources",
        (*CLUSTER, "endpoint_access", "public_cidrs", 1),
        "203.0.113.128/25",
        "networks that do not overlap",
    ),
    mistake(
        "too many sources",
        (*CLUSTER, "endpoint_access", "public_cidrs"),
        [f"203.0.113.{number}/32" for number in range(41)],
        "a list of 0 to 40 items",
    ),
    mistake(
        "no role or user",
        (*CLUSTER, "admin_principal_arns", 0),
        "arn:aws:iam::123456789012:group/admin",
        "the ARN of an IAM role or user",
    ),
    mistake(
        "administrator twice",
        (*CLUSTER, "admin_principal_arns", 1),
        "arn:aws:iam::123456789012:role/admin",
        "each value once",
    ),
    mistake("unknown mode", (*CLUSTER, "vpc_cni", "enforcing_mode"), "strikt", "strict or standard"),
    mistake("text for truth", (*CLUSTER, "vpc_cni", "external_snat"), "yes", "true or false"),
    mistake("short cool-down", (*CLUSTER, "vpc_cni", "branch_eni_cooldown_seconds"), 10, "30 to 3600"),
    mistake("long cool-down", (*CLUSTER, "vpc_cni", "branch_eni_cooldown_seconds"), 3601, "30 to 3600"),
    mistake(
        "too many variables",
        (*CLUSTER, "vpc_cni", "extra_env"),
        {f"VARIABLE_{number}": "1" for number in range(101)},
        "a mapping of 0 to 100 entries",
    ),
    mistake(
        "too many init variables",
        (*CLUSTER, "vpc_cni", "extra_init_env"),
        {f"VARIABLE_{number}": "1" for number in range(101)},
        "a mapping of 0 to 100 entries",
    ),
    mistake("no login command", (*CLUSTER, "login", "command"), "", "text of 1 to 4095 characters"),
    mistake("long login command", (*CLUSTER, "login", "command"), "a" * 4096, "text of 1 to 4095 characters"),
    mistake(
        "too many login arguments", (*CLUSTER, "login", "args"), ["-v"] * 101, "a list of 0 to 100 items"
    ),
    mistake(
        "long login argument",
        (*CLUSTER, "login", "args"),
        ["a" * 131072],
        "text of at most 131071 characters",
        "cluster.login.args[0]",
    ),
    mistake(
        "too many administrators",
        (*CLUSTER, "admin_principal_arns"),
        [f"arn:aws:iam::123456789012:role/admin-{number}" for number in range(101)],
        "a list of 0 to 100 items",
    ),
    mistake(
        "setting with a field",
        (*CLUSTER, "vpc_cni", "extra_env", "ENABLE_POD_ENI"),
        "false",
        "nothing here: pod ENIs are always on",
    ),
    mistake(
        "init setting with a field",
        (*CLUSTER, "vpc_cni", "extra_init_env", "DISABLE_TCP_EARLY_DEMUX"),
        "true",
        "vpc_cni.disable_tcp_early_demux",
    ),
    mistake(
        "bad variable",
        (*CLUSTER, "vpc_cni", "extra_env", "warm"),
        "1",
        "the name of an environment variable",
    ),
    mistake(
        "number for variable",
        (*CLUSTER, "vpc_cni", "extra_env", "WARM_ENI_TARGET"),
        1,
        "text, in quotes if it looks like a number",
    ),
    mistake(
        "unknown placeholder",
        (*CLUSTER, "login", "args"),
        ["{cluster}"],
        "{cluster_name} or {region}",
        "cluster.login.args[0]",
    ),
    mistake("no groups", ("node_groups",), {}, "a mapping of 1 to 30 entries"),
    mistake(
        "bad key",
        ("node_groups", "Workers 2"),
        {"instance_types": SHARED},
        "a letter first",
        'node_groups["Workers 2"]',
    ),
    mistake("no types", (*WORKERS, "instance_types"), [], "a list of 1 to 20 items"),
    mistake(
        "too many types",
        (*WORKERS, "instance_types"),
        [f"m5.{number}xlarge" for number in range(21)],
        "a list of 1 to 20 items",
    ),
    mistake("no pods per node", (*WORKERS, "max_pods"), 0, "1 to 3922"),
    mistake("too many pods per node", (*WORKERS, "max_pods"), 3923, "1 to 3922"),
    mistake("text for pods per node", (*WORKERS, "max_pods"), "110", "a whole number: 1 to 3922"),
    mistake(
        "too many groups",
        ("node_groups",),
        {f"workers-{number}": {"instance_types": SHARED} for number in range(31)},
        "a mapping of 1 to 30 entries",
    ),
    mistake(
        "Grace beside Intel",
        (*WORKERS, "instance_types", 1),
        "p6e-gb200.36xlarge",
        "one architecture: x86_64, as m5.large",
    ),
    mistake("no branch ENIs", (*WORKERS, "instance_types", 1), "t3.large", "no type of the family t3 does"),
    mistake(
        "no instance type", (*WORKERS, "instance_types", 1), "large", "an EC2 instance type, such as m5.large"
    ),
    mistake("type twice", (*WORKERS, "instance_types", 2), "m5.large", "each value once"),
    mistake(
        "mixed architectures",
        (*WORKERS, "instance_types", 1),
        "m6g.large",
        "one architecture: x86_64, as m5.large",
    ),
    mistake("too many nodes", (*WORKERS, "desired_count"), 5, "1 to 4, from min_count to max_count"),
    mistake("too few nodes", (*WORKERS, "desired_count"), 0, "1 to 4, from min_count to max_count"),
    mistake("more least than most", (*WORKERS, "min_count"), 5, "at most 4, the max_count"),
    mistake(
        "no nodes at all",
        ("node_groups",),
        {"workers": {"instance_types": SHARED, "desired_count": 0, "min_count": 0}},
        "which CoreDNS needs",
    ),
    mistake(
        "long group name", ("node_groups", "n" * 46), {"instance_types": SHARED}, "at most 45 characters here"
    ),
    mistake(
        "long database name",
        ("databases", "d" * 60),
        MYSQL,
        "at most 59 characters here, so that the name has at most 63",
    ),
    mistake("list for mapping", ("databases",), ["catalog"], "a mapping of 0 to 40 entries"),
    mistake(
        "too many databases",
        ("databases",),
        {f"catalog-{number}": MYSQL for number in range(41)},
        "a mapping of 0 to 40 entries",
    ),
    mistake("text for apply at once", (*DATABASE, "apply_immediately"), "yes", "true or false"),
    mistake("text for part", DATABASE, "mysql", "a mapping with the keys engine, version"),
    mistake("unknown engine", (*DATABASE, "engine"), "oracle", "mysql or postgres"),
    mistake("version of another engine", (*DATABASE, "version"), "16", '"8.0" or "8.4"'),
    mistake("number for database version", (*DATABASE, "version"), 8.4, 'such as "8.4" or "16"'),
    mistake("no database class", (*DATABASE, "instance_class"), "m5.large", "an RDS instance class"),
    mistake("port out of range", (*DATABASE, "port"), 70000, "1150 to 65535"),
    mistake("storage too small", (*DATABASE, "storage_gib"), 5, "20 to 65536"),
    mistake("no backups", (*DATABASE, "backup_retention_days"), 0, "1 to 35"),
    mistake("bad database name", (*DATABASE, "database_name"), "my-shop", "letters, digits and underscores"),
    mistake(
        "reserved namespace",
        (*WORKLOAD, "namespace"),
        "kube-system",
        "another namespace, or create_namespace: false",
    ),
    mistake("bad namespace", (*WORKLOAD, "namespace"), "Catalog", "a DNS label"),
    mistake(
        "no selector",
        (*WORKLOAD, "pod_selector"),
        {},
        "one label or more here or in service_account_selector",
    ),
    mistake(
        "bad label key",
        (*WORKLOAD, "pod_selector", "-app"),
        "x",
        "a label key",
        'workloads.catalog.pod_selector["-app"]',
    ),
    mistake("bad label value", (*WORKLOAD, "pod_selector", "app"), "a b", "a label value in quotes"),
    mistake("pod port out of range", (*WORKLOAD, "ports", 0), 0, "1 to 65535"),
    mistake("name of a group id", ("name",), "sg-shop", "a name whose groups do not start with sg-"),
    mistake("port twice", (*WORKLOAD, "ports", 1), 8080, "each value once"),
    mistake("fewer than no pods", (*WORKLOAD, "replicas"), -1, "0 to 5000"),
    mistake("more pods than interfaces", (*WORKLOAD, "replicas"), 5001, "0 to 5000"),
    mistake("too many ports", (*WORKLOAD, "ports"), list(range(1, 62)), "a list of 0 to 60 items"),
    *(
        mistake(
            f"too many labels in {selector}",
            (*WORKLOAD, selector),
            {f"label-{number}": "x" for number in range(51)},
            "a mapping of 0 to 50 entries",
        )
        for selector in ("pod_selector", "service_account_selector")
    ),
    *(
        mistake(
            f"too many peers in {direction}",
            (*WORKLOAD, direction),
            [{"cidr": f"10.0.0.{number}/32", "ports": [443]} for number in range(61)],
            "a list of 0 to 60 items",
        )
        for direction in ("ingress_from", "egress_to")
    ),
    mistake(
        "too many databases of a workload",
        (*WORKLOAD, "databases"),
        [f"catalog-{number}" for number in range(41)],
        "a list of 0 to 40 items",
    ),
    mistake(
        "too many workloads",
        ("workloads",),
        {f"job-{number}": {"namespace": "jobs", "pod_selector": {"app": "job"}} for number in range(2501)},
        "a mapping of 0 to 2500 entries",
    ),
    mistake("misspelt database", (*WORKLOAD, "databases", 0), "catalogue", "catalog, the nearest of catalog"),
    mistake(
        "unknown database", (*WORKLOAD, "databases", 0), "xyz", "one of the databases of this input: catalog"
    ),
    mistake("database twice", (*WORKLOAD, "databases", 1), "catalog", "each value once"),
    mistake(
        "unknown caller",
        (*WORKLOAD, "ingress_from", 0, "workload"),
        "web",
        "one of the workloads of this input: catalog, ui",
    ),
    mistake(
        "two peers in one",
        (*WORKLOAD, "ingress_from", 0, "cidr"),
        "10.0.0.0/8",
        "exactly one of workload, cidr, security_group_id",
        "workloads.catalog.ingress_from[0]",
    ),
    mistake(
        "no peer",
        (*WORKLOAD, "egress_to"),
        [{"ports": [443]}],
        "exactly one of workload, cidr, security_group_id",
        "workloads.catalog.egress_to[0]",
    ),
    mistake(
        "no group id",
        (*WORKLOAD, "egress_to"),
        [{"security_group_id": "sg-1", "ports": [443]}],
        "sg- and 8 or 17",
        "workloads.catalog.egress_to[0].security_group_id",
    ),
    mistake("no ports", (*WORKLOAD, "ingress_from", 0, "ports"), [], "a list of 1 to 60 items"),
    mistake(
        "too many peer ports",
        (*WORKLOAD, "ingress_from", 0, "ports"),
        list(range(1, 62)),
        "a list of 1 to 60 items",
    ),
    mistake("peer port twice", (*WORKLOAD, "ingress_from", 0, "ports", 1), 8080, "each value once"),
    mistake(
        "peer network with host bits",
        ("workloads", "ui", "egress_to", 0, "cidr"),
        "10.0.0.1/8",
        "10.0.0.0/8, the same network",
    ),
    mistake("bad policy name", (*WORKLOAD, "policy_name"), "Catalog!", "a DNS name"),
    mistake("AWS tag", ("tags", "aws:team"), "x", "a key that is not Name", 'tags["aws:team"]'),
    mistake(
        "tag of the controller",
        ("tags", "eks:eni:owner"),
        "x",
        "a key that is not Name",
        'tags["eks:eni:owner"]',
    ),
    mistake("name tag", ("tags", "Name"), "x", "a key that is not Name"),
    mistake("number for tag", ("tags", "cost"), 5, "a tag value in quotes"),
    mistake("bad tag key", ("tags", "a*b"), "x", "a tag key", 'tags["a*b"]'),
    mistake(
        "too many tags",
        ("tags",),
        {f"tag-{number}": "x" for number in range(41)},
        "a mapping of 0 to 40 entries",
    ),
)
