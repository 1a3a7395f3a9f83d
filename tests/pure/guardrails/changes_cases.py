"""Scenes for guardrails about: changes that running pods and nodes do not follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from podsg.guardrails import Scene
from podsg.model.snapshot import NOT_READ, EniConfig, Place

from .case import Case, Kind, changed, now
from .reference import ACCOUNT, PODS, POLICY, SCENE, SNAPSHOT, VPC_CNI
from .vpc_cni_cases import LATER


def _env(**changes: Any) -> object:
    return replace(VPC_CNI, env={**VPC_CNI.env, **changes})  # type: ignore[dict-item]


def _before(scene: Scene = SCENE, **parts: Any) -> Scene:
    return replace(scene, before=replace(SNAPSHOT, **parts))


def _configs(old: tuple[EniConfig, ...], new: object, switch: object = "true") -> Scene:
    custom = _env(AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG=switch)
    return _before(changed(vpc_cni=custom, eni_configs=new), vpc_cni=custom, eni_configs=old)


def _rolled(old: object, new: object) -> Scene:
    policy = replace(POLICY, group_ids=("sg-other",))
    return _before(changed(pod_sets=(new,), policies=(policy,)), pod_sets=(old,))


_MODE, _CONFIG = "pods-restarted-after-mode-change", "nodes-replaced-after-eniconfig-change"
_POLICY, _OFF = "pods-restarted-after-policy-change", "nodes-replaced-after-pod-eni-off"
_STANDARD = _env(POD_SECURITY_GROUP_ENFORCING_MODE="standard")
_DISABLED = _env(ENABLE_POD_ENI="false")
_UNSET = replace(VPC_CNI, env={"ENABLE_POD_ENI": "true"})
_A = EniConfig(Place("ENIConfig us-west-2a"), "us-west-2a", "subnet-pods-a")
_MOVED = replace(_A, subnet_id="subnet-other")
_ADDED = replace(POLICY, place=Place("SecurityGroupPolicy shop/more"), name="more", group_ids=("sg-more",))
_BY_ACCOUNT = replace(POLICY, pod_selector=None, service_account_selector={"matchLabels": {"role": "shop"}})
_STATEFUL, _JOB, _CRON = (replace(PODS, kind=kind) for kind in ("StatefulSet", "Job", "CronJob"))
_LABELLED = {"app": "catalog", "version": "2"}

CASES = (
    Case(
        _MODE,
        Kind.FAILS,
        "strict to standard",
        changed(vpc_cni=_STANDARD),
        'ENFORCING_MODE changes from "strict" to "standard", and running pods keep "strict"',
    ),
    Case(
        _MODE,
        Kind.FAILS,
        "standard to the default",
        _before(changed(vpc_cni=_UNSET), vpc_cni=_STANDARD),
        'changes from "standard" to "strict"',
    ),
    Case(_MODE, Kind.PASSES, "it stays", SCENE),
    Case(_MODE, Kind.PASSES, "strict to the default", changed(vpc_cni=_UNSET)),
    Case(
        _MODE,
        Kind.UNDECIDED,
        "the mode is not known",
        changed(vpc_cni=_env(POD_SECURITY_GROUP_ENFORCING_MODE=LATER)),
    ),
    Case(_MODE, Kind.UNDECIDED, "no VPC CNI was read before", _before(vpc_cni=NOT_READ)),
    Case(_MODE, Kind.NOT_APPLICABLE, "what was before is not known", now(vpc_cni=_STANDARD)),
    Case(_MODE, Kind.NOT_APPLICABLE, "there was no policy", _before(changed(vpc_cni=_STANDARD), policies=())),
    Case(
        _MODE,
        Kind.NOT_APPLICABLE,
        "pod ENIs were off",
        _before(changed(vpc_cni=_STANDARD), vpc_cni=_DISABLED),
    ),
    Case(
        _CONFIG,
        Kind.FAILS,
        "another subnet",
        _configs((_A,), (_MOVED,)),
        "its subnet changes from subnet-pods-a to subnet-other, and trunks stay in subnet-pods-a",
    ),
    Case(_CONFIG, Kind.PASSES, "the same subnet", _configs((_A,), (_A,))),
    Case(
        _CONFIG, Kind.UNDECIDED, "the subnet is not known", _configs((_A,), (replace(_A, subnet_id=LATER),))
    ),
    Case(_CONFIG, Kind.UNDECIDED, "no ENIConfigs were read", _configs((_A,), NOT_READ)),
    Case(_CONFIG, Kind.UNDECIDED, "no VPC CNI was read before", _before(vpc_cni=NOT_READ)),
    Case(_CONFIG, Kind.NOT_APPLICABLE, "a new ENIConfig", _configs((), (_A,))),
    Case(_CONFIG, Kind.NOT_APPLICABLE, "custom networking was off", _configs((_A,), (_MOVED,), "false")),
    Case(
        _CONFIG,
        Kind.NOT_APPLICABLE,
        "pod ENIs were off",
        _before(_configs((_A,), (_MOVED,)), vpc_cni=_DISABLED, eni_configs=(_A,)),
    ),
    Case(_CONFIG, Kind.NOT_APPLICABLE, "what was before is not known", now(eni_configs=(_A,))),
    Case(
        _POLICY,
        Kind.FAILS,
        "other groups",
        changed(policies=(replace(POLICY, group_ids=("sg-other", "sg-more")),)),
        "its pods run with sg-pod, and new ones get sg-more, sg-other",
    ),
    Case(
        _POLICY,
        Kind.FAILS,
        "one more policy",
        changed(policies=(POLICY, _ADDED)),
        "run with sg-pod, and new ones get sg-more, sg-pod",
    ),
    Case(
        _POLICY,
        Kind.FAILS,
        "the first policy",
        _before(policies=()),
        "run with the groups of the node, and new ones get sg-pod",
    ),
    Case(
        _POLICY,
        Kind.FAILS,
        "no policy any more",
        changed(policies=()),
        "run with sg-pod, and new ones get the groups of the node",
    ),
    Case(
        _POLICY,
        Kind.FAILS,
        "another label of the service account",
        _before(
            changed(policies=(_BY_ACCOUNT,), service_accounts=(replace(ACCOUNT, labels={"role": "shop"}),)),
            policies=(_BY_ACCOUNT,),
        ),
    ),
    Case(
        _POLICY,
        Kind.FAILS,
        "more replicas are no restart",
        _rolled(PODS, replace(PODS, replicas=9)),
        "kubectl rollout restart deployment/catalog --namespace shop",
    ),
    Case(_POLICY, Kind.FAILS, "a StatefulSet", _rolled(_STATEFUL, _STATEFUL), "restart statefulset/catalog"),
    Case(
        _POLICY,
        Kind.FAILS,
        "a Job, whose pods no template replaces",
        _rolled(_JOB, replace(_JOB, labels=_LABELLED)),
        "replace its pods once the policies are in place",
    ),
    Case(_POLICY, Kind.PASSES, "nothing changes", SCENE),
    Case(
        _POLICY,
        Kind.PASSES,
        "the order of the groups",
        changed(policies=(replace(POLICY, group_ids=("sg-pod", "sg-pod")),)),
    ),
    Case(
        _POLICY, Kind.PASSES, "the pods are replaced anyway", _rolled(PODS, replace(PODS, labels=_LABELLED))
    ),
    Case(_POLICY, Kind.PASSES, "a CronJob makes new pods each time", _rolled(_CRON, _CRON)),
    Case(
        _POLICY,
        Kind.UNDECIDED,
        "a group is not known",
        changed(policies=(replace(POLICY, group_ids=(LATER,)),)),
    ),
    Case(
        _POLICY,
        Kind.UNDECIDED,
        "a selector is not known",
        changed(policies=(replace(POLICY, pod_selector=LATER),)),
    ),
    Case(
        _POLICY,
        Kind.UNDECIDED,
        "whether the pods are replaced is not known",
        _rolled(PODS, replace(PODS, containers=LATER)),
    ),
    Case(_POLICY, Kind.UNDECIDED, "no pods were read before", _before(pod_sets=NOT_READ)),
    Case(
        _POLICY,
        Kind.UNDECIDED,
        "hostNetwork was not known",
        _rolled(replace(PODS, is_host_network=LATER), PODS),
    ),
    Case(
        _POLICY,
        Kind.UNDECIDED,
        "whether a policy selected the pods is not known",
        _before(changed(policies=()), policies=(replace(POLICY, pod_selector=LATER),)),
    ),
    Case(_POLICY, Kind.NOT_APPLICABLE, "new pods", _before(pod_sets=())),
    Case(
        _POLICY,
        Kind.NOT_APPLICABLE,
        "pods in the network of their node",
        _rolled(replace(PODS, is_host_network=True), replace(PODS, is_host_network=True)),
    ),
    Case(_POLICY, Kind.NOT_APPLICABLE, "there is no policy", _before(changed(policies=()), policies=())),
    Case(_POLICY, Kind.NOT_APPLICABLE, "what was before is not known", now(policies=(_ADDED,))),
    Case(
        _OFF,
        Kind.FAILS,
        "true to false",
        changed(vpc_cni=_DISABLED),
        'ENABLE_POD_ENI changes from "true" to "false", and running nodes keep their trunks',
    ),
    Case(
        _OFF,
        Kind.FAILS,
        "it is set no more",
        changed(vpc_cni=replace(VPC_CNI, env={})),
        'from "true" to "false"',
    ),
    Case(_OFF, Kind.PASSES, "it stays on", SCENE),
    Case(_OFF, Kind.UNDECIDED, "it is not known", changed(vpc_cni=_env(ENABLE_POD_ENI=LATER))),
    Case(_OFF, Kind.UNDECIDED, "no VPC CNI was read before", _before(vpc_cni=NOT_READ)),
    Case(_OFF, Kind.NOT_APPLICABLE, "it was off", _before(vpc_cni=_DISABLED)),
    Case(_OFF, Kind.NOT_APPLICABLE, "what was before is not known", now(vpc_cni=_DISABLED)),
)
IMPOSSIBLE: dict[tuple[str, Kind], str] = {}
