"""Settings of the VPC CNI without which no pod gets a branch ENI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from podsg.guardrails.cni_settings import (
    EARLY_DEMUX,
    MODE,
    POD_ENI,
    init_setting,
    init_variable,
    setting,
    variable,
    vpc_cni,
)
from podsg.guardrails.record import Applied, Failure, Guardrail, Scene, Severity
from podsg.guardrails.selection import each_selected, policies
from podsg.model.snapshot import PodSet, known


def _pod_eni(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        value = variable(scene.now, POD_ENI)
        if value == "true":
            return None
        return Failure(f'{POD_ENI} is "{value}", and policies are there', setting(POD_ENI, "true"))

    if policies(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _early_demux(scene: Scene) -> Iterator[Applied]:
    def check(pods: PodSet) -> Failure | None:
        containers = known(f"containers of {pods.place}", pods.containers)
        count = sum(probe.protocol in {"http", "tcp", "grpc"} for one in containers for probe in one.probes)
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


GUARDRAILS: Final = (
    Guardrail(
        id="pod-eni-enabled",
        number=1,
        title="The VPC CNI is told to use pod ENIs where SecurityGroupPolicy objects are there",
        severity=Severity.ERROR,
        condition='A SecurityGroupPolicy exists, and ENABLE_POD_ENI is not "true"',
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
)
