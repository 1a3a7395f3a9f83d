"""RDS on the wire: refusals first, then moto's own handling."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.rds.exceptions import (
    DBParameterGroupNotFoundError,
    DBSubnetGroupNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)
from moto.rds.responses import RDSResponse

from lab.aws.rds import checks, engines, modifications
from lab.aws.rds.backend import LabRDSBackend
from lab.aws.rds.instances import DBInstance


class LabRDSResponse(RDSResponse):
    """Refuse what RDS refuses."""

    @property
    def backend(self) -> LabRDSBackend:
        """Return the lab's backend.

        Raises:
            TypeError: moto's own backend is in place.
        """
        backend = super().backend
        if not isinstance(backend, LabRDSBackend):
            raise TypeError("lab.aws.rds.install has to run before the first request")
        return backend

    def create_db_instance(self) -> ActionResult:
        """Check everything, then make the instance; instances of Aurora clusters stay moto's."""
        parameters = self.params
        if parameters.get("DBClusterIdentifier"):
            return super().create_db_instance()
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
        parameters.setdefault("LicenseModel", modifications.LICENSE[engine])
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
        modifications.modify(self.backend, database, self.params)
        return ActionResult({"DBInstance": database})

    def delete_db_instance(self) -> ActionResult:
        """Refuse a protected instance and unclear snapshot wishes; the instance goes a moment later.

        Source: RDS API reference, DeleteDBInstance.
        """
        database = self._instance()
        name, skip = self.params.get("FinalDBSnapshotIdentifier"), bool(self.params.get("SkipFinalSnapshot"))
        if database.status == "deleting":
            raise RDSClientError(
                "InvalidDBInstanceState",
                f"Instance {database.db_instance_identifier} is already being deleted.",
            )
        if database.deletion_protection:
            raise InvalidParameterCombination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
            )
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
        delete_backups = self.params.get("DeleteAutomatedBackups", True)
        self.backend.delete_later(database, delete_backups=bool(delete_backups))
        return ActionResult({"DBInstance": database})

    def _instance(self) -> DBInstance:
        found = self.backend.describe_db_instances(self.params.get("DBInstanceIdentifier"))[0]
        if not isinstance(found, DBInstance):
            raise InvalidParameterCombination("The lab changes instances outside Aurora clusters only.")
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
        """Refuse a subnet group with instances in it.

        Source: RDS API reference, DeleteDBSubnetGroup (InvalidDBSubnetGroupStateFault).
        """
        name = str(self.params.get("DBSubnetGroupName"))
        if members := self._members_of_subnet_group(name):
            raise RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{name}' because at least one database instance: "
                f"{members[0].db_instance_identifier} is still using it.",
            )
        return super().delete_db_subnet_group()

    def create_db_parameter_group(self) -> ActionResult:
        """Refuse families that the lab's engines do not have."""
        family = self.params.get("DBParameterGroupFamily")
        if family and family not in engines.known_families():
            raise InvalidParameterValue(
                f"ParameterGroupFamily {family} is not a valid parameter group family"
            )
        return super().create_db_parameter_group()

    def describe_db_parameter_groups(self) -> ActionResult:
        """Refuse an unknown name, for which moto answers an empty list."""
        name = self.params.get("DBParameterGroupName")
        if name and name not in self.backend.db_parameter_groups:
            raise DBParameterGroupNotFoundError(name)
        return super().describe_db_parameter_groups()

    def delete_db_parameter_group(self) -> ActionResult:
        """Refuse a default group and one that instances use.

        Source: RDS API reference, DeleteDBParameterGroup (InvalidDBParameterGroupState).
        """
        name = str(self.params.get("DBParameterGroupName"))
        if name.startswith("default."):
            raise InvalidParameterValue("Default DBParameterGroup cannot be deleted: " + name)
        if any((each.db_parameter_group_name or "").lower() == name.lower() for each in self._instances()):
            raise RDSClientError(
                "InvalidDBParameterGroupState",
                f"One or more database instances are still members of this parameter group {name}, "
                "so the group cannot be deleted",
            )
        return super().delete_db_parameter_group()

    def _members_of_subnet_group(self, name: str) -> list[DBInstance]:
        return [each for each in self._instances() if each.db_subnet_group.name == name.lower()]

    def _instances(self) -> list[DBInstance]:
        return [each for each in self.backend.databases.values() if isinstance(each, DBInstance)]
