"""A database on an RDS instance."""

import pulumi
import pulumi_aws as aws

from podsg.model import database_port, log_exports, storage_gib
from podsg.resources.database_parts import ADMIN_USER, DatabaseParts, MadeDatabase, secret_arn


def make_instance(parts: DatabaseParts) -> MadeDatabase:
    """Make an RDS instance that is private, encrypted and reached over TLS only."""
    instance = _make_instance(parts)
    return MadeDatabase(
        address=instance.address,
        port=instance.port,
        endpoint=instance.endpoint,
        reader_endpoint=pulumi.Output.from_input(None),
        secret_arn=instance.master_user_secrets.apply(secret_arn),
    )


def _make_instance(parts: DatabaseParts) -> aws.rds.Instance:
    spec, owner = parts.spec, parts.owner
    return aws.rds.Instance(
        owner.child("instance"),
        identifier=owner.name,
        engine=spec.engine.value,
        engine_version=spec.version,
        instance_class=spec.instance_class,
        allocated_storage=storage_gib(spec),
        storage_type="gp3",
        storage_encrypted=True,
        kms_key_id=parts.key_arn,
        db_name=spec.database_name,
        port=database_port(spec),
        username=ADMIN_USER,
        manage_master_user_password=True,
        iam_database_authentication_enabled=True,
        publicly_accessible=False,
        db_subnet_group_name=parts.subnet_group.name,
        vpc_security_group_ids=[parts.security_group_id],
        parameter_group_name=_make_parameter_group(parts).name,
        multi_az=spec.multi_az is not False,
        allow_major_version_upgrade=True,
        apply_immediately=spec.apply_immediately,
        auto_minor_version_upgrade=parts.follows_patches,
        backup_retention_period=spec.backup_retention_days,
        copy_tags_to_snapshot=True,
        deletion_protection=parts.protected,
        skip_final_snapshot=not spec.final_snapshot,
        final_snapshot_identifier=parts.final_snapshot_identifier,
        enabled_cloudwatch_logs_exports=list(log_exports(spec.engine)),
        tags=owner.tagged(),
        opts=parts.options(*parts.make_log_groups()),
    )


def _make_parameter_group(parts: DatabaseParts) -> aws.rds.ParameterGroup:
    return aws.rds.ParameterGroup(
        parts.owner.child("parameters"),
        description=f"Parameters of {parts.owner.name}",
        family=parts.family,
        parameters=parts.parameters,
        tags=parts.owner.tagged("parameters"),
        opts=parts.parameter_group_options,
    )
