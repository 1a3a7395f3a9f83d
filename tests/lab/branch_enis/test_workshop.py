"""The scenario of the Amazon EKS workshop, from manifests as a user writes them.

Source: Amazon EKS workshop, Networking, Security groups for pods.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.conftest import Lab

from .scene import MANIFESTS, POD_ENI, PodCluster, PodScene, branch_eni, group_ids, is_running, until

SLOTS = 9
"""Branch ENIs of an m5.large."""


def _pods(cluster: PodCluster) -> list[dict[str, Any]]:
    return cluster.objects("pods", "catalog", "app.kubernetes.io/name=catalog")


def _all_running(cluster: PodCluster, count: int, *, with_branch: bool) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]]:
        pods = _pods(cluster)
        fine = [pod for pod in pods if is_running(pod) and (branch_eni(pod) is not None) == with_branch]
        return fine if len(fine) == len(pods) == count else []

    pods = until(found, f"{count} catalog pods")
    assert isinstance(pods, list)
    return pods


@pytest.fixture
def cluster(lab: Lab) -> Any:
    scene = PodScene(lab.running(), "workshop", "10.70")
    try:
        with scene.running("workshop") as running:
            running.node_group("workers")
            yield running
    finally:
        scene.remove()


def test_catalog_gets_the_groups_of_its_policy(cluster: PodCluster) -> None:
    group_id = cluster.scene.pod_group_id
    cluster.kubectl("apply", "--filename", str(MANIFESTS / "catalog.yaml"))
    (before,) = _all_running(cluster, 1, with_branch=False)
    (node,) = cluster.objects("nodes")
    primary = cluster.interface_at(node["status"]["addresses"][0]["address"])
    assert group_ids(cluster.interface_at(before["status"]["podIP"])) == group_ids(primary)

    policy = (MANIFESTS / "catalog-policy.yaml").read_text().replace("CATALOG_GROUP_ID", group_id)
    cluster.apply(policy)
    assert [pod["metadata"]["uid"] for pod in _pods(cluster)] == [before["metadata"]["uid"]]
    cluster.kubectl("rollout", "restart", "deployment/catalog", "--namespace", "catalog")
    (pod,) = _all_running(cluster, 1, with_branch=True)
    eni = branch_eni(pod)
    assert eni is not None
    interface = cluster.interface(eni["eniId"])
    assert group_ids(interface) == {group_id}
    assert (interface["InterfaceType"], interface["Status"]) == ("branch", "in-use")
    assert eni["privateIp"] == interface["PrivateIpAddress"] == pod["status"]["podIP"]
    name = pod["metadata"]["name"]
    assert group_id in cluster.until_event("catalog", name, "SecurityGroupRequested")
    assert eni["eniId"] in cluster.until_event("catalog", name, "ResourceAllocated")

    _fill(cluster)
    _replace_on_a_full_node(cluster)


def _fill(cluster: PodCluster) -> None:
    """More pods than the node has slots: the rest waits, and the scheduler says for what."""
    (node,) = cluster.objects("nodes")
    assert node["status"]["allocatable"][POD_ENI] == str(SLOTS)
    cluster.kubectl("scale", "deployment/catalog", "--namespace", "catalog", f"--replicas={SLOTS + 3}")

    def counts() -> bool:
        pods = _pods(cluster)
        return (sum(map(is_running, pods)), len(pods)) == (SLOTS, SLOTS + 3)

    until(counts, f"{SLOTS} of {SLOTS + 3} pods running")
    waiting = [pod for pod in _pods(cluster) if not is_running(pod)]
    for pod in waiting:
        message = cluster.until_event("catalog", pod["metadata"]["name"], "FailedScheduling")
        assert f"Insufficient {POD_ENI}" in message
    enis = [branch_eni(pod) for pod in _pods(cluster) if is_running(pod)]
    assert len({eni["vlanId"] for eni in enis if eni}) == SLOTS


def _replace_on_a_full_node(cluster: PodCluster) -> None:
    """A deleted pod frees its slot after the cool-down; its successor has a node, and waits for the ENI."""
    cluster.kubectl("scale", "deployment/catalog", "--namespace", "catalog", f"--replicas={SLOTS}")
    until(lambda: len(_pods(cluster)) == SLOTS, "the waiting pods to go")
    victims = [pod for pod in _pods(cluster) if is_running(pod)][:2]
    old = [eni["eniId"] for pod in victims if (eni := branch_eni(pod))]
    names = [pod["metadata"]["name"] for pod in victims]
    cluster.kubectl("delete", "pods", "--namespace", "catalog", *names)

    def successors() -> list[dict[str, Any]]:
        return [pod for pod in _pods(cluster) if "nodeName" in pod["spec"] and branch_eni(pod) is None]

    assert len(until(successors, "scheduled pods without a branch ENI")) == len(victims)
    for interface_id in old:
        assert cluster.interface(interface_id)["Status"] == "in-use"
    _all_running_after_cooldown(cluster)
    left = cluster.ec2.describe_network_interfaces(Filters=[{"Name": "network-interface-id", "Values": old}])[
        "NetworkInterfaces"
    ]
    assert left == []


def _all_running_after_cooldown(cluster: PodCluster) -> None:
    def done() -> bool:
        return all(is_running(pod) and branch_eni(pod) for pod in _pods(cluster))

    until(done, "the successors to run after the cool-down", 180)
