"""What programs notice of Aurora: clusters, their members, parameter groups, besides a single type's life."""

from __future__ import annotations

from typing import Any

from lab.plugins.interface import ResourceState

from .aws_conformance import AwsEngine, Row, Values, fails_with
from .aws_conformance_scene import Scene, unique

CLUSTER = "aws:rds/cluster:Cluster"
MEMBER = "aws:rds/clusterInstance:ClusterInstance"
CLUSTER_PARAMETERS = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
TERRAFORM = "terraform-provider-aws internal/service/rds"


def _cluster(scene: Scene, **changes: Any) -> Values:
    return {
        "clusterIdentifier": unique("aurora"),
        "engine": "aurora-postgresql",
        "engineVersion": "16.6",
        "masterUsername": "podsg",
        "manageMasterUserPassword": True,
        "dbSubnetGroupName": scene.database_subnets,
        "skipFinalSnapshot": True,
    } | changes


def _member(cluster: ResourceState, **changes: Any) -> Values:
    return {
        "identifier": unique("member"),
        "clusterIdentifier": cluster.id,
        "engine": "aurora-postgresql",
        "engineVersion": "16.6",
        "instanceClass": "db.t4g.medium",
    } | changes


def _outputs(engine: AwsEngine) -> None:
    scene = Scene(engine)
    cluster = engine.up(CLUSTER, _cluster(scene))
    first, second = (engine.up(MEMBER, _member(cluster)) for _ in range(2))
    assert (first.outputs["writer"], second.outputs["writer"]) == (True, False)
    assert first.outputs["availabilityZone"] != second.outputs["availabilityZone"]
    refreshed = engine.refresh(CLUSTER, cluster)
    assert refreshed is not None
    found = refreshed.outputs
    assert found["endpoint"].startswith(f"{cluster.id}.cluster-")
    assert found["readerEndpoint"].startswith(f"{cluster.id}.cluster-ro-")
    assert found["clusterMembers"] == [first.id, second.id]
    assert found["clusterResourceId"].startswith("cluster-")
    (secret,) = found["masterUserSecrets"]
    assert secret["secretArn"].startswith("arn:aws:secretsmanager:")
    for member in (first, second):
        engine.delete(MEMBER, member)
    engine.delete(CLUSTER, cluster)


def _upgrade(engine: AwsEngine) -> None:
    # given: a cluster with a member
    scene = Scene(engine)
    inputs = _cluster(scene)
    cluster = engine.up(CLUSTER, inputs)
    member_inputs = _member(cluster)
    member = engine.up(MEMBER, member_inputs)
    # when: another version is wanted, not at once; then: it waits, and that is no difference
    inputs |= {"engineVersion": "16.8"}
    waiting = engine.up(CLUSTER, inputs, cluster)
    assert waiting.outputs["engineVersion"] == "16.8"
    assert waiting.outputs["engineVersionActual"] == "16.6"
    refreshed = engine.refresh(CLUSTER, waiting)
    assert refreshed is not None
    assert not engine.diff(CLUSTER, refreshed, inputs).changed
    # when: at once; then: the cluster has it, and its member too
    inputs |= {"applyImmediately": True}
    done = engine.up(CLUSTER, inputs, refreshed)
    assert done.outputs["engineVersionActual"] == "16.8"
    member_inputs |= {"engineVersion": "16.8"}
    assert list(engine.diff(MEMBER, member, member_inputs).detailed) == ["engineVersion"]
    member = engine.up(MEMBER, member_inputs, member)
    assert member.outputs["engineVersionActual"] == "16.8"
    assert not engine.diff(MEMBER, member, member_inputs).changed
    engine.delete(MEMBER, member)
    engine.delete(CLUSTER, done)


def _major_upgrade(engine: AwsEngine) -> None:
    scene = Scene(engine)
    old, new = (scene.make(CLUSTER_PARAMETERS, family=f"aurora-postgresql{line}") for line in (16, 17))
    inputs = _cluster(scene, engineVersion="16", dbClusterParameterGroupName=old.id, applyImmediately=True)
    cluster = engine.up(CLUSTER, inputs)
    inputs |= {"engineVersion": "17", "dbClusterParameterGroupName": new.id}
    assert engine.diff(CLUSTER, cluster, inputs).replaces == []
    with fails_with("AllowMajorVersionUpgrade"):
        engine.up(CLUSTER, inputs, cluster)
    with fails_with("InvalidDBParameterGroupState"):
        engine.delete(CLUSTER_PARAMETERS, old, timeout=0.3)
    inputs |= {"allowMajorVersionUpgrade": True}
    cluster = engine.up(CLUSTER, inputs, cluster)
    assert cluster.outputs["engineVersionActual"].startswith("17.")
    assert not engine.diff(CLUSTER, cluster, inputs).changed
    engine.delete(CLUSTER_PARAMETERS, old)
    engine.delete(CLUSTER, cluster)


def _final_snapshot(engine: AwsEngine) -> None:
    scene = Scene(engine)
    snapshot = unique("final")
    cluster = engine.up(CLUSTER, _cluster(scene, skipFinalSnapshot=False))
    with fails_with("RDS Cluster final_snapshot_identifier is required when skip_final_snapshot is false"):
        engine.delete(CLUSTER, cluster)
    named = cluster.outputs | {"finalSnapshotIdentifier": snapshot}
    engine.delete(CLUSTER, ResourceState(cluster.id, named, cluster.inputs))
    assert engine.refresh(CLUSTER, cluster) is None
    found = engine.client("rds").describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=snapshot)
    assert [item["DBClusterIdentifier"] for item in found["DBClusterSnapshots"]] == [cluster.id]


