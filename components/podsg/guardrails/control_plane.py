"""The cluster: its role, its version, its add-ons, and who makes its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from podsg.guardrails.branch_pods import each_with_branch_eni
from podsg.guardrails.cluster_facts import cluster, is_ipv6, version_of
from podsg.guardrails.cni_settings import (
    CUSTOM_NETWORKING,
    MODE,
    is_on,
    is_standard,
    is_strict,
    setting,
    vpc_cni,
    with_vpc_cni,
)
from podsg.guardrails.record import Applied, Failure, Fix, Guardrail, Scene, Severity
from podsg.guardrails.selection import policies
from podsg.model.snapshot import NodeGroup, Place, PodSet, ServiceAccount, Snapshot, known

_ROLE_POLICY: Final = "AmazonEKSVPCResourceController"
_AUTO_MODE_SINCE: Final = (1, 36)
# Source: EKS user guide, "Assign security groups to individual Pods".
_PODS_SINCE, _STANDARD_SINCE, _IPV6_SINCE = (1, 7, 7), (1, 11), (1, 16)


def _is_auto_mode_alone(snapshot: Snapshot) -> bool:
    if not known("whether EKS Auto Mode is on", cluster(snapshot).has_auto_mode):
        return False
    return not known("node groups", snapshot.node_groups)


def _role(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        names = known("managed policies of the cluster's role", cluster(scene.now).role_policies)
        if _ROLE_POLICY in names:
            return None
        found = ", ".join(sorted(names)) or "no managed policy"
        allowed = replace(cluster(scene.now), role_policies=names | {_ROLE_POLICY})
        fix = Fix(
            f"attach the managed policy {_ROLE_POLICY} to the role of the cluster",
            lambda scene: scene.with_parts(cluster=allowed),
        )
        return Failure(f"its role has {found}, and not {_ROLE_POLICY}", fix)

    if policies(scene.now) and not _is_auto_mode_alone(scene.now):
        yield Applied(cluster(scene.now), check)


def _auto_mode(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        if not _is_auto_mode_alone(scene.now):
            return None
        own = NodeGroup(Place("nodes for pods with branch ENIs"), "branch-enis", instance_types=("m5.large",))
        fix = Fix(
            "add a managed node group of a type with a trunk, such as m5.large",
            lambda scene: scene.with_parts(node_groups=(own,)),
        )
        version = known("version of the cluster", cluster(scene.now).version)
        problem = f"EKS Auto Mode makes all its nodes, 0 node groups are there, and its version is {version}"
        return Failure(problem, fix)

    if not policies(scene.now):
        return
    now = cluster(scene.now)
    if not known("whether EKS Auto Mode is on", now.has_auto_mode):
        return
    if version_of("version of the cluster", now.version) < _AUTO_MODE_SINCE:
        yield Applied(now, check)


def _kube_proxy(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        mode = known("mode of kube-proxy", cluster(scene.now).kube_proxy_mode)
        if mode == "iptables":
            return None
        problem = f'kube-proxy is in mode "{mode}" and {MODE} is "strict", which needs "iptables"'
        return Failure(problem, setting(MODE, "standard"))

    if policies(scene.now) and is_strict(scene.now):
        yield Applied(cluster(scene.now), check)


def _ipv6(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        is_old = version_of("version of the VPC CNI", vpc_cni(scene.now).version) < _IPV6_SINCE
        is_custom = is_on(scene.now, CUSTOM_NETWORKING)
        upgraded, without = _upgrade(_IPV6_SINCE), setting(CUSTOM_NETWORKING, "false")
        if is_old and is_custom:
            fix = Fix(
                f"{upgraded.text}, and {without.text}", lambda scene: without.apply(upgraded.apply(scene))
            )
        elif is_old or is_custom:
            fix = upgraded if is_old else without
        else:
            return None
        state = "on" if is_custom else "off"
        version = vpc_cni(scene.now).version
        problem = f"the cluster is IPv6, its version is {version}, and custom networking is {state}"
        return Failure(problem, fix)

    if policies(scene.now) and is_ipv6(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _version(scene: Scene) -> Iterator[Applied]:
    def check() -> Failure | None:
        written = vpc_cni(scene.now).version
        version = version_of("version of the VPC CNI", written)
        if version < _PODS_SINCE:
            problem = (
                f"its version is {written}, and security groups for pods are there since {_text(_PODS_SINCE)}"
            )
        elif version < _STANDARD_SINCE and is_standard(scene.now):
            problem = f'its version is {written}, and mode "standard" is there since {_text(_STANDARD_SINCE)}'
        else:
            return None
        return Failure(problem, _upgrade(_STANDARD_SINCE))

    if policies(scene.now):
        yield Applied(vpc_cni(scene.now), check)


def _pod_identity(scene: Scene) -> Iterator[Applied]:
    def check(pods: PodSet) -> Failure | None:
        account = _account_of(scene.now, pods)
        if account is None or not known(
            f"Pod Identity associations of {account.place}", account.has_pod_identity
        ):
            return None
        fix = Fix(
            f"give {account.place} its role by IRSA (annotation eks.amazonaws.com/role-arn) and delete its "
            f'Pod Identity association, or set {MODE} to "standard"',
            lambda scene: scene.with_item(
                "service_accounts", account, replace(account, has_pod_identity=False)
            ),
        )
        return Failure(f'{account.place} has an EKS Pod Identity association, and {MODE} is "strict"', fix)

    yield from each_with_branch_eni(scene, check, in_strict_mode_only=True)


def _account_of(snapshot: Snapshot, pods: PodSet) -> ServiceAccount | None:
    name = known(f"service account of {pods.place}", pods.service_account)
    for account in known("service accounts", snapshot.service_accounts):
        if (
            account.name == name
            and known(f"namespace of {account.place}", account.namespace) == pods.namespace
        ):
            return account
    return None


def _upgrade(version: tuple[int, ...]) -> Fix:
    text = _text(version)
    return Fix(
        f"upgrade the VPC CNI to {text} or newer",
        lambda scene: with_vpc_cni(scene, replace(vpc_cni(scene.now), version=text)),
    )


def _text(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


GUARDRAILS: Final = (
    Guardrail(
        id="cluster-role-can-attach-trunks",
        number=2,
        title="The role of the cluster may attach trunk ENIs",
        severity=Severity.ERROR,
        condition=f"A SecurityGroupPolicy exists, and the role of the cluster does not have {_ROLE_POLICY}",
        consequence="EC2 refuses the trunk ENI, no node offers branch ENIs, and the pods stay Pending",
        source='EKS best practices guide, "Security groups per Pod"; '
        'EKS user guide, "Assign security groups to individual Pods"',
        applies=_role,
        needs=("cluster", "node_groups", "policies"),
    ),
    Guardrail(
        id="nodes-outside-auto-mode",
        number=6,
        title="Pods with branch ENIs have nodes that EKS Auto Mode does not make",
        severity=Severity.ERROR,
        condition="A SecurityGroupPolicy exists, and only EKS Auto Mode makes nodes, before version 1.36",
        consequence="the VPC Resource Controller passes over these nodes, and the pods stay Pending",
        source="EKS user guide, security groups for pods with EKS Auto Mode (auto-sgp); "
        "aws/amazon-vpc-resource-controller-k8s v1.8.2, controllers/core/node_controller.go",
        applies=_auto_mode,
        needs=("cluster", "node_groups", "policies"),
        contradiction="A page of the user guide says that EKS Auto Mode goes without security groups for "
        "pods; a newer one (auto-sgp) says that from Kubernetes 1.36 it has them, in a way of its own. The "
        "newer one is followed, and from 1.36 nothing is said here.",
    ),
    Guardrail(
        id="kube-proxy-in-iptables-mode",
        number=21,
        title="kube-proxy uses iptables where the enforcing mode is strict",
        severity=Severity.WARNING,
        condition="Mode strict, a SecurityGroupPolicy exists, and kube-proxy is not in mode iptables",
        consequence="strict mode is supported with iptables only, and pods may not reach services",
        source="amazon-vpc-cni-k8s README.md, POD_SECURITY_GROUP_ENFORCING_MODE",
        applies=_kube_proxy,
        needs=("cluster", "vpc_cni", "policies"),
        modes=("strict",),
    ),
    Guardrail(
        id="vpc-cni-fits-ipv6",
        number=27,
        title="The VPC CNI gives branch ENIs to pods of an IPv6 cluster",
        severity=Severity.ERROR,
        condition="IPv6, a SecurityGroupPolicy exists, and a VPC CNI before 1.16 or with custom networking",
        consequence="the VPC CNI cannot set up branch ENIs with IPv6 addresses, and the pods do not start",
        source='EKS user guide, "Assign security groups to individual Pods"',
        applies=_ipv6,
        needs=("cluster", "vpc_cni", "policies"),
        contradiction="The feature matrix in README.md of amazon-vpc-cni-k8s says that IPv6 has no security "
        "groups for pods; the EKS user guide says that it has from VPC CNI 1.16. The user guide is followed.",
    ),
    Guardrail(
        id="vpc-cni-new-enough",
        number=47,
        title="The VPC CNI is new enough for security groups for pods, and for the mode that it is told",
        severity=Severity.ERROR,
        condition="A SecurityGroupPolicy exists, and a VPC CNI before 1.7.7, or before 1.11 in mode standard",
        consequence="it gives no branch ENIs, or passes over the mode and enforces strictly",
        source='EKS user guide, "Assign security groups to individual Pods"; amazon-vpc-cni-k8s README.md',
        applies=_version,
        needs=("vpc_cni", "policies"),
    ),
    Guardrail(
        id="no-pod-identity-in-strict-mode",
        number=51,
        title="Pods with branch ENIs in strict mode have their role by other means than EKS Pod Identity",
        severity=Severity.WARNING,
        condition="Mode strict, and pods with branch ENIs use EKS Pod Identity by their service account",
        consequence="they cannot reach the Pod Identity agent on their node, and get no AWS credentials",
        source="aws/amazon-vpc-resource-controller-k8s issue 618; aws/amazon-vpc-cni-k8s issue 2797",
        applies=_pod_identity,
        needs=("vpc_cni", "policies", "pod_sets", "service_accounts"),
        modes=("strict",),
    ),
)
