"""Mistakes in workloads."""

from __future__ import annotations

from tests.pure.environments import GROUPS, in_existing_network
from tests.pure.mistakes.mistake import Location, mistake

WORKLOAD: Location = ("workloads", "catalog")
CALLERS: Location = (*WORKLOAD, "ingress_from")
CALLED: Location = (*WORKLOAD, "egress_to")
ONE_PEER = "exactly one of workload, cidr, security_group_id"
BAD_LABELS = {"-app": "x", "app_": "x", "App.Example/app": "x", "a" * 64: "x"}

PODS = (
    mistake(
        "reserved namespace",
        (*WORKLOAD, "namespace"),
        "kube-system",
        "another namespace, or create_namespace: false",
    ),
    mistake("bad namespace", (*WORKLOAD, "namespace"), "Catalog", "a DNS label"),
    mistake("dotted namespace", (*WORKLOAD, "namespace"), "shop.catalog", "a DNS label"),
    mistake("long namespace", (*WORKLOAD, "namespace"), "n" * 64, "at most 63 characters", found='"nnn'),
    mistake("bad policy name", (*WORKLOAD, "policy_name"), "Catalog!", "a DNS name"),
    mistake(
        "bad workload name",
        ("workloads", "Jobs"),
        {"namespace": "jobs", "pod_selector": {"app": "jobs"}},
        "lower-case letters, digits",
        found='the key "Jobs"',
    ),
    mistake(
        "policy name twice",
        ("workloads", "ui"),
        {"namespace": "catalog", "pod_selector": {"app": "ui"}, "policy_name": "catalog-security-groups"},
        "another name in namespace catalog",
        "workloads.ui.policy_name",
        found='"catalog-security-groups", as in workloads.catalog',
    ),
    mistake(
        "no selector",
        (*WORKLOAD, "pod_selector"),
        {},
        "one label or more here or in service_account_selector",
        found="no label",
    ),
    *(
        mistake(
            f"bad label key {key}",
            (*WORKLOAD, "pod_selector"),
            {key: value},
            "a label key",
            f"workloads.catalog.pod_selector{path}",
            found=f'the key "{key[:50]}',
        )
        for (key, value), path in zip(
            BAD_LABELS.items(), ('["-app"]', ".app_", '["App.Example/app"]', f".{'a' * 64}"), strict=True
        )
    ),
    mistake("bad label value", (*WORKLOAD, "pod_selector", "app"), "a b", "a label value in quotes"),
    mistake(
        "long label value", (*WORKLOAD, "pod_selector", "app"), "a" * 64, "at most 63 letters", found='"aaa'
    ),
    *(
        mistake(
            f"too many labels in {selector}",
            (*WORKLOAD, selector),
            {f"label-{number}": "x" for number in range(51)},
            "a mapping of 0 to 50 entries",
        )
        for selector in ("pod_selector", "service_account_selector")
    ),
    mistake("fewer than no pods", (*WORKLOAD, "replicas"), -1, "0 to 5000"),
    mistake("more pods than interfaces", (*WORKLOAD, "replicas"), 5001, "0 to 5000"),
    mistake(
        "too many workloads",
        ("workloads",),
        {f"job-{number}": {"namespace": "jobs", "pod_selector": {"app": "job"}} for number in range(2501)},
        "a mapping of 0 to 2500 entries",
    ),
)
PORTS = (
    mistake("pod port 0", (*WORKLOAD, "ports", 0), 0, "1 to 65535"),
    mistake("pod port out of range", (*WORKLOAD, "ports", 0), 70000, "1 to 65535"),
    mistake("name for port", (*WORKLOAD, "ports", 0), "http", "a whole number: 1 to 65535"),
    mistake("port twice", (*WORKLOAD, "ports", 1), 8080, "each value once"),
    mistake("too many ports", (*WORKLOAD, "ports"), list(range(1, 62)), "a list of 0 to 60 items"),
    mistake("no ports", (*CALLERS, 0, "ports"), [], "a list of 1 to 60 items"),
    mistake("too many peer ports", (*CALLERS, 0, "ports"), list(range(1, 62)), "a list of 1 to 60 items"),
    mistake("peer port twice", (*CALLERS, 0, "ports", 1), 8080, "each value once"),
    mistake("peer port out of range", (*CALLERS, 0, "ports", 0), 65536, "1 to 65535"),
)
GRANTS = (
    mistake("misspelt database", (*WORKLOAD, "databases", 0), "catalogue", "catalog, the nearest of catalog"),
    mistake(
        "unknown database", (*WORKLOAD, "databases", 0), "xyz", "one of the databases of this input: catalog"
    ),
    mistake("database twice", (*WORKLOAD, "databases", 1), "catalog", "each value once"),
    mistake(
        "too many databases of a workload",
        (*WORKLOAD, "databases"),
        [f"catalog-{number}" for number in range(41)],
        "a list of 0 to 40 items",
    ),
    mistake(
        "unknown caller",
        (*CALLERS, 0, "workload"),
        "web",
        "one of the workloads of this input: catalog, ui",
    ),
    mistake(
        "two peers in one",
        (*CALLERS, 0, "cidr"),
        "10.0.0.0/8",
        ONE_PEER,
        "workloads.catalog.ingress_from[0]",
        found="workload and cidr",
    ),
    mistake(
        "no peer",
        CALLED,
        [{"ports": [443]}],
        ONE_PEER,
        "workloads.catalog.egress_to[0]",
        found="none of workload, cidr, security_group_id",
    ),
    mistake(
        "peer network with host bits",
        ("workloads", "ui", "egress_to", 0, "cidr"),
        "10.0.0.1/8",
        "10.0.0.0/8, the same network",
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
)
GROUP_MISTAKES = (
    mistake(
        "six groups",
        (*WORKLOAD, "security_group_ids"),
        GROUPS,
        "a list of 0 to 5 items",
        start=in_existing_network,
    ),
    mistake(
        "group twice",
        (*WORKLOAD, "security_group_ids", 2),
        GROUPS[3],
        "each value once",
        start=in_existing_network,
        found=f'"{GROUPS[3]}", as in workloads.catalog.security_group_ids[1]',
    ),
    mistake(
        "first group of another workload",
        ("workloads", "ui", "security_group_ids", 0),
        GROUPS[2],
        "another first group: it gets the rules of one workload",
        start=in_existing_network,
        found=f'"{GROUPS[2]}", as in workloads.catalog.security_group_ids[0]',
    ),
)

WORKLOAD_MISTAKES = (*PODS, *PORTS, *GRANTS, *GROUP_MISTAKES)
