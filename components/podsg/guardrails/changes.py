"""Changes that running pods and nodes do not follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from podsg.guardrails.branch_pods import groups_of, policies_on_eni
from podsg.guardrails.cni_settings import CUSTOM_NETWORKING, MODE, POD_ENI, is_on, variable, vpc_cni
from podsg.guardrails.record import Applied, Failure, Fix, Guardrail, Scene, Severity
from podsg.guardrails.selection import policies
from podsg.model.snapshot import EniConfig, NotKnownError, PodSet, Snapshot, known

_ROLLED: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
"""Kinds whose pods are replaced when their template changes."""


def _done(scene: Scene, *parts: str) -> Scene:
    """Return the scene after running pods or nodes were replaced: what was before is what is now."""
    followed = {part: getattr(scene.now, part) for part in parts}
    return replace(scene, before=replace(scene.before or scene.now, **followed))


def _mode(scene: Scene) -> Iterator[Applied]:
    before = scene.before
    if before is None:
        return

    def check() -> Failure | None:
        old, new = variable(before, MODE), variable(scene.now, MODE)
        if old == new:
            return None
        fix = Fix(
            "restart all pods with branch ENIs, or replace their nodes, once aws-node runs with the new mode",
            lambda scene: _done(scene, "vpc_cni"),
        )
        return Failure(f'{MODE} changes from "{old}" to "{new}", and running pods keep "{old}"', fix)

    if policies(before) and is_on(before, POD_ENI):
        yield Applied(vpc_cni(scene.now), check)


def _eni_configs(scene: Scene) -> Iterator[Applied]:
    before = scene.before
    if before is None or not is_on(before, POD_ENI) or not is_on(before, CUSTOM_NETWORKING):
        return
    olds = {one.name: one for one in known("ENIConfig objects", before.eni_configs)}
    for new in known("ENIConfig objects", scene.now.eni_configs):
        if new.name in olds:
            yield _eni_config(olds[new.name], new)


def _eni_config(old: EniConfig, new: EniConfig) -> Applied:
    def check() -> Failure | None:
        ids = known(f"subnet of {old.place}", old.subnet_id), known(f"subnet of {new.place}", new.subnet_id)
        if ids[0] == ids[1]:
            return None
        fix = Fix(
            f"replace the nodes that use ENIConfig {new.name}, after draining them",
            lambda scene: _done(scene, "eni_configs"),
        )
        return Failure(f"its subnet changes from {ids[0]} to {ids[1]}, and trunks stay in {ids[0]}", fix)

    return Applied(new, check)


def _policies(scene: Scene) -> Iterator[Applied]:
    before = scene.before
    if before is None or not (policies(before) or policies(scene.now)):
        return
    olds = {_identity(pods): pods for pods in known("pods", before.pod_sets)}
    for pods in known("pods", scene.now.pod_sets):
        old = olds.get(_identity(pods))
        if old and (_may_have_branch_eni(before, old) or _may_have_branch_eni(scene.now, pods)):
            yield _policies_of_pods(scene.now, pods, before, old)


def _policies_of_pods(now: Snapshot, pods: PodSet, before: Snapshot, old: PodSet) -> Applied:
    def check() -> Failure | None:
        given = groups_of(policies_on_eni(before, old))
        wanted = groups_of(policies_on_eni(now, pods))
        if given == wanted or _is_replaced(old, pods):
            return None
        problem = f"its pods run with {_groups(given)}, and new ones get {_groups(wanted)}"
        return Failure(problem, _restart(pods))

    return Applied(pods, check)


def _identity(pods: PodSet) -> tuple[str, str, str]:
    return pods.kind, known(f"namespace of {pods.place}", pods.namespace), pods.name


def _may_have_branch_eni(snapshot: Snapshot, pods: PodSet) -> bool:
    try:
        return bool(policies_on_eni(snapshot, pods))
    except NotKnownError:
        return True


def _is_replaced(old: PodSet, new: PodSet) -> bool:
    if new.kind == "CronJob":
        return True
    return new.kind in _ROLLED and _template(old) != _template(new)


def _template(pods: PodSet) -> tuple[object, ...]:
    parts = (
        pods.labels,
        pods.annotations,
        pods.service_account,
        pods.is_host_network,
        pods.grace_period_seconds,
        pods.node_labels,
        pods.containers,
    )
    return tuple(known(f"pod template of {pods.place}", part) for part in parts)


def _groups(ids: frozenset[str]) -> str:
    return ", ".join(sorted(ids)) or "the groups of the node"


def _restart(pods: PodSet) -> Fix:
    command = f"kubectl rollout restart {pods.kind.lower()}/{pods.name} --namespace {pods.namespace}"
    how = f"restart its pods once the policies are in place ({command})"
    if pods.kind not in _ROLLED:
        how = "replace its pods once the policies are in place"
    return Fix(how, lambda scene: _done(scene, "policies", "pod_sets", "service_accounts"))


def _pod_eni(scene: Scene) -> Iterator[Applied]:
    before = scene.before
    if before is None:
        return

    def check() -> Failure | None:
        if is_on(scene.now, POD_ENI):
            return None
        fix = Fix(
            "replace the nodes that have a trunk ENI, once the setting is in place",
            lambda scene: _done(scene, "vpc_cni"),
        )
        old, new = variable(before, POD_ENI), variable(scene.now, POD_ENI)
        return Failure(f'{POD_ENI} changes from "{old}" to "{new}", and running nodes keep their trunks', fix)

    if is_on(before, POD_ENI):
        yield Applied(vpc_cni(scene.now), check)


GUARDRAILS: Final = (
    Guardrail(
        id="pods-restarted-after-mode-change",
        number=17,
        title="Pods with branch ENIs are restarted when the enforcing mode changes",
        severity=Severity.WARNING,
        condition="POD_SECURITY_GROUP_ENFORCING_MODE changes where SecurityGroupPolicy objects were",
        consequence="running pods keep the mode that they started with, and only new ones get the other",
        source="amazon-vpc-cni-k8s README.md, POD_SECURITY_GROUP_ENFORCING_MODE; EKS best practices guide, "
        '"Security groups per Pod"',
        applies=_mode,
        needs=("vpc_cni", "policies"),
    ),
    Guardrail(
        id="nodes-replaced-after-eniconfig-change",
        number=29,
        title="Nodes are replaced when the subnet of their ENIConfig changes",
        severity=Severity.WARNING,
        condition="With pod ENIs and custom networking, the subnet of an ENIConfig changes",
        consequence="the trunk ENIs of running nodes are not moved, and branch ENIs in the old subnet leak "
        "when the VPC Resource Controller restarts",
        source="aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch/trunk/trunk.go",
        applies=_eni_configs,
        needs=("vpc_cni", "eni_configs"),
    ),
    Guardrail(
        id="pods-restarted-after-policy-change",
        number=39,
        title="Pods are restarted when the policies that select them give other groups",
        severity=Severity.WARNING,
        condition="Pods stay, and the policies that select them give other groups than before",
        consequence="running pods keep the groups that they started with, and only new ones get the others",
        source='EKS best practices guide, "Security groups per Pod"; '
        'EKS user guide, "Assign security groups to individual Pods"',
        applies=_policies,
        needs=("policies", "pod_sets", "service_accounts"),
    ),
    Guardrail(
        id="nodes-replaced-after-pod-eni-off",
        number=46,
        title="Nodes are replaced when the VPC CNI is told to use no pod ENIs any more",
        severity=Severity.WARNING,
        condition="ENABLE_POD_ENI was on and is switched off",
        consequence="trunk ENIs stay attached to running nodes, and each takes one of the ENIs of its node",
        source="amazon-vpc-cni-k8s README.md, ENABLE_POD_ENI",
        applies=_pod_eni,
        needs=("vpc_cni",),
    ),
)
