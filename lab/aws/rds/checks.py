"""What CreateDBInstance and its relatives refuse before anything is made.

Source: RDS API reference, CreateDBInstance (errors and constraints); texts as quoted in public issues of
hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.rds.exceptions import (
    DBParameterGroupNotFoundError,
    DBSubnetGroupNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
    InvalidSubnet,
    KMSKeyNotAccessibleFault,
    RDSClientError,
)

from lab.aws.rds import engines

if TYPE_CHECKING:
    from moto.ec2.models.subnets import Subnet
    from moto.rds.models import DBSubnetGroup

    from lab.aws.rds.backend import LabRDSBackend

Parameters = Mapping[str, Any]

STORAGE_GIB = (20, 65536)
PORTS = (1150, 65535)
RETENTION_DAYS = (0, 35)
MINIMUM_ZONE_COUNT = 2
# The key of RDS itself. Source: RDS API reference, CreateDBInstance (KmsKeyId).
AWS_KEY = "alias/aws/rds"
PASSWORD = re.compile(r"[!-~]{8,128}")
DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


def check_engine(parameters: Parameters) -> str:
    """Return the full engine version; refuse unknown engines, versions and classes."""
    engine = str(parameters.get("Engine"))
    version = find_version(engine, parameters.get("EngineVersion"), engines.names(clustered=False))
    check_class(str(parameters.get("DBInstanceClass")), engine, version)
    return version


def find_version(engine: str, version: str | None, known: Sequence[str]) -> str:
    """Return the full engine version; refuse engines that are not among the known ones."""
    if engine not in known:
        raise InvalidParameterValue(f"Invalid DB engine: {engine}; the lab has {', '.join(known)}")
    found = engines.resolve_version(engine, version)
    if found is None:
        raise InvalidParameterCombination(f"Cannot find version {version} for {engine}")
    return found


def check_class(name: str, engine: str, version: str) -> None:
    """Refuse unknown instance classes, and those that the engine does not run on.

    Source: RDS API reference, CreateDBInstance; aws/aws-cdk#23431 (text).
    """
    if not engines.is_instance_class(name):
        raise InvalidParameterValue(f"Invalid DB Instance class: {name}")
    if not engines.has_class(engine, name):
        license_model = engines.ENGINES[engine].license_model
        raise InvalidParameterCombination(
            "RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={name}, Engine={engine}, EngineVersion={version}, "
            f"LicenseModel={license_model}. For supported combinations of instance class and database engine "
            "version, see the documentation."
        )


def check_numbers(parameters: Parameters, engine: str) -> None:
    """Refuse sizes, ports and retentions out of range."""
    storage = parameters.get("AllocatedStorage")
    if storage is not None and not STORAGE_GIB[0] <= storage <= STORAGE_GIB[1]:
        kind = parameters.get("StorageType", "gp2")
        raise InvalidParameterValue(
            f"Invalid storage size for engine name {engine} and storage type {kind}: {storage}"
        )
    check_port(parameters.get("Port") or parameters.get("DBPortNumber"))
    check_retention(parameters.get("BackupRetentionPeriod"), RETENTION_DAYS)


def check_port(port: int | None) -> None:
    """Refuse a port out of range."""
    if port is not None and not PORTS[0] <= port <= PORTS[1]:
        raise InvalidParameterValue(f"The port {port} is not in the range {PORTS[0]} to {PORTS[1]}.")


def check_retention(days: int | None, limits: tuple[int, int]) -> None:
    """Refuse to keep backups for fewer or more days than allowed."""
    if days is not None and not limits[0] <= days <= limits[1]:
        raise InvalidParameterValue(
            f"Invalid backup retention period: {days}. Must be between {limits[0]} and {limits[1]}."
        )


def check_master_user(parameters: Parameters, engine: str) -> None:
    """Refuse a missing or reserved user name, and a password that is missing, bad or given twice."""
    name, password = parameters.get("MasterUsername"), parameters.get("MasterUserPassword")
    if not name:
        raise InvalidParameterValue("The parameter MasterUsername must be provided and must not be blank.")
    if name.lower() in engines.ENGINES[engine].reserved_users:
        raise InvalidParameterValue(
            f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        )
    if parameters.get("ManageMasterUserPassword"):
        if password:
            raise InvalidParameterCombination(
                "You can't specify MasterUserPassword when ManageMasterUserPassword is enabled."
            )
        return
    if not password:
        raise InvalidParameterValue(
            "The parameter MasterUserPassword must be provided and must not be blank."
        )
    if not PASSWORD.fullmatch(password) or set(password) & set('/@"'):
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters "
            "besides '/', '@', '\"', ' ' may be used, 8 or more of them."
        )


def check_database_name(parameters: Parameters) -> None:
    """Refuse a database name that the engines do not take."""
    name = parameters.get("DBName")
    if name is not None and not DATABASE_NAME.fullmatch(name):
        raise InvalidParameterValue(
            f"DBName {name} must begin with a letter and contain only alphanumeric characters."
        )


def check_log_types(engine: str, version: str, log_types: Sequence[str]) -> None:
    """Refuse logs that the engine does not export."""
    known = engines.ENGINES[engine].log_types
    if unknown := [each for each in log_types if each not in known]:
        raise InvalidParameterCombination(
            f"You cannot use the log types '{', '.join(unknown)}' with engine version {engine} {version}. "
            f"Supported: {', '.join(known)}."
        )


def check_encryption(backend: LabRDSBackend, parameters: Parameters) -> str | None:
    """Return the ARN of the key, none without encryption; one that is named has to be enabled."""
    key_id = parameters.get("KmsKeyId")
    if key_id is None:
        return backend.validate_key(AWS_KEY) if parameters.get("StorageEncrypted") else None
    if parameters.get("StorageEncrypted") is False:
        raise InvalidParameterCombination("KmsKeyId is not allowed when StorageEncrypted is false.")
    arn = backend.validate_key(key_id)
    if not backend.kms.describe_key(arn).enabled:
        raise KMSKeyNotAccessibleFault(key_id)
    return arn


def check_parameter_group(backend: LabRDSBackend, name: str | None, engine: str, version: str) -> None:
    """Refuse a parameter group that is missing or of another family."""
    wanted = engines.family(engine, version)
    if name is None or name == f"default.{wanted}":
        return
    group = backend.db_parameter_groups.get(name)
    if group is None:
        raise DBParameterGroupNotFoundError(name)
    check_family(name, group.family, wanted)


def check_family(name: str, family: str | None, wanted: str) -> None:
    """Refuse a parameter group of another family."""
    if family != wanted:
        raise InvalidParameterCombination(
            f"The Parameter Group {name} with DBParameterGroupFamily {family} cannot be used for this "
            f"instance. Please use a Parameter Group with DBParameterGroupFamily {wanted}"
        )


def find_subnet_group(backend: LabRDSBackend, name: str | None) -> DBSubnetGroup:
    """Return the subnet group; the lab's region has no default VPC to fall back on."""
    if name is None:
        raise RDSClientError(
            "InvalidVPCNetworkStateFault", "DBSubnetGroupName is missing and there is no default VPC."
        )
    group = backend.subnet_groups.get(name)
    if group is None:
        raise DBSubnetGroupNotFoundError(name)
    return group


