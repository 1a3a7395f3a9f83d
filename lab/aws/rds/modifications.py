"""ModifyDBInstance: what applies at once, what only with ApplyImmediately, what never.

Source: RDS API reference, ModifyDBInstance; RDS user guide, "Settings for DB instances" (when a change
takes effect).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from moto.rds.exceptions import InvalidParameterCombination

from lab.aws.rds import checks, engines, versions

if TYPE_CHECKING:
    from moto.rds.models import DBSubnetGroup

    from lab.aws.rds.backend import LabRDSBackend
    from lab.aws.rds.instances import DBInstance

AUTHORITY = "rds-ca-rsa2048-g1"
# Interrupts or works on the host: pending until the maintenance window, which the lab never reaches.
DEFERRED = {
    "AllocatedStorage": "allocated_storage",
    "DBInstanceClass": "db_instance_class",
    "DBPortNumber": "port",
    "EngineVersion": "engine_version",
    "EnableIAMDatabaseAuthentication": "enable_iam_database_authentication",
    "Iops": "iops",
    "MultiAZ": "multi_az",
    "StorageThroughput": "storage_throughput",
    "StorageType": "storage_type",
    "BackupRetentionPeriod": "backup_retention_period",
    "MasterUserPassword": "master_user_password",
}
# Goes along with a new version line: the present line cannot use the group of the next one.
# Source: RDS API reference, ModifyDBInstance (EngineVersion); terraform-aws-modules/terraform-aws-rds#94.
WITH_LINE = {"DBParameterGroupName": "db_parameter_group_name"}
SHOWN_AS = {"DBPortNumber": "Port", "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled"}


def modify(backend: LabRDSBackend, database: DBInstance, parameters: Any) -> None:
    """Check and start a modification.

    Args:
        backend: Backend of the instance.
        database: An available instance.
        parameters: The request's parameters; what is handled here is taken out of them.
    """
    _check(backend, database, parameters)
    waiting = DEFERRED | (WITH_LINE if _changes_line(database, parameters) else {})
    deferred = {
        name: parameters[name]
        for name in waiting
        if parameters.get(name) is not None and getattr(database, waiting[name], None) != parameters[name]
    }
    if database.backup_retention_period and deferred.get("BackupRetentionPeriod"):
        # From one number of days to another is soon done; backups switched on or off wait.
        database.backup_retention_period = deferred.pop("BackupRetentionPeriod")
    group_ids = parameters.get("VpcSecurityGroupIds")
    immediately = bool(parameters.get("ApplyImmediately"))
    handled = {xform_name(name) for name in (*waiting, "VpcSecurityGroupIds", "DBSubnetGroupName")}
    rest = {key: value for key, value in parameters.items() if key not in handled}
    _modify_rest(backend, database, rest)
    if group_ids:
        backend.set_groups(database, list(group_ids))
    database.pending_changes |= deferred
    if not database.pending_changes:
        return
    database.pending_modified_values |= {
        SHOWN_AS.get(name, name): "****" if name == "MasterUserPassword" else value
        for name, value in deferred.items()
        if name not in WITH_LINE
    }
    if immediately:
        backend.change_later(database, lambda: _apply(backend, database))


def host_subnets(group: DBSubnetGroup, zone: str | None, *, multi_az: bool) -> list[str]:
    """Choose a subnet per host: the zone asked for or the first, and another zone for the standby.

    Raises:
        InvalidParameterCombination: The subnet group has none in that zone, or a zone is named for Multi-AZ.
    """
    if zone and multi_az:
        raise InvalidParameterCombination(
            "Requesting a specific availability zone is not valid for Multi-AZ instances."
        )
    by_zone: dict[str, str] = {}
    for subnet in group.subnets:
        by_zone.setdefault(subnet["SubnetAvailabilityZone"]["Name"], subnet["SubnetIdentifier"])
    if zone and zone not in by_zone:
        raise InvalidParameterCombination(f"The subnet group {group.name} has no subnet in {zone}.")
    first = zone or min(by_zone)
    others = [by_zone[each] for each in sorted(by_zone) if each != first]
    return [by_zone[first], *(others[:1] if multi_az else [])]


def _check(backend: LabRDSBackend, database: DBInstance, parameters: Any) -> None:
    engine = str(database.engine)
    if name := parameters.get("DBInstanceClass"):
        checks.check_class(name, engine, database.engine_version)
    checks.check_numbers(parameters, engine)
    _check_storage(database, parameters)
    version = versions.check_upgrade(engine, database.engine_version, parameters)
    if parameters.get("DBParameterGroupName") or version != database.engine_version:
        name = parameters.get("DBParameterGroupName") or database.db_parameter_group_name
        checks.check_parameter_group(backend, name, engine, version)
    exports: Mapping[str, Any] = parameters.get("CloudwatchLogsExportConfiguration") or {}
    checks.check_log_types(engine, version, exports.get("EnableLogTypes", []))
    group = database.db_subnet_group
    checks.check_groups(backend, group.vpc_id, parameters.get("VpcSecurityGroupIds") or [])
    if (wanted := parameters.get("DBSubnetGroupName")) and wanted.lower() != group.name:
        raise InvalidParameterCombination("The lab does not move a DB instance to another subnet group.")


def _check_storage(database: DBInstance, parameters: Any) -> None:
    wanted = parameters.get("AllocatedStorage")
    if wanted is not None and wanted < database.allocated_storage:
        raise InvalidParameterCombination(
            f"Requested storage size ({wanted}) cannot be less than the current storage size "
            f"({database.allocated_storage})."
        )


def _changes_line(database: DBInstance, parameters: Any) -> bool:
    """Tell whether the full version asked for is of another line than the present one."""
    engine, present = str(database.engine), database.engine_version
    return engines.family(engine, parameters.get("EngineVersion") or present) != engines.family(
        engine, present
    )


def _modify_rest(backend: LabRDSBackend, database: DBInstance, rest: dict[str, Any]) -> None:
    """Let moto change what applies at once; exports are merged here: moto stumbles over repeated ones."""
    exports = rest.pop("cloudwatch_logs_export_configuration", None) or {}
    present = set(database.enabled_cloudwatch_logs_exports) - set(exports.get("DisableLogTypes", []))
    database.enabled_cloudwatch_logs_exports = sorted(present | set(exports.get("EnableLogTypes", [])))
    backend.modify_db_instance(database.db_instance_identifier, rest)


def _apply(backend: LabRDSBackend, database: DBInstance) -> None:
    """Apply all that is pending, not only what the last call has named."""
    changes, database.pending_changes = database.pending_changes, {}
    for name, value in changes.items():
        setattr(database, (DEFERRED | WITH_LINE)[name], value)
    if "MultiAZ" in changes:
        multi_az = bool(changes["MultiAZ"])
        zone = None if multi_az else database.availability_zone
        backend.place(database, host_subnets(database.db_subnet_group, zone, multi_az=multi_az))
