"""ModifyDBInstance of a member of an Aurora cluster: what is its own, and what is the cluster's.

Source: RDS API reference, ModifyDBInstance ("This setting doesn't apply to Amazon Aurora DB instances").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import xform_name
from moto.rds.exceptions import InvalidParameterCombination

from lab.aws.rds import checks

if TYPE_CHECKING:
    from lab.aws.rds.backend import LabRDSBackend
    from lab.aws.rds.instances import DBInstanceClustered

# Source: aws/aws-cdk#21899, crossplane-contrib/provider-aws#1529, Optum/dce#244,
# aws-controllers-k8s/rds-controller#99 (texts).
CLUSTER_SETTINGS = {
    "BackupRetentionPeriod": "backup retention",
    "CloudwatchLogsExportConfiguration": "log exports",
    "DBPortNumber": "the port",
    "DeletionProtection": "deletion protection",
    "EnableIAMDatabaseAuthentication": "IAM database authentication",
    "EngineVersion": "the DB engine version",
    "MasterUserPassword": "master user password",
    "PreferredBackupWindow": "backup window",
    "VpcSecurityGroupIds": "vpc security groups",
}
AT_ONCE = {
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "CopyTagsToSnapshot": "copy_tags_to_snapshot",
    "DBParameterGroupName": "db_parameter_group_name",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "PromotionTier": "promotion_tier",
    "PubliclyAccessible": "publicly_accessible",
}
HANDLED_APART = ("ApplyImmediately", "DBInstanceClass", "DBInstanceIdentifier")
KNOWN = {xform_name(name) for name in (*AT_ONCE, *HANDLED_APART)}


def modify(backend: LabRDSBackend, member: DBInstanceClustered, parameters: Any) -> None:
    """Check and start a modification; another class waits unless it is to apply immediately.

    Args:
        backend: Backend of the member.
        member: An available member of a cluster.
        parameters: The request's parameters.
    """
    _check(backend, member, parameters)
    for name, attribute in AT_ONCE.items():
        if parameters.get(name) is not None:
            setattr(member, attribute, parameters[name])
    wanted = parameters.get("DBInstanceClass")
    if wanted is not None and wanted != member.db_instance_class:
        member.pending_modified_values["DBInstanceClass"] = wanted
    if member.pending_modified_values and parameters.get("ApplyImmediately"):
        backend.change_later(member, lambda: _apply(member))


def _check(backend: LabRDSBackend, member: DBInstanceClustered, parameters: Any) -> None:
    for setting, words in CLUSTER_SETTINGS.items():
        if parameters.get(setting) is not None:
            raise InvalidParameterCombination(
                f"The specified DB Instance is a member of a cluster. Modify {words} for the DB Cluster "
                "using the ModifyDbCluster API"
            )
    if unknown := sorted(set(parameters) - KNOWN):
        raise InvalidParameterCombination(f"The lab does not change {', '.join(unknown)} of a member.")
    engine, version = str(member.engine), member.engine_version
    if name := parameters.get("DBInstanceClass"):
        checks.check_class(name, engine, version)
    checks.check_parameter_group(backend, parameters.get("DBParameterGroupName"), engine, version)


def _apply(member: DBInstanceClustered) -> None:
    member.db_instance_class = member.pending_modified_values["DBInstanceClass"]
