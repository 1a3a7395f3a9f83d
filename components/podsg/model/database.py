"""RDS instances and Aurora clusters."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import Field

from podsg.model.references import KeyArn, SecurityGroupId
from podsg.model.retention import RetentionDays
from podsg.model.spec import Spec


class Engine(StrEnum):
    """Database engine of an RDS instance or of an Aurora cluster."""

    MYSQL = "mysql"
    """RDS for MySQL."""
    POSTGRES = "postgres"
    """RDS for PostgreSQL."""
    AURORA_MYSQL = "aurora-mysql"
    """Aurora with the protocol of MySQL."""
    AURORA_POSTGRESQL = "aurora-postgresql"
    """Aurora with the protocol of PostgreSQL."""


AURORA = (Engine.AURORA_MYSQL, Engine.AURORA_POSTGRESQL)
_MYSQL = (Engine.MYSQL, Engine.AURORA_MYSQL)
# Source: RDS quotas, DB instances per Region: 40.
MOST_DATABASES = 40
_STORAGE_GIB, _AURORA_INSTANCES = 20, 2
_VERSIONS = {
    Engine.MYSQL: re.compile(r"(8\.0|8\.4)(\.[0-9]+)?"),
    Engine.POSTGRES: re.compile(r"(1[4-8])(\.[0-9]+)?"),
    Engine.AURORA_MYSQL: re.compile(r"8\.[04]|(8\.0\.mysql_aurora\.3|8\.4\.mysql_aurora\.8)\.[0-9]+\.[0-9]+"),
    Engine.AURORA_POSTGRESQL: re.compile(r"(1[4-8])(\.[0-9]+)?"),
}
VERSIONS_ALLOWED = {
    Engine.MYSQL: '"8.0" or "8.4", with or without a patch number, for engine mysql',
    Engine.POSTGRES: '"14" to "18", with or without a minor number, for engine postgres',
    Engine.AURORA_MYSQL: '"8.0", "8.4" or such as "8.0.mysql_aurora.3.10.0", for engine aurora-mysql',
    Engine.AURORA_POSTGRESQL: '"14" to "18", with or without a minor number, for engine aurora-postgresql',
}
_LOG_EXPORTS = {
    Engine.MYSQL: ("error", "slowquery"),
    Engine.POSTGRES: ("postgresql", "upgrade"),
    Engine.AURORA_MYSQL: ("error", "slowquery"),
    Engine.AURORA_POSTGRESQL: ("postgresql",),
}


class DatabaseSpec(Spec):
    """One encrypted RDS instance or Aurora cluster in the private subnets.

    Its password is kept by RDS in Secrets Manager.
    """

    engine: Engine = Field(strict=False, examples=["mysql"])
    """Database engine, of RDS or Aurora. A change replaces the database."""
    version: str = Field(
        pattern=r"^[0-9]+(\.[0-9]+){0,2}(\.mysql_aurora(\.[0-9]+){3})?$",
        json_schema_extra={
            "patternErrorMessage": 'text in quotes that fits the engine, such as "8.4" or "16"'
        },
        examples=["8.4"],
    )
    """Engine version (text), or a patch release of it.

    mysql and aurora-mysql: "8.0" or "8.4"; postgres and aurora-postgresql: "14" to "18"."""
    instance_class: str = Field(
        pattern=r"^db\.[a-z0-9-]+\.[a-z0-9-]+$",
        json_schema_extra={"patternErrorMessage": "an RDS instance class, such as db.t4g.micro"},
        examples=["db.t4g.micro"],
    )
    """RDS instance class; for Aurora one of an r or x family, or medium or large of a t family."""
    # Source: RDS user guide, General Purpose SSD storage: 20 GiB to 64 TiB.
    storage_gib: int | None = Field(default=None, ge=20, le=65536, examples=[20])
    """Storage at the start (GiB, 20 to 65536); not for Aurora, whose storage grows by itself. Default: 20."""
    # Source: Aurora user guide, "Aurora DB clusters": one writer and up to 15 readers.
    instance_count: int | None = Field(default=None, ge=1, le=16, examples=[2])
    """Instances of an Aurora cluster (count, 1 to 16): one writes, all read. Default: 2.

    Not for other engines."""
    # Source: RDS API, CreateDBInstance, Port.
    port: int | None = Field(default=None, ge=1150, le=65535, examples=[3306])
    """TCP port (1150 to 65535). Default: 3306 for MySQL, 5432 for PostgreSQL."""
    multi_az: bool | None = Field(default=None, examples=[True])
    """Keeps a standby in a second zone; not for Aurora, which has `instance_count`. Default: true."""
    security_group_id: SecurityGroupId | None = Field(default=None, examples=["sg-0123456789abcdef0"])
    """Id of a security group for the database that exists already; grants bring their rules into it.

    Default: an environment makes one."""
    key_arn: KeyArn | None = Field(default=None, examples=["arn:aws:kms:us-west-2:123456789012:key/0123abcd"])
    """ARN of a KMS key for storage and snapshots.

    Default: the RDS key of the account, which outlives the stack and so keeps the final snapshot readable."""
    # Source: RDS API, CreateDBInstance, BackupRetentionPeriod; 0 would switch backups off.
    backup_retention_days: int = Field(default=7, ge=1, le=35, examples=[7])
    """How long automatic backups are kept (days, 1 to 35)."""
    deletion_protection: bool | None = Field(default=None, examples=[True])
    """RDS refuses to delete the database while this is true.

    Default: as `deletion_protection` of the environment says; a database by itself is protected."""
    final_snapshot: bool = Field(default=True, examples=[True])
    """Takes a snapshot before the database is deleted."""
    apply_immediately: bool = Field(default=False, examples=[False])
    """Changes that interrupt, such as class or version, are made at once and not in the maintenance
    window."""
    log_retention_days: RetentionDays = Field(default=365, examples=[365])
    """How long exported database logs are kept (days, one of the values of CloudWatch Logs)."""
    create_log_groups: bool = Field(default=True, examples=[True])
    """Makes the log groups of the exported logs; false for those that exist already."""
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
    if spec.port is not None:
        return spec.port
    return 3306 if spec.engine in _MYSQL else 5432


def is_aurora(engine: Engine) -> bool:
    """Tell whether an engine runs as an Aurora cluster of instances that share their storage."""
    return engine in AURORA


def storage_gib(spec: DatabaseSpec) -> int | None:
    """Tell the storage of a database at its start (GiB); None for Aurora."""
    if is_aurora(spec.engine):
        return None
    return spec.storage_gib or _STORAGE_GIB


def instance_count(spec: DatabaseSpec) -> int:
    """Count the instances that a database is made of: 1, or those of an Aurora cluster."""
    if not is_aurora(spec.engine):
        return 1
    return spec.instance_count or _AURORA_INSTANCES


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
        >>> parameter_group_family(Engine.MYSQL, "8.4.5")
        'mysql8.4'
        >>> parameter_group_family(Engine.AURORA_POSTGRESQL, "16")
        'aurora-postgresql16'
    """
    line = version.split(".")[: 2 if engine in _MYSQL else 1]
    return f"{engine.value}{'.'.join(line)}"


def forced_tls_parameter(engine: Engine) -> tuple[str, str]:
    """Name the parameter that makes the database refuse connections without TLS, with its value.

    Source:
        RDS user guide, "Requiring SSL/TLS" for MySQL and for PostgreSQL; Aurora user guide, the same, where
        MySQL takes ON and not 1.

    Example:
        >>> forced_tls_parameter(Engine.MYSQL), forced_tls_parameter(Engine.AURORA_MYSQL)
        (('require_secure_transport', '1'), ('require_secure_transport', 'ON'))
    """
    if engine not in _MYSQL:
        return "rds.force_ssl", "1"
    return "require_secure_transport", "ON" if is_aurora(engine) else "1"


def log_exports(engine: Engine) -> tuple[str, ...]:
    """List the logs that RDS sends to CloudWatch Logs.

    Returns:
        Names of the logs, sorted.

    Source:
        RDS API, CreateDBInstance and CreateDBCluster, EnableCloudwatchLogsExports.

    Example:
        >>> log_exports(Engine.POSTGRES)
        ('postgresql', 'upgrade')
    """
    return _LOG_EXPORTS[engine]
