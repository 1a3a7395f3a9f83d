"""RDS database instances."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import Field

from podsg.model.retention import RetentionDays
from podsg.model.spec import Spec


class Engine(StrEnum):
    """Database engine of an RDS instance."""

    MYSQL = "mysql"
    POSTGRES = "postgres"


# Source: RDS quotas, DB instances per Region: 40.
MOST_DATABASES = 40
_DEFAULT_PORTS = {Engine.MYSQL: 3306, Engine.POSTGRES: 5432}
_VERSIONS = {
    Engine.MYSQL: re.compile(r"(8\.0|8\.4)(\.[0-9]+)?"),
    Engine.POSTGRES: re.compile(r"(1[4-8])(\.[0-9]+)?"),
}
VERSIONS_ALLOWED = {
    Engine.MYSQL: '"8.0" or "8.4", with or without a patch number, for engine mysql',
    Engine.POSTGRES: '"14" to "18", with or without a minor number, for engine postgres',
}
_LOG_EXPORTS = {Engine.MYSQL: ("error", "slowquery"), Engine.POSTGRES: ("postgresql", "upgrade")}
_FORCED_TLS = {Engine.MYSQL: ("require_secure_transport", "1"), Engine.POSTGRES: ("rds.force_ssl", "1")}


class DatabaseSpec(Spec):
    """One encrypted RDS instance in the private subnets; its password is kept by RDS in Secrets Manager."""

    engine: Engine = Field(strict=False, examples=["mysql"])
    """Database engine, `mysql` or `postgres`. A change replaces the database."""
    version: str = Field(
        pattern=r"^[0-9]+(\.[0-9]+){0,2}$",
        json_schema_extra={
            "patternErrorMessage": 'text in quotes that fits the engine, such as "8.4" or "16"'
        },
        examples=["8.4"],
    )
    """Engine version (text): mysql "8.0" or "8.4", postgres "14" to "18", or a patch release of them."""
    instance_class: str = Field(
        pattern=r"^db\.[a-z0-9-]+\.[a-z0-9-]+$",
        json_schema_extra={"patternErrorMessage": "an RDS instance class, such as db.t4g.micro"},
        examples=["db.t4g.micro"],
    )
    """RDS instance class."""
    # Source: RDS user guide, General Purpose SSD storage: 20 GiB to 64 TiB.
    storage_gib: int = Field(default=20, ge=20, le=65536, examples=[20])
    """Storage at the start (GiB, 20 to 65536)."""
    # Source: RDS API, CreateDBInstance, Port.
    port: int | None = Field(default=None, ge=1150, le=65535, examples=[3306])
    """TCP port (1150 to 65535). Default: 3306 for mysql, 5432 for postgres."""
    multi_az: bool = Field(default=True, examples=[True])
    """Keeps a standby in a second zone."""
    # Source: RDS API, CreateDBInstance, BackupRetentionPeriod; 0 would switch backups off.
    backup_retention_days: int = Field(default=7, ge=1, le=35, examples=[7])
    """How long automatic backups are kept (days, 1 to 35)."""
    deletion_protection: bool = Field(default=True, examples=[True])
    """RDS refuses to delete the database while this is true."""
    final_snapshot: bool = Field(default=True, examples=[True])
    """Takes a snapshot before the database is deleted."""
    apply_immediately: bool = Field(default=False, examples=[False])
    """Changes that interrupt, such as class or version, are made at once and not in the maintenance
    window."""
    log_retention_days: RetentionDays = Field(default=365, examples=[365])
    """How long exported database logs are kept (days, one of the values of CloudWatch Logs)."""
    database_name: str | None = Field(
        default=None,
        pattern="^[A-Za-z][A-Za-z0-9_]{0,62}$",
        json_schema_extra={
            "patternErrorMessage": "letters, digits and underscores, a letter first, at most 63 characters"
        },
        examples=["catalog"],
    )
    """Database made inside the instance (letters, digits, underscores, at most 63). Default: none."""


def database_port(spec: DatabaseSpec) -> int:
    """Tell the TCP port of a database.

    Returns:
        The written port, else the default of the engine.

    Example:
        >>> database_port(DatabaseSpec(engine="postgres", version="16", instance_class="db.t4g.micro"))
        5432
    """
    return _DEFAULT_PORTS[spec.engine] if spec.port is None else spec.port


def version_fits(engine: Engine, version: str) -> bool:
    """Tell whether RDS offers this version line of the engine.

    Example:
        >>> version_fits(Engine.MYSQL, "8.4.5"), version_fits(Engine.MYSQL, "16")
        (True, False)
    """
    return _VERSIONS[engine].fullmatch(version) is not None


def parameter_group_family(engine: Engine, version: str) -> str:
    """Name the family of parameter groups that fits an engine version.

    Args:
        engine: Database engine.
        version: Version of it, one that `version_fits` accepts.

    Source:
        RDS API, CreateDBParameterGroup, DBParameterGroupFamily.

    Example:
        >>> parameter_group_family(Engine.MYSQL, "8.4.5"), parameter_group_family(Engine.POSTGRES, "16")
        ('mysql8.4', 'postgres16')
    """
    line = version.split(".")[: 2 if engine is Engine.MYSQL else 1]
    return f"{engine.value}{'.'.join(line)}"


def forced_tls_parameter(engine: Engine) -> tuple[str, str]:
    """Name the parameter that makes the database refuse connections without TLS, with its value.

    Source:
        RDS user guide, "Requiring SSL/TLS" for MySQL and for PostgreSQL.

    Example:
        >>> forced_tls_parameter(Engine.MYSQL)
        ('require_secure_transport', '1')
    """
    return _FORCED_TLS[engine]


def log_exports(engine: Engine) -> tuple[str, ...]:
    """List the logs that RDS sends to CloudWatch Logs.

    Returns:
        Names of the logs, sorted.

    Source:
        RDS API, CreateDBInstance, EnableCloudwatchLogsExports.

    Example:
        >>> log_exports(Engine.POSTGRES)
        ('postgresql', 'upgrade')
    """
    return _LOG_EXPORTS[engine]
