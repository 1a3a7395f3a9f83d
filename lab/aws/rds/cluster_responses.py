"""Aurora clusters on the wire."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.rds.exceptions import (
    DBClusterNotFoundError,
    DBClusterToBeDeletedHasActiveMembers,
    InvalidParameterCombination,
    RDSClientError,
)

from lab.aws.rds import checks, cluster_changes, cluster_checks, engines
from lab.aws.rds.clusters import DBCluster
from lab.aws.rds.response_base import LabResponse


class ClusterResponse(LabResponse):
    """Refuse what RDS refuses."""

    def create_db_cluster(self) -> ActionResult:
        """Check everything, then make the cluster; it has no members yet."""
        parameters = self.params
        version = cluster_checks.check_cluster(self.backend, parameters)
        engine = str(parameters["Engine"])
        parameters["EngineVersion"] = version
        if key_arn := checks.check_encryption(self.backend, parameters):
            parameters["KmsKeyId"] = key_arn
            parameters["StorageEncrypted"] = True
        group = checks.find_subnet_group(self.backend, parameters.get("DBSubnetGroupName"))
        parameters["DBSubnetGroupName"] = group.name
        if not parameters.get("VpcSecurityGroupIds"):
            ec2 = ec2_backends[self.current_account][self.region]
            default = ec2.get_default_security_group(group.vpc_id)
            parameters["VpcSecurityGroupIds"] = [default.id] if default else []
        checks.check_groups(self.backend, group.vpc_id, parameters["VpcSecurityGroupIds"])
        parameters.setdefault("DBClusterParameterGroupName", f"default.{engines.family(engine, version)}")
        parameters.setdefault("LicenseModel", engines.ENGINES[engine].license_model)
        return ActionResult({"DBCluster": self.backend.start_cluster(parameters)})

    def modify_db_cluster(self) -> ActionResult:
        """Apply at once, a moment later, or keep as pending: see `cluster_changes`."""
        cluster = self._cluster()
        _check_available(cluster)
        cluster_changes.modify(self.backend, cluster, self.params)
        return ActionResult({"DBCluster": cluster})

    def delete_db_cluster(self) -> ActionResult:
        """Refuse a protected cluster, one with members, unclear snapshot wishes; it goes a moment later.

        Source: RDS API reference, DeleteDBCluster; getmoto/moto#6998 (members);
        hashicorp/terraform-provider-aws#40333 (a snapshot needs an available cluster).
        """
        cluster = self._cluster()
        name, skip = self.params.get("FinalDBSnapshotIdentifier"), bool(self.params.get("SkipFinalSnapshot"))
        if cluster.status == "deleting":
            raise _state_fault(f"DB cluster {cluster.db_cluster_identifier} is already being deleted.")
        if cluster.deletion_protection:
            raise InvalidParameterCombination(
                "Cannot delete protected Cluster, please disable deletion protection and try again."
            )
        if skip and name:
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true."
            )
        if not skip and not name:
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            )
        if any(each.status != "deleting" for each in self.backend.members_of(cluster)):
            raise DBClusterToBeDeletedHasActiveMembers
        if name:
            _check_available(cluster)
            self.backend.validate_db_snapshot_identifier(name, parameter_name="FinalDBSnapshotIdentifier")
            self.backend.create_db_cluster_snapshot(cluster.db_cluster_identifier, name)
        self.backend.delete_cluster_later(cluster)
        return ActionResult({"DBCluster": cluster})

    def _cluster(self) -> DBCluster:
        name = str(self.params.get("DBClusterIdentifier"))
        found = self.backend.clusters.get(name)
        if not isinstance(found, DBCluster):
            raise DBClusterNotFoundError(name)
        return found


def _check_available(cluster: DBCluster) -> None:
    """Refuse a cluster that is not available.

    Source: terraform-provider-aws internal/service/rds/cluster.go (text that its delete waits for).
    """
    if cluster.status != "available":
        raise _state_fault(
            f"DB cluster {cluster.db_cluster_identifier} is not currently in the available state, "
            f"but {cluster.status}."
        )


def _state_fault(text: str) -> RDSClientError:
    return RDSClientError("InvalidDBClusterStateFault", text)
