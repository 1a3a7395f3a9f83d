"""Mistakes in a cluster made here."""

from __future__ import annotations

from tests.pure.mistakes.mistake import Location, mistake

CLUSTER: Location = ("cluster",)
SOURCES: Location = (*CLUSTER, "endpoint_access", "public_cidrs")
INSIDE: Location = (*CLUSTER, "endpoint_access", "private_cidrs")
CNI: Location = (*CLUSTER, "vpc_cni")
PRIVATE_SOURCES = {
    "10.1.0.0/16": "10.0.0.0/8",
    "172.31.0.0/16": "172.16.0.0/12",
    "172.0.0.0/8": "172.16.0.0/12",
    "192.168.1.0/24": "192.168.0.0/16",
    "100.127.0.1/32": "100.64.0.0/10",
    "127.0.0.1/32": "127.0.0.0/8",
    "169.254.169.254/32": "169.254.0.0/16",
}

ENDPOINT = (
    mistake(
        "open to everybody",
        (*SOURCES, 0),
        "0.0.0.0/0",
        "public networks, each IPv4, /8 to /32, without host bits, such as 203.0.113.0/24; never 0.0.0.0/0",
    ),
    *(
        mistake(f"private source {cidr}", (*SOURCES, 0), cidr, f"never 0.0.0.0/0, outside {private}")
        for cidr, private in PRIVATE_SOURCES.items()
    ),
    mistake(
        "overlapping sources",
        (*SOURCES, 1),
        "203.0.113.128/25",
        "networks that do not overlap",
        found="203.0.113.128/25, which overlaps 203.0.113.0/24",
    ),
    mistake(
        "too many sources",
        SOURCES,
        [f"203.0.113.{number}/32" for number in range(41)],
        "a list of 0 to 40 items",
    ),
    mistake(
        "everybody in private",
        INSIDE,
        ["0.0.0.0/0"],
        "never 0.0.0.0/0",
        f"{'.'.join(map(str, INSIDE))}[0]",
        found='"0.0.0.0/0"',
    ),
    mistake(
        "private source twice",
        INSIDE,
        ["10.8.0.0/16", "10.8.0.0/16"],
        "networks that do not overlap",
        "cluster.endpoint_access.private_cidrs[1]",
        found="10.8.0.0/16, which overlaps 10.8.0.0/16",
    ),
    mistake(
        "too many private sources",
        INSIDE,
        [f"10.{number}.0.0/16" for number in range(21)],
        "a list of 0 to 20 items",
    ),
    mistake(
        "networks for a switch",
        (*CLUSTER, "endpoint_access"),
        "public",
        "a mapping with the keys public_cidrs",
    ),
)
ADMINISTRATION = (
    mistake("empty part", CLUSTER, None, "a cluster to be made, or existing_cluster", found="nothing"),
    mistake("number for version", (*CLUSTER, "version"), 1.35, 'text "1.30" or newer, in quotes'),
    mistake("old version", (*CLUSTER, "version"), "1.29", 'text "1.30" or newer, in quotes'),
    mistake("patch version", (*CLUSTER, "version"), "1.35.1", 'text "1.30" or newer, in quotes'),
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
    mistake(
        "too many administrators",
        (*CLUSTER, "admin_principal_arns"),
        [f"arn:aws:iam::123456789012:role/admin-{number}" for number in range(101)],
        "a list of 0 to 100 items",
    ),
    mistake("key lost too soon", (*CLUSTER, "key_deletion_window_days"), 6, "7 to 30"),
    mistake("text for log group", (*CLUSTER, "create_log_group"), "platform", "true or false"),
    mistake("number for cluster protection", (*CLUSTER, "deletion_protection"), 1, "true or false"),
)
LOGIN = (
    mistake("no login command", (*CLUSTER, "login", "command"), "", "text of 1 to 4095 characters"),
    mistake(
        "long login command",
        (*CLUSTER, "login", "command"),
        "a" * 4096,
        "text of 1 to 4095 characters",
        found='"aaaa',
    ),
    mistake(
        "too many login arguments", (*CLUSTER, "login", "args"), ["-v"] * 101, "a list of 0 to 100 items"
    ),
    mistake(
        "long login argument",
        (*CLUSTER, "login", "args"),
        ["a" * 131072],
        "text of at most 131071 characters",
        "cluster.login.args[0]",
        found='"aaaa',
    ),
    mistake(
        "unknown placeholder",
        (*CLUSTER, "login", "args"),
        ["{cluster}"],
        "{cluster_name} or {region}",
        "cluster.login.args[0]",
        found='"{cluster}"',
    ),
)
VPC_CNI = (
    mistake("unknown mode", (*CNI, "enforcing_mode"), "strikt", "strict or standard"),
    mistake("text for truth", (*CNI, "external_snat"), "yes", "true or false"),
    mistake("short cool-down", (*CNI, "branch_eni_cooldown_seconds"), 10, "30 to 3600"),
    mistake("long cool-down", (*CNI, "branch_eni_cooldown_seconds"), 3601, "30 to 3600"),
    mistake(
        "custom networking without subnets",
        (*CNI, "custom_networking"),
        True,
        "true with network.pod_cidr, false without it",
        found="true without subnets for pods",
    ),
    *(
        mistake(
            f"too many variables in {key}",
            (*CNI, key),
            {f"VARIABLE_{number}": "1" for number in range(101)},
            "a mapping of 0 to 100 entries",
        )
        for key in ("extra_env", "extra_init_env")
    ),
    *(
        mistake(
            f"setting {name} with a field", (*CNI, key, name), "false", allowed, found=f'the key "{name}"'
        )
        for key, name, allowed in (
            ("extra_env", "ENABLE_POD_ENI", "nothing here: podsg sets ENABLE_POD_ENI itself"),
            ("extra_env", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "vpc_cni.custom_networking"),
            ("extra_env", "ENI_CONFIG_LABEL_DEF", "nothing here: podsg sets ENI_CONFIG_LABEL_DEF itself"),
            (
                "extra_init_env",
                "DISABLE_TCP_EARLY_DEMUX",
                "vpc_cni.disable_tcp_early_demux, which sets DISABLE_TCP_EARLY_DEMUX",
            ),
        )
    ),
    mistake(
        "bad variable",
        (*CNI, "extra_env", "warm"),
        "1",
        "the name of an environment variable",
        found='the key "warm"',
    ),
    mistake(
        "number for variable",
        (*CNI, "extra_env", "WARM_ENI_TARGET"),
        1,
        "text, in quotes if it looks like a number",
    ),
)

CLUSTER_MISTAKES = (*ENDPOINT, *ADMINISTRATION, *LOGIN, *VPC_CNI)
