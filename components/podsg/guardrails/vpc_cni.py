"""Settings of the VPC CNI that keep pods from a branch ENI, or from what its groups should do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from podsg.guardrails.branch_pods import each_with_branch_eni
from podsg.guardrails.cluster_facts import is_ipv6
from podsg.guardrails.cni_settings import (
    EARLY_DEMUX,
    EXCLUDED_FROM_SNAT,
    EXTERNAL_SNAT,
    IMDS_ONLY,
    MAX_ENI,
    MODE,
    POD_ENI,
    PREFIX_DELEGATION,
    init_setting,
    init_variable,
    is_on,
    is_standard,
    setting,
    variable,
    vpc_cni,
    whole_number,
    with_vpc_cni,
)
from podsg.guardrails.node_sharing import Neighbours, neighbours
from podsg.guardrails.record import Applied, Failure, Fix, Guardrail, Scene, Severity
from podsg.guardrails.selection import each_selected, policies, undecided
from podsg.model.snapshot import NetworkPolicy, NotKnownError, Place, PodSet, known

# Source: aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch/cooldown/cooldown.go.
_COOLDOWN_FLOOR, _COOLDOWN_DEFAULT = 30, 60
_MULTI_NIC: Final = ("k8s.amazonaws.com/nicConfig", "multi-nic-attachment")


def _pod_eni(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        value = variable(scene.now, POD_ENI)
        if is_on(scene.now, POD_ENI):
            return None
        return Failure(f'{POD_ENI} is "{value}", and policies are there', setting(POD_ENI, "true"))

    if policies(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _early_demux(scene: Scene) -> Iterator[Applied]:
    def check(pods: PodSet) -> Failure | None:
        containers = known(f"containers of {pods.place}", pods.containers)
        count = sum(len(one.probes) for one in containers)
        if not count or init_variable(scene.now, EARLY_DEMUX) == "true":
            return None
        problem = f'{EARLY_DEMUX} is not "true", and the kubelet makes {count} probes over the network'
        return Failure(problem, init_setting(EARLY_DEMUX, "true"))

    yield from each_selected(scene, check, in_strict_mode_only=True)


def _known_mode(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        value = variable(scene.now, MODE)
        if value in {"strict", "standard"}:
            return None
        return Failure(f'{MODE} is "{value}", which is neither strict nor standard', setting(MODE, "strict"))

    yield Applied(vpc_cni(scene.now), check)


def _external_snat(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        if is_on(scene.now, EXTERNAL_SNAT) or variable(scene.now, EXCLUDED_FROM_SNAT).strip():
            return None
        if is_ipv6(scene.now):
            return None
        value = variable(scene.now, EXTERNAL_SNAT)
        fix = setting(EXTERNAL_SNAT, "true")
        text = f"{fix.text}, with nodes in private subnets behind a NAT gateway"
        problem = f'{MODE} is "standard", {EXTERNAL_SNAT} is "{value}", and {EXCLUDED_FROM_SNAT} is empty'
        return Failure(problem, replace(fix, text=text))

    if policies(scene.now) and is_standard(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _same_node(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        pairs = neighbours(scene.now)
        if not pairs:
            return None
        fix = Fix(
            "write a NetworkPolicy for each of these sets of pods, and set enableNetworkPolicy of the "
            f'VPC CNI to "true", or set {MODE} to "strict"',
            lambda scene: _with_network_policies(scene, pairs),
        )
        problem = (
            f'{MODE} is "standard", and sets of pods without NetworkPolicy that may share a node with pods '
            f"of other groups: {len(pairs)}, such as {pairs[0]}"
        )
        return Failure(problem, fix)

    if policies(scene.now) and is_standard(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _with_network_policies(scene: Scene, pairs: tuple[Neighbours, ...]) -> Scene:
    more = tuple(
        NetworkPolicy(
            Place(f"NetworkPolicy {pair.pods.namespace}/{pair.pods.name}"),
            pair.pods.namespace,
            pair.pods.name,
            pod_selector={"matchLabels": pair.pods.labels},
        )
        for pair in pairs
    )
    there = known("NetworkPolicy objects", scene.now.network_policies)
    enforced = with_vpc_cni(scene, replace(vpc_cni(scene.now), has_network_policy=True))
    return enforced.with_parts(network_policies=(*there, *more))


def _prefix_delegation(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        if not is_on(scene.now, PREFIX_DELEGATION) or is_ipv6(scene.now):
            return None
        fix = setting(PREFIX_DELEGATION, "false")
        text = f"{fix.text} if these pods were the reason, and take more nodes or a larger type for them"
        problem = (
            f'{PREFIX_DELEGATION} is "{variable(scene.now, PREFIX_DELEGATION)}", '
            f"{len(policies(scene.now))} SecurityGroupPolicy objects are there, "
            "and each branch ENI holds 1 address all the same"
        )
        return Failure(problem, replace(fix, text=text))

    if policies(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _max_eni(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        if whole_number(variable(scene.now, MAX_ENI)) != 1:
            return None
        problem = f'{MAX_ENI} is "1", and a node needs 2: its primary ENI and the trunk'
        return Failure(problem, setting(MAX_ENI, "2"))

    if policies(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _cooldown(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        value = known("branch-eni-cooldown", vpc_cni(scene.now).cooldown)
        if value is None:
            return None
        seconds = whole_number(value)
        if seconds is None:
            used, why = _COOLDOWN_DEFAULT, "not a whole number of seconds"
        elif seconds < _COOLDOWN_FLOOR:
            used, why = _COOLDOWN_FLOOR, f"less than {_COOLDOWN_FLOOR}"
        else:
            return None
        fix = Fix(
            f'set branch-eni-cooldown of the ConfigMap kube-system/amazon-vpc-cni to "{used}" or more',
            lambda scene: with_vpc_cni(scene, replace(vpc_cni(scene.now), cooldown=str(used))),
        )
        return Failure(f'branch-eni-cooldown is "{value}", which is {why}; {used} is used', fix)

    if policies(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _one_nic(scene: Scene) -> Iterator[Applied]:
    def sees_trunk() -> Failure | None:
        if not is_on(scene.now, IMDS_ONLY):
            return None
        problem = f'{IMDS_ONLY} is "{variable(scene.now, IMDS_ONLY)}", and policies are there'
        return Failure(problem, setting(IMDS_ONLY, "false"))

    def has_one(pods: PodSet) -> Failure | None:
        key, value = _MULTI_NIC
        annotations = known(f"annotations of {pods.place}", pods.annotations)
        if annotations.get(key) != value:
            return None
        without = replace(pods, annotations={name: annotations[name] for name in annotations if name != key})
        fix = Fix(f"remove the annotation {key}", lambda scene: scene.with_item("pod_sets", pods, without))
        return Failure(f'it has the annotation {key} "{value}", and a policy selects it', fix)

    if not policies(scene.now):
        return
    yield Applied(vpc_cni(scene.now), sees_trunk)
    try:
        yield from each_with_branch_eni(scene, has_one)
    except NotKnownError as error:
        yield undecided(vpc_cni(scene.now), error)


GUARDRAILS: Final = (
    Guardrail(
        id="pod-eni-enabled",
        number=1,
        title="The VPC CNI is told to use pod ENIs where SecurityGroupPolicy objects are there",
        severity=Severity.ERROR,
        condition="A SecurityGroupPolicy exists, and ENABLE_POD_ENI is not on",
        consequence=(
            "the webhook asks for a branch ENI all the same, no node offers one, and the pods stay Pending"
        ),
        source='EKS user guide, "Assign security groups to individual Pods"; VPC Resource Controller v1.8.2',
        applies=_pod_eni,
        needs=("vpc_cni", "policies"),
    ),
    Guardrail(
        id="early-demux-disabled",
        number=15,
        title="TCP early demux is off where the kubelet probes pods with branch ENIs in strict mode",
        severity=Severity.ERROR,
        condition='Mode strict, HTTP, TCP or gRPC probes, and DISABLE_TCP_EARLY_DEMUX is not "true"',
        consequence="the kubelet cannot connect to the pod, and its probes fail",
        source='EKS best practices guide, "Security groups per Pod"; amazon-vpc-cni-k8s README.md',
        applies=_early_demux,
        needs=("vpc_cni", "policies", "pod_sets", "service_accounts"),
        modes=("strict",),
    ),
    Guardrail(
        id="enforcing-mode-known",
        number=16,
        title="The enforcing mode is strict or standard",
        severity=Severity.ERROR,
        condition="POD_SECURITY_GROUP_ENFORCING_MODE is neither strict nor standard",
        consequence="aws-node exits at its start, and no pod gets an address on new nodes",
        source="amazon-vpc-cni-k8s README.md, POD_SECURITY_GROUP_ENFORCING_MODE",
        applies=_known_mode,
        needs=("vpc_cni",),
    ),
    Guardrail(
        id="external-snat-in-standard-mode",
        number=24,
        title="Pods keep their addresses on the way out of the VPC where the enforcing mode is standard",
        severity=Severity.WARNING,
        condition="Mode standard, a SecurityGroupPolicy exists, AWS_VPC_K8S_CNI_EXTERNALSNAT is off, and "
        "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS is empty",
        consequence="what leaves the VPC, also to peered and on-premises networks, has the address of the "
        "node, and the groups of the node judge it instead of those of the pod",
        source="amazon-vpc-cni-k8s README.md, POD_SECURITY_GROUP_ENFORCING_MODE",
        applies=_external_snat,
        needs=("cluster", "vpc_cni", "policies"),
        modes=("standard",),
        contradiction="The EKS best practices guide says that in mode standard the groups of both the node "
        "and the pod judge all traffic; README.md of amazon-vpc-cni-k8s and its code say one of them for "
        "each flow. README.md is followed.",
    ),
    Guardrail(
        id="same-node-flows-filtered",
        number=25,
        title="Pods with different groups that may share a node have a NetworkPolicy in mode standard",
        severity=Severity.WARNING,
        condition="Mode standard, and pods with different groups may run on one node without a NetworkPolicy",
        consequence="no security group judges what pods on one node send each other",
        source="amazon-vpc-cni-k8s README.md, POD_SECURITY_GROUP_ENFORCING_MODE",
        applies=_same_node,
        needs=("vpc_cni", "policies", "pod_sets", "service_accounts", "network_policies"),
        modes=("standard",),
        contradiction="The EKS user guide adds that pods with different groups on one node cannot talk at "
        "all; README.md of amazon-vpc-cni-k8s and its code say that no group filters them. README.md is "
        "followed.",
    ),
    Guardrail(
        id="prefix-delegation-not-for-branch-enis",
        number=30,
        title="Nobody counts on prefix delegation for more pods with branch ENIs",
        severity=Severity.WARNING,
        condition="ENABLE_PREFIX_DELEGATION is on in an IPv4 cluster, and a SecurityGroupPolicy exists",
        consequence="prefixes serve ordinary pods only, and a node holds as many branch ENIs as without them",
        source="amazon-vpc-cni-k8s README.md, ENABLE_POD_ENI",
        applies=_prefix_delegation,
        needs=("cluster", "vpc_cni", "policies"),
    ),
    Guardrail(
        id="max-eni-leaves-slot-for-trunk",
        number=32,
        title="MAX_ENI leaves a slot for the trunk ENI",
        severity=Severity.ERROR,
        condition="A SecurityGroupPolicy exists, and MAX_ENI is 1",
        consequence="no trunk ENI is made, no node offers branch ENIs, and the pods stay Pending",
        source="amazon-vpc-cni-k8s README.md, MAX_ENI, and pkg/ipamd/ipamd.go",
        applies=_max_eni,
        needs=("vpc_cni", "policies"),
    ),
    Guardrail(
        id="cooldown-at-least-30-seconds",
        number=37,
        title="The cool-down of branch ENIs is a whole number of seconds, 30 at least",
        severity=Severity.WARNING,
        condition="branch-eni-cooldown is less than 30, or not a whole number",
        consequence="the VPC Resource Controller uses another cool-down than the one that is written",
        source="aws/amazon-vpc-resource-controller-k8s v1.8.2, pkg/provider/branch/cooldown/cooldown.go",
        applies=_cooldown,
        needs=("vpc_cni", "policies"),
    ),
    Guardrail(
        id="no-multi-nic-or-imds-only-mode",
        number=48,
        title="Pods with branch ENIs ask for one interface, and aws-node may ask EC2 for the trunk",
        severity=Severity.ERROR,
        condition="A SecurityGroupPolicy exists, and ENABLE_IMDS_ONLY_MODE is on, or pods with branch ENIs "
        "ask for several interfaces",
        consequence="in IMDS-only mode aws-node never sees the trunk and the pods do not start; and pods "
        "that ask for several interfaces get one",
        source="amazon-vpc-cni-k8s, pkg/awsutils/awsutils.go; EKS user guide, multiple interfaces for Pods",
        applies=_one_nic,
        needs=("vpc_cni", "policies", "pod_sets", "service_accounts"),
    ),
)
