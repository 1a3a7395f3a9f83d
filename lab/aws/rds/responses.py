"""RDS on the wire: refusals first, then moto's own handling."""

from __future__ import annotations

from collections import Counter
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.rds.exceptions import (
    DBSubnetGroupNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)

from lab.aws.rds import checks, cluster_checks, engines, member_changes, modifications
from lab.aws.rds.cluster_responses import ClusterResponse
from lab.aws.rds.instances import DBInstance, DBInstanceClustered
from lab.aws.rds.parameter_groups import ParameterGroupResponse


class LabRDSResponse(ClusterResponse, ParameterGroupResponse):
    """Refuse what RDS refuses of instances and subnet groups."""

    def create_db_instance(self) -> ActionResult:
        """Check everything, then make the instance."""
        parameters = self.params
        if parameters.get("DBClusterIdentifier"):
            return self._create_member()
        version = checks.check_engine(parameters)
        engine = str(parameters["Engine"])
        if parameters.get("AllocatedStorage") is None:
            raise InvalidParameterValue(
                "The parameter AllocatedStorage must be provided and must not be blank."
            )
        checks.check_numbers(parameters, engine)
        checks.check_master_user(parameters, engine)
        checks.check_database_name(parameters)
        checks.check_log_types(engine, version, parameters.get("EnableCloudwatchLogsExports") or [])
        checks.check_parameter_group(self.backend, parameters.get("DBParameterGroupName"), engine, version)
        parameters["EngineVersion"] = version
        if key_arn := checks.check_encryption(self.backend, parameters):
            parameters["KmsKeyId"] = key_arn
            parameters["StorageEncrypted"] = True
        subnet_ids = self._choose_place(parameters)
        parameters.setdefault("LicenseModel", engines.ENGINES[engine].license_model)
        parameters.setdefault("CACertificateIdentifier", modifications.AUTHORITY)
        return ActionResult({"DBInstance": self.backend.start_instance(parameters, subnet_ids)})

    def _create_member(self) -> ActionResult:
        """Check everything, then make a member of a cluster, in the zone with the fewest of them.

        Source: RDS API reference, CreateDBCluster (AvailabilityZones); the port is the cluster's.
        """
        parameters = self.params
        cluster = cluster_checks.check_member(self.backend, parameters)
        group = checks.find_subnet_group(self.backend, cluster.db_subnet_group_name)
        taken = Counter(each.availability_zone for each in self.backend.members_of(cluster))
        zones = {subnet["SubnetAvailabilityZone"]["Name"] for subnet in group.subnets}
        zone = parameters.get("AvailabilityZone") or min(zones, key=lambda name: (taken[name], name))
        subnet_ids = modifications.host_subnets(group, zone, multi_az=False)
        parameters.pop("EngineVersion", None)
        parameters["AvailabilityZone"] = zone
        parameters["DBSubnetGroupName"] = group.name
        parameters["Port"] = cluster.port
        parameters.setdefault("PubliclyAccessible", False)
        parameters.setdefault("CACertificateIdentifier", modifications.AUTHORITY)
        return ActionResult({"DBInstance": self.backend.start_instance(parameters, subnet_ids)})

    def _choose_place(self, parameters: Any) -> list[str]:
        """Choose one subnet per host and fill in zone, groups and visibility."""
        group = checks.find_subnet_group(self.backend, parameters.get("DBSubnetGroupName"))
        ec2 = ec2_backends[self.current_account][self.region]
        if not parameters.get("VpcSecurityGroupIds"):
            default = ec2.get_default_security_group(group.vpc_id)
            parameters["VpcSecurityGroupIds"] = [default.id] if default else []
        checks.check_groups(self.backend, group.vpc_id, parameters["VpcSecurityGroupIds"])
        multi_az = bool(parameters.get("MultiAZ"))
        subnet_ids = modifications.host_subnets(group, parameters.get("AvailabilityZone"), multi_az=multi_az)
        parameters["AvailabilityZone"] = ec2.get_subnet(subnet_ids[0]).availability_zone
        if parameters.get("PubliclyAccessible") is None:
            gateways = ec2.describe_internet_gateways(filters={"attachment.vpc-id": [group.vpc_id]})
            parameters["PubliclyAccessible"] = bool(gateways)
        return subnet_ids

    def modify_db_instance(self) -> ActionResult:
        """Apply at once, a moment later, or keep as pending: see `modifications`."""
        database = self._instance()
        if database.status != "available":
            raise RDSClientError(
                "InvalidDBInstanceState",
                f"Database instance {database.db_instance_identifier} is not in available state, "
                f"but {database.status}.",
            )
        if isinstance(database, DBInstanceClustered):
            member_changes.modify(self.backend, database, self.params)
        else:
            modifications.modify(self.backend, database, self.params)
        return ActionResult({"DBInstance": database})

    def delete_db_instance(self) -> ActionResult:
        """Refuse a protected instance and unclear snapshot wishes; the instance goes a moment later.

        Source: RDS API reference, DeleteDBInstance.
        """
        database = self._instance()
        if database.status == "deleting":
            raise RDSClientError(
                "InvalidDBInstanceState",
                f"Instance {database.db_instance_identifier} is already being deleted.",
            )
        if database.deletion_protection:
            raise InvalidParameterCombination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
            )
        self._save_last_state(database)
        delete_backups = self.params.get("DeleteAutomatedBackups", True)
        self.backend.delete_later(database, delete_backups=bool(delete_backups))
        return ActionResult({"DBInstance": database})

    def _save_last_state(self, database: DBInstance) -> None:
        """Make the final snapshot that is asked for; a member's data is the cluster's.

        Source: RDS API reference, DeleteDBInstance; cloud-custodian/cloud-custodian#1153 (text for members).
        """
        name, skip = self.params.get("FinalDBSnapshotIdentifier"), bool(self.params.get("SkipFinalSnapshot"))
        if isinstance(database, DBInstanceClustered):
            if name:
                raise InvalidParameterCombination(
                    "FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance"
                )
            return
        if skip and name:
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true."
            )
        if not skip and not name:
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            )
        if name:
            self.backend.validate_db_snapshot_identifier(name, parameter_name="FinalDBSnapshotIdentifier")
            self.backend.create_db_snapshot(database.db_instance_identifier, name, snapshot_type="manual")

    def _instance(self) -> DBInstance:
        found = self.backend.describe_db_instances(self.params.get("DBInstanceIdentifier"))[0]
        if not isinstance(found, DBInstance):
            raise TypeError("lab.aws.rds.install has to run before the first request")
        return found

    def create_db_subnet_group(self) -> ActionResult:
        """Refuse an existing name and subnets that are unknown, of several VPCs, or in one zone only."""
        name = self.params.get("DBSubnetGroupName")
        if name in self.backend.subnet_groups:
            raise RDSClientError(
                "DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists."
            )
        if not self.params.get("DBSubnetGroupDescription"):
            raise InvalidParameterValue(
                "The parameter DBSubnetGroupDescription must be provided and not be blank."
            )
        checks.find_subnets(self.backend, self.params.get("SubnetIds", []))
        return super().create_db_subnet_group()

    def modify_db_subnet_group(self) -> ActionResult:
        """Replace the subnets; one in use by an instance cannot go.

        Source: RDS API reference, ModifyDBSubnetGroup (SubnetAlreadyInUse); moto loses the group on this
        call.
        """
        name = self.params.get("DBSubnetGroupName")
        group = self.backend.subnet_groups.get(name)
        if group is None:
            raise DBSubnetGroupNotFoundError(str(name))
        subnets = checks.find_subnets(self.backend, self.params.get("SubnetIds", []))
        kept = {subnet.id for subnet in subnets}
        enis = ec2_backends[self.current_account][self.region].enis
        for database in self._members_of_subnet_group(group.name):
            used = {enis[each].subnet.id for each in database.interface_ids if each in enis}
            if used - kept:
                raise RDSClientError(
                    "SubnetAlreadyInUse", f"The DB subnet {', '.join(sorted(used - kept))} is already in use."
                )
        group.subnets = subnets
        if description := self.params.get("DBSubnetGroupDescription"):
            group.description = description
        return ActionResult({"DBSubnetGroup": group})

    def delete_db_subnet_group(self) -> ActionResult:
        """Refuse a subnet group with clusters or instances in it.

        Source: RDS API reference, DeleteDBSubnetGroup (InvalidDBSubnetGroupStateFault);
        anomalyco/sst#4026 (text for clusters).
        """
        name = str(self.params.get("DBSubnetGroupName"))
        users = [
            f"database cluster: {each.db_cluster_identifier}"
            for each in self.clusters()
            if each.db_subnet_group_name == name.lower()
        ]
        users += [
            f"database instance: {each.db_instance_identifier}"
            for each in self._members_of_subnet_group(name)
        ]
        if users:
            raise RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{name}' because at least one {users[0]} is still using it.",
            )
        return super().delete_db_subnet_group()

    def _members_of_subnet_group(self, name: str) -> list[DBInstance]:
        return [each for each in self.instances() if each.db_subnet_group.name == name.lower()]
