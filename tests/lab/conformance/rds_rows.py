"""RDS: what it refuses, what it makes in the VPC, what a change and a deletion do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .rds_scene import Scene, scene_of, unique
from .row import Clients, Row, eventually, refused

CREATE = "RDS API reference, CreateDBInstance"
MODIFY = "RDS API reference, ModifyDBInstance"
DELETE = "RDS API reference, DeleteDBInstance"
LOGS = "RDS user guide, Publishing database logs to Amazon CloudWatch Logs"
SECRET = "RDS user guide, Password management with Amazon RDS and AWS Secrets Manager"
UNKNOWN_KEY = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000"


def _refuses(code: str, changes: Callable[[Scene], dict[str, Any]]) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        scene = scene_of(clients)
        request = scene.request(**changes(scene))
        with refused(code):
            clients.rds.create_db_instance(**request)
        found = clients.rds.describe_db_instances()["DBInstances"]
        assert request["DBInstanceIdentifier"] not in {each["DBInstanceIdentifier"] for each in found}

    return check


def _life(clients: Clients) -> None:
    scene = scene_of(clients)
    group_id = scene.group(scene.vpc_id)
    request = scene.request(VpcSecurityGroupIds=[group_id])
    made = clients.rds.create_db_instance(**request)["DBInstance"]
    assert made["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in made
    name = request["DBInstanceIdentifier"]
    eventually(lambda: scene.status(name), "available")
    found = scene.describe(name)
    assert (found["Endpoint"]["Port"], found["EngineVersion"].rpartition(".")[0]) == (3306, "8.4")
    assert found["PubliclyAccessible"] is False
    clients.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    assert scene.status(name) == "deleting"
    with refused("InvalidDBInstanceState"):
        clients.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    with refused("DependencyViolation"):
        clients.ec2.delete_security_group(GroupId=group_id)
    scene.gone(name)
    assert scene.interfaces(group_id) == []
    clients.ec2.delete_security_group(GroupId=group_id)


def _interfaces(clients: Clients) -> None:
    scene = scene_of(clients)
    first, second = scene.group(scene.vpc_id), scene.group(scene.vpc_id)
    with scene.running(VpcSecurityGroupIds=[first], MultiAZ=True) as name:
        found = scene.interfaces(first)
        assert len({each["SubnetId"] for each in found}) == len(found) == 2
        for each in found:
            assert each["SubnetId"] in scene.subnet_ids
            assert each["RequesterManaged"]
            assert (each["Description"], each["Status"]) == ("RDSNetworkInterface", "in-use")
        with refused("DependencyViolation"):
            clients.ec2.delete_subnet(SubnetId=found[0]["SubnetId"])
        clients.rds.modify_db_instance(DBInstanceIdentifier=name, VpcSecurityGroupIds=[second])
        assert scene.interfaces(first) == []
        assert len(scene.interfaces(second)) == 2


def _subnet_group_in_use(clients: Clients) -> None:
    scene = scene_of(clients)
    text = (
        f"Cannot delete the subnet group '{scene.subnet_group}' because at least one database instance: "
        f"{scene.shared} is still using it."
    )
    with refused("InvalidDBSubnetGroupStateFault", text):
        clients.rds.delete_db_subnet_group(DBSubnetGroupName=scene.subnet_group)
    used = scene.interfaces(scene.group_id)[0]["SubnetId"]
    others = [each for each in scene.subnet_ids if each != used]
    with refused("SubnetAlreadyInUse"):
        clients.rds.modify_db_subnet_group(DBSubnetGroupName=scene.subnet_group, SubnetIds=others)


def _subnet_group_life(clients: Clients) -> None:
    scene = scene_of(clients)
    name = unique("sn")
    names = {"DBSubnetGroupName": name, "DBSubnetGroupDescription": "row"}
    with refused("DBSubnetGroupDoesNotCoverEnoughAZs"):
        clients.rds.create_db_subnet_group(**names, SubnetIds=scene.subnet_ids[:1])
    with refused("InvalidSubnet"):
        clients.rds.create_db_subnet_group(**names, SubnetIds=[*scene.subnet_ids, "subnet-00000000"])
    clients.rds.create_db_subnet_group(**names, SubnetIds=scene.subnet_ids)
    with refused("DBSubnetGroupAlreadyExists"):
        clients.rds.create_db_subnet_group(**names, SubnetIds=scene.subnet_ids)
    clients.rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=scene.subnet_ids[:2])
    (found,) = clients.rds.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"]
    assert {each["SubnetIdentifier"] for each in found["Subnets"]} == set(scene.subnet_ids[:2])
    clients.rds.delete_db_subnet_group(DBSubnetGroupName=name)
    with refused("DBSubnetGroupNotFoundFault"):
        clients.rds.describe_db_subnet_groups(DBSubnetGroupName=name)


def _parameter_group_in_use(clients: Clients) -> None:
    scene = scene_of(clients)
    assert scene.status(scene.shared) == "available"
    with refused("InvalidDBParameterGroupState"):
        clients.rds.delete_db_parameter_group(DBParameterGroupName=scene.parameter_group)


def _parameter_group_life(clients: Clients) -> None:
    scene = scene_of(clients)
    with refused("InvalidParameterValue"):
        scene.parameters("mysql9.9")
    name = scene.parameters("postgres16")
    clients.rds.delete_db_parameter_group(DBParameterGroupName=name)
    with refused("DBParameterGroupNotFound"):
        clients.rds.describe_db_parameter_groups(DBParameterGroupName=name)


def _protected(clients: Clients) -> None:
    scene = scene_of(clients)
    with scene.running(DeletionProtection=True) as name:
        with refused("InvalidParameterCombination"):
            clients.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        clients.rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
        assert scene.describe(name)["DeletionProtection"] is False


def _final_snapshot(clients: Clients) -> None:
    scene = scene_of(clients)
    snapshot = unique("final")
    with scene.running() as name:
        with refused("InvalidParameterCombination"):
            clients.rds.delete_db_instance(DBInstanceIdentifier=name)
        both = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": snapshot}
        with refused("InvalidParameterCombination"):
            clients.rds.delete_db_instance(DBInstanceIdentifier=name, **both)
        clients.rds.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier=snapshot)
    (found,) = clients.rds.describe_db_snapshots(DBSnapshotIdentifier=snapshot)["DBSnapshots"]
    assert found["SnapshotType"] == "manual"


def _secret(clients: Clients) -> None:
    scene = scene_of(clients)
    passwords = set()
    for user in ("catalog", "orders"):
        with scene.running(MasterUsername=user) as name:
            arn = scene.describe(name)["MasterUserSecret"]["SecretArn"]
            content = json.loads(clients.secretsmanager.get_secret_value(SecretId=arn)["SecretString"])
            assert content["username"] == user
            passwords.add(content["password"])
        with refused("ResourceNotFoundException"):
            clients.secretsmanager.get_secret_value(SecretId=arn)
    assert len(passwords) == 2


def _pending(clients: Clients) -> None:
    scene = scene_of(clients)
    with scene.running() as name:
        clients.rds.modify_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.t4g.small")
        found = scene.describe(name)
        assert (found["DBInstanceStatus"], found["DBInstanceClass"]) == ("available", "db.t4g.micro")
        assert found["PendingModifiedValues"] == {"DBInstanceClass": "db.t4g.small"}
        changed = clients.rds.modify_db_instance(
            DBInstanceIdentifier=name, AllocatedStorage=30, ApplyImmediately=True
        )["DBInstance"]
        assert changed["DBInstanceStatus"] == "modifying"
        with refused("InvalidDBInstanceState"):
            clients.rds.modify_db_instance(DBInstanceIdentifier=name, AllocatedStorage=40)
        eventually(lambda: scene.status(name), "available")
        found = scene.describe(name)
        assert (found["DBInstanceClass"], found["AllocatedStorage"]) == ("db.t4g.small", 30)
        assert found["PendingModifiedValues"] == {}


def _retention(clients: Clients) -> None:
    scene = scene_of(clients)
    with scene.running(BackupRetentionPeriod=7) as name:
        clients.rds.modify_db_instance(DBInstanceIdentifier=name, BackupRetentionPeriod=14)
        eventually(lambda: str(scene.describe(name)["BackupRetentionPeriod"]), "14")
        clients.rds.modify_db_instance(DBInstanceIdentifier=name, BackupRetentionPeriod=0)
        found = scene.describe(name)
        assert found["BackupRetentionPeriod"] == 14
        assert found["PendingModifiedValues"] == {"BackupRetentionPeriod": 0}


def _bad_changes(clients: Clients) -> None:
    scene = scene_of(clients)
    value, combination = "InvalidParameterValue", "InvalidParameterCombination"
    bad: tuple[tuple[str, dict[str, Any]], ...] = (
        (value, {"AllocatedStorage": 19}),
        (value, {"DBInstanceClass": "db.zz.micro"}),
        (combination, {"EngineVersion": "8.0"}),
        (combination, {"EngineVersion": "99.9"}),
        (value, {"VpcSecurityGroupIds": ["sg-00000000"]}),
        (combination, {"DBParameterGroupName": scene.parameters("mysql8.0")}),
        (combination, {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["upgrade"]}}),
        (value, {"BackupRetentionPeriod": 36}),
    )
    before = scene.describe(scene.shared)
    for code, changes in bad:
        with refused(code):
            clients.rds.modify_db_instance(
                DBInstanceIdentifier=scene.shared, ApplyImmediately=True, **changes
            )
    after = scene.describe(scene.shared)
    assert {key: after[key] for key in before if "Time" not in key} == {
        key: before[key] for key in before if "Time" not in key
    }


def _log_exports(clients: Clients) -> None:
    scene = scene_of(clients)
    with scene.running(EnableCloudwatchLogsExports=["error"]) as name:
        clients.rds.modify_db_instance(
            DBInstanceIdentifier=name,
            CloudwatchLogsExportConfiguration={
                "EnableLogTypes": ["error", "slowquery"],
                "DisableLogTypes": ["general"],
            },
        )
        assert set(scene.describe(name)["EnabledCloudwatchLogsExports"]) == {"error", "slowquery"}


def _major_upgrade(clients: Clients) -> None:
    scene = scene_of(clients)
    with scene.running(EngineVersion="8.0", DBParameterGroupName=None) as name:
        wanted = {"DBInstanceIdentifier": name, "EngineVersion": "8.4", "ApplyImmediately": True}
        with refused("InvalidParameterCombination"):
            clients.rds.modify_db_instance(**wanted)
        clients.rds.modify_db_instance(**wanted, AllowMajorVersionUpgrade=True)
        eventually(lambda: scene.describe(name)["EngineVersion"].startswith("8.4."), True)
        eventually(lambda: scene.status(name), "available")


def _foreign_group(scene: Scene) -> dict[str, Any]:
    return {"VpcSecurityGroupIds": [scene.group(scene.vpc("10.4.0.0/16"))]}


ROWS = [
    Row(
        "rds-engine-version",
        "CreateDBInstance refuses an unknown engine version",
        CREATE,
        _refuses("InvalidParameterCombination", lambda _: {"EngineVersion": "99.9"}),
    ),
    Row(
        "rds-engine",
        "CreateDBInstance refuses an unknown engine",
        CREATE,
        _refuses("InvalidParameterValue", lambda _: {"Engine": "nosql"}),
    ),
    Row(
        "rds-class",
        "CreateDBInstance refuses an unknown instance class",
        "RDS user guide, Supported DB instance classes",
        _refuses("InvalidParameterValue", lambda _: {"DBInstanceClass": "db.zz.micro"}),
    ),
    Row(
        "rds-group-unknown",
        "CreateDBInstance refuses an unknown security group",
        CREATE,
        _refuses("InvalidParameterValue", lambda _: {"VpcSecurityGroupIds": ["sg-00000000"]}),
    ),
    Row(
        "rds-group-foreign",
        "CreateDBInstance refuses a security group of another VPC",
        CREATE,
        _refuses("InvalidParameterCombination", _foreign_group),
    ),
    Row(
        "rds-subnet-group-unknown",
        "CreateDBInstance refuses an unknown subnet group",
        CREATE,
        _refuses("DBSubnetGroupNotFoundFault", lambda _: {"DBSubnetGroupName": "none"}),
    ),
    Row(
        "rds-parameter-group-unknown",
        "CreateDBInstance refuses an unknown parameter group",
        CREATE,
        _refuses("DBParameterGroupNotFound", lambda _: {"DBParameterGroupName": "none"}),
    ),
    Row(
        "rds-parameter-group-family",
        "CreateDBInstance refuses a parameter group of another family",
        "RDS user guide, Overview of parameter groups",
        _refuses(
            "InvalidParameterCombination",
            lambda scene: {"DBParameterGroupName": scene.parameters("mysql8.0")},
        ),
    ),
    Row(
        "rds-storage",
        "CreateDBInstance refuses too little storage",
        CREATE,
        _refuses("InvalidParameterValue", lambda _: {"AllocatedStorage": 5}),
    ),
    Row(
        "rds-password-missing",
        "CreateDBInstance needs a password or a managed one",
        CREATE,
        _refuses("InvalidParameterValue", lambda _: {"ManageMasterUserPassword": None}),
    ),
    Row(
        "rds-password-twice",
        "A managed password excludes one of one's own",
        CREATE,
        _refuses("InvalidParameterCombination", lambda _: {"MasterUserPassword": "not-so-secret"}),
    ),
    Row(
        "rds-user-reserved",
        "CreateDBInstance refuses a reserved user name",
        CREATE,
        _refuses(
            "InvalidParameterValue",
            lambda _: {
                "Engine": "postgres",
                "EngineVersion": "16",
                "MasterUsername": "admin",
                "DBParameterGroupName": None,
            },
        ),
    ),
    Row(
        "rds-log-type",
        "CreateDBInstance refuses logs of another engine",
        LOGS,
        _refuses("InvalidParameterCombination", lambda _: {"EnableCloudwatchLogsExports": ["postgresql"]}),
    ),
    Row(
        "rds-key-unknown",
        "CreateDBInstance refuses an unknown KMS key",
        CREATE,
        _refuses("KMSKeyNotAccessibleFault", lambda _: {"StorageEncrypted": True, "KmsKeyId": UNKNOWN_KEY}),
    ),
    Row(
        "rds-life", "An instance is creating, available, deleting, gone; so are its interfaces", CREATE, _life
    ),
    Row(
        "rds-interfaces",
        "Each host has an interface with the instance's groups",
        "RDS user guide, Working with a DB instance in a VPC",
        _interfaces,
    ),
    Row(
        "rds-subnet-group-in-use",
        "A subnet group in use cannot go, nor a subnet of it in use",
        "RDS API reference, DeleteDBSubnetGroup, ModifyDBSubnetGroup",
        _subnet_group_in_use,
    ),
    Row(
        "rds-subnet-group",
        "A subnet group has known subnets in two zones and one name",
        "RDS API reference, CreateDBSubnetGroup",
        _subnet_group_life,
    ),
    Row(
        "rds-parameter-group-in-use",
        "A parameter group in use cannot go",
        "RDS API reference, DeleteDBParameterGroup",
        _parameter_group_in_use,
    ),
    Row(
        "rds-parameter-group",
        "A parameter group has a known family; an unknown one is not found",
        "RDS API reference, CreateDBParameterGroup, DescribeDBParameterGroups",
        _parameter_group_life,
    ),
    Row("rds-protected", "A protected instance cannot be deleted", DELETE, _protected),
    Row("rds-final-snapshot", "A deletion says what becomes of the data", DELETE, _final_snapshot),
    Row("rds-secret", "The managed secret holds the user and a password of its own", SECRET, _secret),
    Row("rds-retention", "Backups kept longer is soon done, none at all waits", MODIFY, _retention),
    Row("rds-pending", "A change waits, unless it is to apply immediately", MODIFY, _pending),
    Row("rds-bad-changes", "ModifyDBInstance refuses what CreateDBInstance refuses", MODIFY, _bad_changes),
    Row("rds-log-exports", "Log exports are merged", MODIFY, _log_exports),
    Row("rds-major-upgrade", "A major upgrade has to be allowed", MODIFY, _major_upgrade),
]
