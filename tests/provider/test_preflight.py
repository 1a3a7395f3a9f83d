"""The gate refuses a destroy that would not end, for every reason at once, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from podsg.errors import AccessDeniedError, ApiUnreachableError, Explanation, NotFoundError
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.objects import NODE_GROUP_LABEL, Node, Pod, Policy
from podsg.lifecycle.obstacle import Obstacle
from podsg.provider.clock import MachineClock
from podsg.provider.gate_account import GateAccount
from podsg.provider.preflight import DestroyRefusedError, refuse_blocked

OWNER = "shop/dev"
INPUTS: dict[str, Any] = {
    "owner": OWNER,
    "vpc_id": "vpc-1",
    "cluster_name": "dev",
    "scope": "cluster",
    "allow_foreign": False,
    "databases": [],
}
ENI = NetworkInterface(
    "eni-1",
    "vpc-1",
    "subnet-1",
    status="in-use",
    description="aws-k8s-branch-eni",
    tags={"eks:eni:owner": "eks-vpc-resource-controller", "kubernetes.io/cluster/dev": "owned"},
)


def _client_error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


@dataclass
class World:
    """One account with one cluster, in which nothing stands in the way; and all calls that change."""

    cluster: dict[str, Any] | None = field(default_factory=lambda: {"name": "dev"})
    databases: dict[str, dict[str, Any]] = field(default_factory=dict)
    snapshots: set[str] = field(default_factory=set)
    cluster_snapshots: set[str] = field(default_factory=set)
    node_groups: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"dev-nodes": {"podsg:owner": OWNER}}
    )
    node_list: tuple[Node, ...] = (Node("n1", "i-1", labels={NODE_GROUP_LABEL: "dev-nodes"}),)
    policy_list: tuple[Policy, ...] = (Policy("shop", "own", OWNER, ("sg-1",), {"matchLabels": {}}),)
    pod_list: tuple[Pod, ...] = (Pod("shop", "p1", branch_eni_ids=("eni-1",)),)
    refused: tuple[str, ...] = ()
    delete_error: Exception | None = None
    api_error: Exception | None = None
    rds_error: str = ""
    eks_error: str = ""
    enis: tuple[NetworkInterface, ...] = (ENI,)
    tried: list[str] = field(default_factory=list)
    is_open: ClassVar[bool] = True

    # EKS and RDS
    def list_nodegroups(self, *, clusterName: str, nextToken: str = "") -> dict[str, Any]:  # noqa: N803
        assert clusterName == "dev"
        if self.eks_error:
            raise _client_error(self.eks_error, "ListNodegroups")
        names = sorted(self.node_groups)
        place = int(nextToken or 0)
        more = {"nextToken": str(place + 1)} if place + 1 < len(names) else {}
        return {"nodegroups": names[place : place + 1], **more}

    def describe_nodegroup(self, *, clusterName: str, nodegroupName: str) -> dict[str, Any]:  # noqa: N803
        assert clusterName == "dev"
        return {"nodegroup": {"tags": self.node_groups[nodegroupName]}}

    def _database(self, identifier: str, key: str) -> dict[str, Any]:
        if self.rds_error:
            raise _client_error(self.rds_error, "DescribeDBInstances")
        if identifier not in self.databases:
            raise _client_error("DBInstanceNotFound", "DescribeDBInstances")
        return {key: [self.databases[identifier]]}

    def describe_db_instances(self, *, DBInstanceIdentifier: str) -> dict[str, Any]:  # noqa: N803
        return self._database(DBInstanceIdentifier, "DBInstances")

    def describe_db_clusters(self, *, DBClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803
        return self._database(DBClusterIdentifier, "DBClusters")

    def _snapshot(self, name: str, taken: set[str], key: str) -> dict[str, Any]:
        if name not in taken:
            raise _client_error("DBSnapshotNotFound", "DescribeDBSnapshots")
        return {key: [{"Status": "available"}]}

    def describe_db_snapshots(self, *, DBSnapshotIdentifier: str) -> dict[str, Any]:  # noqa: N803
        return self._snapshot(DBSnapshotIdentifier, self.snapshots, "DBSnapshots")

    def describe_db_cluster_snapshots(self, *, DBClusterSnapshotIdentifier: str) -> dict[str, Any]:  # noqa: N803
        return self._snapshot(DBClusterSnapshotIdentifier, self.cluster_snapshots, "DBClusterSnapshots")

    # EC2
    def describe_network_interfaces(
        self, *, filters: Mapping[str, Sequence[str]], ids: Collection[str] = ()
    ) -> tuple[NetworkInterface, ...]:
        assert filters
        assert not ids
        return self.enis

    def delete_network_interface(self, interface_id: str, *, dry_run: bool = False) -> None:
        assert dry_run
        self.tried.append(interface_id)
        if self.delete_error:
            raise self.delete_error

    # Kubernetes
    def nodes(self) -> tuple[Node, ...]:
        return self.node_list

    def policies(self) -> tuple[Policy, ...]:
        return self.policy_list

    def pods(self) -> tuple[Pod, ...]:
        return self.pod_list

    def service_account_labels(self) -> dict[tuple[str, str], dict[str, str]]:
        return {}

    def load_balancers(self) -> tuple[str, ...]:
        return ("shop/web",)

    def volume_claims(self) -> tuple[str, ...]:
        return ("shop/data",)

    def refused_rights(self) -> tuple[str, ...]:
        if self.api_error:
            raise self.api_error
        return self.refused


def _run(world: World, **inputs: Any) -> tuple[list[str], list[str]]:
    """Return the subjects of all reasons, and what was said."""
    anything: Any = world

    class Account(GateAccount):
        def cluster(self) -> dict[str, Any] | None:
            return world.cluster

        def kubernetes(self) -> Any:
            return world if world.cluster and world.is_open else None

    said: list[str] = []
    account = Account({**INPUTS, **inputs}, lambda _: anything, anything, MachineClock())
    try:
        refuse_blocked(account, said.append)
    except DestroyRefusedError as error:
        return [one.subject for one in error.obstacles], said
    return [], said


def _database(identifier: str, snapshot: str = "", *, is_cluster: bool = False) -> dict[str, Any]:
    return {"identifier": identifier, "is_cluster": is_cluster, "final_snapshot_identifier": snapshot}


def _error(kind: Callable[[Explanation], Exception]) -> Exception:
    return kind(Explanation("x", "it does not answer", "-", "-"))


def test_where_nothing_stands_in_the_way_it_says_what_goes_and_what_stays() -> None:
    reasons, said = _run(World())

    assert reasons == []
    text = "\n".join(said)
    assert "destroying dev: 1 nodes, 1 policies, 1 branch ENIs" in text
    assert [one for one in ("shop/web", "shop/data", "/aws/eks/dev/cluster") if one not in text] == []


REASONS: dict[str, tuple[World, dict[str, Any], list[str]]] = {
    "protected cluster": (World(cluster={"name": "dev", "deletionProtection": True}), {}, ["cluster dev"]),
    "a foreign cluster's own protection": (
        World(cluster={"name": "dev", "deletionProtection": True}),
        {"scope": "groups"},
        [],
    ),
    "protected database": (
        World(databases={"db": {"DeletionProtection": True}}),
        {"databases": [_database("db")]},
        ["database db"],
    ),
    "protected Aurora cluster": (
        World(databases={"db": {"DeletionProtection": True}}),
        {"databases": [_database("db", is_cluster=True)]},
        ["database db"],
    ),
    "taken snapshot": (
        World(databases={"db": {"DeletionProtection": False}}, snapshots={"last"}),
        {"databases": [_database("db", "last")]},
        ["database db"],
    ),
    "taken cluster snapshot": (
        World(databases={"db": {"DeletionProtection": False}}, cluster_snapshots={"last"}),
        {"databases": [_database("db", "last", is_cluster=True)]},
        ["database db"],
    ),
    "a cluster snapshot does not take the name of an instance's": (
        World(databases={"db": {"DeletionProtection": False}}, cluster_snapshots={"last"}),
        {"databases": [_database("db", "last")]},
        [],
    ),
    "free snapshot name": (
        World(databases={"db": {"DeletionProtection": False}}),
        {"databases": [_database("db", "last")]},
        [],
    ),
    "database that is gone": (World(snapshots={"last"}), {"databases": [_database("db", "last")]}, []),
    "no right to delete": (
        World(delete_error=_error(AccessDeniedError)),
        {},
        ["ec2:DeleteNetworkInterface"],
    ),
    "an interface that goes meanwhile": (World(delete_error=_error(NotFoundError)), {}, []),
    "no right, and no interface that needs it": (
        World(enis=(), delete_error=_error(AccessDeniedError)),
        {},
        [],
    ),
    "rights in Kubernetes": (World(refused=("create pods/eviction",)), {}, ["Kubernetes API of dev"]),
    "unreachable": (World(api_error=_error(ApiUnreachableError)), {}, ["Kubernetes API of dev"]),
    "cluster gone": (World(cluster=None, api_error=_error(ApiUnreachableError)), {}, []),
    "policy and pod of others": (
        World(policy_list=(Policy("shop", "theirs", "", ("sg-9",), {"matchLabels": {}}),)),
        {},
        ["SecurityGroupPolicy shop/theirs", "pod shop/p1"],
    ),
    "policy of others, allowed": (
        World(policy_list=(Policy("shop", "theirs", "", ("sg-9",), {"matchLabels": {}}),)),
        {"allow_foreign": True},
        [],
    ),
    "pod of others that has ended": (
        World(
            policy_list=(Policy("shop", "theirs", "", ("sg-9",), {"matchLabels": {}}),),
            pod_list=(Pod("shop", "p1", phase="Succeeded", branch_eni_ids=("eni-1",)),),
        ),
        {},
        ["SecurityGroupPolicy shop/theirs"],
    ),
    "node of no node group": (World(node_list=(Node("k1", "i-9"),)), {}, ["node k1 (i-9)"]),
    "node without an instance": (World(node_list=(Node("fargate"),)), {}, []),
    "node group of others": (
        World(node_groups={"dev-nodes": {"podsg:owner": "shop/prod"}}),
        {},
        ["node n1 (i-1)"],
    ),
    "own node group on the second page": (
        World(node_groups={"another": {}, "dev-nodes": {"podsg:owner": OWNER}}),
        {},
        [],
    ),
    "all at once, sorted": (
        World(
            cluster={"name": "dev", "deletionProtection": True},
            databases={"db": {"DeletionProtection": True}},
            node_list=(Node("k1", "i-9"),),
            delete_error=_error(AccessDeniedError),
        ),
        {"databases": [_database("db")]},
        ["cluster dev", "database db", "ec2:DeleteNetworkInterface", "node k1 (i-9)"],
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_each_reason_is_named(name: str) -> None:
    world, inputs, wanted = REASONS[name]

    assert _run(world, **inputs)[0] == wanted


def test_the_report_counts_and_explains_and_says_that_nothing_was_changed() -> None:
    found = [
        Obstacle("cluster dev", "is protected", "EKS refuses.", "set it off."),
        Obstacle("b", "c", "d", "e"),
    ]

    assert str(DestroyRefusedError(found)).splitlines()[:4] == [
        "the destroy would not end, for 2 reasons; nothing was changed.",
        "  cluster dev: is protected",
        "    Why: EKS refuses.",
        "    Fix: set it off.",
    ]
    assert "for 1 reason;" in str(DestroyRefusedError(found[:1]))


def test_a_cluster_without_a_connection_is_not_looked_into() -> None:
    class Closed(World):
        is_open = False

    assert _run(Closed()) == ([], [])


def test_nothing_is_said_of_what_is_not_there() -> None:
    class Bare(World):
        def load_balancers(self) -> tuple[str, ...]:
            return ()

        def volume_claims(self) -> tuple[str, ...]:
            return ()

    assert [line for line in _run(Bare())[1] if "left behind" in line] == []


def test_the_right_to_delete_is_tried_on_an_interface_of_the_cluster() -> None:
    # A policy tied to the tags of the cluster's interfaces refuses any other id.
    world = World()
    _run(world)

    assert world.tried == ["eni-1"]


def test_a_cluster_that_is_gone_is_said() -> None:
    assert "nothing to drain" in _run(World(cluster=None))[1][0]


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (World(rds_error="AccessDenied"), "rds:DescribeDBInstances"),
        (World(eks_error="AccessDeniedException"), "eks:ListNodegroups"),
    ],
)
def test_a_service_that_does_not_tell_is_an_error(world: World, said: str) -> None:
    with pytest.raises(AccessDeniedError, match=said):
        _run(world, databases=[_database("db")])
