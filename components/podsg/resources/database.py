"""A relational database for workloads."""

import hashlib
from typing import Any, NotRequired, Optional, TypedDict

import pulumi
import pulumi_aws as aws

from podsg.model import (
    DatabaseSpec,
    Engine,
    database_port,
    forced_tls_parameter,
    log_exports,
    parameter_group_family,
)
from podsg.resources.owner import Owner
from podsg.resources.specification import part_specification

ADMIN_USER = "podsg_admin"
# Without these the exported logs hold next to nothing; PostgreSQL logs statements of a second or more.
# Source: RDS user guide, "Overview of RDS for MySQL database logs", "Turning on query logging" of PostgreSQL.
LOG_PARAMETERS = {
    Engine.MYSQL: {"log_output": "FILE", "slow_query_log": "1"},
    Engine.POSTGRES: {"log_min_duration_statement": "1000"},
}


class DatabaseArgs(TypedDict):
    """Inputs of a database."""

    spec: Any
    """Engine, size and protection: the fields of one of `databases` in an environment."""
    subnet_ids: pulumi.Input[list[str]]
    """Private subnets in at least two zones."""
    security_group_id: pulumi.Input[str]
    """Id of the security group of the database. It needs no rule of its own: grants bring theirs."""
    key_arn: NotRequired[pulumi.Input[str]]
    """ARN of a KMS key for storage and snapshots. Default: the RDS key of the account, which outlives the
    stack and so keeps the final snapshot readable."""
    tags: NotRequired[dict[str, str]]
    """Tags of the database and its parts, besides name and owner. Default: none."""


