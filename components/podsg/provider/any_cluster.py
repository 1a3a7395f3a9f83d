"""A cluster of any origin, found by its name: its VPC, EC2 around it, and its API if that answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from podsg.errors import AccessDeniedError, Explanation, KubernetesCallError, NotFoundError, StateError
from podsg.lifecycle.calls import RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.inventory import Row, gather, inventory
from podsg.lifecycle.ports import Clock, Ec2, Kubernetes
from podsg.lifecycle.sweep import refuse_unknown_vpc
from podsg.model.kubeconfig import kubeconfig
from podsg.provider.ec2 import BotoEc2
from podsg.provider.gate_account import CLOCK, MEMORY, PACING
from podsg.provider.kubernetes import connect
from podsg.provider.target import Client, Target

REFERENCE: Final = "docs/how-to/leaked-enis.md"
# Beyond the wait of a sweep: time for its last calls.
_SLACK_SECONDS: Final = 300.0

Connect = Callable[[str], Kubernetes]


@dataclass(frozen=True)
class AnyCluster:
    """A cluster, whoever made it; it may be gone."""

    name: str
    vpc_id: str
    ec2: Ec2
    clock: Clock
    kubernetes: Kubernetes | None = None
    note: str = ""
    """Why the Kubernetes API is not asked; empty if it is."""

    def rows(self) -> tuple[tuple[Row, ...], str]:
        """Judge its interfaces.

        Returns:
            The rows, worst first, and why the Kubernetes API was not asked; empty if it was.
        """
        try:
            facts = gather(self.ec2, self.kubernetes, self.name, self.vpc_id)
        except KubernetesCallError as error:
            asked = replace(self, kubernetes=None, note=_unasked(error))
            return asked.rows()
        return inventory(facts), self.note


@dataclass(frozen=True)
class Search:
    """Where and how to look for a cluster.

    Args:
        target: Region and credentials.
        cluster_name: Name of the EKS cluster.
        vpc_id: VPC to look in, needed where the cluster is gone. Default: the cluster's.
        kubeconfig: File by which its API is reached. Default: the login of the AWS command line.
        timeout_seconds: How long a sweep may take.
    """

    target: Target
    cluster_name: str
    vpc_id: str = ""
    kubeconfig: Path | None = None
    timeout_seconds: float = 0.0


def find_cluster(
    search: Search, connected: Callable[[Target], Client] = Target.client, api: Connect | None = connect
) -> AnyCluster:
    """Find a cluster and the VPC in which its interfaces are.

    AWS calls: sts:GetCallerIdentity, eks:DescribeCluster, ec2:DescribeVpcs.

    Args:
        search: What to look for.
        connected: Makes the clients of an account. Default: boto3's.
        api: Connects to a Kubernetes API; None leaves it alone. Default: with the official client.

    Raises:
        AccessDeniedError: AWS does not accept the credentials, or does not tell.
        NotFoundError: There is no such cluster, and no VPC was given.
        StateError: The VPC is not there, or the kubeconfig file is of no use for this cluster.
    """
    try:
        client = connected(search.target)
        described = _described(client, search.cluster_name)
        boto_ec2 = client("ec2")
    except BotoCoreError as error:
        raise AccessDeniedError(_unanswered("AWS", str(error))) from None
    deadline = Deadline(CLOCK, search.timeout_seconds + _SLACK_SECONDS)
    ec2 = RetryingEc2(BotoEc2(boto_ec2), CLOCK, PACING, deadline, memory=MEMORY)
    home = described.get("resourcesVpcConfig", {}).get("vpcId", "")
    vpc_id = search.vpc_id or home
    if not vpc_id:
        raise NotFoundError(_no_cluster(search))
    refuse_unknown_vpc(ec2, vpc_id)
    cluster = AnyCluster(search.cluster_name, vpc_id, ec2, CLOCK)
    if api is None:
        return cluster
    if vpc_id != home:
        return replace(cluster, note=f"EKS has no cluster {search.cluster_name} in {vpc_id}")
    if not described.get("endpoint"):
        return replace(cluster, note=f"{search.cluster_name} is {described['status']} and has no API yet")
    text = _login(search, described)
    try:
        return replace(cluster, kubernetes=api(text))
    except KubernetesCallError as error:
        return replace(cluster, note=_unasked(error))


def _described(client: Client, cluster_name: str) -> dict[str, Any]:
    """Return what EKS says of the cluster; nothing if it is gone."""
    try:
        found: dict[str, Any] = client("eks").describe_cluster(name=cluster_name)["cluster"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return {}
        raise AccessDeniedError(_unanswered(f"eks:DescribeCluster ({cluster_name})", str(error))) from None
    return found


def _login(search: Search, described: Mapping[str, Any]) -> str:
    """Return the kubeconfig, as JSON, that reaches the API of exactly this cluster."""
    if search.kubeconfig is not None:
        return _matching(search.kubeconfig, described["endpoint"], search.cluster_name)
    target, name = search.target, search.cluster_name
    arguments = ["eks", "get-token", "--cluster-name", name, "--region", target.region, "--output", "json"]
    arguments += ["--profile", target.profile] if target.profile else []
    arguments += ["--role-arn", target.role_arn] if target.role_arn else []
    authority = described["certificateAuthority"]["data"]
    return kubeconfig(name, described["endpoint"], authority, "aws", arguments)


def _matching(path: Path, endpoint: str, cluster_name: str) -> str:
    """Return that part of a kubeconfig file that is about a cluster, by its URL.

    The current context may be about another cluster, whose pods would make every interface of this one look
    as if no pod had it.

    Raises:
        StateError: It is no kubeconfig, or has no context for this URL.
    """
    import yaml  # noqa: PLC0415 - comes with the Kubernetes client, and only this option needs it

    try:
        document = yaml.safe_load(path.read_text())
        servers = {one["name"]: one["cluster"].get("server", "") for one in document["clusters"]}
        contexts = [
            one for one in document["contexts"] if _is_same(servers[one["context"]["cluster"]], endpoint)
        ]
    except (OSError, UnicodeError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            _useless(path, f"is no kubeconfig file ({type(error).__name__})", endpoint)
        ) from None
    if not contexts:
        raise StateError(_useless(path, f"has no context for {cluster_name}", endpoint))
    current = [one for one in contexts if one["name"] == document.get("current-context")]
    chosen = (current or contexts)[0]
    clusters = [one for one in document["clusters"] if one["name"] == chosen["context"]["cluster"]]
    return json.dumps({**document, "clusters": clusters, "current-context": chosen["name"]})


def _is_same(server: str, endpoint: str) -> bool:
    return server.rstrip("/").lower() == endpoint.rstrip("/").lower()


def _unasked(error: KubernetesCallError) -> str:
    return f"{error.explanation.subject}: {error.explanation.problem}"


def _useless(path: Path, problem: str, endpoint: str) -> Explanation:
    return Explanation(
        f"kubeconfig {path}",
        f"{problem}; expected: a context whose server is {endpoint}",
        "the pods of another cluster would say nothing about these interfaces.",
        "write it with `aws eks update-kubeconfig --name <cluster> --kubeconfig <file>`, or leave it out.",
        REFERENCE,
    )


def _no_cluster(search: Search) -> Explanation:
    return Explanation(
        f"cluster {search.cluster_name}",
        f"EKS in {search.target.region} has none of this name",
        "without it nobody says in which VPC its interfaces are.",
        "look at name, region and credentials; if the cluster is gone, name its VPC with `--vpc-id`.",
        REFERENCE,
    )


def _unanswered(subject: str, problem: str) -> Explanation:
    return Explanation(
        subject,
        problem,
        "which VPC to look in depends on it.",
        "look at region, profile and credentials, or attach the policy that `podsg enis iam` prints.",
        REFERENCE,
    )
