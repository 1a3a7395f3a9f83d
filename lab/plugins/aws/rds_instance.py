"""RDS database instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_set, same_text
from lab.plugins.aws.errors import WaitError
from lab.plugins.aws.rds_calls import (
    check_identifier,
    check_retention,
    log_export_changes,
    master_secrets,
    retag,
    same_version,
    shown_version,
    tags_of,
)
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Timeouts, Values
from lab.plugins.interface import PluginError

_GONE: Final = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
_FAILED: Final = frozenset({"failed", "incompatible-parameters", "incompatible-network", "storage-full"})

_PARAMETERS: Final = {
    "allocatedStorage": "AllocatedStorage",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "availabilityZone": "AvailabilityZone",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "caCertIdentifier": "CACertificateIdentifier",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "dbName": "DBName",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "deletionProtection": "DeletionProtection",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "identifier": "DBInstanceIdentifier",
    "instanceClass": "DBInstanceClass",
    "iops": "Iops",
    "kmsKeyId": "KmsKeyId",
    "licenseModel": "LicenseModel",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "manageMasterUserPassword": "ManageMasterUserPassword",
    "masterUserSecretKmsKeyId": "MasterUserSecretKmsKeyId",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "multiAz": "MultiAZ",
    "parameterGroupName": "DBParameterGroupName",
    "password": "MasterUserPassword",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "port": "Port",
    "publiclyAccessible": "PubliclyAccessible",
    "storageEncrypted": "StorageEncrypted",
    "storageThroughput": "StorageThroughput",
    "storageType": "StorageType",
    "username": "MasterUsername",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
}
"""Parameters of CreateDBInstance."""
_MODIFIED_AS: Final = {"port": "DBPortNumber", "identifier": "NewDBInstanceIdentifier"}
"""Parameters that ModifyDBInstance calls otherwise."""
_READ_AS: Final = {
    name: parameter
    for name, parameter in _PARAMETERS.items()
    if name
    not in {
        "dbSubnetGroupName",
        "enabledCloudwatchLogsExports",
        "manageMasterUserPassword",
        "masterUserSecretKmsKeyId",
        "parameterGroupName",
        "password",
        "port",
        "vpcSecurityGroupIds",
    }
} | {
    "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
    "performanceInsightsEnabled": "PerformanceInsightsEnabled",
}
"""Members of a DBInstance that stand under one name each."""


def _find(call: Call, resource_id: str, state: Mapping[str, Any]) -> dict[str, Any] | None:
    """Find by identifier if the state has one, else by resource id; an import gives either."""
    wanted = str(state.get("identifier") or resource_id)
    if state.get("identifier") or not resource_id.startswith("db-"):
        answer = call.found(
            _GONE, lambda: call.aws("rds", "describe_db_instances", DBInstanceIdentifier=wanted)
        )
        listed = answer["DBInstances"] if answer else []
    else:
        listed = call.pages("rds", "describe_db_instances", "DBInstances")
        listed = [item for item in listed if item["DbiResourceId"] == resource_id]
    found: dict[str, Any] | None = listed[0] if listed else None
    return found


def _create(call: Call, inputs: Values) -> str:
    parameters = {parameter: inputs.get(name) for name, parameter in _PARAMETERS.items()}
    answer = call.aws("rds", "create_db_instance", **parameters, Tags=tagging.to_list(inputs["tagsAll"]))
    return str(answer["DBInstance"]["DbiResourceId"])


def _wait_available(call: Call, resource_id: str, inputs: Values) -> None:
    def done() -> tuple[bool, str]:
        instance = _find(call, resource_id, inputs)
        status = instance["DBInstanceStatus"] if instance else "not found"
        if status in _FAILED:
            raise WaitError(f"waiting for RDS DB Instance ({resource_id}): unexpected state '{status}'")
        return status == "available", status

    call.until(f"RDS DB Instance ({resource_id}) create", done)


def _read(call: Call, resource_id: str, state: Values) -> Values | None:
    instance = _find(call, resource_id, state)
    if instance is None:
        return None
    outputs: Values = {name: instance.get(member) for name, member in _READ_AS.items()}
    secrets = master_secrets(instance)
    groups = [item["VpcSecurityGroupId"] for item in instance.get("VpcSecurityGroups") or ()]
    return (
        outputs
        | _endpoint(instance)
        | {
            "arn": instance["DBInstanceArn"],
            "dbSubnetGroupName": (instance.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"),
            "enabledCloudwatchLogsExports": instance.get("EnabledCloudwatchLogsExports") or [],
            "engineVersion": shown_version(state.get("engineVersion"), instance["EngineVersion"]),
            "engineVersionActual": instance["EngineVersion"],
            "manageMasterUserPassword": True if secrets else None,
            "masterUserSecrets": secrets,
            "parameterGroupName": next(
                (item["DBParameterGroupName"] for item in instance.get("DBParameterGroups") or ()), None
            ),
            "resourceId": instance["DbiResourceId"],
            "status": instance["DBInstanceStatus"],
            "tagsAll": tags_of(call, instance["DBInstanceArn"]),
            "vpcSecurityGroupIds": groups,
        }
    )


def _endpoint(instance: Mapping[str, Any]) -> Values:
    endpoint = instance.get("Endpoint") or {}
    address, port = endpoint.get("Address"), endpoint.get("Port") or instance.get("Port")
    return {
        "address": address,
        "endpoint": f"{address}:{port}" if address else None,
        "hostedZoneId": endpoint.get("HostedZoneId"),
        "port": port,
    }


def _update(call: Call, resource_id: str, change: Change) -> None:
    names = [name for name in _PARAMETERS if change.touches(name)]
    if not names:
        return
    parameters = {_MODIFIED_AS.get(name, _PARAMETERS[name]): change.new.get(name) for name in names}
    if (
        parameters.pop("EnableCloudwatchLogsExports", None) is not None
        or "enabledCloudwatchLogsExports" in names
    ):
        parameters["CloudwatchLogsExportConfiguration"] = log_export_changes(
            change.old.get("enabledCloudwatchLogsExports"), change.new.get("enabledCloudwatchLogsExports")
        )
    if change.touches("deletionProtection"):
        parameters["DeletionProtection"] = bool(change.new.get("deletionProtection"))
    call.aws(
        "rds",
        "modify_db_instance",
        DBInstanceIdentifier=change.old["identifier"],
        AllowMajorVersionUpgrade=True if change.new.get("allowMajorVersionUpgrade") else None,
        ApplyImmediately=bool(change.new.get("applyImmediately")),
        **parameters,
    )
    _wait_available(call, resource_id, change.new)


def _delete(call: Call, resource_id: str, state: Values) -> None:
    skip = bool(state.get("skipFinalSnapshot"))
    snapshot = state.get("finalSnapshotIdentifier")
    if not skip and not snapshot:
        raise PluginError("final_snapshot_identifier is required when skip_final_snapshot is false")
    call.aws(
        "rds",
        "delete_db_instance",
        DBInstanceIdentifier=state["identifier"],
        DeleteAutomatedBackups=state.get("deleteAutomatedBackups", True),
        FinalDBSnapshotIdentifier=None if skip else snapshot,
        SkipFinalSnapshot=skip,
    )

    def gone() -> tuple[bool, str]:
        instance = _find(call, resource_id, state)
        return instance is None, instance["DBInstanceStatus"] if instance else ""

    call.until(f"RDS DB Instance ({resource_id}) delete", gone)


def _needed(inputs: Values) -> Iterator[tuple[str, str]]:
    """Find what a new instance lacks; the lab knows neither replicas nor restores."""
    for name in ("engine", "username", "allocatedStorage"):
        if inputs.get(name) is None:
            yield (
                name,
                f"{name} is needed: the lab knows neither replicas nor restored instances",
            )
    if inputs.get("manageMasterUserPassword") and inputs.get("password") is not None:
        yield "password", "conflicts with manageMasterUserPassword"
    if not inputs.get("manageMasterUserPassword") and inputs.get("password") is None:
        yield "password", "is needed without manageMasterUserPassword"
    if inputs.get("identifier") is None:
        yield "identifier", "the lab does not make up identifiers of instances: set identifier"


RECORDS: Final = (
    Resource(
        type_name="aws:rds/instance:Instance",
        sdk="pulumi_aws.rds.instance:Instance",
        title="RDS DB Instance",
        source="terraform-provider-aws internal/service/rds/instance.go; an identifier changes in place",
        properties={
            "allocatedStorage": Property(computed=True),
            "allowMajorVersionUpgrade": Property(write_only=True),
            "applyImmediately": Property(write_only=True),
            "autoMinorVersionUpgrade": Property(default=True),
            "availabilityZone": Property(replaces=True, computed=True),
            "backupRetentionPeriod": Property(computed=True, check=check_retention),
            "backupWindow": Property(computed=True),
            "caCertIdentifier": Property(computed=True),
            "copyTagsToSnapshot": Property(default=False),
            "dbName": Property(replaces=True, computed=True),
            "dbSubnetGroupName": Property(computed=True),
            "deleteAutomatedBackups": Property(default=True, write_only=True),
            "deletionProtection": Property(),
            "enabledCloudwatchLogsExports": Property(same=same_set),
            "engine": Property(replaces=True, computed=True, same=same_text),
            "engineVersion": Property(computed=True, same=same_version),
            "finalSnapshotIdentifier": Property(write_only=True),
            "iamDatabaseAuthenticationEnabled": Property(),
            "identifier": Property(computed=True, check=check_identifier),
            "instanceClass": Property(),
            "iops": Property(computed=True),
            "kmsKeyId": Property(replaces=True, computed=True),
            "licenseModel": Property(computed=True),
            "maintenanceWindow": Property(computed=True, same=same_text),
            "manageMasterUserPassword": Property(),
            "masterUserSecretKmsKeyId": Property(write_only=True),
            "maxAllocatedStorage": Property(),
            "multiAz": Property(computed=True),
            "parameterGroupName": Property(computed=True),
            "password": Property(write_only=True),
            "performanceInsightsEnabled": Property(default=False),
            "port": Property(computed=True),
            "publiclyAccessible": Property(default=False),
            "region": REGION,
            "skipFinalSnapshot": Property(default=False, write_only=True),
            "storageEncrypted": Property(replaces=True),
            "storageThroughput": Property(computed=True),
            "storageType": Property(computed=True),
            "tags": TAGS,
            "username": Property(replaces=True, computed=True),
            "vpcSecurityGroupIds": Property(computed=True, same=same_set),
        },
        create=_create,
        created=_wait_available,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=retag,
        timeouts=Timeouts(create=2400, update=4800, delete=3600),
        gone=_GONE,
        validate=_needed,
    ),
)