class Database(pulumi.ComponentResource):
    """Make an RDS instance that is private, encrypted and reached over TLS only.

    Its identifier is the component's name. RDS makes and keeps the administrator's password, so the state
    holds none. Nobody can reach the instance until a workload is granted access.

    Another version line upgrades the instance in place and gives it a parameter group of the new line. The
    old group goes last, when the instance has left it: at once with `apply_immediately`, else after the
    maintenance window; until then RDS refuses to delete it and the update ends with that error. The next
    update after the window finishes it. A version that names a patch stays; one that names a line follows its
    patches.
    """

    address: pulumi.Output[str]
    """DNS name of the instance."""
    port: pulumi.Output[int]
    """TCP port of the instance."""
    endpoint: pulumi.Output[str]
    """`address:port` of the instance."""
    secret_arn: pulumi.Output[Optional[str]]
    """ARN of the secret with the administrator's name and password, made and rotated by RDS; none while RDS
    shows no secret."""

    def __init__(self, name: str, args: DatabaseArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("podsg:index:Database", name, None, opts)
        self._spec = part_specification(DatabaseSpec, args["spec"], name)
        self._owner = Owner.of(self, name, args.get("tags"))

        instance = self._make_instance(args)
        self.address = instance.address
        self.port = instance.port
        self.endpoint = instance.endpoint
        self.secret_arn = instance.master_user_secrets.apply(
            lambda secrets: secrets[0].secret_arn if secrets else None
        )
        self.register_outputs(
            {
                "address": self.address,
                "port": self.port,
                "endpoint": self.endpoint,
                "secret_arn": self.secret_arn,
            }
        )

    def _make_instance(self, args: DatabaseArgs) -> aws.rds.Instance:
        spec = self._spec
        subnet_group = self._make_subnet_group(args["subnet_ids"])
        options = pulumi.ResourceOptions(delete_before_replace=True)
        return aws.rds.Instance(
            self._owner.child("instance"),
            identifier=self._owner.name,
            engine=spec.engine.value,
            engine_version=spec.version,
            instance_class=spec.instance_class,
            allocated_storage=spec.storage_gib,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=args.get("key_arn"),
            db_name=spec.database_name,
            port=database_port(spec),
            username=ADMIN_USER,
            manage_master_user_password=True,
            iam_database_authentication_enabled=True,
            publicly_accessible=False,
            db_subnet_group_name=subnet_group.name,
            vpc_security_group_ids=[args["security_group_id"]],
            parameter_group_name=self._make_parameter_group().name,
            multi_az=spec.multi_az,
            allow_major_version_upgrade=True,
            apply_immediately=spec.apply_immediately,
            auto_minor_version_upgrade=names_a_line(spec.engine, spec.version),
            backup_retention_period=spec.backup_retention_days,
            copy_tags_to_snapshot=True,
            deletion_protection=spec.deletion_protection,
            skip_final_snapshot=not spec.final_snapshot,
            final_snapshot_identifier=self._final_snapshot(subnet_group),
            enabled_cloudwatch_logs_exports=list(log_exports(spec.engine)),
            tags=self._owner.tagged(),
            opts=pulumi.ResourceOptions.merge(self._owner.options(*self._make_log_groups()), options),
        )

    def _make_subnet_group(self, subnet_ids: pulumi.Input[list[str]]) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            self._owner.child("subnets"),
            description=f"Private subnets of {self._owner.name}",
            subnet_ids=subnet_ids,
            tags=self._owner.tagged("subnets"),
            opts=self._owner.options(),
        )

    def _make_parameter_group(self) -> aws.rds.ParameterGroup:
        forced_tls, value = forced_tls_parameter(self._spec.engine)
        parameters = {forced_tls: value, **LOG_PARAMETERS[self._spec.engine]}
        return aws.rds.ParameterGroup(
            self._owner.child("parameters"),
            description=f"Parameters of {self._owner.name}",
            family=parameter_group_family(self._spec.engine, self._spec.version),
            parameters=[
                {"name": key, "value": parameters[key], "apply_method": "pending-reboot"}
                for key in sorted(parameters)
            ],
            tags=self._owner.tagged("parameters"),
            # Another family is another group; the instance is in the old one until it is updated itself.
            opts=pulumi.ResourceOptions.merge(
                self._owner.options(), pulumi.ResourceOptions(delete_before_replace=False)
            ),
        )

    def _make_log_groups(self) -> list[pulumi.Resource]:
        return [
            aws.cloudwatch.LogGroup(
                self._owner.child(f"{export}-log-group"),
                name=f"/aws/rds/instance/{self._owner.name}/{export}",
                retention_in_days=self._spec.log_retention_days,
                tags=self._owner.tagged(f"{export}-log-group"),
                opts=self._owner.options(),
            )
            for export in log_exports(self._spec.engine)
        ]

    def _final_snapshot(self, subnet_group: aws.rds.SubnetGroup) -> Optional[pulumi.Output[str]]:
        if not self._spec.final_snapshot:
            return None
        name = self._owner.name
        replacing = f"{self._spec.engine.value}/{self._spec.database_name}"
        return subnet_group.name.apply(lambda group: final_snapshot_name(name, f"{group}/{replacing}"))


def names_a_line(engine: Engine, version: str) -> bool:
    """Tell whether a version names a line of patch releases, and not one of them.

    RDS may then move the instance along the line; with a patch release written down that would be undone.

    Example:
        >>> [names_a_line(Engine.MYSQL, version) for version in ("8.4", "8.4.5")]
        [True, False]
        >>> [names_a_line(Engine.POSTGRES, version) for version in ("16", "16.3")]
        [True, False]
    """
    return parameter_group_family(engine, version) == f"{engine.value}{version}"


def final_snapshot_name(identifier: str, creation: str) -> str:
    """Return the name of an instance's last snapshot, another one for each creation of the instance.

    A fixed name would let the second destroy fail: the snapshot of the first one is still there.

    Args:
        identifier: Identifier of the instance.
        creation: What is new with each creation: the random name of the subnet group, and the inputs that
            replace the instance.

    Example:
        >>> final_snapshot_name("dev-catalog", "dev-catalog-subnets-1a2b3c4/mysql/catalog")
        'dev-catalog-final-1a5c6766'
    """
    return f"{identifier}-final-{hashlib.sha256(creation.encode()).hexdigest()[:8]}"