def check_groups(backend: LabRDSBackend, vpc_id: str, group_ids: Sequence[str]) -> None:
    """Refuse security groups that are missing or in another VPC."""
    for group_id in group_ids:
        group = ec2_backends[backend.account_id][backend.region_name].get_security_group_from_id(group_id)
        if group is None:
            raise InvalidParameterValue(f"Invalid security group , groupId= {group_id}, groupName=.")
        if group.vpc_id != vpc_id:
            raise InvalidParameterCombination(
                "The DB instance and EC2 security group are in different VPCs. "
                f"The DB instance is in {vpc_id} and the EC2 security group is in {group.vpc_id}"
            )


def find_subnets(backend: LabRDSBackend, subnet_ids: Sequence[str]) -> list[Subnet]:
    """Return the subnets of a subnet group: all known, of one VPC, in two zones at least."""
    found: list[Subnet] = []
    for subnet_id in subnet_ids:
        try:
            found.append(ec2_backends[backend.account_id][backend.region_name].get_subnet(subnet_id))
        except EC2ClientError as error:
            raise InvalidSubnet(subnet_id) from error
    if len({subnet.vpc_id for subnet in found}) != 1:
        raise InvalidSubnet(", ".join(subnet_ids))
    zones = sorted({str(subnet.availability_zone) for subnet in found})
    if len(zones) < MINIMUM_ZONE_COUNT:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
            f"Current AZ coverage: {', '.join(zones)}. "
            f"Add subnets to cover at least {MINIMUM_ZONE_COUNT} AZs.",
        )
    return found