def _protection(engine: AwsEngine) -> None:
    scene = Scene(engine)
    inputs = _cluster(scene, deletionProtection=True, applyImmediately=True)
    protected = engine.up(CLUSTER, inputs)
    with fails_with("deleting RDS Cluster", "Cannot delete protected Cluster"):
        engine.delete(CLUSTER, protected, timeout=0.3)
    inputs |= {"deletionProtection": False}
    free = engine.up(CLUSTER, inputs, protected)
    # when: somebody protects it, which the program did not ask for; then: the delete takes that off
    engine.client("rds").modify_db_cluster(DBClusterIdentifier=free.id, DeletionProtection=True)
    engine.delete(CLUSTER, free)
    assert engine.refresh(CLUSTER, free) is None


def _wrong_order(engine: AwsEngine) -> None:
    scene = Scene(engine)
    cluster = engine.up(CLUSTER, _cluster(scene))
    member = engine.up(MEMBER, _member(cluster))
    with fails_with("deleting RDS Cluster", "it still contains DB instances in non-deleting state"):
        engine.delete(CLUSTER, cluster)
    engine.delete(MEMBER, member)
    engine.delete(CLUSTER, cluster)


def _foreign_member(engine: AwsEngine) -> None:
    scene = Scene(engine)
    alone = scene.make(
        "aws:rds/instance:Instance",
        identifier=unique("alone"),
        engine="mysql",
        instanceClass="db.t4g.micro",
        allocatedStorage=20,
        username="podsg",
        manageMasterUserPassword=True,
        dbSubnetGroupName=scene.database_subnets,
        skipFinalSnapshot=True,
    )
    with fails_with("The aws_db_instance resource should be used for non-Aurora instances"):
        engine.refresh(MEMBER, ResourceState(alone.outputs["identifier"], {}, {}))
    engine.delete("aws:rds/instance:Instance", alone)


def _removed_parameters(engine: AwsEngine) -> None:
    first, second = ({"name": name, "value": "1"} for name in ("work_mem", "log_lock_waits"))
    for kind, family in ((PARAMETERS, "postgres16"), (CLUSTER_PARAMETERS, "aurora-postgresql16")):
        inputs = {"name": unique("reset"), "family": family, "parameters": [first, second]}
        group = engine.up(kind, inputs)
        fewer = engine.up(kind, inputs | {"parameters": [second]}, group)
        refreshed = engine.refresh(kind, fewer)
        assert refreshed is not None
        assert [item["name"] for item in refreshed.outputs["parameters"]] == ["log_lock_waits"]
        engine.delete(kind, fewer)


def _values(engine: AwsEngine) -> None:
    bad = {
        "clusterIdentifier": "a--b",
        "engine": "aurora-nosql",
        "backupRetentionPeriod": 36,
        "enabledCloudwatchLogsExports": ["everything"],
        "finalSnapshotIdentifier": "last-",
        "kmsKeyId": "alias/own",
    }
    _, failures = engine.check(CLUSTER, bad)
    assert {failure.property for failure in failures} == set(bad)
    _, failures = engine.check(CLUSTER, {"engine": "aurora-mysql"})
    assert {failure.property for failure in failures} == {
        "clusterIdentifier",
        "masterUsername",
        "masterPassword",
    }
    _, failures = engine.check(MEMBER, {"engine": "aurora-mysql"})
    assert {failure.property for failure in failures} == {"clusterIdentifier", "instanceClass"}


ROWS = [
    Row(
        "aws-aurora-outputs",
        "a cluster has endpoints, members, a secret; its first member writes",
        f"{TERRAFORM}/cluster.go, {TERRAFORM}/cluster_instance.go Read",
        _outputs,
    ),
    Row(
        "aws-aurora-upgrade",
        "a version that waits is no difference; members follow their cluster",
        f"{TERRAFORM}/engine_version.go, {TERRAFORM}/cluster.go Update",
        _upgrade,
    ),
    Row(
        "aws-aurora-major-upgrade",
        "a new version line needs leave and a parameter group of its own",
        f"{TERRAFORM}/cluster.go Update",
        _major_upgrade,
    ),
    Row(
        "aws-aurora-final-snapshot",
        "a cluster needs a final snapshot or a waiver",
        f"{TERRAFORM}/cluster.go Delete",
        _final_snapshot,
    ),
    Row(
        "aws-aurora-protection",
        "a protection that the program asked for holds, another is taken off",
        f"{TERRAFORM}/cluster.go Delete",
        _protection,
    ),
    Row(
        "aws-aurora-order",
        "members go before their cluster",
        f"{TERRAFORM}/cluster.go Delete; getmoto/moto#6998",
        _wrong_order,
    ),
    Row(
        "aws-aurora-foreign-member",
        "an instance outside a cluster is no member",
        f"{TERRAFORM}/cluster_instance.go Read",
        _foreign_member,
    ),
    Row(
        "aws-parameter-reset",
        "a parameter that is left out goes back to its default",
        f"{TERRAFORM}/parameter_group.go, {TERRAFORM}/cluster_parameter_group.go Update",
        _removed_parameters,
    ),
    Row(
        "aws-aurora-values",
        "values that AWS refuses fail the check",
        f"{TERRAFORM}/cluster.go ValidateFunc",
        _values,
    ),
]
