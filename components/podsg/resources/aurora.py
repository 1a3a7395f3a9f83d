"""A database on an Aurora cluster."""

import pulumi
import pulumi_aws as aws

from podsg.model import database_port, instance_count, log_exports
from podsg.resources.database_parts import ADMIN_USER, DatabaseParts, MadeDatabase, secret_arn


def make_aurora(parts: DatabaseParts) -> MadeDatabase:
    """Make an Aurora cluster that is private, encrypted and reached over TLS only, and its instances.

    It is told how to reach it once somebody answers there: when its instances are.
    """
    cluster = _make_cluster(parts)
    instances = _make_instances(parts, cluster)
    port = database_port(parts.spec)
    names = pulumi.Output.all(
        cluster.endpoint, cluster.reader_endpoint, *(instance.id for instance in instances)
    )
    return MadeDatabase(
        address=names.apply(lambda found: str(found[0])),
        port=cluster.port,
        endpoint=names.apply(lambda found: f"{found[0]}:{port}"),
        reader_endpoint=names.apply(lambda found: f"{found[1]}:{port}"),
        secret_arn=cluster.master_user_secrets.apply(secret_arn),
    )


def _make_cluster(parts: DatabaseParts) -> aws.rds.Cluster:
    spec, owner = parts.spec, parts.owner
    return aws.rds.Cluster(
        owner.child("cluster"),
        cluster_identifier=owner.name,
        engine=spec.engine.value,
        engine_version=spec.version,
        storage_encrypted=True,
        kms_key_id=parts.key_arn,
        database_name=spec.database_name,
        port=database_port(spec),
        master_username=ADMIN_USER,
        manage_master_user_password=True,
        iam_database_authentication_enabled=True,
        db_subnet_group_name=parts.subnet_group.name,
        vpc_security_group_ids=[parts.security_group_id],
        db_cluster_parameter_group_name=_make_parameter_group(parts).name,
        allow_major_version_upgrade=True,
        apply_immediately=spec.apply_immediately,
        backup_retention_period=spec.backup_retention_days,
        copy_tags_to_snapshot=True,
        deletion_protection=parts.protected,
        skip_final_snapshot=not spec.final_snapshot,
        final_snapshot_identifier=parts.final_snapshot_identifier,
        enabled_cloudwatch_logs_exports=list(log_exports(spec.engine)),
        tags=owner.tagged(),
        opts=parts.options(*parts.make_log_groups()),
    )


def _make_instances(parts: DatabaseParts, cluster: aws.rds.Cluster) -> list[aws.rds.ClusterInstance]:
    """Make the instances, in the zones that Aurora chooses: it spreads them.

    The first instance of a cluster is its writer; the others wait for it, so that it is always the one with
    the first number. If it fails, Aurora promotes the lowest tier.

    Source: Aurora user guide, "Aurora DB clusters"; "Fault tolerance for an Aurora DB cluster".
    """
    instances: list[aws.rds.ClusterInstance] = []
    for number in range(1, instance_count(parts.spec) + 1):
        instances.append(_make_instance(parts, cluster, number, instances[:1]))
    return instances


def _make_instance(
    parts: DatabaseParts, cluster: aws.rds.Cluster, number: int, writer: list[aws.rds.ClusterInstance]
) -> aws.rds.ClusterInstance:
    role = f"instance-{number}"
    return aws.rds.ClusterInstance(
        parts.owner.child(role),
        identifier=f"{parts.owner.name}-{number}",
        cluster_identifier=cluster.id,
        # It has the version of the cluster, which upgrades it.
        engine=aws.rds.EngineType(parts.spec.engine.value),
        instance_class=parts.spec.instance_class,
        db_subnet_group_name=parts.subnet_group.name,
        publicly_accessible=False,
        apply_immediately=parts.spec.apply_immediately,
        auto_minor_version_upgrade=parts.follows_patches,
        copy_tags_to_snapshot=True,
        promotion_tier=number - 1,
        tags=parts.owner.tagged(role),
        opts=parts.options(*writer),
    )


def _make_parameter_group(parts: DatabaseParts) -> aws.rds.ClusterParameterGroup:
    return aws.rds.ClusterParameterGroup(
        parts.owner.child("cluster-parameters"),
        description=f"Parameters of {parts.owner.name}",
        family=parts.family,
        parameters=parts.parameters,
        tags=parts.owner.tagged("cluster-parameters"),
        opts=parts.parameter_group_options,
    )
