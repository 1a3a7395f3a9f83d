"""Aurora database clusters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_set, same_text
from lab.plugins.aws.errors import AwsError, WaitError
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

_GONE: Final = frozenset({"DBClusterNotFoundFault"})
_ENGINES: Final = ("aurora-mysql", "aurora-postgresql", "mysql", "postgres")
_LOG_TYPES: Final = (
    *("audit", "error", "general", "iam-db-auth-error", "instance", "postgresql", "slowquery", "upgrade"),
)
_SNAPSHOT: Final = re.compile(r"^(?!.*--)[0-9A-Za-z-]*[0-9A-Za-z]$")
_CHANGING: Final = frozenset(
    {
        *("backing-up", "configuring-iam-database-auth", "configuring-enhanced-monitoring", "creating"),
        *("migrating", "modifying", "preparing-data-migration", "promoting", "rebooting", "renaming"),
        *("resetting-master-credentials", "scaling-compute", "upgrading"),
    }
)
_DELETE_SECONDS: Final = 120.0
_MODIFY_SECONDS: Final = 300.0
_PROTECTED: Final = "InvalidParameterCombination/disable deletion pro"
_BUSY: Final = "InvalidDBClusterStateFault"

_PARAMETERS: Final = {
    "availabilityZones": "AvailabilityZones",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "clusterIdentifier": "DBClusterIdentifier",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "databaseName": "DatabaseName",
    "dbClusterParameterGroupName": "DBClusterParameterGroupName",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "deletionProtection": "DeletionProtection",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "engine": "Engine",
    "engineMode": "EngineMode",
    "engineVersion": "EngineVersion",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "kmsKeyId": "KmsKeyId",
    "manageMasterUserPassword": "ManageMasterUserPassword",
    "masterPassword": "MasterUserPassword",
    "masterUserSecretKmsKeyId": "MasterUserSecretKmsKeyId",
    "masterUsername": "MasterUsername",
    "port": "Port",
    "preferredBackupWindow": "PreferredBackupWindow",
    "preferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "storageEncrypted": "StorageEncrypted",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
}
"""Parameters of CreateDBCluster."""
_READ_AS: Final = {
    "allocatedStorage": "AllocatedStorage",
    "arn": "DBClusterArn",
    "availabilityZones": "AvailabilityZones",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "clusterIdentifier": "DBClusterIdentifier",
    "clusterResourceId": "DbClusterResourceId",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "databaseName": "DatabaseName",
    "dbClusterParameterGroupName": "DBClusterParameterGroup",
    "dbSubnetGroupName": "DBSubnetGroup",
    "deletionProtection": "DeletionProtection",
    "endpoint": "Endpoint",
    "engine": "Engine",
    "engineMode": "EngineMode",
    "engineVersionActual": "EngineVersion",
    "hostedZoneId": "HostedZoneId",
    "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
    "kmsKeyId": "KmsKeyId",
    "masterUsername": "MasterUsername",
    "networkType": "NetworkType",
    "port": "Port",
    "preferredBackupWindow": "PreferredBackupWindow",
    "preferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "readerEndpoint": "ReaderEndpoint",
    "storageEncrypted": "StorageEncrypted",
}
"""Members of a DBCluster that stand under one name each."""
_NOT_MODIFIED: Final = frozenset(
    {"allowMajorVersionUpgrade", "deleteAutomatedBackups", "finalSnapshotIdentifier", "skipFinalSnapshot"}
    | {"tags", "tagsAll"}
)
"""Properties whose change alone needs no ModifyDBCluster."""


def find_cluster(call: Call, identifier: str) -> dict[str, Any] | None:
    """Return a cluster as AWS describes it, none if there is none."""
    answer = call.found(
        _GONE, lambda: call.aws("rds", "describe_db_clusters", DBClusterIdentifier=identifier)
    )
    return answer["DBClusters"][0] if answer and answer["DBClusters"] else None


def _create(call: Call, inputs: Values) -> str:
    parameters = {parameter: inputs.get(name) for name, parameter in _PARAMETERS.items()}
    answer = call.aws("rds", "create_db_cluster", **parameters, Tags=tagging.to_list(inputs["tagsAll"]))
    return str(answer["DBCluster"]["DBClusterIdentifier"])


def _wait_created(call: Call, resource_id: str, _: Values) -> None:
    _wait_available(call, resource_id, "create", nothing_pending=False)


def _wait_available(call: Call, resource_id: str, doing: str, *, nothing_pending: bool) -> None:
    def done() -> tuple[bool, str]:
        cluster = find_cluster(call, resource_id) or {}
        status = str(cluster.get("Status", "not found"))
        if status not in {"available", *_CHANGING}:
            raise WaitError(f"waiting for RDS Cluster ({resource_id}) {doing}: unexpected state '{status}'")
        if status == "available" and nothing_pending and cluster.get("PendingModifiedValues"):
            return False, "available-with-pending-modified-values"
        return status == "available", status

    call.until(f"RDS Cluster ({resource_id}) {doing}", done)


def _read(call: Call, resource_id: str, state: Values) -> Values | None:
    cluster = find_cluster(call, resource_id)
    if cluster is None:
        return None
    pending = cluster.get("PendingModifiedValues") or {}
    secrets = master_secrets(cluster)
    return {name: cluster.get(member) for name, member in _READ_AS.items()} | {
        "clusterMembers": [item["DBInstanceIdentifier"] for item in cluster.get("DBClusterMembers") or ()],
        "enabledCloudwatchLogsExports": cluster.get("EnabledCloudwatchLogsExports") or [],
        "engineVersion": shown_version(
            state.get("engineVersion"), cluster["EngineVersion"], pending.get("EngineVersion")
        ),
        "manageMasterUserPassword": True if secrets else None,
        "masterUserSecrets": secrets,
        "tagsAll": tags_of(call, cluster["DBClusterArn"]),
        "vpcSecurityGroupIds": [
            item["VpcSecurityGroupId"] for item in cluster.get("VpcSecurityGroups") or ()
        ],
    }


def _update(call: Call, resource_id: str, change: Change) -> None:
    """Modify a cluster; a version that still waits is named again.

    Source: terraform-provider-aws internal/service/rds/cluster.go, resourceClusterUpdate.
    """
    if not change.changed - _NOT_MODIFIED:
        return
    parameters = {_PARAMETERS[name]: change.new.get(name) for name in _PARAMETERS if change.touches(name)}
    if change.touches("enabledCloudwatchLogsExports"):
        del parameters["EnableCloudwatchLogsExports"]
        parameters["CloudwatchLogsExportConfiguration"] = log_export_changes(
            change.old.get("enabledCloudwatchLogsExports"), change.new.get("enabledCloudwatchLogsExports")
        )
    for name in ("deletionProtection", "iamDatabaseAuthenticationEnabled"):
        if change.touches(name):
            parameters[_PARAMETERS[name]] = bool(change.new.get(name))
    wanted = change.new.get("engineVersion")
    if wanted != change.old.get("engineVersionActual"):
        parameters["EngineVersion"] = wanted
    immediately = bool(change.new.get("applyImmediately"))
    call.retry(
        {_BUSY},
        lambda: call.aws(
            "rds",
            "modify_db_cluster",
            DBClusterIdentifier=resource_id,
            AllowMajorVersionUpgrade=True if change.new.get("allowMajorVersionUpgrade") else None,
            ApplyImmediately=immediately,
            **parameters,
        ),
        limit=_MODIFY_SECONDS,
    )
    _wait_available(call, resource_id, "update", nothing_pending=immediately)


def _delete(call: Call, resource_id: str, state: Values) -> None:
    skip = bool(state.get("skipFinalSnapshot"))
    snapshot = state.get("finalSnapshotIdentifier")
    if not skip and not snapshot:
        raise PluginError(
            "RDS Cluster final_snapshot_identifier is required when skip_final_snapshot is false"
        )

    def delete() -> None:
        try:
            call.aws(
                "rds",
                "delete_db_cluster",
                DBClusterIdentifier=resource_id,
                DeleteAutomatedBackups=state.get("deleteAutomatedBackups", True),
                FinalDBSnapshotIdentifier=None if skip else snapshot,
                SkipFinalSnapshot=skip,
            )
        except AwsError as error:
            if error.matches({_PROTECTED}) and _may_unprotect(state):
                _unprotect(call, resource_id)
            raise

    waits = {_PROTECTED, f"{_BUSY}/is not currently in the available state"}
    call.retry(waits, delete, limit=_DELETE_SECONDS)

    def gone() -> tuple[bool, str]:
        cluster = find_cluster(call, resource_id)
        return cluster is None, cluster["Status"] if cluster else ""

    call.until(f"RDS Cluster ({resource_id}) delete", gone)


def _may_unprotect(state: Mapping[str, Any]) -> bool:
    """Say whether the provider takes off a protection that the program did not ask for."""
    return bool(state.get("applyImmediately")) and not state.get("deletionProtection")


def _unprotect(call: Call, resource_id: str) -> None:
    call.retry(
        {_BUSY},
        lambda: call.aws(
            "rds",
            "modify_db_cluster",
            DBClusterIdentifier=resource_id,
            ApplyImmediately=True,
            DeletionProtection=False,
        ),
    )
    _wait_available(call, resource_id, "update", nothing_pending=False)


def check_engine(value: Any) -> str | None:
    """Return what is wrong with the engine of a cluster or of its members."""
    return None if value in _ENGINES else f"expected one of {list(_ENGINES)}, got {value}"


def _log_types(value: Any) -> str | None:
    unknown = [item for item in value if item not in _LOG_TYPES]
    return f"expected some of {list(_LOG_TYPES)}, got {unknown}" if unknown else None


def _arn(value: Any) -> str | None:
    return None if str(value).startswith("arn:") else f"expected an ARN, got {value!r}"


def _snapshot(value: Any) -> str | None:
    if _SNAPSHOT.match(value):
        return None
    return f"expected letters, digits and single hyphens, no hyphen last, got {value!r}"


def _needed(inputs: Values) -> Iterator[tuple[str, str]]:
    """Find what a new cluster lacks; the lab knows neither replicas nor restores."""
    if inputs.get("clusterIdentifier") is None:
        yield "clusterIdentifier", "the lab does not make up identifiers of clusters: set clusterIdentifier"
    if inputs.get("masterUsername") is None:
        yield (
            "masterUsername",
            "masterUsername is needed: the lab knows neither replicas nor restored clusters",
        )
    if inputs.get("manageMasterUserPassword") and inputs.get("masterPassword") is not None:
        yield "masterPassword", "conflicts with manageMasterUserPassword"
    if not inputs.get("manageMasterUserPassword") and inputs.get("masterPassword") is None:
        yield "masterPassword", "is needed without manageMasterUserPassword"


RECORDS: Final = (
    Resource(
        type_name="aws:rds/cluster:Cluster",
        sdk="pulumi_aws.rds.cluster:Cluster",
        title="RDS Cluster",
        source="terraform-provider-aws internal/service/rds/cluster.go",
        properties={
            "allowMajorVersionUpgrade": Property(write_only=True),
            "applyImmediately": Property(computed=True, write_only=True),
            "availabilityZones": Property(replaces=True, computed=True, same=same_set),
            "backupRetentionPeriod": Property(computed=True, check=check_retention),
            "clusterIdentifier": Property(replaces=True, computed=True, check=check_identifier),
            "copyTagsToSnapshot": Property(default=False),
            "databaseName": Property(replaces=True, computed=True),
            "dbClusterParameterGroupName": Property(computed=True),
            "dbSubnetGroupName": Property(replaces=True, computed=True),
            "deleteAutomatedBackups": Property(default=True, write_only=True),
            "deletionProtection": Property(),
            "enabledCloudwatchLogsExports": Property(same=same_set, check=_log_types),
            "engine": Property(replaces=True, check=check_engine),
            "engineMode": Property(replaces=True, default="provisioned"),
            "engineVersion": Property(computed=True, same=same_version),
            "finalSnapshotIdentifier": Property(write_only=True, check=_snapshot),
            "iamDatabaseAuthenticationEnabled": Property(),
            "kmsKeyId": Property(replaces=True, computed=True, check=_arn),
            "manageMasterUserPassword": Property(),
            "masterPassword": Property(write_only=True),
            "masterUserSecretKmsKeyId": Property(computed=True, write_only=True),
            "masterUsername": Property(replaces=True, computed=True),
            "port": Property(computed=True),
            "preferredBackupWindow": Property(computed=True),
            "preferredMaintenanceWindow": Property(computed=True, same=same_text),
            "region": REGION,
            "skipFinalSnapshot": Property(default=False, write_only=True),
            "storageEncrypted": Property(replaces=True, computed=True),
            "tags": TAGS,
            "vpcSecurityGroupIds": Property(computed=True, same=same_set),
        },
        create=_create,
        created=_wait_created,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=retag,
        timeouts=Timeouts(create=7200, update=7200, delete=7200),
        gone=_GONE,
        validate=_needed,
    ),
)
