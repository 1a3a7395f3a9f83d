"""Many pods at once, and a rolling update where no slot is free."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from tests.lab.conftest import FIGURE

from .objects import deployment, namespace, policy
from .scene import POD_ENI, PodCluster, PodScene, branch_eni, is_running, until

COOLDOWN_SECONDS = 30
"""The shortest that the VPC Resource Controller accepts."""


def _shorten_cooldown(cluster: PodCluster) -> None:
    data = f'{{"data": {{"branch-eni-cooldown": "{COOLDOWN_SECONDS}"}}}}'
    cluster.kubectl("patch", "configmap", "amazon-vpc-cni", "--namespace", "kube-system", "--patch", data)


def _pods(cluster: PodCluster, name: str = "app") -> list[dict[str, Any]]:
    return cluster.objects("pods", "many", f"app={name}")


def _until_all_run(
    cluster: PodCluster, count: int, seconds: float, name: str = "app"
) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]]:
        pods = [pod for pod in _pods(cluster, name) if is_running(pod) and branch_eni(pod)]
        return pods if len(pods) == count else []

    pods = until(found, f"{count} pods on branch ENIs", seconds)
    assert isinstance(pods, list)
    return pods


def test_200_pods_on_8_nodes(scene: PodScene) -> None:
    with scene.running("many") as cluster:
        cluster.node_group("workers", "m5.2xlarge", 8)
        group_id = scene.pod_group_id
        cluster.apply(namespace("many"), policy("many", [group_id]), deployment("many", 200))
        pods = _until_all_run(cluster, 200, 300)
        enis = [eni for pod in pods if (eni := branch_eni(pod))]
        assert len({eni["eniId"] for eni in enis}) == len({eni["privateIp"] for eni in enis}) == 200
        per_node = {(pod["spec"]["nodeName"], eni["vlanId"]) for pod, eni in zip(pods, enis, strict=True)}
        assert len(per_node) == 200
        cluster.kubectl("delete", "deployment", "app", "--namespace", "many")


def test_rolling_update_on_full_nodes(
    scene: PodScene, record_property: Callable[[str, object], None]
) -> None:
    """A successor is scheduled as soon as a pod is deleted, and gets its ENI when the cool-down is over."""
    with scene.running("full") as cluster:
        cluster.node_group("workers", "m5.xlarge", 2)
        _shorten_cooldown(cluster)
        slots = sum(int(node["status"]["allocatable"][POD_ENI]) for node in _offering(cluster, 2))
        half = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "50%"}}
        cluster.apply(
            namespace("many"),
            policy("many", [scene.pod_group_id], podSelector={}),
            deployment("many", 20, strategy=half),
            deployment("many", slots - 20, name="filler"),
        )
        _until_all_run(cluster, 20, 120)
        _until_all_run(cluster, slots - 20, 120, "filler")

        cluster.kubectl("rollout", "restart", "deployment/app", "--namespace", "many")
        cluster.kubectl("rollout", "status", "deployment/app", "--namespace", "many", "--timeout=400s")

        pods = _until_all_run(cluster, 20, 30)
        waits = [_seconds_for_branch_eni(pod) for pod in pods]
        waited = [seconds for seconds in waits if seconds >= COOLDOWN_SECONDS / 2]
        assert waited, "no pod waited for the cool-down: the nodes were not full"
        record_property(
            FIGURE,
            f"rolling update of 20 on full nodes: {len(waited)} pods waited for a cool-down, "
            f"{max(waits):.0f} s at most, {sum(waits):.0f} s in sum",
        )


def _offering(cluster: PodCluster, count: int) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]]:
        nodes = [node for node in cluster.objects("nodes") if POD_ENI in node["status"]["allocatable"]]
        return nodes if len(nodes) == count else []

    nodes = until(found, f"{count} nodes that offer branch ENIs")
    assert isinstance(nodes, list)
    return nodes


def _seconds_for_branch_eni(pod: dict[str, Any]) -> float:
    """Return the seconds from the scheduler's decision until the pod was ready."""
    times = {
        each["type"]: dt.datetime.fromisoformat(each["lastTransitionTime"])
        for each in pod["status"]["conditions"]
    }
    return (times["Ready"] - times["PodScheduled"]).total_seconds()
