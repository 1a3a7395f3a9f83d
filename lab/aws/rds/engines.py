"""Database engines that the lab knows: versions, parameter group families, log types, instance classes.

Source: RDS user guide, "Supported MySQL engine versions", "Supported DB instance classes"; Aurora and RDS
PostgreSQL release notes; RDS API reference, CreateDBInstance. Minor versions are a recent excerpt, not the
full list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CLASS = re.compile(r"db\.(?P<family>[a-z0-9]+)\.(?P<size>[a-z0-9]+)")
BURSTABLE_SIZES = ("micro", "small", "medium", "large", "xlarge", "2xlarge")
SIZES = (
    "large",
    "xlarge",
    "2xlarge",
    "4xlarge",
    "8xlarge",
    "12xlarge",
    "16xlarge",
    "24xlarge",
    "32xlarge",
    "48xlarge",
)
BURSTABLE_FAMILIES = ("t3", "t4g")
FAMILIES = (
    *("m5", "m5d", "m6g", "m6gd", "m6i", "m6id", "m6idn", "m6in", "m7g", "m7gd", "m7i", "m8g", "m8gd"),
    *("r5", "r5b", "r5d", "r6g", "r6gd", "r6i", "r6id", "r6idn", "r6in", "r7g", "r7gd", "r7i", "r8g", "r8gd"),
    *("x2g", "x2idn", "x2iedn", "c6gd"),
)


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes:
        minors: Minor versions by major version, oldest first.
        port: Default port.
        log_types: Logs that can go to CloudWatch.
        reserved_users: Names that the master user cannot have.
    """

    minors: dict[str, tuple[int, ...]]
    port: int
    log_types: tuple[str, ...]
    reserved_users: tuple[str, ...]


ENGINES: dict[str, Engine] = {
    "mysql": Engine(
        {"8.0": (40, 41, 42, 43, 44), "8.4": (3, 4, 5, 6, 7)},
        3306,
        ("audit", "error", "general", "iam-db-auth-error", "slowquery"),
        ("rdsadmin", "rdsrepladmin"),
    ),
    "postgres": Engine(
        {
            "14": (17, 18, 19, 20),
            "15": (12, 13, 14, 15),
            "16": (8, 9, 10, 11),
            "17": (4, 5, 6, 7),
            "18": (1,),
        },
        5432,
        ("iam-db-auth-error", "postgresql", "upgrade"),
        ("admin", "rdsadmin", "rdsrepladmin"),
    ),
}


def resolve_version(engine: str, version: str | None) -> str | None:
    """Return the full version: the newest minor of a major, the version itself if known, None if unknown.

    Example:
        >>> resolve_version("mysql", "8.4"), resolve_version("postgres", "16.9")
        ('8.4.7', '16.9')
        >>> resolve_version("mysql", "99.9") is None
        True
    """
    minors = ENGINES[engine].minors
    wanted = version or list(minors)[-1]
    if wanted in minors:
        return f"{wanted}.{minors[wanted][-1]}"
    major, _, minor = wanted.rpartition(".")
    known = major in minors and minor in {str(each) for each in minors[major]}
    return wanted if known else None


def family(engine: str, version: str) -> str:
    """Return the parameter group family of a full version.

    Example:
        >>> family("mysql", "8.4.7"), family("postgres", "16.9")
        ('mysql8.4', 'postgres16')
    """
    return engine + version.rpartition(".")[0]


def known_families() -> set[str]:
    """Return all parameter group families."""
    return {name + major for name, engine in ENGINES.items() for major in engine.minors}


def is_instance_class(name: str) -> bool:
    """Tell whether RDS has an instance class.

    Example:
        >>> [is_instance_class(name) for name in ("db.t4g.micro", "db.zz.micro", "db.m5.micro")]
        [True, False, False]
    """
    found = CLASS.fullmatch(name)
    if found is None:
        return False
    if found["family"] in BURSTABLE_FAMILIES:
        return found["size"] in BURSTABLE_SIZES
    return found["family"] in FAMILIES and found["size"] in SIZES
