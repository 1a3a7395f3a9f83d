"""Members of Aurora database clusters."""

from __future__ import annotations

from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_text
from lab.plugins.aws.errors import AwsError, WaitError
from lab.plugins.aws.rds_calls import check_identifier, retag, same_version, shown_version, tags_of
from lab.plugins.aws.rds_cluster import check_engine, find_cluster
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Timeouts, Values
from lab.plugins.interface import PluginError

_GONE: Final = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
_AVAILABLE: Final = frozenset({"available", "storage-optimization"})
_CHANGING: Final = frozenset(
    {
        *("backing-up", "configuring-enhanced-monitoring", "configuring-iam-database-auth"),
        *("configuring-log-exports", "creating", "maintenance", "modifying", "rebooting", "renaming"),
        *("resetting-master-credentials", "starting", "upgrading"),
    }
)
_MODIFIED: Final = {
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "dbParameterGroupName": "DBParameterGroupName",
    "instanceClass": "DBInstanceClass",
    "preferredBackupWindow": "PreferredBackupWindow",
    "preferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "promotionTier": "PromotionTier",
    "publiclyAccessible": "PubliclyAccessible",
}
"""Parameters of CreateDBInstance that ModifyDBInstance has too."""
_PARAMETERS: Final = _MODIFIED | {
    "availabilityZone": "AvailabilityZone",
    "clusterIdentifier": "DBClusterIdentifier",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "identifier": "DBInstanceIdentifier",
}
_READ_AS: Final = {
    name: parameter
    for name, parameter in _PARAMETERS.items()
    if name not in {"dbParameterGroupName", "dbSubnetGroupName", "engineVersion"}
} | {
    "arn": "DBInstanceArn",
    "caCertIdentifier": "CACertificateIdentifier",
    "dbiResourceId": "DbiResourceId",
    "engineVersionActual": "EngineVersion",
    "kmsKeyId": "KmsKeyId",
    "monitoringInterval": "MonitoringInterval",
    "storageEncrypted": "StorageEncrypted",
}
"""Members of a DBInstance that stand under one name each."""


def _find(call: Call, resource_id: str) -> dict[str, Any] | None:
    answer = call.found(
        _GONE, lambda: call.aws("rds", "describe_db_instances", DBInstanceIdentifier=resource_id)
    )
    return answer["DBInstances"][0] if answer and answer["DBInstances"] else None


def _create(call: Call, inputs: Values) -> str:
    parameters = {parameter: inputs.get(name) for name, parameter in _PARAMETERS.items()}
    parameters["PubliclyAccessible"] = bool(inputs.get("publiclyAccessible"))
    answer = call.aws("rds", "create_db_instance", **parameters, Tags=tagging.to_list(inputs["tagsAll"]))
    return str(answer["DBInstance"]["DBInstanceIdentifier"])


def _wait_available(call: Call, resource_id: str, _: Values) -> None:
    def done() -> tuple[bool, str]:
        status = str((_find(call, resource_id) or {}).get("DBInstanceStatus", "not found"))
        if status not in _AVAILABLE | _CHANGING:
            raise WaitError(f"waiting for RDS Cluster Instance ({resource_id}): unexpected state '{status}'")
        return status in _AVAILABLE, status

    call.until(f"RDS Cluster Instance ({resource_id}) create", done)


def _read(call: Call, resource_id: str, state: Values) -> Values | None:
    """Read a member.

    Source: terraform-provider-aws internal/service/rds/cluster_instance.go, resourceClusterInstanceRead.
    """
    instance = _find(call, resource_id)
    if instance is None:
        return None
    if not instance.get("DBClusterIdentifier"):
        raise PluginError(
            f"DBClusterIdentifier is missing from RDS Cluster Instance ({resource_id}). "
            "The aws_db_instance resource should be used for non-Aurora instances"
        )
    cluster = find_cluster(call, instance["DBClusterIdentifier"]) or {}
    writers = {
        item["DBInstanceIdentifier"]
        for item in cluster.get("DBClusterMembers") or ()
        if item["IsClusterWriter"]
    }
    endpoint = instance.get("Endpoint") or {}
    return {name: instance.get(member) for name, member in _READ_AS.items()} | {
        "dbParameterGroupName": next(
            (item["DBParameterGroupName"] for item in instance.get("DBParameterGroups") or ()), None
        ),
        "dbSubnetGroupName": (instance.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"),
        "endpoint": endpoint.get("Address"),
        "engineVersion": shown_version(state.get("engineVersion"), instance["EngineVersion"]),
        "port": endpoint.get("Port"),
        "tagsAll": tags_of(call, instance["DBInstanceArn"]),
        "writer": instance["DBInstanceIdentifier"] in writers,
    }


def _update(call: Call, resource_id: str, change: Change) -> None:
    """Modify a member; its version follows the cluster's and is never asked for here.

    Source: terraform-provider-aws internal/service/rds/cluster_instance.go, resourceClusterInstanceUpdate.
    """
    if not change.changed - {"tags", "tagsAll"}:
        return
    call.aws(
        "rds",
        "modify_db_instance",
        DBInstanceIdentifier=resource_id,
        ApplyImmediately=bool(change.new.get("applyImmediately")),
        **{_MODIFIED[name]: change.new.get(name) for name in _MODIFIED if change.touches(name)},
    )
    _wait_available(call, resource_id, change.new)


def _delete(call: Call, resource_id: str, _: Values) -> None:
    try:
        call.aws("rds", "delete_db_instance", DBInstanceIdentifier=resource_id)
    except AwsError as error:
        if not error.matches({"InvalidDBInstanceState/is already being deleted"}):
            raise

    def gone() -> tuple[bool, str]:
        instance = _find(call, resource_id)
        return instance is None, instance["DBInstanceStatus"] if instance else ""

    call.until(f"RDS Cluster Instance ({resource_id}) delete", gone)


def _needed(inputs: Values) -> list[tuple[str, str]]:
    if inputs.get("identifier") is None:
        return [("identifier", "the lab does not make up identifiers of instances: set identifier")]
    return []


RECORDS: Final = (
    Resource(
        type_name="aws:rds/clusterInstance:ClusterInstance",
        sdk="pulumi_aws.rds.cluster_instance:ClusterInstance",
        title="RDS Cluster Instance",
        source="terraform-provider-aws internal/service/rds/cluster_instance.go",
        properties={
            "applyImmediately": Property(computed=True, write_only=True),
            "autoMinorVersionUpgrade": Property(default=True),
            "availabilityZone": Property(replaces=True, computed=True),
            "clusterIdentifier": Property(replaces=True),
            "copyTagsToSnapshot": Property(default=False),
            "dbParameterGroupName": Property(computed=True),
            "dbSubnetGroupName": Property(replaces=True, computed=True),
            "engine": Property(replaces=True, check=check_engine),
            "engineVersion": Property(computed=True, same=same_version),
            "forceDestroy": Property(default=False, write_only=True),
            "identifier": Property(replaces=True, computed=True, check=check_identifier),
            "instanceClass": Property(),
            "preferredBackupWindow": Property(computed=True),
            "preferredMaintenanceWindow": Property(computed=True, same=same_text),
            "promotionTier": Property(default=0),
            "publiclyAccessible": Property(computed=True),
            "region": REGION,
            "tags": TAGS,
        },
        create=_create,
        created=_wait_available,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=retag,
        timeouts=Timeouts(create=5400, update=5400, delete=5400),
        gone=_GONE,
        validate=_needed,
    ),
)
