"""Scenes for the settings of the VPC CNI."""

from __future__ import annotations

from dataclasses import replace

from podsg.model.snapshot import NOT_READ, Unknown

from .case import Case, Kind, now
from .reference import ACCOUNT, PODS, POLICY, VPC_CNI

LATER = Unknown("known after the update", ("dev-cluster",))


_BY_ACCOUNT = replace(POLICY, pod_selector=None, service_account_selector={"matchLabels": {"role": "shop"}})
_LABELLED = replace(ACCOUNT, labels={"role": "shop"})


def _env(**changes: object) -> object:
    return replace(VPC_CNI, env={**VPC_CNI.env, **changes})  # type: ignore[dict-item]


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
)
IMPOSSIBLE = {
    ("enforcing-mode-known", Kind.NOT_APPLICABLE): "aws-node reads it whether there are policies or not",
}
