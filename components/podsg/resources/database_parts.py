"""What an RDS instance and an Aurora cluster have in common."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from podsg.model import (
    DatabaseSpec,
    Engine,
    forced_tls_parameter,
    log_exports,
    log_group_name,
    parameter_group_family,
)
from podsg.resources.owner import Owner, handed_on

ADMIN_USER = "podsg_admin"
# Without these the exported logs hold next to nothing; PostgreSQL logs statements of a second or more.
# Source: RDS user guide, "Overview of RDS for MySQL database logs", "Turning on query logging" of PostgreSQL;
# Aurora user guide, "Publishing Amazon Aurora MySQL logs to Amazon CloudWatch Logs".
_LOG_OF_MYSQL = {"log_output": "FILE", "slow_query_log": "1"}
_LOG_OF_POSTGRESQL = {"log_min_duration_statement": "1000"}
LOG_PARAMETERS = {
    Engine.MYSQL: _LOG_OF_MYSQL,
    Engine.POSTGRES: _LOG_OF_POSTGRESQL,
    Engine.AURORA_MYSQL: _LOG_OF_MYSQL,
    Engine.AURORA_POSTGRESQL: _LOG_OF_POSTGRESQL,
}


@dataclass(frozen=True)
class MadeDatabase:
    """Hold how a database is reached, once it is there."""

    address: pulumi.Output[str]
    port: pulumi.Output[int]
    endpoint: pulumi.Output[str]
    reader_endpoint: pulumi.Output[Optional[str]]
    secret_arn: pulumi.Output[Optional[str]]


@dataclass(frozen=True)
class DatabaseParts:
    """Hold what a database of either kind is made with."""

    owner: Owner
    spec: DatabaseSpec
    subnet_group: aws.rds.SubnetGroup
    security_group_id: pulumi.Input[str]
    key_arn: Optional[pulumi.Input[str]]
    """ARN of a KMS key; None for the RDS key of the account."""

    @property
    def protected(self) -> bool:
        """Tell whether RDS refuses to delete the database; it does unless it is told otherwise."""
        return self.spec.deletion_protection is not False

    @property
    def follows_patches(self) -> bool:
        """Tell whether RDS may move the database to newer patch releases."""
        return names_a_line(self.spec.engine, self.spec.version)

    @property
    def final_snapshot_identifier(self) -> Optional[pulumi.Output[str]]:
        """Name the snapshot that is taken before the database is deleted; None if none is."""
        if not self.spec.final_snapshot:
            return None
        name = self.owner.name
        key = [] if self.key_arn is None else [self.key_arn]
        creation = pulumi.Output.all(
            self.subnet_group.name, self.spec.engine.value, self.spec.database_name, *key
        )
        return creation.apply(lambda parts: final_snapshot_name(name, "/".join(map(str, parts))))

    @property
    def parameters(self) -> list[Any]:
        """List the parameters of its parameter group: TLS is forced, slow statements are logged."""
        forced_tls, value = forced_tls_parameter(self.spec.engine)
        values = {forced_tls: value, **LOG_PARAMETERS[self.spec.engine]}
        return [
            {"name": name, "value": values[name], "apply_method": "pending-reboot"} for name in sorted(values)
        ]

    @property
    def family(self) -> str:
        """Name the family of its parameter group."""
        return parameter_group_family(self.spec.engine, self.spec.version)

    @property
    def parameter_group_options(self) -> pulumi.ResourceOptions:
        """Return the options of its parameter group.

        Another family is another group; the database is in the old one until it is updated itself.
        """
        return pulumi.ResourceOptions.merge(
            self.owner.options(), pulumi.ResourceOptions(delete_before_replace=False)
        )

    def options(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of what has a fixed identifier, which only one can have at a time."""
        return pulumi.ResourceOptions.merge(
            self.owner.options(*depends_on), pulumi.ResourceOptions(delete_before_replace=True)
        )

    def make_log_groups(self) -> list[pulumi.Resource]:
        """Make the log groups of the exported logs, unless they exist; RDS would make them without an end."""
        if not self.spec.create_log_groups:
            return []
        return [
            aws.cloudwatch.LogGroup(
                self.owner.child(f"{export}-log-group"),
                name=log_group_name(self.owner.name, self.spec.engine, export),
                retention_in_days=self.spec.log_retention_days,
                tags=self.owner.tagged(f"{export}-log-group"),
                opts=self.owner.options(),
            )
            for export in log_exports(self.spec.engine)
        ]


def make_subnet_group(
    owner: Owner,
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]],
    opts: Optional[pulumi.ResourceOptions],
) -> aws.rds.SubnetGroup:
    """Make the group of the subnets that a database may be in, after what its component waits for."""
    return aws.rds.SubnetGroup(
        owner.child("subnets"),
        description=f"Private subnets of {owner.name}",
        subnet_ids=subnet_ids,
        tags=owner.tagged("subnets"),
        opts=handed_on(owner.options(), opts),
    )


def secret_arn(secrets: Any) -> Optional[str]:  # noqa: ANN401 - the SDK has a class for each kind of database
    """Return the ARN of the secret that RDS made; None while it shows none."""
    return secrets[0].secret_arn if secrets else None


def names_a_line(engine: Engine, version: str) -> bool:
    """Tell whether a version names a line of patch releases, and not one of them.

    RDS may then move the database along the line; with a patch release written down that would be undone.

    Example:
        >>> [names_a_line(Engine.MYSQL, version) for version in ("8.4", "8.4.5")]
        [True, False]
        >>> [names_a_line(Engine.AURORA_POSTGRESQL, version) for version in ("16", "16.3")]
        [True, False]
    """
    return parameter_group_family(engine, version) == f"{engine.value}{version}"


def final_snapshot_name(identifier: str, creation: str) -> str:
    """Return the name of a database's last snapshot, another one for each creation of the database.

    A fixed name would let the second destroy fail: the snapshot of the first one is still there. Not told
    apart is a database that is made again beside the subnet group that half a destroy left behind.

    Args:
        identifier: Identifier of the database.
        creation: What is new with each creation: the random name of the subnet group, and the inputs that
            replace the database.

    Example:
        >>> final_snapshot_name("dev-catalog", "dev-catalog-subnets-1a2b3c4/mysql/catalog")
        'dev-catalog-final-1a5c6766'
    """
    return f"{identifier}-final-{hashlib.sha256(creation.encode()).hexdigest()[:8]}"
