"""Mistakes in node groups."""

from __future__ import annotations

from tests.pure.mistakes.mistake import Location, mistake

WORKERS: Location = ("node_groups", "workers")
TYPES: Location = (*WORKERS, "instance_types")
SHARED = ["m5.large", "m6i.large"]
NO_TRUNK = ("t2.medium", "t3.large", "t3a.xlarge", "t4g.large", "m4.large")
NO_IMAGE = ("mac1.metal", "mac2-m2.metal", "mac-m4.metal", "a1.large")

NODE_GROUP_MISTAKES = (
    mistake(
        "shortened key",
        (*WORKERS, "min"),
        3,
        "min_count, the nearest of instance_types,",
        found="an unknown key",
    ),
    mistake(
        "unknown key",
        (*WORKERS, "qqq"),
        3,
        "instance_types, desired_count, min_count, max_count, disk_gib, max_pods or role_arn",
        found="an unknown key",
    ),
    mistake(
        "no groups",
        ("node_groups",),
        {},
        "one with a desired_count of 1 or more, which CoreDNS needs",
        found="no node group",
    ),
    mistake(
        "no nodes at all",
        ("node_groups",),
        {"workers": {"instance_types": SHARED, "desired_count": 0, "min_count": 0}},
        "which CoreDNS needs",
        found="desired_count 0 in every group",
    ),
    mistake(
        "too many groups",
        ("node_groups",),
        {f"workers-{number}": {"instance_types": SHARED} for number in range(31)},
        "a mapping of 0 to 30 entries",
    ),
    mistake(
        "bad key",
        ("node_groups", "Workers 2"),
        {"instance_types": SHARED},
        "a letter first",
        'node_groups["Workers 2"]',
        found='the key "Workers 2"',
    ),
    mistake(
        "long group name",
        ("node_groups", "n" * 46),
        {"instance_types": SHARED},
        "at most 45 characters here",
        found="46 characters, 56 in the EKS node group name dev-nnn",
    ),
    mistake("no types", TYPES, [], "a list of 1 to 20 items"),
    mistake("text for types", TYPES, "m5.large", "a list of 1 to 20 items"),
    mistake(
        "too many types", TYPES, [f"m5.{number}xlarge" for number in range(21)], "a list of 1 to 20 items"
    ),
    mistake("no instance type", (*TYPES, 1), "large", "an EC2 instance type, such as m5.large"),
    *(
        mistake(
            f"no branch ENIs on {name}",
            (*TYPES, 1),
            name,
            f"such as m5.large; no type of the family {name.split('.')[0]} does",
        )
        for name in NO_TRUNK
    ),
    *(
        mistake(
            f"no image for {name}",
            (*TYPES, 1),
            name,
            f"an image for, such as m5.large; it has none for the family {name.split('.')[0]}",
        )
        for name in NO_IMAGE
    ),
    mistake("no branch ENIs on i3", (*TYPES, 1), "i3.large", "of i3 only the metal type does"),
    mistake("type twice", (*TYPES, 2), "m5.large", "each value once"),
    mistake("mixed architectures", (*TYPES, 1), "m6g.large", "one architecture: x86_64, as m5.large"),
    mistake("Grace beside Intel", (*TYPES, 1), "p6e-gb200.36xlarge", "one architecture: x86_64, as m5.large"),
    mistake("no pods per node", (*WORKERS, "max_pods"), 0, "1 to 3922"),
    mistake("too many pods per node", (*WORKERS, "max_pods"), 3923, "1 to 3922"),
    mistake("text for pods per node", (*WORKERS, "max_pods"), "110", "a whole number: 1 to 3922"),
    mistake("disk too small", (*WORKERS, "disk_gib"), 19, "20 to 16384"),
    mistake("too many nodes", (*WORKERS, "desired_count"), 5, "1 to 4, from min_count to max_count"),
    mistake("too few nodes", (*WORKERS, "desired_count"), 0, "1 to 4, from min_count to max_count"),
    mistake("more least than most", (*WORKERS, "min_count"), 5, "at most 4, the max_count"),
)
