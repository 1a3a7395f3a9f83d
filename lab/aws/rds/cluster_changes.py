"""ModifyDBCluster: what applies at once, what only with ApplyImmediately, what never.

Source: RDS API reference, ModifyDBCluster; Aurora user guide, "Modifying an Amazon Aurora DB cluster".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from moto.rds.exceptions import InvalidParameterCombination

from lab.aws.rds import checks, cluster_checks, engines, versions

if TYPE_CHECKING:
    from lab.aws.rds.backend import LabRDSBackend
    from lab.aws.rds.clusters import DBCluster

# Interrupts the members: pending until the maintenance window, which the lab never reaches.
DEFERRED = {"EnableIAMDatabaseAuthentication": "iam_auth", "EngineVersion": "engine_version"}
# Goes along with a new version line: the present line cannot use the group of the next one.
WITH_LINE = {"DBClusterParameterGroupName": "parameter_group"}
AT_ONCE = {
    "BackupRetentionPeriod": "backup_retention_period",
    "CopyTagsToSnapshot": "copy_tags_to_snapshot",
    "DBClusterParameterGroupName": "parameter_group",
    "DeletionProtection": "deletion_protection",
    "MasterUserPassword": "master_user_password",
    "Port": "port",
    "PreferredBackupWindow": "preferred_backup_window",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
}
HANDLED_APART = (
    "AllowMajorVersionUpgrade",
    "ApplyImmediately",
    "CloudwatchLogsExportConfiguration",
    "DBClusterIdentifier",
    "VpcSecurityGroupIds",
)
KNOWN = {xform_name(name) for name in (*DEFERRED, *AT_ONCE, *HANDLED_APART)}
SHOWN_AS = {"EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled"}


def modify(backend: LabRDSBackend, cluster: DBCluster, parameters: Any) -> None:
    """Check and start a modification.

    Args:
        backend: Backend of the cluster.
        cluster: An available cluster.
        parameters: The request's parameters.
    """
    new_line = _check(backend, cluster, parameters)
    waiting = DEFERRED | (WITH_LINE if new_line else {})
    for name in AT_ONCE.keys() - waiting.keys():
        if parameters.get(name) is not None:
            setattr(cluster, AT_ONCE[name], parameters[name])
    for member in backend.members_of(cluster):
        member.port = cluster.port
    if group_ids := parameters.get("VpcSecurityGroupIds"):
        backend.set_cluster_groups(cluster, list(group_ids))
    _export(cluster, parameters.get("CloudwatchLogsExportConfiguration") or {})
    deferred = {
        name: parameters[name]
        for name in waiting
        if parameters.get(name) is not None and getattr(cluster, waiting[name]) != parameters[name]
    }
    cluster.pending_changes |= deferred
    cluster.pending_modified_values |= {
        SHOWN_AS.get(name, name): value for name, value in deferred.items() if name not in WITH_LINE
    }
    if cluster.pending_changes and parameters.get("ApplyImmediately"):
        backend.change_later(cluster, lambda: _apply(cluster))


def _check(backend: LabRDSBackend, cluster: DBCluster, parameters: Any) -> bool:
    """Refuse what does not fit; tell whether the version asked for is of another line."""
    if unknown := sorted(set(parameters) - KNOWN):
        raise InvalidParameterCombination(f"The lab does not change {', '.join(unknown)} of a DB cluster.")
    engine = cluster.engine
    checks.check_port(parameters.get("Port"))
    checks.check_retention(parameters.get("BackupRetentionPeriod"), cluster_checks.RETENTION_DAYS)
    version = versions.check_upgrade(engine, cluster.engine_version, parameters)
    new_line = engines.family(engine, version) != engines.family(engine, cluster.engine_version)
    group = parameters.get("DBClusterParameterGroupName")
    if new_line:
        _check_custom_groups(backend, cluster, group)
    cluster_checks.check_parameter_group(backend, group, engine, version)
    exports = parameters.get("CloudwatchLogsExportConfiguration") or {}
    checks.check_log_types(engine, version, exports.get("EnableLogTypes", []))
    vpc_id = backend.subnet_groups[cluster.db_subnet_group_name].vpc_id
    checks.check_groups(backend, vpc_id, parameters.get("VpcSecurityGroupIds") or [])
    return new_line


def _check_custom_groups(backend: LabRDSBackend, cluster: DBCluster, wanted: str | None) -> None:
    """Refuse a new version line that leaves custom parameter groups of the old one in place.

    Source: cloudposse/terraform-aws-rds-cluster#134 (text for instances); the lab does not take
    DBInstanceParameterGroupName.
    """
    custom = [("cluster", cluster.parameter_group)] if wanted is None else []
    custom += [
        ("instance", each.db_parameter_group_name)
        for each in backend.members_of(cluster)
        if each.db_parameter_group_name
    ]
    for kind, name in custom:
        if not name.startswith("default."):
            raise InvalidParameterCombination(
                f"The current DB {kind} parameter group {name} is custom. You must explicitly specify a new "
                f"DB {kind} parameter group, either default or custom, for the engine version upgrade."
            )


def _export(cluster: DBCluster, exports: Mapping[str, Any]) -> None:
    """Merge log exports into the present ones."""
    present = set(cluster.enabled_cloudwatch_logs_exports) - set(exports.get("DisableLogTypes", []))
    cluster.enabled_cloudwatch_logs_exports = sorted(present | set(exports.get("EnableLogTypes", [])))


def _apply(cluster: DBCluster) -> None:
    """Apply all that is pending, not only what the last call has named."""
    changes, cluster.pending_changes = cluster.pending_changes, {}
    for name, value in changes.items():
        setattr(cluster, (DEFERRED | WITH_LINE)[name], value)
    if cluster.parameter_group.startswith("default."):
        cluster.parameter_group = f"default.{engines.family(cluster.engine, cluster.engine_version)}"
