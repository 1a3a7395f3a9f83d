"""The database by itself: an RDS instance, or an Aurora cluster of instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from podsg.model import Engine, forced_tls_parameter
from podsg.resources.database import Database

from .graph import Answers, Graph, register

GROUP_ID = "sg-0123456789abcdef0"
OTHER_GROUP_ID = "sg-0fedcba9876543210"
KEY_ARN = "arn:aws:kms:us-west-2:123456789012:key/0123abcd"
SECRET_ARN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!cluster-1"
MYSQL = {"engine": "mysql", "version": "8.4", "instance_class": "db.t4g.micro"}
POSTGRES = {"engine": "postgres", "version": "16", "instance_class": "db.t4g.micro"}
AURORA_MYSQL = {"engine": "aurora-mysql", "version": "8.0", "instance_class": "db.r6g.large"}
AURORA_POSTGRESQL = {"engine": "aurora-postgresql", "version": "16", "instance_class": "db.r6g.large"}
AURORA = [AURORA_MYSQL, AURORA_POSTGRESQL]
ALL = [MYSQL, POSTGRES, *AURORA]
INSTANCE = "aws:rds/instance:Instance"
CLUSTER = "aws:rds/cluster:Cluster"
MEMBER = "aws:rds/clusterInstance:ClusterInstance"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


class AuroraAnswers(Answers):
    """AWS that tells how an Aurora cluster is reached."""

    subnet_group = "shop-subnets-1a2b3c4"

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        resource_id, outputs = super().new_resource(args)
        if args.typ == CLUSTER:
            name = args.inputs["clusterIdentifier"]
            outputs |= {
                "endpoint": f"{name}.cluster-abc.us-west-2.rds.amazonaws.com",
                "readerEndpoint": f"{name}.cluster-ro-abc.us-west-2.rds.amazonaws.com",
                "masterUserSecrets": [{"secretArn": SECRET_ARN}],
            }
        if args.typ == "aws:rds/subnetGroup:SubnetGroup":
            outputs["name"] = self.subnet_group
        return resource_id, outputs


def database(spec: Mapping[str, Any], answers: Answers | None = None, **args: Any) -> Graph:
    """Register a database of this description."""
    inputs: Any = {"spec": dict(spec), "subnet_ids": ["subnet-1", "subnet-2"], "security_group_id": GROUP_ID}
    return register(lambda: Database("shop", inputs | args), answers or AuroraAnswers())


def made(spec: Mapping[str, Any], answers: Answers | None = None, **args: Any) -> Mapping[str, Any]:
    """Return the inputs of the instance or cluster of a database."""
    (found,) = database(spec, answers, **args).of_type(INSTANCE, CLUSTER)
    return found.inputs


def roles(graph: Graph) -> set[str]:
    """Return the names of what is made, without that of the database."""
    return {resource.name.removeprefix("shop-") for resource in graph.custom().values()}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (MYSQL, {"subnets", "parameters", "instance", "error-log-group", "slowquery-log-group"}),
        (POSTGRES, {"subnets", "parameters", "instance", "postgresql-log-group", "upgrade-log-group"}),
        (
            AURORA_MYSQL,
            {"subnets", "cluster-parameters", "cluster", "instance-1", "instance-2"}
            | {"error-log-group", "slowquery-log-group"},
        ),
        (
            AURORA_POSTGRESQL,
            {"subnets", "cluster-parameters", "cluster", "instance-1", "instance-2", "postgresql-log-group"},
        ),
    ],
)
def test_names_and_parents_stay(spec: dict[str, Any], expected: set[str]) -> None:
    # Given a database of each engine, when it is registered
    graph = database(spec)
    # Then its parts have the names that they will always have, belong to it, and say whose they are.
    assert roles(graph) == expected
    (component,) = graph.of_type("podsg:index:Database")
    for resource in graph.custom().values():
        assert resource.parent == component.urn
        assert resource.inputs["tags"]["podsg:owner"] == "podsg/dev"
        assert resource.inputs["tags"]["Name"] in {"shop", resource.name}


def test_an_aurora_cluster_is_private_encrypted_and_without_password() -> None:
    # Given an Aurora cluster of which only the necessary is said, and a database in it
    cluster = made({**AURORA_POSTGRESQL, "database_name": "orders"}, tags={"team": "shop"})
    # When it is registered, then these are all its inputs: no password among them.
    assert cluster == {
        "clusterIdentifier": "shop",
        "engine": "aurora-postgresql",
        "engineVersion": "16",
        "databaseName": "orders",
        "port": 5432,
        "masterUsername": "podsg_admin",
        "manageMasterUserPassword": True,
        "iamDatabaseAuthenticationEnabled": True,
        "storageEncrypted": True,
        "dbSubnetGroupName": AuroraAnswers.subnet_group,
        "vpcSecurityGroupIds": [GROUP_ID],
        "dbClusterParameterGroupName": "shop-cluster-parameters",
        "allowMajorVersionUpgrade": True,
        "applyImmediately": False,
        "backupRetentionPeriod": 7,
        "copyTagsToSnapshot": True,
        "deletionProtection": True,
        "skipFinalSnapshot": False,
        "finalSnapshotIdentifier": "shop-final-3b285045",
        "enabledCloudwatchLogsExports": ["postgresql"],
        "tags": {"team": "shop", "podsg:owner": "podsg/dev", "Name": "shop"},
    }


def test_instances_of_aurora_are_private_and_promoted_in_order() -> None:
    # Given a cluster of three instances, when it is registered
    graph = database({**AURORA_POSTGRESQL, "instance_count": 3})
    # Then each is private, in a zone that Aurora chooses, has the cluster's version, and a tier of its own.
    for number in (1, 2, 3):
        instance = dict(graph.named(f"shop-instance-{number}").inputs)
        assert instance.pop("tags")["Name"] == f"shop-instance-{number}"
        assert instance == {
            "identifier": f"shop-{number}",
            "clusterIdentifier": "shop-cluster-id",
            "engine": "aurora-postgresql",
            "instanceClass": "db.r6g.large",
            "dbSubnetGroupName": AuroraAnswers.subnet_group,
            "publiclyAccessible": False,
            "applyImmediately": False,
            "autoMinorVersionUpgrade": True,
            "copyTagsToSnapshot": True,
            "promotionTier": number - 1,
        }


@pytest.mark.parametrize("spec", ALL)
def test_no_database_is_public_or_without_tls(spec: dict[str, Any]) -> None:
    # Given a database of each engine, when it is registered
    graph = database(spec)
    # Then no instance has a public address, storage is encrypted, and its parameters force TLS.
    instances = graph.of_type(INSTANCE, MEMBER)
    assert instances
    assert {instance.inputs["publiclyAccessible"] for instance in instances} == {False}
    (main,) = graph.of_type(INSTANCE, CLUSTER)
    assert main.inputs["storageEncrypted"] is True
    assert not {"password", "masterPassword"} & main.inputs.keys()
    (group,) = graph.of_type(
        "aws:rds/parameterGroup:ParameterGroup", "aws:rds/clusterParameterGroup:ClusterParameterGroup"
    )
    name, value = forced_tls_parameter(Engine(spec["engine"]))
    assert {"name": name, "value": value, "applyMethod": "pending-reboot"} in group.inputs["parameters"]
    assert group.name in {
        main.inputs.get("parameterGroupName"),
        main.inputs.get("dbClusterParameterGroupName"),
    }


@pytest.mark.parametrize(
    ("spec", "family", "logged"),
    [
        (AURORA_MYSQL, "aurora-mysql8.0", {"log_output", "slow_query_log"}),
        (AURORA_POSTGRESQL, "aurora-postgresql16", {"log_min_duration_statement"}),
    ],
)
def test_parameters_of_aurora_are_those_of_its_line(
    spec: dict[str, Any], family: str, logged: set[str]
) -> None:
    # Given an Aurora cluster, when it is registered, then its parameters fit its line and fill its logs.
    group = database(spec).named("shop-cluster-parameters").inputs
    assert group["family"] == family
    names = {parameter["name"] for parameter in group["parameters"]}
    assert names - {forced_tls_parameter(Engine(spec["engine"]))[0]} == logged


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("instance-1", "cluster"),
        ("instance-2", "instance-1"),
        ("instance-3", "instance-1"),
        ("cluster", "cluster-parameters"),
        ("cluster", "subnets"),
        ("cluster", "error-log-group"),
        ("cluster", "slowquery-log-group"),
    ],
)
def test_aurora_is_made_in_order(later: str, earlier: str) -> None:
    # Given an Aurora cluster of three instances, when it is registered
    graph = database({**AURORA_MYSQL, "instance_count": 3})
    # Then the writer is the first, its readers come together after it, and logs have a place before.
    one, other = graph.named(f"shop-{later}"), graph.named(f"shop-{earlier}")
    assert graph.waits_for(one, other)
    assert not graph.waits_for(other, one)
    assert not graph.waits_for(graph.named("shop-instance-3"), graph.named("shop-instance-2"))


def test_another_instance_changes_none_of_the_others() -> None:
    # Given a cluster of one instance, and the same with one more
    before = database({**AURORA_POSTGRESQL, "instance_count": 1})
    after = database({**AURORA_POSTGRESQL, "instance_count": 2})
    # When both are compared, then there is one instance more, and nothing else differs.
    assert roles(after) - roles(before) == {"instance-2"}
    assert {urn: after.by_urn[urn].inputs for urn in before.custom()} == {
        urn: resource.inputs for urn, resource in before.custom().items()
    }


@pytest.mark.parametrize("spec", ALL)
@pytest.mark.parametrize(("written", "protected"), [(None, True), (True, True), (False, False)])
def test_a_database_is_protected_unless_told_otherwise(
    spec: dict[str, Any], *, written: bool | None, protected: bool
) -> None:
    # Given a database whose protection is on, off or not spoken of, when it is registered, then only a clear
    # no takes it away.
    fields = {} if written is None else {"deletion_protection": written}
    assert made({**spec, **fields})["deletionProtection"] is protected


@pytest.mark.parametrize("spec", ALL)
def test_each_creation_has_a_last_snapshot_of_its_own(spec: dict[str, Any]) -> None:
    # Given a database, the same once more, and others that replace it
    class Anew(AuroraAnswers):
        subnet_group = "shop-subnets-9f8e7d6"

    same = [made(spec), made({**spec, "backup_retention_days": 8})]
    others = [
        made(spec, Anew()),
        made({**spec, "database_name": "other"}),
        made({**spec, "key_arn": KEY_ARN}),
    ]
    # When they are registered, then a new creation has a new name, and an update keeps the old one.
    names = [found["finalSnapshotIdentifier"] for found in (*same, *others)]
    assert names[0] == names[1]
    assert len(set(names)) == 4
    assert all(name.startswith("shop-final-") for name in names)


@pytest.mark.parametrize("spec", ALL)
def test_the_last_snapshot_can_be_left_out(spec: dict[str, Any]) -> None:
    # Given a database that needs no snapshot, when it is registered, then none is taken.
    found = made({**spec, "final_snapshot": False})
    assert found["skipFinalSnapshot"] is True
    assert "finalSnapshotIdentifier" not in found


@pytest.mark.parametrize(
    ("spec", "upgrades"),
    [
        (AURORA_POSTGRESQL, True),
        ({**AURORA_POSTGRESQL, "version": "16.6"}, False),
        (AURORA_MYSQL, True),
        ({**AURORA_MYSQL, "version": "8.0.mysql_aurora.3.08.0"}, False),
    ],
)
def test_a_patch_of_aurora_that_is_written_down_stays(spec: dict[str, Any], *, upgrades: bool) -> None:
    # Given a version, a line or a patch of it, and changes that are wanted at once
    graph = database({**spec, "apply_immediately": True})
    # When it is registered, then RDS may move the instances along a line only, and changes come at once.
    for instance in graph.of_type(MEMBER):
        assert instance.inputs["autoMinorVersionUpgrade"] is upgrades
        assert instance.inputs["applyImmediately"] is True
        assert "engineVersion" not in instance.inputs
    assert graph.named("shop-cluster").inputs["applyImmediately"] is True
    assert graph.named("shop-cluster").inputs["engineVersion"] == spec["version"]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (MYSQL, "/aws/rds/instance/shop/"),
        (POSTGRES, "/aws/rds/instance/shop/"),
        (AURORA_MYSQL, "/aws/rds/cluster/shop/"),
        (AURORA_POSTGRESQL, "/aws/rds/cluster/shop/"),
    ],
)
def test_logs_have_the_groups_that_rds_writes_to(spec: dict[str, Any], path: str) -> None:
    # Given a database of each engine, when it is registered, then each exported log has its group.
    graph = database({**spec, "log_retention_days": 30})
    (main,) = graph.of_type(INSTANCE, CLUSTER)
    groups = {group.inputs["name"]: group.inputs["retentionInDays"] for group in graph.of_type(LOG_GROUP)}
    assert groups == {f"{path}{log}": 30 for log in main.inputs["enabledCloudwatchLogsExports"]}
    assert groups


@pytest.mark.parametrize("spec", ALL)
def test_log_groups_can_be_brought(spec: dict[str, Any]) -> None:
    # Given log groups that exist, when the database is registered, then none is made, and logs are exported.
    graph = database({**spec, "create_log_groups": False})
    assert graph.of_type(LOG_GROUP) == []
    (main,) = graph.of_type(INSTANCE, CLUSTER)
    assert main.inputs["enabledCloudwatchLogsExports"]


@pytest.mark.parametrize("spec", ALL)
def test_a_key_can_be_brought(spec: dict[str, Any]) -> None:
    # Given a key by its ARN, when the database is registered, then it is used, else that of the account.
    assert made({**spec, "key_arn": KEY_ARN})["kmsKeyId"] == KEY_ARN
    assert "kmsKeyId" not in made(spec)


@pytest.mark.parametrize(("spec", "role"), [(POSTGRES, "instance"), (AURORA_POSTGRESQL, "cluster")])
def test_key_and_group_can_come_from_the_same_program(spec: dict[str, Any], role: str) -> None:
    # Given a key and a group that other resources tell
    def program() -> None:
        key, group = (pulumi.Output.from_input(text) for text in (KEY_ARN, GROUP_ID))
        described: Any = {**spec, "key_arn": key, "security_group_id": group}
        Database("shop", {"spec": described, "subnet_ids": ["subnet-1", "subnet-2"]})

    # When the database is registered, then it has both, and a name for its last snapshot.
    found = register(program, AuroraAnswers()).named(f"shop-{role}").inputs
    assert (found["kmsKeyId"], found["vpcSecurityGroupIds"]) == (KEY_ARN, [GROUP_ID])
    assert found["finalSnapshotIdentifier"] == made({**spec, "key_arn": KEY_ARN})["finalSnapshotIdentifier"]


@pytest.mark.parametrize("spec", [MYSQL, AURORA_MYSQL])
def test_the_security_group_is_wired_or_described(spec: dict[str, Any]) -> None:
    # Given a group in the description, when none is wired, then it is used; one that is wired comes first.
    described = {**spec, "security_group_id": OTHER_GROUP_ID}
    assert made(described, security_group_id=None)["vpcSecurityGroupIds"] == [OTHER_GROUP_ID]
    assert made(described)["vpcSecurityGroupIds"] == [GROUP_ID]


def test_a_database_without_a_group_is_refused() -> None:
    # Given no group at all, when the database is registered, then the error names both places, and nothing
    # was made.
    graphs: list[Graph] = []
    with pytest.raises(
        pulumi.RunError, match=r"shop\.security_group_id: found nothing.*spec\.security_group"
    ):
        graphs.append(database(MYSQL, security_group_id=None))
    assert graphs == []


def test_an_instance_stands_in_two_zones_unless_told_otherwise() -> None:
    # Given an instance, when nothing is said, then it has a standby, and the smallest storage.
    found = made(MYSQL)
    assert (found["multiAz"], found["allocatedStorage"]) == (True, 20)
    found = made({**MYSQL, "multi_az": False, "storage_gib": 100})
    assert (found["multiAz"], found["allocatedStorage"]) == (False, 100)


@pytest.mark.parametrize(
    ("spec", "port"), [(AURORA_MYSQL, 3306), ({**AURORA_POSTGRESQL, "port": 6000}, 6000)]
)
def test_outputs_of_aurora(spec: dict[str, Any], port: int) -> None:
    # Given an Aurora cluster, when it is registered, then it tells writer, readers and secret.
    writer, readers = (f"shop.cluster-{kind}abc.us-west-2.rds.amazonaws.com" for kind in ("", "ro-"))
    assert database(spec).outputs_of("Database") == {
        "address": writer,
        "port": port,
        "endpoint": f"{writer}:{port}",
        "reader_endpoint": f"{readers}:{port}",
        "secret_arn": SECRET_ARN,
    }


def test_outputs_of_an_instance() -> None:
    # Given an RDS instance, when it is registered, then it has no endpoint for readers.
    outputs = database(MYSQL).outputs_of("Database")
    assert outputs["endpoint"] == "shop.abc.us-west-2.rds.amazonaws.com:3306"
    assert outputs.get("reader_endpoint") is None


@pytest.mark.parametrize("output", ["address", "endpoint", "reader_endpoint"])
def test_an_endpoint_of_aurora_is_told_when_somebody_answers(output: str) -> None:
    # Given something that is made with the endpoint of an Aurora cluster
    def program() -> None:
        args: Any = {"spec": AURORA_MYSQL, "subnet_ids": ["subnet-1"], "security_group_id": GROUP_ID}
        aws.cloudwatch.LogGroup("user", name=getattr(Database("shop", args), output))

    # When both are registered, then it comes after the instances, not after the cluster alone.
    graph = register(program, AuroraAnswers())
    for number in (1, 2):
        assert graph.waits_for(graph.named("user"), graph.named(f"shop-instance-{number}"))
