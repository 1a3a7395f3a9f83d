"""The state of each cluster of the lab, in rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.paths import admin_kubeconfigs
from lab.session import Session
from lab.status.facts import SYSTEM_NAMESPACE, Account, Cluster
from lab.status.judging import Judge, NodeRow, PodRow, PolicyRow
from lab.status.reading import read_account, read_cluster


@dataclass(frozen=True)
class ClusterReport:
    """Nodes, pods and policies of one cluster; `problem` says what could not be read."""

    nodes: tuple[NodeRow, ...] = ()
    pods: tuple[PodRow, ...] = ()
    policies: tuple[PolicyRow, ...] = ()
    problem: str = ""


def report(session: Session, *, with_system: bool = False) -> dict[str, ClusterReport]:
    """Report on every cluster of the lab, by name; empty if there is none.

    Args:
        session: The running lab.
        with_system: Whether pods of kube-system are told, too.
    """
    kubeconfigs = admin_kubeconfigs()
    account = read_account(session) if kubeconfigs else Account()
    clusters = {name: read_cluster(name, path) for name, path in kubeconfigs.items()}
    return {name: report_of(one, account, with_system=with_system) for name, one in clusters.items()}


def report_of(cluster: Cluster, account: Account, *, with_system: bool = False) -> ClusterReport:
    """Report on one cluster."""
    judge = Judge(cluster, account)
    pods = tuple(row for row in judge.pods() if with_system or row.namespace != SYSTEM_NAMESPACE)
    return ClusterReport(judge.nodes(), pods, judge.policies(), cluster.problem)


def warnings_of(reports: Mapping[str, ClusterReport]) -> list[str]:
    """List every warning with what it is about."""
    return [
        f"{kind} {row.namespace}/{row.name} on {cluster}: {row.warning}"
        for cluster, one in reports.items()
        for kind, rows in (("pod", one.pods), ("policy", one.policies))
        for row in rows
        if row.warning
    ]
