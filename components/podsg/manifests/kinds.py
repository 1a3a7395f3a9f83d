"""Kinds of Kubernetes objects that a snapshot has, with their groups."""

from __future__ import annotations

from typing import Final

WORKLOADS: Final = frozenset(
    {
        ("", "Pod"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("batch", "Job"),
    }
)
POLICY: Final = ("vpcresources.k8s.aws", "SecurityGroupPolicy")
ENI_CONFIG: Final = ("crd.k8s.amazonaws.com", "ENIConfig")
SERVICE: Final = ("", "Service")
SERVICE_ACCOUNT: Final = ("", "ServiceAccount")
CONFIG_MAP: Final = ("", "ConfigMap")
NETWORK_POLICY: Final = ("networking.k8s.io", "NetworkPolicy")
CALICO: Final = frozenset(
    (group, kind)
    for group in ("crd.projectcalico.org", "projectcalico.org")
    for kind in ("GlobalNetworkPolicy", "NetworkPolicy")
)
CILIUM: Final = frozenset(
    {("cilium.io", "CiliumClusterwideNetworkPolicy"), ("cilium.io", "CiliumNetworkPolicy")}
)
CLUSTER_WIDE: Final = frozenset({"CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"})
"""Kinds of network policies that are for all namespaces."""
KINDS: Final = frozenset(
    {*WORKLOADS, POLICY, ENI_CONFIG, SERVICE, SERVICE_ACCOUNT, CONFIG_MAP, NETWORK_POLICY, *CALICO, *CILIUM}
)
"""All of them."""
