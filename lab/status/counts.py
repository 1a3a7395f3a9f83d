"""Count what exists in the lab, per kind: the proof that a destroy left nothing."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from kubernetes import config, dynamic
from kubernetes.client import ApiException
from kubernetes.config import ConfigException
from kubernetes.dynamic.exceptions import ResourceNotFoundError
from urllib3.exceptions import HTTPError

from lab.paths import admin_kubeconfigs
from lab.session import REGION, Session

API_ERRORS: Final = (ApiException, ConfigException, HTTPError, OSError, ResourceNotFoundError)
"""What a Kubernetes API that is coming or going raises."""
SYSTEM_NAMESPACES = {"default", "kube-node-lease", "kube-public", "kube-system"}


@dataclass(frozen=True)
class Kind:
    """Name one kind of object: where it lives and how all of its objects are listed."""

    service: str
    operation: str
    key: str
    counts: Callable[[dict[str, Any]], bool] = lambda _: True


NAT_GONE = {"deleted", "failed"}
"""One that has failed holds nothing, and EC2 forgets it by itself after about an hour.

Source: VPC user guide, "Troubleshoot NAT gateways".
"""


def _not_main(table: dict[str, Any]) -> bool:
    return not any(association.get("Main") for association in table["Associations"])


AWS_KINDS = {
    "vpcs": Kind("ec2", "describe_vpcs", "Vpcs"),
    "subnets": Kind("ec2", "describe_subnets", "Subnets"),
    "route tables": Kind("ec2", "describe_route_tables", "RouteTables", _not_main),
    "internet gateways": Kind("ec2", "describe_internet_gateways", "InternetGateways"),
    "NAT gateways": Kind(
        "ec2", "describe_nat_gateways", "NatGateways", lambda gateway: gateway["State"] not in NAT_GONE
    ),
    "addresses": Kind("ec2", "describe_addresses", "Addresses"),
    "VPC endpoints": Kind("ec2", "describe_vpc_endpoints", "VpcEndpoints"),
    "security groups": Kind(
        "ec2", "describe_security_groups", "SecurityGroups", lambda group: group["GroupName"] != "default"
    ),
    "network interfaces": Kind("ec2", "describe_network_interfaces", "NetworkInterfaces"),
    "instances": Kind(
        "ec2",
        "describe_instances",
        "Reservations[].Instances",
        lambda instance: instance["State"]["Name"] != "terminated",
    ),
    "flow logs": Kind("ec2", "describe_flow_logs", "FlowLogs"),
    "launch templates": Kind("ec2", "describe_launch_templates", "LaunchTemplates"),
    "clusters": Kind("eks", "list_clusters", "clusters"),
    "databases": Kind("rds", "describe_db_instances", "DBInstances"),
    "database subnet groups": Kind("rds", "describe_db_subnet_groups", "DBSubnetGroups"),
    "database parameter groups": Kind(
        "rds",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        lambda group: not group["DBParameterGroupName"].startswith("default."),
    ),
    "database clusters": Kind("rds", "describe_db_clusters", "DBClusters"),
    "database cluster parameter groups": Kind(
        "rds",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        lambda group: not group["DBClusterParameterGroupName"].startswith("default."),
    ),
    "secrets": Kind("secretsmanager", "list_secrets", "SecretList"),
    "roles": Kind("iam", "list_roles", "Roles"),
    "OpenID Connect providers": Kind("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"),
    "log groups": Kind("logs", "describe_log_groups", "logGroups"),
}


def count(session: Session) -> dict[str, dict[str, int]]:
    """Count every object in EC2, EKS, RDS, IAM, KMS, CloudWatch Logs and Kubernetes.

    Returns: Service to kind to count; zero counts are listed. Namespaces that Kubernetes itself makes,
        default security groups and main route tables, which live and die with their VPC, are left out.
    """
    counts: dict[str, dict[str, int]] = {}
    for name, kind in AWS_KINDS.items():
        counts.setdefault(kind.service, {})[name] = sum(map(kind.counts, _list(session, kind)))
    counts["eks"]["node groups"] = sum(len(names) for names in _node_groups(session).values())
    counts["kms"] = {"keys not scheduled for deletion": sum(1 for _ in _live_keys(session))}
    counts["kubernetes"] = _kubernetes()
    return counts


def total(counts: dict[str, dict[str, int]]) -> int:
    """Return the number of all counted objects."""
    return sum(number for kinds in counts.values() for number in kinds.values())


@functools.cache
def client(session: Session, service: str) -> Any:
    """Return a boto3 client of the lab's AWS API."""
    make: Callable[..., Any] = boto3.client
    return make(
        service,
        endpoint_url=session.url,
        region_name=REGION,
        aws_access_key_id=session.access_key_id,
        aws_secret_access_key=session.secret_access_key,
    )


def _list(session: Session, kind: Kind) -> Iterable[dict[str, Any]]:
    api = client(session, kind.service)
    if api.can_paginate(kind.operation):
        yield from api.get_paginator(kind.operation).paginate().search(f"{kind.key}[]")
    else:
        yield from getattr(api, kind.operation)()[kind.key]


def _node_groups(session: Session) -> dict[str, list[str]]:
    eks = client(session, "eks")
    return {
        name: eks.list_nodegroups(clusterName=name)["nodegroups"] for name in eks.list_clusters()["clusters"]
    }


def _live_keys(session: Session) -> Iterable[str]:
    kms = client(session, "kms")
    aws_managed = {
        alias.get("TargetKeyId")
        for alias in kms.list_aliases()["Aliases"]
        if alias["AliasName"].startswith("alias/aws/")
    }
    for key in kms.list_keys()["Keys"]:
        state = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        if key["KeyId"] not in aws_managed and state != "PendingDeletion":
            yield key["KeyId"]


def kubernetes_api(kubeconfig: Path) -> dynamic.DynamicClient:
    """Return a client of one API server; what it discovers is kept beside the kubeconfig, to go with it."""
    client = config.new_client_from_config(str(kubeconfig))
    return dynamic.DynamicClient(client, cache_file=str(kubeconfig.with_name("discovery.json")))


def _kubernetes() -> dict[str, int]:
    counts = {"namespaces": 0, "security group policies": 0}
    for kubeconfig in admin_kubeconfigs().values():
        # One that does not answer is coming or going; its cluster counts, and the tables say so.
        with contextlib.suppress(*API_ERRORS):
            api = kubernetes_api(kubeconfig)
            namespaces = api.resources.get(api_version="v1", kind="Namespace").get().items
            counts["namespaces"] += sum(item.metadata.name not in SYSTEM_NAMESPACES for item in namespaces)
            policies = api.resources.get(
                api_version="vpcresources.k8s.aws/v1beta1", kind="SecurityGroupPolicy"
            )
            counts["security group policies"] += len(policies.get().items)
    return counts
