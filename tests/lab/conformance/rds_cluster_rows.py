"""Aurora clusters: what RDS refuses, what a change and a deletion do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .rds_cluster_scene import Clusters
from .rds_scene import unique
from .row import Clients, Row, eventually, refused

CREATE = "RDS API reference, CreateDBCluster"
MODIFY = "RDS API reference, ModifyDBCluster"
DELETE = "RDS API reference, DeleteDBCluster"
GROUPS = "RDS API reference, CreateDBClusterParameterGroup, DeleteDBClusterParameterGroup"
ENDPOINTS = "Aurora user guide, Amazon Aurora endpoint connections"
SECRET = "Aurora user guide, Password management with Amazon Aurora and AWS Secrets Manager"
VALUE, COMBINATION, STATE = (
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "InvalidDBClusterStateFault",
)


def _life(clients: Clients) -> None:
    clusters = Clusters(clients)
    # given: a cluster that is being created; the default version is the newest of the line
    request = clusters.request(EngineVersion="16", Port=5433, DatabaseName="catalog")
    made = clients.rds.create_db_cluster(**request)["DBCluster"]
    name = request["DBClusterIdentifier"]
    assert (made["Status"], made["DBClusterMembers"]) == ("creating", [])
    eventually(lambda: clusters.status(name), "available")
    found = clusters.describe(name)
    assert re.fullmatch(r"16\.\d+", found["EngineVersion"])
    assert (found["Port"], found["DatabaseName"]) == (5433, "catalog")
    assert found["DBClusterParameterGroup"] == "default.aurora-postgresql16"
    with refused("DBClusterAlreadyExistsFault", "DB Cluster already exists"):
        clients.rds.create_db_cluster(**request)
    # when: it is deleted; then: it is deleting, cannot be deleted again, and goes
    clients.rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    assert clusters.status(name) == "deleting"
    with refused(STATE):
        clients.rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    clusters.gone(name)
    # then: the name is free again at once
    clients.rds.create_db_cluster(**request)
    eventually(lambda: clusters.status(name), "available")
    clusters.remove(name)


def _endpoints(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running() as name:
        found = clusters.describe(name)
        writer = re.fullmatch(
            rf"{name}\.cluster-([a-z0-9]+)\.us-west-2\.rds\.amazonaws\.com", found["Endpoint"]
        )
        assert writer, found["Endpoint"]
        assert found["ReaderEndpoint"] == f"{name}.cluster-ro-{writer[1]}.us-west-2.rds.amazonaws.com"


def _secret(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running(MasterUsername="orders") as name:
        arn = clusters.describe(name)["MasterUserSecret"]["SecretArn"]
        content = json.loads(clients.secretsmanager.get_secret_value(SecretId=arn)["SecretString"])
        assert content["username"] == "orders"
    with refused("ResourceNotFoundException"):
        clients.secretsmanager.get_secret_value(SecretId=arn)


def _encryption(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running() as name:
        assert clusters.describe(name)["StorageEncrypted"] is False
        assert "KmsKeyId" not in clusters.describe(name)
    with clusters.running(StorageEncrypted=True) as name:
        aws_key = clients.kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["Arn"]
        assert clusters.describe(name)["KmsKeyId"] == aws_key
    own_key = clients.kms.create_key()["KeyMetadata"]["Arn"]
    with clusters.running(StorageEncrypted=True, KmsKeyId=own_key) as name:
        assert clusters.describe(name)["KmsKeyId"] == own_key


def _protected(clients: Clients) -> None:
    clusters = Clusters(clients)
    text = "Cannot delete protected Cluster, please disable deletion protection and try again."
    with clusters.running(DeletionProtection=True) as name:
        with refused(COMBINATION, text):
            clients.rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
        clients.rds.modify_db_cluster(DBClusterIdentifier=name, DeletionProtection=False)
        assert clusters.describe(name)["DeletionProtection"] is False


def _final_snapshot(clients: Clients) -> None:
    clusters = Clusters(clients)
    snapshot = unique("final")
    tags = [{"Key": "owner", "Value": "row"}]
    with clusters.running(CopyTagsToSnapshot=True, Tags=tags) as name:
        wanted = {"DBClusterIdentifier": name, "FinalDBSnapshotIdentifier": snapshot}
        with refused(COMBINATION):
            clients.rds.delete_db_cluster(DBClusterIdentifier=name)
        with refused(COMBINATION):
            clients.rds.delete_db_cluster(**wanted, SkipFinalSnapshot=True)
        clients.rds.delete_db_cluster(**wanted)
    found = clients.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=snapshot)
    (found,) = found["DBClusterSnapshots"]
    assert (found["SnapshotType"], found["TagList"]) == ("manual", tags)
    with clusters.running() as name:
        wanted |= {"DBClusterIdentifier": name}
        with refused("DBClusterSnapshotAlreadyExistsFault"):
            clients.rds.delete_db_cluster(**wanted)
        assert clusters.status(name) == "available"


def _subnet_group_in_use(clients: Clients) -> None:
    clusters = Clusters(clients)
    group = clusters.subnet_group()
    with clusters.running(DBSubnetGroupName=group) as name:
        text = (
            f"Cannot delete the subnet group '{group}' because at least one database cluster: {name} "
            "is still using it."
        )
        with refused("InvalidDBSubnetGroupStateFault", text):
            clients.rds.delete_db_subnet_group(DBSubnetGroupName=group)
    clients.rds.delete_db_subnet_group(DBSubnetGroupName=group)


def _parameter_group(clients: Clients) -> None:
    clusters = Clusters(clients)
    with refused(VALUE):
        clusters.parameters("aurora-postgresql9.9")
    with refused(VALUE):
        clusters.parameters("postgres16")
    group = clusters.parameters("aurora-postgresql16")
    with refused("DBParameterGroupAlreadyExists"):
        clients.rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=group,
            DBParameterGroupFamily="aurora-postgresql16",
            Description="row",
        )
    with clusters.running(DBClusterParameterGroupName=group), refused("InvalidDBParameterGroupState"):
        clients.rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName=group)
    clients.rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName=group)
    with refused("DBParameterGroupNotFound"):
        clients.rds.describe_db_cluster_parameter_groups(DBClusterParameterGroupName=group)


def _reset_cluster_parameters(clients: Clients) -> None:
    clusters = Clusters(clients)
    name = {"DBClusterParameterGroupName": clusters.parameters("aurora-postgresql16")}

    def own() -> set[str]:
        answer = clients.rds.describe_db_cluster_parameters(**name, Source="user")
        return {each["ParameterName"] for each in answer["Parameters"]}

    _resets(
        lambda **wanted: clients.rds.modify_db_cluster_parameter_group(**name, **wanted),
        lambda **wanted: clients.rds.reset_db_cluster_parameter_group(**name, **wanted),
        own,
    )
    with refused("DBParameterGroupNotFound"):
        clients.rds.reset_db_cluster_parameter_group(DBClusterParameterGroupName="none")


def _reset_parameters(clients: Clients) -> None:
    clusters = Clusters(clients)
    name = {"DBParameterGroupName": clusters.scene.parameters("mysql8.4")}

    def own() -> set[str]:
        answer = clients.rds.describe_db_parameters(**name, Source="user")
        return {each["ParameterName"] for each in answer["Parameters"]}

    _resets(
        lambda **wanted: clients.rds.modify_db_parameter_group(**name, **wanted),
        lambda **wanted: clients.rds.reset_db_parameter_group(**name, **wanted),
        own,
    )
    with refused("DBParameterGroupNotFound"):
        clients.rds.reset_db_parameter_group(DBParameterGroupName="none", ResetAllParameters=True)


def _resets(modify: Callable[..., Any], reset: Callable[..., Any], own: Callable[[], set[str]]) -> None:
    """Reset one of three parameters, then all that are left."""
    names = ["first", "second", "third"]
    modify(
        Parameters=[
            {"ParameterName": name, "ParameterValue": "1", "ApplyMethod": "pending-reboot"} for name in names
        ]
    )
    assert own() == set(names)
    named = [{"ParameterName": "second", "ApplyMethod": "pending-reboot"}]
    with refused(COMBINATION):
        reset(Parameters=named, ResetAllParameters=True)
    reset(Parameters=named, ResetAllParameters=False)
    assert own() == {"first", "third"}
    reset(ResetAllParameters=True)
    assert own() == set()


def _at_once(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running(EnableCloudwatchLogsExports=["postgresql"]) as name:
        clients.rds.modify_db_cluster(
            DBClusterIdentifier=name,
            BackupRetentionPeriod=14,
            Port=5433,
            CloudwatchLogsExportConfiguration={"EnableLogTypes": ["iam-db-auth-error", "postgresql"]},
        )
        found = clusters.describe(name)
        assert (found["BackupRetentionPeriod"], found["Port"]) == (14, 5433)
        assert set(found["EnabledCloudwatchLogsExports"]) == {"iam-db-auth-error", "postgresql"}
        disable = {"DisableLogTypes": ["postgresql", "instance"]}
        clients.rds.modify_db_cluster(DBClusterIdentifier=name, CloudwatchLogsExportConfiguration=disable)
        assert clusters.describe(name)["EnabledCloudwatchLogsExports"] == ["iam-db-auth-error"]


def _pending(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running() as name:
        wanted = {"DBClusterIdentifier": name}
        clients.rds.modify_db_cluster(**wanted, EngineVersion="16.8", EnableIAMDatabaseAuthentication=True)
        found = clusters.describe(name)
        assert (found["Status"], found["EngineVersion"]) == ("available", "16.6")
        assert found["PendingModifiedValues"] == {
            "EngineVersion": "16.8",
            "IAMDatabaseAuthenticationEnabled": True,
        }
        changed = clients.rds.modify_db_cluster(**wanted, EngineVersion="16.9", ApplyImmediately=True)
        assert changed["DBCluster"]["Status"] == "modifying"
        with refused(STATE):
            clients.rds.modify_db_cluster(**wanted, BackupRetentionPeriod=2)
        eventually(lambda: clusters.status(name), "available")
        found = clusters.describe(name)
        assert (found["EngineVersion"], found["IAMDatabaseAuthenticationEnabled"]) == ("16.9", True)
        assert found["PendingModifiedValues"] == {}


def _major_upgrade(clients: Clients) -> None:
    clusters = Clusters(clients)
    old, new = (clusters.parameters(f"aurora-postgresql{line}") for line in (16, 17))
    with clusters.running(members=1, DBClusterParameterGroupName=old) as name:
        wanted = {"DBClusterIdentifier": name, "EngineVersion": "17", "ApplyImmediately": True}
        with refused(COMBINATION):
            clients.rds.modify_db_cluster(**wanted)
        wanted |= {"AllowMajorVersionUpgrade": True}
        text = (
            f"The current DB cluster parameter group {old} is custom. You must explicitly specify a new "
            "DB cluster parameter group, either default or custom, for the engine version upgrade."
        )
        with refused(COMBINATION, text):
            clients.rds.modify_db_cluster(**wanted)
        clients.rds.modify_db_cluster(**wanted, DBClusterParameterGroupName=new)
        eventually(lambda: clusters.status(name), "available")
        found = clusters.describe(name)
        assert found["EngineVersion"].startswith("17.")
        assert found["DBClusterParameterGroup"] == new
        (member,) = found["DBClusterMembers"]
        instance = clusters.scene.describe(member["DBInstanceIdentifier"])
        assert instance["EngineVersion"] == found["EngineVersion"]
        assert instance["DBParameterGroups"][0]["DBParameterGroupName"] == "default.aurora-postgresql17"
        clients.rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName=old)


def _bad_changes(clients: Clients) -> None:
    clusters = Clusters(clients)
    bad: tuple[tuple[str, dict[str, Any]], ...] = (
        (VALUE, {"BackupRetentionPeriod": 0}),
        (VALUE, {"Port": 80}),
        (COMBINATION, {"EngineVersion": "15"}),
        (COMBINATION, {"EngineVersion": "99.9"}),
        (COMBINATION, {"EngineVersion": "17"}),
        (VALUE, {"VpcSecurityGroupIds": ["sg-00000000"]}),
        (COMBINATION, {"DBClusterParameterGroupName": clusters.parameters("aurora-postgresql15")}),
        ("DBClusterParameterGroupNotFound", {"DBClusterParameterGroupName": "none"}),
        (COMBINATION, {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["slowquery"]}}),
    )
    with clusters.running() as name:
        before = clusters.describe(name)
        for code, changes in bad:
            with refused(code):
                clients.rds.modify_db_cluster(DBClusterIdentifier=name, ApplyImmediately=True, **changes)
        after = clusters.describe(name)
        assert {key: after[key] for key in before if "Time" not in key} == {
            key: before[key] for key in before if "Time" not in key
        }
    with refused("DBClusterNotFoundFault"):
        clients.rds.modify_db_cluster(DBClusterIdentifier="none", Port=5433)


def _tags(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running(Tags=[{"Key": "a", "Value": "1"}]) as name:
        arn = clusters.describe(name)["DBClusterArn"]
        clients.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "b", "Value": "2"}])
        clients.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
        listed = clients.rds.list_tags_for_resource(ResourceName=arn)["TagList"]
        assert clusters.describe(name)["TagList"] == listed == [{"Key": "b", "Value": "2"}]


def _aurora_mysql(clients: Clients) -> None:
    clusters = Clusters(clients)
    changes = {"Engine": "aurora-mysql", "EnableCloudwatchLogsExports": ["audit", "error", "slowquery"]}
    with clusters.running(members=1, EngineVersion="8.0", **changes) as name:
        found = clusters.describe(name)
        assert found["EngineVersion"].startswith("8.0.mysql_aurora.3.")
        assert (found["Port"], found["DBClusterParameterGroup"]) == (3306, "default.aurora-mysql8.0")
        (member,) = found["DBClusterMembers"]
        instance = clusters.scene.describe(member["DBInstanceIdentifier"])
        assert instance["DBParameterGroups"][0]["DBParameterGroupName"] == "default.aurora-mysql8.0"


def _row(name: str, title: str, source: str, check: Callable[[Clients], None]) -> Row:
    return Row(f"rds-cluster-{name}", title, source, check)


ROWS = [
    _row("life", "A cluster is creating, available, deleting, gone", CREATE, _life),
    _row("endpoints", "A cluster has an endpoint to write and one to read", ENDPOINTS, _endpoints),
    _row("secret", "The managed secret comes and goes with the cluster", SECRET, _secret),
    _row("encryption", "Encryption takes the named key, else that of RDS", CREATE, _encryption),
    _row("mysql", "Aurora MySQL versions have their own form and one family", CREATE, _aurora_mysql),
    _row("tags", "Clusters have tags", "RDS API reference, AddTagsToResource", _tags),
    _row("protected", "A protected cluster cannot be deleted", DELETE, _protected),
    _row("final-snapshot", "A deletion says what becomes of the data", DELETE, _final_snapshot),
    _row(
        "subnet-group-in-use",
        "A cluster without members holds its subnet group",
        "RDS API reference, DeleteDBSubnetGroup; anomalyco/sst#4026",
        _subnet_group_in_use,
    ),
    _row(
        "parameter-group",
        "A cluster parameter group has a known family; one in use stays",
        GROUPS,
        _parameter_group,
    ),
    _row(
        "parameter-reset",
        "Cluster parameters go back to their defaults, named ones or all",
        "RDS API reference, ResetDBClusterParameterGroup",
        _reset_cluster_parameters,
    ),
    Row(
        "rds-parameter-reset",
        "Parameters go back to their defaults, named ones or all",
        "RDS API reference, ResetDBParameterGroup",
        _reset_parameters,
    ),
    _row("changes-at-once", "Most changes apply at once; log exports are merged", MODIFY, _at_once),
    _row("changes-pending", "Version and IAM authentication wait, unless asked at once", MODIFY, _pending),
    _row("changes-bad", "ModifyDBCluster refuses what CreateDBCluster refuses", MODIFY, _bad_changes),
    _row(
        "major-upgrade",
        "A major upgrade has to be allowed and needs new parameter groups",
        "RDS API reference, ModifyDBCluster; cloudposse/terraform-aws-rds-cluster#134",
        _major_upgrade,
    ),
]
