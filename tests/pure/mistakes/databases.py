"""Mistakes in databases made here."""

from __future__ import annotations

from typing import Any

from tests.pure.mistakes.mistake import Location, Mistake, mistake

DATABASES: Location = ("databases",)
DATABASE: Location = (*DATABASES, "catalog")
MYSQL = {"engine": "mysql", "version": "8.4", "instance_class": "db.m5.large"}
AURORA = {"engine": "aurora-postgresql", "version": "16", "instance_class": "db.r6g.large"}
# Engine, version that is not of it, what is of it.
VERSIONS = (
    ("mysql", "16", '"8.0" or "8.4", with or without a patch number, for engine mysql'),
    ("mysql", "5.7", '"8.0" or "8.4"'),
    ("postgres", "8.4", '"14" to "18", with or without a minor number, for engine postgres'),
    ("postgres", "13", '"14" to "18"'),
    ("aurora-mysql", "8.4.5", '"8.0", "8.4" or such as "8.0.mysql_aurora.3.10.0", for engine aurora-mysql'),
    ("aurora-mysql", "8.0.mysql_aurora.2.12.0", '"8.0", "8.4" or such as'),
    (
        "aurora-postgresql",
        "8.0",
        '"14" to "18", with or without a minor number, for engine aurora-postgresql',
    ),
    ("aurora-postgresql", "16.3.1", '"14" to "18"'),
)


def aurora(kind: str, changes: dict[str, Any], allowed: str, path: str, *, found: str) -> Mistake:
    """Make a mistake in an Aurora cluster."""
    return mistake(kind, DATABASE, {**AURORA, **changes}, allowed, f"databases.catalog.{path}", found=found)


NAMES = (
    mistake(
        "long database name",
        (*DATABASES, "d" * 60),
        MYSQL,
        "at most 59 characters here, so that the name has at most 63",
        found="60 characters, 64 in the RDS instance name dev-ddd",
    ),
    mistake(
        "long Aurora name",
        (*DATABASES, "d" * 58),
        {**AURORA, "instance_count": 10},
        "at most 56 characters here, so that the name has at most 63",
        found="58 characters, 65 in the RDS instance name dev-ddd",
    ),
    mistake(
        "name of an Aurora instance",
        DATABASES,
        {"catalog": AURORA, "catalog-1": MYSQL},
        "another name, so that no name in AWS is given twice",
        "databases.catalog-1",
        found="RDS instance dev-catalog-1, as in databases.catalog",
    ),
    mistake("bad name", (*DATABASES, "Orders"), MYSQL, "lower-case letters", found='the key "Orders"'),
    mistake("list for mapping", DATABASES, ["catalog"], "a mapping of 0 to 40 entries"),
    mistake(
        "too many databases",
        DATABASES,
        {"catalog": MYSQL, **{f"catalog-{number}": MYSQL for number in range(40)}},
        "a mapping of 0 to 40 entries",
    ),
    mistake("bad database name", (*DATABASE, "database_name"), "my-shop", "letters, digits and underscores"),
)
ENGINES = (
    mistake(
        "unknown engine",
        (*DATABASE, "engine"),
        "oracle",
        "mysql, postgres, aurora-mysql or aurora-postgresql",
    ),
    *(
        mistake(
            f"version {version} of {engine}",
            DATABASE,
            {**MYSQL, "engine": engine, "version": version, "instance_class": "db.r6g.large"},
            allowed,
            "databases.catalog.version",
            found=f'"{version}"',
        )
        for engine, version, allowed in VERSIONS
    ),
    mistake("number for database version", (*DATABASE, "version"), 8.4, 'such as "8.4" or "16"'),
    mistake("no version", (*DATABASE, "version"), "latest", 'such as "8.4" or "16"'),
    mistake(
        "instances of MySQL",
        (*DATABASE, "instance_count"),
        2,
        "nothing for engine mysql, which has multi_az; instance_count is for aurora-mysql or aurora-",
    ),
    aurora(
        "standby of Aurora",
        {"multi_az": True},
        "nothing: Aurora has instance_count",
        "multi_az",
        found="true",
    ),
    aurora(
        "storage of Aurora",
        {"storage_gib": 20},
        "nothing: the storage of Aurora grows by itself",
        "storage_gib",
        found="20",
    ),
    *(
        aurora(
            f"class {name} of Aurora",
            {"instance_class": name},
            "a class that Aurora runs on, such as db.t4g.medium or db.r6g.large",
            "instance_class",
            found=f'"{name}"',
        )
        for name in ("db.t4g.micro", "db.t3.small", "db.t3.2xlarge", "db.m5.large", "db.r4.large")
    ),
    aurora("no Aurora instance", {"instance_count": 0}, "1 to 16", "instance_count", found="0"),
    aurora("too many Aurora instances", {"instance_count": 17}, "1 to 16", "instance_count", found="17"),
)
VALUES = (
    mistake("text for part", DATABASE, "mysql", "a mapping with the keys engine, version"),
    mistake("text for apply at once", (*DATABASE, "apply_immediately"), "yes", "true or false"),
    mistake("no database class", (*DATABASE, "instance_class"), "m5.large", "an RDS instance class"),
    mistake("no port", (*DATABASE, "port"), 0, "1150 to 65535"),
    mistake("port out of range", (*DATABASE, "port"), 70000, "1150 to 65535"),
    mistake("storage too small", (*DATABASE, "storage_gib"), 5, "20 to 65536"),
    mistake("no backups", (*DATABASE, "backup_retention_days"), 0, "1 to 35"),
    mistake("log retention not offered", (*DATABASE, "log_retention_days"), 8, "1, 3, 5, 7, 14, 30, 60, 90,"),
    mistake("number for database protection", (*DATABASE, "deletion_protection"), 0, "true or false"),
    mistake("text for log groups", (*DATABASE, "create_log_groups"), "no", "true or false"),
)

DATABASE_MISTAKES = (*NAMES, *ENGINES, *VALUES)
