"""Workloads: which pods, what they may reach, and who may reach them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from podsg.model.addresses import PeerCidr
from podsg.model.database import MOST_DATABASES
from podsg.model.naming import DnsLabel, DnsSubdomain, PartName
from podsg.model.references import PeerGroupId, SecurityGroupId
from podsg.model.removal import OnRemove
from podsg.model.spec import Spec

# Source: Kubernetes documentation, "Labels and Selectors", syntax and character set.
_NAME = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
LabelKey = Annotated[
    str,
    Field(
        pattern=f"^({_PREFIX}/)?{_NAME}$",
        max_length=317,
        json_schema_extra={
            "patternErrorMessage": "a label key: an optional DNS name and slash, then at most 63 letters, "
            "digits, dots, hyphens, underscores, a letter or digit at both ends"
        },
    ),
]
LabelValue = Annotated[
    str,
    Field(
        pattern=f"^({_NAME})?$",
        json_schema_extra={
            "patternErrorMessage": "a label value in quotes: at most 63 letters, digits, dots, hyphens, "
            "underscores, a letter or digit at both ends"
        },
        examples=["catalog"],
    ),
]
# Source: VPC quotas, inbound or outbound rules per security group: 60; each port and each peer takes one.
_MOST_RULES = 60
# Our own limit: Kubernetes counts no labels; 50 are far more than pods carry.
_MOST_LABELS = 50
Port = Annotated[int, Field(ge=1, le=65535, examples=[8080])]


class PeerSpec(Spec):
    """The other side of a flow: exactly one of workload, cidr and security_group_id, and its TCP ports."""

    workload: PartName | None = Field(default=None, examples=["ui"])
    """Name of a workload of this environment. Default: none."""
    cidr: PeerCidr | None = Field(default=None, examples=["10.0.0.0/8"])
    """IPv4 network (/0 to /32), without host bits. Default: none."""
    security_group_id: PeerGroupId | None = Field(default=None, examples=["sg-0123456789abcdef0"])
    """Security group that exists outside this environment. Default: none."""
    ports: list[Port] = Field(min_length=1, max_length=_MOST_RULES, examples=[[8080]])
    """TCP ports of the side that is reached (1 to 60, each 1 to 65535)."""


class WorkloadSpec(Spec):
    """Pods of one kind: their selectors, and the flows they need."""

    namespace: DnsLabel = Field(examples=["catalog"])
    """Kubernetes namespace of the pods."""
    create_namespace: bool = Field(default=True, examples=[True])
    """Makes the namespace; false for one that exists already, such as default."""
    pod_selector: dict[LabelKey, LabelValue] = Field(
        default={}, max_length=_MOST_LABELS, examples=[{"app.kubernetes.io/name": "catalog"}]
    )
    """Labels a pod must carry (key to value, at most 50).

    Default: none, then a service account selector is needed."""
    service_account_selector: dict[LabelKey, LabelValue] = Field(
        default={}, max_length=_MOST_LABELS, examples=[{"role": "catalog"}]
    )
    """Labels the service account of a pod must carry (key to value, at most 50); both selectors must match.

    Default: none."""
    ports: list[Port] = Field(default=[], max_length=_MOST_RULES, examples=[[8080]])
    """TCP ports the pods listen on, opened to the kubelet's probes (at most 60, each 1 to 65535).

    Default: none."""
    # Source: VPC quotas, network interfaces per Region: 5000.
    replicas: int = Field(default=1, ge=0, le=5000, examples=[1])
    """Pods that run at the same time (count, 0 to 5000); each needs one branch ENI."""
    databases: list[PartName] = Field(default=[], max_length=MOST_DATABASES, examples=[["catalog"]])
    """Names of the databases these pods may reach (at most 40). Default: none."""
    ingress_from: list[PeerSpec] = Field(
        default=[], max_length=_MOST_RULES, examples=[[{"workload": "ui", "ports": [8080]}]]
    )
    """Who may reach these pods (at most 60). Default: nobody but the kubelet's probes."""
    egress_to: list[PeerSpec] = Field(
        default=[], max_length=_MOST_RULES, examples=[[{"cidr": "10.0.0.0/8", "ports": [443]}]]
    )
    """Whom these pods may reach, besides DNS and their databases (at most 60). Default: nobody."""
    # Source: EKS user guide, "Assign security groups to individual Pods": up to five per policy.
    security_group_ids: list[SecurityGroupId] = Field(
        default=[], max_length=5, examples=[["sg-0123456789abcdef0"]]
    )
    """Ids of security groups for these pods that exist already (at most 5); the first gets the rules.

    Default: none, then an environment makes one."""
    policy_name: DnsSubdomain | None = Field(default=None, examples=["catalog-rds-access"])
    """Name of the SecurityGroupPolicy. Default: the name of the workload and `-security-groups`."""
    on_remove: OnRemove = Field(default=OnRemove.RESTART, strict=False, examples=["restart"])
    """What happens to running pods when the workload, or its security group, is removed."""
    # Our own limit: as for the drain of an environment.
    on_remove_timeout_minutes: int = Field(default=20, ge=1, le=1440, examples=[20])
    """How long they may then take to let go of the security group (minutes, 1 to 1440)."""


def policy_name(workload_name: str, workload: WorkloadSpec) -> str:
    """Name the SecurityGroupPolicy of a workload.

    Args:
        workload_name: Key of the workload in the environment.
        workload: The workload.

    Returns:
        The written name, else the name of the workload and `-security-groups`.

    Example:
        >>> policy_name("catalog", WorkloadSpec(namespace="catalog", pod_selector={"app": "catalog"}))
        'catalog-security-groups'
    """
    return workload.policy_name or f"{workload_name}-security-groups"


def selector_text(workload: WorkloadSpec) -> str:
    """Show which pods a workload means, in one line.

    Returns:
        Pod labels, then labels of the service account, each sorted by key.

    Example:
        >>> print(selector_text(WorkloadSpec(namespace="shop", pod_selector={"tier": "db", "app": "ui"})))
        app=ui,tier=db
    """
    pods = _labels(workload.pod_selector)
    accounts = _labels(workload.service_account_selector)
    return " ".join(part for part in (pods, f"service account {accounts}" if accounts else "") if part)


def _labels(selector: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
