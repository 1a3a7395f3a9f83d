"""Database engines that the lab knows: versions, parameter group families, log types, instance classes.

Source: RDS user guide, "Supported MySQL engine versions", "Supported DB instance classes"; Aurora and RDS
PostgreSQL release notes; Aurora MySQL release notes; RDS API reference, CreateDBInstance and CreateDBCluster.
Minor versions are a recent excerpt, not the full list.
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
AURORA_BURSTABLE_SIZES = ("medium", "large")
AURORA_FAMILIES = ("r5", "r6g", "r6i", "r7g", "r7i", "r8g", "x2g")


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes:
        versions: Full versions by version line, oldest first.
        port: Default port.
        log_types: Logs that can go to CloudWatch.
        reserved_users: Names that the master user cannot have.
        license_model: What the API shows.
        clustered: Whether its instances are members of an Aurora cluster.
    """

    versions: dict[str, tuple[str, ...]]
    port: int
    log_types: tuple[str, ...]
    reserved_users: tuple[str, ...]
    license_model: str
    clustered: bool = False


def _minors(line: str, *minors: int) -> tuple[str, ...]:
    return tuple(f"{line}.{minor}" for minor in minors)


MYSQL_LICENSE = "general-public-license"
POSTGRES_LICENSE = "postgresql-license"
MYSQL_USERS = ("rdsadmin", "rdsrepladmin")
POSTGRES_USERS = ("admin", "rdsadmin", "rdsrepladmin")

ENGINES: dict[str, Engine] = {
    "mysql": Engine(
        {"8.0": _minors("8.0", 40, 41, 42, 43, 44), "8.4": _minors("8.4", 3, 4, 5, 6, 7)},
        3306,
        ("audit", "error", "general", "iam-db-auth-error", "slowquery"),
        MYSQL_USERS,
        MYSQL_LICENSE,
    ),
    "postgres": Engine(
        {
            "14": _minors("14", 17, 18, 19, 20),
            "15": _minors("15", 12, 13, 14, 15),
            "16": _minors("16", 8, 9, 10, 11),
            "17": _minors("17", 4, 5, 6, 7),
            "18": _minors("18", 1),
        },
        5432,
        ("iam-db-auth-error", "postgresql", "upgrade"),
        POSTGRES_USERS,
        POSTGRES_LICENSE,
    ),
    "aurora-mysql": Engine(
        {
            "8.0": (
                *_minors("8.0.mysql_aurora.3.04", 0, 1, 2, 3),
                *_minors("8.0.mysql_aurora.3.08", 0, 1, 2),
                *_minors("8.0.mysql_aurora.3.09", 0),
                *_minors("8.0.mysql_aurora.3.10", 0),
            )
        },
        3306,
        ("audit", "error", "general", "iam-db-auth-error", "instance", "slowquery"),
        MYSQL_USERS,
        MYSQL_LICENSE,
        clustered=True,
    ),
    "aurora-postgresql": Engine(
        {
            "14": _minors("14", 15, 17, 18, 19),
            "15": _minors("15", 10, 12, 13, 14),
            "16": _minors("16", 6, 8, 9, 10),
            "17": _minors("17", 4, 5, 6),
        },
        5432,
        ("iam-db-auth-error", "instance", "postgresql"),
        POSTGRES_USERS,
        POSTGRES_LICENSE,
        clustered=True,
    ),
}


def names(*, clustered: bool) -> tuple[str, ...]:
    """Return the engines of Aurora clusters, or those of instances of their own.

    Example:
        >>> names(clustered=True)
        ('aurora-mysql', 'aurora-postgresql')
    """
    return tuple(name for name, engine in ENGINES.items() if engine.clustered is clustered)


def resolve_version(engine: str, version: str | None) -> str | None:
    """Return the full version: the newest of a line, the version itself if known, None if unknown.

    Example:
        >>> resolve_version("mysql", "8.4"), resolve_version("postgres", "16.9")
        ('8.4.7', '16.9')
        >>> resolve_version("aurora-mysql", "8.0")
        '8.0.mysql_aurora.3.10.0'
        >>> resolve_version("mysql", "99.9") is None
        True
    """
    lines = ENGINES[engine].versions
    wanted = version or list(lines)[-1]
    if wanted in lines:
        return lines[wanted][-1]
    known = any(wanted in versions for versions in lines.values())
    return wanted if known else None


def family(engine: str, version: str) -> str:
    """Return the parameter group family of a full version.

    Example:
        >>> family("mysql", "8.4.7"), family("aurora-mysql", "8.0.mysql_aurora.3.08.0")
        ('mysql8.4', 'aurora-mysql8.0')
    """
    lines = ENGINES[engine].versions
    return engine + next(line for line, versions in lines.items() if version in versions)


def known_families(*, clustered: bool | None = None) -> set[str]:
    """Return parameter group families: of all engines, of Aurora's, or of the others."""
    return {
        name + line
        for name, engine in ENGINES.items()
        for line in engine.versions
        if clustered in {None, engine.clustered}
    }


def has_class(engine: str, name: str) -> bool:
    """Tell whether instances of an engine can be of a class that RDS has.

    Source: Aurora user guide, "Amazon Aurora DB instance classes": memory-optimized ones, and burstable ones
    from medium to large.

    Example:
        >>> [has_class("aurora-mysql", name) for name in ("db.t4g.medium", "db.t4g.small", "db.m7g.large")]
        [True, False, False]
    """
    found = CLASS.fullmatch(name)
    if found is None or not ENGINES[engine].clustered:
        return True
    if found["family"] in BURSTABLE_FAMILIES:
        return found["size"] in AURORA_BURSTABLE_SIZES
    return found["family"] in AURORA_FAMILIES


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
