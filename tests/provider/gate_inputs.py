"""Inputs of the gates, as the engine hands them over, and AWS as far as a gate looks at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from podsg.lifecycle.interfaces import NetworkInterface, SecurityGroup

COMMON: dict[str, Any] = {
    "region": "us-west-2",
    "account_id": "123456789012",
    "profile": "",
    "role_arn": "",
    "podsg_version": "0.1.0",
    "owner": "demo/dev",
    "vpc_id": "vpc-0123456789abcdef0",
    "cluster_name": "dev",
    "cluster_identity": "arn:aws:eks:us-west-2:123456789012:cluster/dev@1",
    "timeout_minutes": 10,
}
DRAIN: dict[str, Any] = {
    **COMMON,
    "kubeconfig": "{}",
    "scope": "cluster",
    "preflight": False,
    "databases": [],
    "allow_foreign": False,
}
SWEEP: dict[str, Any] = {**COMMON, "stage": "nodes", "group_scope": False}
WORKLOAD: dict[str, Any] = {
    **COMMON,
    "kubeconfig": "{}",
    "workload": "web",
    "namespace": "shop",
    "group_ids": ["sg-0123456789abcdef0"],
    "on_remove": "restart",
}
GATES = {"drain": DRAIN, "sweep": SWEEP, "workload": WORKLOAD}


def refused(code: str, operation: str = "DescribeCluster") -> ClientError:
    """Return an error as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


@dataclass
class Aws:
    """EC2 with one VPC and EKS with one cluster or an error; keeps what is deleted."""

    cluster: dict[str, Any] | Exception = field(default_factory=lambda: {"name": "dev", "status": "ACTIVE"})
    vpc_ids: tuple[str, ...] = (COMMON["vpc_id"],)
    interfaces: list[NetworkInterface] = field(default_factory=list)
    groups: list[SecurityGroup] = field(default_factory=list)
    asked: list[Mapping[str, Sequence[str]]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def __call__(self, service: str) -> Any:
        """Return the client of a service: all are this one."""
        assert service in {"ec2", "eks", "rds"}
        return self

    def describe_cluster(self, name: str) -> dict[str, Any]:
        assert name == "dev"
        if isinstance(self.cluster, Exception):
            raise self.cluster
        return {"cluster": self.cluster}

    # What boto3's client of EC2 is asked when an account is connected.
    def describe_vpcs(self, **asked: Any) -> dict[str, Any]:
        wanted = asked["Filters"][0]["Values"]
        return {"Vpcs": [{"VpcId": one} for one in wanted if one in self.vpc_ids]}

    # The port of EC2.
    def vpc_exists(self, vpc_id: str) -> bool:
        return vpc_id in self.vpc_ids

    def describe_network_interfaces(
        self, *, ids: Collection[str] = (), filters: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[NetworkInterface, ...]:
        assert not ids
        assert filters
        self.asked.append(filters)
        wanted = filters.get("description")
        return tuple(one for one in self.interfaces if wanted is None or one.description in wanted)

    def describe_instances(self, ids: Collection[str]) -> Mapping[str, str]:
        return dict.fromkeys([one for one in ids if one == "i-live"], "running")

    def describe_security_groups(self, *, filters: Mapping[str, Sequence[str]]) -> tuple[SecurityGroup, ...]:
        self.asked.append(filters)
        wanted = {name[4:]: values for name, values in filters.items() if name.startswith("tag:")}
        return tuple(
            one for one in self.groups if all(one.tags.get(key) in values for key, values in wanted.items())
        )

    def delete_security_group(self, group_id: str) -> None:
        self.deleted.append(group_id)
