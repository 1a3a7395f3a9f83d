"""Find out, before a destroy changes anything, why it would not end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from podsg.errors import AccessDeniedError, AwsError, Explanation, KubernetesCallError, PodsgError
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.objects import NODE_GROUP_LABEL
from podsg.lifecycle.obstacle import Obstacle
from podsg.lifecycle.ownership import cluster_interfaces, is_branch
from podsg.lifecycle.ports import Kubernetes, Say
from podsg.lifecycle.progress import named
from podsg.lifecycle.selectors import policies_of
from podsg.lifecycle.tokens import OWNER_TAG
from podsg.provider.gate_account import GateAccount

_PROTECTION = (
    "set `deletion_protection: false` in podsg:environment, run `pulumi up` and then `pulumi destroy` again."
)
_FOREIGN = (
    "remove it, or set `destroy: {{allow_foreign: true}}` in podsg:environment, run `pulumi up` and then"
    " `pulumi destroy` again: {consequence}"
)


class DestroyRefusedError(PodsgError):
    """Say why a destroy would not end; nothing was changed.

    Args:
        obstacles: Every reason, at least one.
    """

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        """Keep the reasons and make the report."""
        self.obstacles = tuple(obstacles)
        count = len(obstacles)
        reasons = "\n".join(map(str, obstacles)).replace("\n", "\n  ")
        super().__init__(
            f"the destroy would not end, for {count} reason{'' if count == 1 else 's'};"
            f" nothing was changed.\n  {reasons}\n  See: docs/how-to/destroy.md"
        )


def refuse_blocked(account: GateAccount, say: Say) -> None:
    """Let a destroy go on only if it would end, and say what it deletes first.

    AWS calls: eks:DescribeCluster, eks:ListNodegroups, eks:DescribeNodegroup, rds:DescribeDBInstances,
    rds:DescribeDBClusters, rds:DescribeDBSnapshots, rds:DescribeDBClusterSnapshots,
    ec2:DescribeNetworkInterfaces, ec2:DeleteNetworkInterface with DryRun.

    Raises:
        DestroyRefusedError: It would not end; names every reason at once.
    """
    cluster = account.cluster()
    own = cluster_interfaces(account.ec2, account.inputs["cluster_name"], account.inputs["vpc_id"])
    found = [*_rights(account, own), *_databases(account)]
    if cluster is None:
        say(f"cluster {account.inputs['cluster_name']} is gone, and its pods with it: nothing to drain.")
    else:
        found += [*_protected_cluster(account, cluster), *_kubernetes(account, own, say)]
    if found:
        raise DestroyRefusedError(sorted(set(found)))


def _rights(account: GateAccount, own: Sequence[NetworkInterface]) -> Iterator[Obstacle]:
    """Try the deletion of one interface of the cluster: a policy may be tied to its tags.

    Without an interface there is nothing to try, and nothing that would need the right now.
    """
    if not own:
        return
    try:
        account.ec2.delete_network_interface(own[0].id, dry_run=True)
    except AccessDeniedError:
        yield Obstacle(
            "ec2:DeleteNetworkInterface",
            "the caller may not call it",
            "interfaces that nodes leave behind could not be deleted, nor their groups and subnets.",
            "attach the policy that `podsg enis iam` prints to the caller.",
        )
    except AwsError:
        return


def _protected_cluster(account: GateAccount, cluster: Mapping[str, Any]) -> Iterator[Obstacle]:
    is_own = account.inputs["scope"] == "cluster"
    if is_own and cluster.get("deletionProtection"):
        yield Obstacle(
            f"cluster {cluster['name']}",
            "deletion protection is on",
            "EKS refuses to delete it, and by then what depends on it would be gone.",
            _PROTECTION,
        )


def _databases(account: GateAccount) -> Iterator[Obstacle]:
    rds = account.client("rds")
    for one in account.inputs["databases"]:
        identifier, snapshot = one["identifier"], one["final_snapshot_identifier"]
        found = _described(
            rds.describe_db_clusters if one["is_cluster"] else rds.describe_db_instances,
            "DBClusters" if one["is_cluster"] else "DBInstances",
            **{"DBClusterIdentifier" if one["is_cluster"] else "DBInstanceIdentifier": identifier},
        )
        if found and found.get("DeletionProtection"):
            yield Obstacle(
                f"database {identifier}",
                "deletion protection is on",
                "RDS refuses to delete it, and by then what depends on it would be gone.",
                _PROTECTION,
            )
        if found and snapshot and _is_taken(rds, snapshot, is_cluster=one["is_cluster"]):
            yield Obstacle(
                f"database {identifier}",
                f"the name of its final snapshot, {snapshot}, is taken",
                "RDS refuses to delete it while it cannot make that snapshot.",
                "copy that snapshot under another name if it is needed, and delete it.",
            )


def _is_taken(rds: Any, snapshot: str, *, is_cluster: bool) -> bool:  # noqa: ANN401 - boto3's client
    if is_cluster:
        asked = {"DBClusterSnapshotIdentifier": snapshot}
        return bool(_described(rds.describe_db_cluster_snapshots, "DBClusterSnapshots", **asked))
    return bool(_described(rds.describe_db_snapshots, "DBSnapshots", DBSnapshotIdentifier=snapshot))


def _described(describe: Any, key: str, **asked: str) -> dict[str, Any]:  # noqa: ANN401 - boto3's method
    """Return what RDS says of one thing; nothing if it is not there."""
    try:
        found = describe(**asked)[key]
    except ClientError as error:
        if "NotFound" in error.response["Error"]["Code"]:
            return {}
        reason = "whether the database can be deleted depends on it."
        raise AccessDeniedError(_refused_by("rds", error, reason)) from None
    return found[0] if found else {}


def _refused_by(service: str, error: ClientError, reason: str) -> Explanation:
    return Explanation(
        f"{service}:{error.operation_name}",
        str(error),
        reason,
        "attach the policy that `podsg enis iam` prints to the caller.",
        "docs/how-to/destroy.md",
    )


def _kubernetes(account: GateAccount, own: Sequence[NetworkInterface], say: Say) -> Iterator[Obstacle]:
    """Look at the cluster through its API; one that does not answer is a reason of its own."""
    name = account.inputs["cluster_name"]
    try:
        api = account.kubernetes()
        if api is None:
            return
        if refused := api.refused_rights():
            yield Obstacle(
                f"Kubernetes API of {name}",
                f"refuses the caller: it may not {', '.join(refused)}",
                "pods with branch ENIs could not be drained.",
                "run as one of the administrators of the cluster.",
            )
            return
        if account.inputs["scope"] == "cluster":
            if not account.inputs["allow_foreign"]:
                yield from _foreign(account, api)
            _tell(name, api, own, say)
    except KubernetesCallError as error:
        yield Obstacle(
            f"Kubernetes API of {name}",
            error.explanation.problem,
            "pods with branch ENIs could not be drained, nor objects in the cluster be deleted.",
            "run from a network that reaches it, as an administrator of the cluster.",
        )


def _foreign(account: GateAccount, api: Kubernetes) -> Iterator[Obstacle]:
    owner, policies = account.inputs["owner"], api.policies()
    others = [one for one in policies if one.owner != owner]
    for policy in others:
        yield Obstacle(
            f"SecurityGroupPolicy {policy.place}",
            "is not of this stack",
            "somebody else gives pods of this cluster branch ENIs, and the cluster would go under them.",
            _FOREIGN.format(consequence="the pods are evicted with the rest."),
        )
    accounts = api.service_account_labels()
    for pod in api.pods():
        if pod.has_ended or not pod.branch_eni_ids:
            continue
        selected = policies_of(pod, policies, accounts)
        if selected and all(one.owner != owner for one in selected):
            yield Obstacle(
                f"pod {pod.place}",
                f"holds {', '.join(pod.branch_eni_ids)} by a policy of others",
                "the destroy would evict it.",
                _FOREIGN.format(consequence="the pod is evicted with the rest."),
            )
    yield from _foreign_nodes(account, api)


def _foreign_nodes(account: GateAccount, api: Kubernetes) -> Iterator[Obstacle]:
    own = _own_node_groups(account)
    for node in api.nodes():
        if node.instance_id and node.labels.get(NODE_GROUP_LABEL) not in own:
            yield Obstacle(
                f"node {node.name} ({node.instance_id})",
                "is of no node group of this stack",
                "nobody would end its instance, which holds the security group and subnets of the cluster.",
                _FOREIGN.format(consequence="its pods are evicted; end the instance yourself."),
            )


def _own_node_groups(account: GateAccount) -> set[str]:
    """Return the names of the node groups that the stack made.

    Raises:
        AccessDeniedError: EKS does not tell.
    """
    eks, name = account.client("eks"), account.inputs["cluster_name"]
    own: set[str] = set()
    more: dict[str, str] = {}
    try:
        while True:
            page = eks.list_nodegroups(clusterName=name, **more)
            for group in page["nodegroups"]:
                found = eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]
                if found.get("tags", {}).get(OWNER_TAG) == account.inputs["owner"]:
                    own.add(group)
            if not (token := page.get("nextToken")):
                return own
            more = {"nextToken": token}
    except ClientError as error:
        raise AccessDeniedError(
            _refused_by("eks", error, "whether a node is of this stack depends on it.")
        ) from None


def _tell(name: str, api: Kubernetes, own: Sequence[NetworkInterface], say: Say) -> None:
    """Say what goes, and what AWS leaves by itself."""
    enis = sum(is_branch(one) for one in own)
    say(f"destroying {name}: {len(api.nodes())} nodes, {len(api.policies())} policies, {enis} branch ENIs.")
    if balancers := api.load_balancers():
        say(f"left behind unless deleted first: load balancers of Services {named(balancers)}.")
    if claims := api.volume_claims():
        say(f"left behind unless deleted first: volumes of PersistentVolumeClaims {named(claims)}.")
    say(f"may come back while EKS deletes the cluster: log group /aws/eks/{name}/cluster.")
