"""What CreateDBCluster, and CreateDBInstance of a member, refuse before anything is made.

Source: RDS API reference, CreateDBCluster and CreateDBInstance (errors and constraints); texts as quoted in
public issues of hashicorp/terraform-provider-aws and others, which are named where they are used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.rds.exceptions import (
    DBClusterNotFoundError,
    InvalidDBInstanceEngine,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)

from lab.aws.rds import checks, engines
from lab.aws.rds.clusters import DBCluster

if TYPE_CHECKING:
    from lab.aws.rds.backend import LabRDSBackend

Parameters = Mapping[str, Any]

IDENTIFIER = re.compile(r"(?!.*--)[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
DATABASE_NAME = {
    "aurora-mysql": re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}"),
    "aurora-postgresql": re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}"),
}
MASTER_USER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}")
RETENTION_DAYS = (1, 35)
# One writer and 15 readers. Source: Aurora user guide, "Aurora Replicas".
MEMBER_COUNT = 16
# Source: ansible-collections/community.aws#850; crossplane-contrib/provider-aws#1529 (texts).
CLUSTER_SETTINGS = {
    "BackupRetentionPeriod": "backup retention",
    "DBName": "database name",
    "DeletionProtection": "deletion protection",
    "EnableCloudwatchLogsExports": "log exports",
    "KmsKeyId": "KMS key",
    "ManageMasterUserPassword": "master user password",
    "MasterUserPassword": "master user password",
    "MasterUsername": "master user name",
    "PreferredBackupWindow": "backup window",
    "StorageEncrypted": "encryption",
    "VpcSecurityGroupIds": "vpc security groups",
}


def check_cluster(backend: LabRDSBackend, parameters: Parameters) -> str:
    """Return the full engine version of a cluster to be made; refuse what does not fit."""
    name = str(parameters.get("DBClusterIdentifier"))
    if not IDENTIFIER.fullmatch(name):
        raise InvalidParameterValue(
            "The parameter DBClusterIdentifier is not a valid identifier. Identifiers must begin with a "
            "letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or "
            "contain two consecutive hyphens."
        )
    if name in backend.clusters:
        raise RDSClientError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    engine = str(parameters.get("Engine"))
    version = checks.find_version(engine, parameters.get("EngineVersion"), engines.names(clustered=True))
    if (mode := parameters.get("EngineMode")) not in {None, "provisioned"}:
        raise InvalidParameterCombination(f"The lab has provisioned clusters only, no EngineMode {mode}.")
    if parameters.get("DBClusterInstanceClass"):
        raise InvalidParameterCombination(f"DBClusterInstanceClass isn't supported for DB engine {engine}.")
    checks.check_port(parameters.get("Port"))
    checks.check_retention(parameters.get("BackupRetentionPeriod"), RETENTION_DAYS)
    check_master_user(parameters, engine)
    check_database_name(parameters.get("DatabaseName"), engine)
    checks.check_log_types(engine, version, parameters.get("EnableCloudwatchLogsExports") or [])
    check_parameter_group(backend, parameters.get("DBClusterParameterGroupName"), engine, version)
    return version


def check_master_user(parameters: Parameters, engine: str) -> None:
    """Refuse a user name that clusters do not take, and what no instance takes either."""
    checks.check_master_user(parameters, engine)
    name = parameters["MasterUsername"]
    if not MASTER_USER.fullmatch(name):
        raise InvalidParameterValue(
            f"MasterUsername {name} must begin with a letter and contain only alphanumeric characters."
        )


def check_database_name(name: str | None, engine: str) -> None:
    """Refuse a database name that the engine does not take.

    Source: hashicorp/terraform-provider-aws#38528 (text).
    """
    if name is not None and not DATABASE_NAME[engine].fullmatch(name):
        raise InvalidParameterValue(
            "DatabaseName must begin with a letter and contain only alphanumeric characters."
        )


def check_parameter_group(backend: LabRDSBackend, name: str | None, engine: str, version: str) -> None:
    """Refuse a cluster parameter group that is missing or of another family.

    Source: terraform-aws-modules/terraform-aws-rds-aurora#50 (code and text).
    """
    wanted = engines.family(engine, version)
    if name is None or name == f"default.{wanted}":
        return
    group = backend.db_cluster_parameter_groups.get(name)
    if group is None:
        raise RDSClientError("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {name}")
    checks.check_family(name, group.db_parameter_group_family, wanted)


def check_member(backend: LabRDSBackend, parameters: Parameters) -> DBCluster:
    """Return the cluster that an instance is to join; refuse what does not fit it."""
    name = str(parameters["DBClusterIdentifier"])
    cluster = backend.clusters.get(name)
    if not isinstance(cluster, DBCluster):
        raise DBClusterNotFoundError(name)
    _check_room(cluster, len(backend.members_of(cluster)))
    engine, version = str(parameters.get("Engine")), cluster.engine_version
    if engine != cluster.engine:
        raise InvalidDBInstanceEngine(engine, cluster.engine)
    _check_same_version(parameters.get("EngineVersion"), cluster)
    for setting, words in CLUSTER_SETTINGS.items():
        if parameters.get(setting):
            raise InvalidParameterCombination(
                f"The requested DB Instance will be a member of a DB Cluster. Set {words} for the DB Cluster."
            )
    group = parameters.get("DBSubnetGroupName")
    if group is not None and group.lower() != cluster.db_subnet_group_name:
        raise InvalidParameterCombination(
            f"The DB subnet group {group} is not that of the DB cluster, {cluster.db_subnet_group_name}."
        )
    checks.check_class(str(parameters.get("DBInstanceClass")), engine, version)
    checks.check_parameter_group(backend, parameters.get("DBParameterGroupName"), engine, version)
    return cluster


def _check_room(cluster: DBCluster, member_count: int) -> None:
    """Refuse to join a cluster that goes, or that is full.

    Source: RDS API reference, CreateDBInstance (InvalidDBClusterStateFault); the texts are the lab's.
    """
    name = cluster.db_cluster_identifier
    if cluster.status == "deleting":
        raise RDSClientError("InvalidDBClusterStateFault", f"DB cluster {name} is being deleted.")
    if member_count >= MEMBER_COUNT:
        raise RDSClientError(
            "InvalidDBClusterStateFault", f"DB cluster {name} has {MEMBER_COUNT} instances, the most it can."
        )


def _check_same_version(wanted: str | None, cluster: DBCluster) -> None:
    """Refuse another version than the cluster's; a version line without its minor is the cluster's own.

    Source: hashicorp/terraform-provider-aws#14037 (code); the text is the lab's.
    """
    version = cluster.engine_version
    if wanted is not None and wanted != version and not version.startswith(f"{wanted}."):
        if engines.resolve_version(cluster.engine, wanted) is None:
            raise InvalidParameterCombination(f"Cannot find version {wanted} for {cluster.engine}")
        raise InvalidParameterCombination(
            f"The engine version requested for your DB instance ({wanted}) doesn't match the engine version "
            f"of your DB cluster ({version})."
        )
