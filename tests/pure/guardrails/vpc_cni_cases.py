"""Scenes for the settings of the VPC CNI."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from podsg.guardrails import Scene
from podsg.model.snapshot import NOT_READ, NetworkPolicy, Place, Unknown

from .case import Case, Kind, now
from .reference import ACCOUNT, CLUSTER, PODS, POLICY, VPC_CNI

LATER = Unknown("known after the update", ("dev-cluster",))


_BY_ACCOUNT = replace(POLICY, pod_selector=None, service_account_selector={"matchLabels": {"role": "shop"}})
_LABELLED = replace(ACCOUNT, labels={"role": "shop"})


def _env(**changes: object) -> object:
    return replace(VPC_CNI, env={**VPC_CNI.env, **changes})  # type: ignore[dict-item]


def _standard(external_snat: object = "true", **parts: Any) -> Scene:
    env = _env(POD_SECURITY_GROUP_ENFORCING_MODE="standard", AWS_VPC_K8S_CNI_EXTERNALSNAT=external_snat)
    return now(**{"vpc_cni": env, **parts})


def _excluded(cidrs: object) -> object:
    return _env(
        POD_SECURITY_GROUP_ENFORCING_MODE="standard",
        AWS_VPC_K8S_CNI_EXTERNALSNAT="false",
        AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS=cidrs,
    )


_IPV6 = replace(CLUSTER, ip_family="ipv6")
_UI = replace(
    PODS,
    place=Place("Deployment shop/ui"),
    name="ui",
    labels={"app": "ui"},
    node_labels={"pool": frozenset({"web"})},
)
_UI_POLICY = replace(
    POLICY,
    place=Place("SecurityGroupPolicy shop/ui"),
    name="ui",
    pod_selector={"matchLabels": {"app": "ui"}},
    group_ids=("sg-ui",),
)
_SHIELDS = NetworkPolicy(Place("NetworkPolicy shop/all"), "shop", "all")
_OF_BANK = NetworkPolicy(Place("NetworkPolicy bank/all"), "bank", "all")
_OF_CATALOG = replace(_SHIELDS, pod_selector={"matchLabels": {"app": "catalog"}})
_FILTERING = replace(
    VPC_CNI,
    env={"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "standard"},
    has_network_policy=True,
)


def _two(**parts: Any) -> Scene:
    return _standard(**{"pod_sets": (PODS, _UI), "policies": (POLICY, _UI_POLICY), **parts})


def _cooldown(value: object, **parts: Any) -> Scene:
    return now(vpc_cni=replace(VPC_CNI, cooldown=value), **parts)  # type: ignore[arg-type]


def _annotated(annotations: Any, **parts: Any) -> Scene:
    return now(pod_sets=(replace(PODS, annotations=annotations, **parts),))


_SNAT, _NODE = "external-snat-in-standard-mode", "same-node-flows-filtered"
_PREFIX, _MAX, _COOL = (
    "prefix-delegation-not-for-branch-enis",
    "max-eni-leaves-slot-for-trunk",
    "cooldown-at-least-30-seconds",
)
_NIC = "no-multi-nic-or-imds-only-mode"
_NICS = {"k8s.amazonaws.com/nicConfig": "multi-nic-attachment", "team": "shop"}

CASES = (
    Case(
        "pod-eni-enabled",
        Kind.FAILS,
        "it is false",
        now(vpc_cni=_env(ENABLE_POD_ENI="false")),
        'ENABLE_POD_ENI is "false"',
    ),
    Case("pod-eni-enabled", Kind.FAILS, "it is not set", now(vpc_cni=replace(VPC_CNI, env={}))),
    Case("pod-eni-enabled", Kind.PASSES, "it is true", now()),
    Case("pod-eni-enabled", Kind.PASSES, "it is 1", now(vpc_cni=_env(ENABLE_POD_ENI="1"))),
    Case("pod-eni-enabled", Kind.UNDECIDED, "it is not known", now(vpc_cni=_env(ENABLE_POD_ENI=LATER))),
    Case("pod-eni-enabled", Kind.UNDECIDED, "no policies were read", now(policies=NOT_READ)),
    Case("pod-eni-enabled", Kind.NOT_APPLICABLE, "there is no policy", now(policies=())),
    Case(
        "early-demux-disabled",
        Kind.FAILS,
        "it is on",
        now(vpc_cni=replace(VPC_CNI, init_env={})),
        "the kubelet makes 1 probes",
    ),
    Case("early-demux-disabled", Kind.PASSES, "it is off", now()),
    Case(
        "early-demux-disabled",
        Kind.PASSES,
        "nothing is probed",
        now(vpc_cni=replace(VPC_CNI, init_env={}), pod_sets=(replace(PODS, containers=()),)),
    ),
    Case("early-demux-disabled", Kind.UNDECIDED, "no pods were read", now(pod_sets=NOT_READ)),
    Case(
        "early-demux-disabled",
        Kind.UNDECIDED,
        "the labels of the pods are not known",
        now(pod_sets=(replace(PODS, labels=LATER),)),
    ),
    Case(
        "early-demux-disabled",
        Kind.NOT_APPLICABLE,
        "mode standard",
        now(vpc_cni=_env(POD_SECURITY_GROUP_ENFORCING_MODE="standard")),
    ),
    Case(
        "early-demux-disabled",
        Kind.NOT_APPLICABLE,
        "no pod is selected",
        now(pod_sets=(replace(PODS, labels={}),)),
    ),
    Case(
        "early-demux-disabled",
        Kind.FAILS,
        "pods of a service account",
        now(
            policies=(_BY_ACCOUNT,),
            service_accounts=(replace(ACCOUNT, name="ui"), _LABELLED),
            vpc_cni=replace(VPC_CNI, init_env={}),
        ),
    ),
    Case(
        "early-demux-disabled",
        Kind.NOT_APPLICABLE,
        "a service account without labels",
        now(policies=(_BY_ACCOUNT,)),
    ),
    Case(
        "early-demux-disabled",
        Kind.NOT_APPLICABLE,
        "a service account that is not there",
        now(policies=(_BY_ACCOUNT,), service_accounts=()),
    ),
    Case(
        "early-demux-disabled",
        Kind.NOT_APPLICABLE,
        "a policy of another namespace, and one without selectors",
        now(policies=(replace(POLICY, namespace="bank"), replace(POLICY, pod_selector=None))),
    ),
    Case("early-demux-disabled", Kind.NOT_APPLICABLE, "there is no policy", now(policies=())),
    Case(
        "enforcing-mode-known",
        Kind.FAILS,
        "a misspelt mode",
        now(vpc_cni=_env(POD_SECURITY_GROUP_ENFORCING_MODE="strct")),
        'is "strct"',
    ),
    Case("enforcing-mode-known", Kind.PASSES, "strict", now()),
    Case("enforcing-mode-known", Kind.UNDECIDED, "no VPC CNI was read", now(vpc_cni=NOT_READ)),
    Case(
        _SNAT,
        Kind.FAILS,
        "it is false",
        _standard("false"),
        'AWS_VPC_K8S_CNI_EXTERNALSNAT is "false", and AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS is empty',
    ),
    Case(
        _SNAT,
        Kind.FAILS,
        "it is not set",
        now(vpc_cni=replace(VPC_CNI, env={"POD_SECURITY_GROUP_ENFORCING_MODE": "standard"})),
        'AWS_VPC_K8S_CNI_EXTERNALSNAT is "false"',
    ),
    Case(_SNAT, Kind.FAILS, "it is no truth value", _standard("yes"), 'EXTERNALSNAT is "yes"'),
    Case(_SNAT, Kind.PASSES, "it is true", _standard()),
    Case(_SNAT, Kind.PASSES, "it is true in other letters", _standard("True")),
    Case(_SNAT, Kind.PASSES, "networks are excluded", now(vpc_cni=_excluded("10.0.0.0/8"))),
    Case(_SNAT, Kind.PASSES, "IPv6 addresses are never translated", _standard("false", cluster=_IPV6)),
    Case(_SNAT, Kind.UNDECIDED, "it is not known", _standard(LATER)),
    Case(_SNAT, Kind.UNDECIDED, "what is excluded is not known", now(vpc_cni=_excluded(LATER))),
    Case(_SNAT, Kind.UNDECIDED, "the IP family is not known", _standard("false", cluster=NOT_READ)),
    Case(_SNAT, Kind.NOT_APPLICABLE, "mode strict", now(vpc_cni=_env(AWS_VPC_K8S_CNI_EXTERNALSNAT="false"))),
    Case(_SNAT, Kind.NOT_APPLICABLE, "there is no policy", _standard("false", policies=())),
    Case(
        _NODE,
        Kind.FAILS,
        "two sets of pods",
        _two(),
        "of other groups: 2, such as Deployment shop/catalog (sg-pod) and Deployment shop/ui (sg-ui)",
    ),
    Case(
        _NODE,
        Kind.FAILS,
        "a network policy for one of them",
        _two(vpc_cni=_FILTERING, network_policies=(_OF_BANK, _OF_CATALOG)),
        "of other groups: 1, such as Deployment shop/ui (sg-ui) and Deployment shop/catalog (sg-pod)",
    ),
    Case(
        _NODE,
        Kind.FAILS,
        "a network policy that nothing enforces",
        _two(network_policies=(_SHIELDS,)),
        "groups: 2",
    ),
    Case(
        _NODE,
        Kind.FAILS,
        "a node that both may have",
        _two(pod_sets=(replace(PODS, node_labels={"pool": frozenset({"web", "db"})}), _UI)),
    ),
    Case(_NODE, Kind.PASSES, "one set of pods", _standard()),
    Case(
        _NODE,
        Kind.PASSES,
        "network policies for all",
        _two(vpc_cni=_FILTERING, network_policies=(_SHIELDS,)),
    ),
    Case(
        _NODE,
        Kind.PASSES,
        "network policies of another engine",
        _two(network_policies=(replace(_SHIELDS, engine="calico"),)),
    ),
    Case(
        _NODE,
        Kind.PASSES,
        "the same groups",
        _two(policies=(POLICY, replace(_UI_POLICY, group_ids=POLICY.group_ids))),
    ),
    Case(
        _NODE,
        Kind.PASSES,
        "nodes of their own",
        _two(pod_sets=(replace(PODS, node_labels={"pool": frozenset({"db"})}), _UI)),
    ),
    Case(
        _NODE,
        Kind.PASSES,
        "pods in the network of their node",
        _two(pod_sets=(PODS, replace(_UI, is_host_network=True))),
    ),
    Case(
        _NODE,
        Kind.PASSES,
        "one policy whose groups are not known",
        _two(policies=(replace(POLICY, pod_selector={}, group_ids=(LATER,)),)),
    ),
    Case(
        _NODE,
        Kind.UNDECIDED,
        "a group is not known",
        _two(policies=(POLICY, replace(_UI_POLICY, group_ids=(LATER,)))),
    ),
    Case(_NODE, Kind.UNDECIDED, "no network policies were read", _two(network_policies=NOT_READ)),
    Case(_NODE, Kind.UNDECIDED, "no pods were read", _two(pod_sets=NOT_READ)),
    Case(
        _NODE,
        Kind.UNDECIDED,
        "whether network policies are enforced is not known",
        _two(vpc_cni=replace(_FILTERING, has_network_policy=LATER), network_policies=(_SHIELDS,)),
    ),
    Case(_NODE, Kind.NOT_APPLICABLE, "mode strict", now()),
    Case(_NODE, Kind.NOT_APPLICABLE, "there is no policy", _two(policies=())),
    Case(
        _PREFIX,
        Kind.FAILS,
        "it is on",
        now(vpc_cni=_env(ENABLE_PREFIX_DELEGATION="true")),
        '_DELEGATION is "true", 1 SecurityGroupPolicy objects are there, and each branch ENI holds 1 address',
    ),
    Case(_PREFIX, Kind.PASSES, "it is off", now()),
    Case(
        _PREFIX,
        Kind.PASSES,
        "IPv6, which needs it",
        now(vpc_cni=_env(ENABLE_PREFIX_DELEGATION="true"), cluster=_IPV6),
    ),
    Case(_PREFIX, Kind.UNDECIDED, "it is not known", now(vpc_cni=_env(ENABLE_PREFIX_DELEGATION=LATER))),
    Case(
        _PREFIX,
        Kind.NOT_APPLICABLE,
        "there is no policy",
        now(vpc_cni=_env(ENABLE_PREFIX_DELEGATION="true"), policies=()),
    ),
    Case(_MAX, Kind.FAILS, "one", now(vpc_cni=_env(MAX_ENI="1")), 'MAX_ENI is "1", and a node needs 2'),
    Case(_MAX, Kind.PASSES, "two", now(vpc_cni=_env(MAX_ENI="2"))),
    Case(_MAX, Kind.PASSES, "zero, which is no limit", now(vpc_cni=_env(MAX_ENI="0"))),
    Case(_MAX, Kind.PASSES, "no number, which is no limit", now(vpc_cni=_env(MAX_ENI="one"))),
    Case(_MAX, Kind.PASSES, "it is not set", now()),
    Case(_MAX, Kind.UNDECIDED, "it is not known", now(vpc_cni=_env(MAX_ENI=LATER))),
    Case(_MAX, Kind.NOT_APPLICABLE, "there is no policy", now(vpc_cni=_env(MAX_ENI="1"), policies=())),
    Case(_COOL, Kind.FAILS, "too short", _cooldown("29"), 'is "29", which is less than 30; 30 is used'),
    Case(_COOL, Kind.FAILS, "negative", _cooldown("-60"), 'is "-60", which is less than 30; 30 is used'),
    Case(
        _COOL,
        Kind.FAILS,
        "with a unit",
        _cooldown("45s"),
        'is "45s", which is not a whole number of seconds; 60',
    ),
    Case(_COOL, Kind.FAILS, "a fraction", _cooldown("30.5"), 'is "30.5", which is not a whole number'),
    Case(_COOL, Kind.PASSES, "the least", _cooldown("30")),
    Case(_COOL, Kind.PASSES, "it is not set", _cooldown(None)),
    Case(_COOL, Kind.UNDECIDED, "it is not known", _cooldown(LATER)),
    Case(_COOL, Kind.NOT_APPLICABLE, "there is no policy", _cooldown("10", policies=())),
    Case(
        _NIC,
        Kind.FAILS,
        "IMDS-only mode",
        now(vpc_cni=_env(ENABLE_IMDS_ONLY_MODE="true")),
        'vpc-cni: ENABLE_IMDS_ONLY_MODE is "true"',
    ),
    Case(
        _NIC,
        Kind.FAILS,
        "IMDS-only mode, and no pods were read",
        now(vpc_cni=_env(ENABLE_IMDS_ONLY_MODE="true"), pod_sets=NOT_READ),
    ),
    Case(
        _NIC,
        Kind.FAILS,
        "pods that ask for several interfaces",
        _annotated(_NICS),
        'Deployment shop/catalog: it has the annotation k8s.amazonaws.com/nicConfig "multi-nic-attachment"',
    ),
    Case(_NIC, Kind.PASSES, "neither", now()),
    Case(
        _NIC,
        Kind.PASSES,
        "several interfaces in the network of the node",
        _annotated(_NICS, is_host_network=True),
    ),
    Case(_NIC, Kind.UNDECIDED, "annotations are not known", _annotated(LATER)),
    Case(_NIC, Kind.UNDECIDED, "no pods were read", now(pod_sets=NOT_READ)),
    Case(_NIC, Kind.UNDECIDED, "the mode is not known", now(vpc_cni=_env(ENABLE_IMDS_ONLY_MODE=LATER))),
    Case(
        _NIC,
        Kind.NOT_APPLICABLE,
        "there is no policy",
        now(vpc_cni=_env(ENABLE_IMDS_ONLY_MODE="true"), policies=()),
    ),
)
IMPOSSIBLE = {
    ("enforcing-mode-known", Kind.NOT_APPLICABLE): "aws-node reads it whether there are policies or not",
}
