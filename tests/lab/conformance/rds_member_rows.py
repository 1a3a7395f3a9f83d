"""Members of Aurora clusters: what they need, what they have in the VPC, what is the cluster's to change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .rds_cluster_scene import Clusters, shared_cluster
from .rds_scene import unique
from .row import Clients, Row, eventually, refused

CREATE = "RDS API reference, CreateDBInstance"
MODIFY = "RDS API reference, ModifyDBInstance"
DELETE = "RDS API reference, DeleteDBInstance"
CLASSES = "Aurora user guide, Amazon Aurora DB instance classes; aws/aws-cdk#23431"
VALUE, COMBINATION, STATE = (
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "InvalidDBClusterStateFault",
)


def _refuses(
    code: str, changes: Callable[[Clusters], dict[str, Any]], text: str | None = None
) -> Callable[[Clients], None]:
    def check(clients: Clients) -> None:
        clusters = Clusters(clients)
        name = shared_cluster(clients)
        request = clusters.member_request(name, **changes(clusters))
        with refused(code, text):
            clients.rds.create_db_instance(**request)
        assert clusters.describe(name)["DBClusterMembers"] == []

    return check


def _life(clients: Clients) -> None:
    clusters = Clusters(clients)
    # given: a cluster of its own port; when: an instance joins; then: it is the cluster's
    with clusters.running(Port=5433, BackupRetentionPeriod=3, StorageEncrypted=True) as cluster:
        request = clusters.member_request(cluster, EngineVersion="16", PromotionTier=0)
        made = clients.rds.create_db_instance(**request)["DBInstance"]
        assert made["DBInstanceStatus"] == "creating"
        assert "Endpoint" not in made
        name = request["DBInstanceIdentifier"]
        eventually(lambda: clusters.scene.status(name), "available")
        found = clusters.scene.describe(name)
        assert (found["DBClusterIdentifier"], found["EngineVersion"]) == (cluster, "16.6")
        assert (found["Endpoint"]["Port"], found["BackupRetentionPeriod"]) == (5433, 3)
        assert (found["StorageEncrypted"], found["PubliclyAccessible"]) == (True, False)
        assert [each["VpcSecurityGroupId"] for each in found["VpcSecurityGroups"]] == [
            clusters.scene.group_id
        ]
        # when: it is deleted, without a word about snapshots; then: it goes, and the cluster stays
        clients.rds.delete_db_instance(DBInstanceIdentifier=name)
        assert clusters.scene.status(name) == "deleting"
        clusters.scene.gone(name)
        assert clusters.describe(cluster)["DBClusterMembers"] == []


def _interfaces(clients: Clients) -> None:
    clusters = Clusters(clients)
    scene = clusters.scene
    first, second = scene.group(scene.vpc_id), scene.group(scene.vpc_id)
    with clusters.running(VpcSecurityGroupIds=[first]) as cluster:
        assert scene.interfaces(first) == []
        for _ in range(2):
            clusters.join(cluster)
        found = scene.interfaces(first)
        assert len({each["AvailabilityZone"] for each in found}) == len(found) == 2
        for each in found:
            assert each["SubnetId"] in scene.subnet_ids
            assert each["RequesterManaged"]
            assert (each["Description"], each["Status"]) == ("RDSNetworkInterface", "in-use")
        with refused("DependencyViolation"):
            clients.ec2.delete_security_group(GroupId=first)
        with refused("DependencyViolation"):
            clients.ec2.delete_subnet(SubnetId=found[0]["SubnetId"])
        clients.rds.modify_db_cluster(DBClusterIdentifier=cluster, VpcSecurityGroupIds=[second])
        assert scene.interfaces(first) == []
        assert len(scene.interfaces(second)) == 2
        clients.ec2.delete_security_group(GroupId=first)
    assert scene.interfaces(second) == []
    clients.ec2.delete_security_group(GroupId=second)


def _writer(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running() as cluster:
        first, _, preferred = (clusters.join(cluster, PromotionTier=tier) for tier in (0, 15, 1))

        def writers() -> list[str]:
            members = clusters.describe(cluster)["DBClusterMembers"]
            return [each["DBInstanceIdentifier"] for each in members if each["IsClusterWriter"]]

        assert writers() == [first]
        clients.rds.delete_db_instance(DBInstanceIdentifier=first)
        eventually(writers, [preferred])


def _cluster_with_members(clients: Clients) -> None:
    clusters = Clusters(clients)
    cluster = clusters.start()
    member = clusters.join(cluster)
    delete = {"DBClusterIdentifier": cluster, "SkipFinalSnapshot": True}
    text = "Cluster cannot be deleted, it still contains DB instances in non-deleting state."
    with refused(STATE, text):
        clients.rds.delete_db_cluster(**delete)
    assert clusters.status(cluster) == "available"
    # when: the member goes; then: so can the cluster, and it is there as long as its member
    clients.rds.delete_db_instance(DBInstanceIdentifier=member)
    clients.rds.delete_db_cluster(**delete)
    with refused(STATE):
        clients.rds.create_db_instance(**clusters.member_request(cluster))
    clusters.gone(cluster)
    clusters.scene.gone(member)


def _snapshot(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running(members=1) as cluster:
        (member,) = clusters.describe(cluster)["DBClusterMembers"]
        text = "FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance"
        with refused(COMBINATION, text):
            clients.rds.delete_db_instance(
                DBInstanceIdentifier=member["DBInstanceIdentifier"], FinalDBSnapshotIdentifier=unique("final")
            )


def _shared_names(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running() as cluster:
        request = clusters.member_request(cluster, DBInstanceIdentifier=clusters.scene.shared)
        with refused("DBInstanceAlreadyExists"):
            clients.rds.create_db_instance(**request)
        member = clusters.join(cluster)
        with refused("DBInstanceAlreadyExists"):
            clients.rds.create_db_instance(**clusters.scene.request(DBInstanceIdentifier=member))


def _room(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running() as cluster:
        for _ in range(16):
            clients.rds.create_db_instance(**clusters.member_request(cluster))
        with refused(STATE):
            clients.rds.create_db_instance(**clusters.member_request(cluster))
        statuses = {"available"}
        eventually(lambda: {clusters.scene.status(each) for each in _names(clusters, cluster)}, statuses)


def _names(clusters: Clusters, cluster: str) -> list[str]:
    return [each["DBInstanceIdentifier"] for each in clusters.describe(cluster)["DBClusterMembers"]]


def _class_change(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running(members=1) as cluster:
        (name,) = _names(clusters, cluster)
        wanted = {"DBInstanceIdentifier": name, "DBInstanceClass": "db.r6g.large"}
        clients.rds.modify_db_instance(**wanted, PromotionTier=5)
        found = clusters.scene.describe(name)
        assert (found["DBInstanceStatus"], found["DBInstanceClass"]) == ("available", "db.t4g.medium")
        assert found["PendingModifiedValues"] == {"DBInstanceClass": "db.r6g.large"}
        assert found["PromotionTier"] == 5
        changed = clients.rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True)
        assert changed["DBInstance"]["DBInstanceStatus"] == "modifying"
        eventually(lambda: clusters.scene.status(name), "available")
        found = clusters.scene.describe(name)
        assert (found["DBInstanceClass"], found["PendingModifiedValues"]) == ("db.r6g.large", {})


def _clusters_settings(clients: Clients) -> None:
    clusters = Clusters(clients)
    with clusters.running(members=1) as cluster:
        (name,) = _names(clusters, cluster)
        settings: tuple[dict[str, Any], ...] = (
            {"EngineVersion": "16.8"},
            {"DeletionProtection": True},
            {"BackupRetentionPeriod": 2},
            {"VpcSecurityGroupIds": [clusters.scene.group_id]},
            {"DBPortNumber": 5433},
        )
        for changes in settings:
            with refused(COMBINATION):
                clients.rds.modify_db_instance(DBInstanceIdentifier=name, **changes)
        text = (
            "The specified DB Instance is a member of a cluster. Modify the DB engine version for the "
            "DB Cluster using the ModifyDbCluster API"
        )
        with refused(COMBINATION, text):
            clients.rds.modify_db_instance(DBInstanceIdentifier=name, EngineVersion="16.8")
        with refused(COMBINATION):
            clients.rds.modify_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.t4g.micro")


def _parameter_group(clients: Clients) -> None:
    clusters = Clusters(clients)
    group = clusters.scene.parameters("aurora-postgresql16")
    with clusters.running() as cluster:
        clusters.join(cluster, DBParameterGroupName=group)
        with refused("InvalidDBParameterGroupState"):
            clients.rds.delete_db_parameter_group(DBParameterGroupName=group)
    clients.rds.delete_db_parameter_group(DBParameterGroupName=group)


def _unknown_cluster(clients: Clients) -> None:
    with refused("DBClusterNotFoundFault"):
        clients.rds.create_db_instance(**Clusters(clients).member_request("none"))


def _alone(clients: Clients) -> None:
    request = Clusters(clients).scene.request(
        Engine="aurora-postgresql", EngineVersion="16.6", DBParameterGroupName=None
    )
    with refused(VALUE):
        clients.rds.create_db_instance(**request)


def _row(name: str, title: str, source: str, check: Callable[[Clients], None]) -> Row:
    return Row(f"rds-member-{name}", title, source, check)


ROWS = [
    _row("life", "A member has the cluster's version, port, groups and backups", CREATE, _life),
    _row(
        "interfaces",
        "Each member has an interface with the cluster's groups, in a zone of its own",
        "RDS API reference, CreateDBCluster; Aurora user guide, Amazon VPC and Amazon Aurora",
        _interfaces,
    ),
    _row(
        "writer",
        "The first member writes; the one of the lowest tier follows it",
        "Aurora user guide, Fault tolerance for an Aurora DB cluster",
        _writer,
    ),
    _row(
        "keeps-cluster",
        "A cluster cannot be deleted before its members are",
        "RDS API reference, DeleteDBCluster; getmoto/moto#6998",
        _cluster_with_members,
    ),
    _row("snapshot", "A member has no final snapshot", f"{DELETE}; cloud-custodian#1153", _snapshot),
    _row("names", "Members share the names of all instances", CREATE, _shared_names),
    _row("room", "A cluster has 16 members at most", "Aurora user guide, Aurora Replicas", _room),
    _row("class-change", "Another class waits, unless asked at once", MODIFY, _class_change),
    _row(
        "cluster-settings",
        "What is the cluster's is not changed at a member",
        "aws/aws-cdk#21899; crossplane-contrib/provider-aws#1529; Optum/dce#244",
        _clusters_settings,
    ),
    _row("parameter-group", "A member holds its parameter group", DELETE, _parameter_group),
    _row("cluster-unknown", "A member needs its cluster", CREATE, _unknown_cluster),
    _row("alone", "An Aurora instance is a member of a cluster", CREATE, _alone),
    _row(
        "class",
        "Aurora does not run on the smallest classes",
        CLASSES,
        _refuses(
            COMBINATION,
            lambda _: {"DBInstanceClass": "db.t3.micro"},
            "RDS does not support creating a DB instance with the following combination: "
            "DBInstanceClass=db.t3.micro, Engine=aurora-postgresql, EngineVersion=16.6, "
            "LicenseModel=postgresql-license. For supported combinations of instance class and database "
            "engine version, see the documentation.",
        ),
    ),
    _row(
        "class-small",
        "Aurora does not run on small classes",
        CLASSES,
        _refuses(COMBINATION, lambda _: {"DBInstanceClass": "db.t4g.small"}),
    ),
    _row(
        "engine",
        "A member has the engine of its cluster",
        "getmoto/moto#6993",
        _refuses(COMBINATION, lambda _: {"Engine": "aurora-mysql"}),
    ),
    _row(
        "engine-version",
        "A member has the version of its cluster",
        "hashicorp/terraform-provider-aws#14037",
        _refuses(COMBINATION, lambda _: {"EngineVersion": "16.8"}),
    ),
    _row(
        "user",
        "The master user is the cluster's",
        "ansible-collections/community.aws#850",
        _refuses(
            COMBINATION,
            lambda _: {"MasterUserPassword": "not-so-secret"},
            "The requested DB Instance will be a member of a DB Cluster. "
            "Set master user password for the DB Cluster.",
        ),
    ),
    _row(
        "subnet-group",
        "A member is in the subnet group of its cluster",
        "hashicorp/terraform-provider-aws website/docs/r/rds_cluster_instance.html.markdown",
        _refuses(COMBINATION, lambda clusters: {"DBSubnetGroupName": clusters.subnet_group()}),
    ),
    _row(
        "parameter-group-family",
        "A member's parameter group is of the cluster's family",
        "mattermost/mattermost-load-test-ng#707",
        _refuses(
            COMBINATION,
            lambda clusters: {"DBParameterGroupName": clusters.scene.parameters("aurora-postgresql15")},
        ),
    ),
]
