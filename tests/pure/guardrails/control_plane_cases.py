"""Scenes for guardrails about: the cluster: its role, its version, its add-ons, and who makes its nodes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from podsg.guardrails import Scene
from podsg.model.snapshot import NOT_READ

from .case import Case, Kind, now
from .reference import ACCOUNT, CLUSTER, NODES, PODS, VPC_CNI
from .vpc_cni_cases import LATER


def _cluster(**changes: Any) -> Scene:
    return now(cluster=replace(CLUSTER, **changes))


def _auto(version: Any = "1.35", **parts: Any) -> Scene:
    return now(cluster=replace(CLUSTER, has_auto_mode=True, version=version), **{"node_groups": (), **parts})


def _cni(version: object, mode: object = "strict") -> Scene:
    env: dict[str, Any] = {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": mode}
    return now(vpc_cni=replace(VPC_CNI, version=version, env=env))  # type: ignore[arg-type]


def _ipv6(version: object = "v1.16.0-eksbuild.1", custom: object = "false", **parts: Any) -> Scene:
    env: dict[str, Any] = {**VPC_CNI.env, "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": custom}  # type: ignore[dict-item]
    cni = replace(VPC_CNI, version=version, env=env)  # type: ignore[arg-type]
    return now(cluster=replace(CLUSTER, ip_family="ipv6"), vpc_cni=cni, **parts)


def _identity(mode: str = "strict", **changes: Any) -> Scene:
    cni = replace(VPC_CNI, env={"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": mode})
    others = (replace(ACCOUNT, name="ui"), replace(ACCOUNT, namespace="bank"))
    accounts = (*others, replace(ACCOUNT, has_pod_identity=True))
    return now(vpc_cni=cni, **{"service_accounts": accounts, **changes})


_ROLE, _AUTO, _PROXY = (
    "cluster-role-can-attach-trunks",
    "nodes-outside-auto-mode",
    "kube-proxy-in-iptables-mode",
)
_IPV6, _OLD, _IDENTITY = "vpc-cni-fits-ipv6", "vpc-cni-new-enough", "no-pod-identity-in-strict-mode"
_WITHOUT = frozenset({"AmazonEKSClusterPolicy"})
_HOST = (replace(PODS, is_host_network=True),)

CASES = (
    Case(
        _ROLE,
        Kind.FAILS,
        "the role has another policy",
        _cluster(role_policies=_WITHOUT),
        "its role has AmazonEKSClusterPolicy, and not AmazonEKSVPCResourceController",
    ),
    Case(
        _ROLE, Kind.FAILS, "no policy", _cluster(role_policies=frozenset()), "has no managed policy, and not"
    ),
    Case(
        _ROLE,
        Kind.FAILS,
        "EKS Auto Mode beside a node group",
        _cluster(role_policies=_WITHOUT, has_auto_mode=True),
    ),
    Case(_ROLE, Kind.PASSES, "the role has it", now()),
    Case(_ROLE, Kind.UNDECIDED, "the policies of the role are not known", _cluster(role_policies=LATER)),
    Case(_ROLE, Kind.UNDECIDED, "no cluster was read", now(cluster=NOT_READ)),
    Case(_ROLE, Kind.UNDECIDED, "who makes the nodes is not known", _cluster(has_auto_mode=LATER)),
    Case(_ROLE, Kind.NOT_APPLICABLE, "there is no policy", now(policies=())),
    Case(_ROLE, Kind.NOT_APPLICABLE, "EKS Auto Mode makes all nodes", _auto()),
    Case(
        _AUTO,
        Kind.FAILS,
        "EKS Auto Mode makes all nodes",
        _auto(),
        "0 node groups are there, and its version is 1.35",
    ),
    Case(_AUTO, Kind.PASSES, "a node group beside it", _auto(node_groups=(NODES,))),
    Case(_AUTO, Kind.UNDECIDED, "no node groups were read", _auto(node_groups=NOT_READ)),
    Case(_AUTO, Kind.UNDECIDED, "the version is not known", _auto(LATER)),
    Case(_AUTO, Kind.UNDECIDED, "whether it is on is not known", _cluster(has_auto_mode=LATER)),
    Case(_AUTO, Kind.NOT_APPLICABLE, "it is off", now()),
    Case(_AUTO, Kind.NOT_APPLICABLE, "a version with groups for pods of its own", _auto("1.36")),
    Case(_AUTO, Kind.NOT_APPLICABLE, "there is no policy", _auto(policies=())),
    Case(
        _PROXY,
        Kind.FAILS,
        "ipvs",
        _cluster(kube_proxy_mode="ipvs"),
        '"ipvs" and POD_SECURITY_GROUP_ENFORCING_MODE is "strict", which needs "iptables"',
    ),
    Case(_PROXY, Kind.FAILS, "nftables", _cluster(kube_proxy_mode="nftables"), 'in mode "nftables"'),
    Case(_PROXY, Kind.PASSES, "iptables", now()),
    Case(_PROXY, Kind.UNDECIDED, "its mode is not known", _cluster(kube_proxy_mode=LATER)),
    Case(
        _PROXY,
        Kind.NOT_APPLICABLE,
        "mode standard",
        _cni("1.22.3", "standard"),
    ),
    Case(_PROXY, Kind.NOT_APPLICABLE, "there is no policy", now(policies=())),
    Case(
        _IPV6,
        Kind.FAILS,
        "an old VPC CNI",
        _ipv6("v1.15.4-eksbuild.1"),
        "its version is v1.15.4-eksbuild.1, and custom networking is off",
    ),
    Case(_IPV6, Kind.FAILS, "one thing to do", _ipv6("1.15"), "Fix: upgrade the VPC CNI to 1.16 or newer.\n"),
    Case(
        _IPV6,
        Kind.FAILS,
        "custom networking",
        _ipv6(custom="true"),
        "v1.16.0-eksbuild.1, and custom networking is on",
    ),
    Case(
        _IPV6,
        Kind.FAILS,
        "an old VPC CNI with custom networking",
        _ipv6("1.15", "true"),
        "upgrade the VPC CNI to 1.16 or newer, and set AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG",
    ),
    Case(_IPV6, Kind.PASSES, "1.16", _ipv6()),
    Case(_IPV6, Kind.UNDECIDED, "the version is not known", _ipv6(LATER)),
    Case(_IPV6, Kind.UNDECIDED, "the version is none", _ipv6("latest"), "'latest' is no version"),
    Case(_IPV6, Kind.UNDECIDED, "the IP family is not known", _cluster(ip_family=LATER)),
    Case(_IPV6, Kind.NOT_APPLICABLE, "IPv4", now()),
    Case(_IPV6, Kind.NOT_APPLICABLE, "there is no policy", _ipv6("1.15", policies=())),
    Case(
        _OLD,
        Kind.FAILS,
        "before security groups for pods",
        _cni("v1.7.6"),
        "its version is v1.7.6, and security groups for pods are there since 1.7.7",
    ),
    Case(
        _OLD,
        Kind.FAILS,
        "before mode standard",
        _cni("1.10.4-eksbuild.1", "standard"),
        'its version is 1.10.4-eksbuild.1, and mode "standard" is there since 1.11',
    ),
    Case(_OLD, Kind.PASSES, "1.7.7 in mode strict", _cni("1.7.7")),
    Case(_OLD, Kind.PASSES, "1.11 in mode standard", _cni("v1.11.0-eksbuild.1", "standard")),
    Case(_OLD, Kind.PASSES, "a new one, and a mode that is not known", _cni("1.22.3", LATER)),
    Case(_OLD, Kind.UNDECIDED, "an old one, and a mode that is not known", _cni("1.10.4", LATER)),
    Case(_OLD, Kind.UNDECIDED, "the version is not known", _cni(LATER)),
    Case(_OLD, Kind.UNDECIDED, "too many numbers", _cni("1.22.3.4"), "'1.22.3.4' is no version"),
    Case(_OLD, Kind.NOT_APPLICABLE, "there is no policy", now(policies=())),
    Case(
        _IDENTITY,
        Kind.FAILS,
        "an association",
        _identity(),
        "ServiceAccount shop/catalog has an EKS Pod Identity association, and POD_SECURITY_GROUP_ENFORCING",
    ),
    Case(_IDENTITY, Kind.PASSES, "no association", now()),
    Case(_IDENTITY, Kind.PASSES, "a service account that is not there", now(service_accounts=())),
    Case(
        _IDENTITY,
        Kind.UNDECIDED,
        "the association is not known",
        now(service_accounts=(replace(ACCOUNT, has_pod_identity=LATER),)),
    ),
    Case(
        _IDENTITY,
        Kind.UNDECIDED,
        "hostNetwork is not known",
        _identity(pod_sets=(replace(PODS, is_host_network=LATER),)),
    ),
    Case(_IDENTITY, Kind.NOT_APPLICABLE, "mode standard", _identity("standard")),
    Case(_IDENTITY, Kind.NOT_APPLICABLE, "pods in the network of their node", _identity(pod_sets=_HOST)),
    Case(_IDENTITY, Kind.NOT_APPLICABLE, "there is no policy", _identity(policies=())),
)
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
