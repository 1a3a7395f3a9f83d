"""Settings of a whole cluster that break every pod of a policy, and the fix that the rules name.

Source: the rules of security groups for pods, as docs/lab.md lists them with their sources.
"""

from __future__ import annotations

from typing import Any

from tests.lab.by_hand import ZONES

from .objects import deployment, eni_config, namespace, on_group, policy
from .scene import POD_ENI, POD_ENI_ON, PodCluster, PodScene, branch_eni, group_ids, is_running, until

CUSTOM = POD_ENI_ON | {
    "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
    "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
}


def _deploy(cluster: PodCluster, where: str = "app", **pod: Any) -> None:
    group_id = cluster.scene.pod_group_id
    cluster.apply(namespace(where), policy(where, [group_id]), deployment(where, **pod))


def _pod(cluster: PodCluster, where: str = "app") -> dict[str, Any]:
    (pod,) = until(lambda: cluster.objects("pods", where, "app=app"), f"the pod of {where}")
    return dict(pod)


def _is_short_of_slots(cluster: PodCluster, where: str = "app") -> None:
    """The webhook has asked for a branch ENI that no node offers: the pod waits for ever."""
    name = _pod(cluster, where)["metadata"]["name"]
    assert f"Insufficient {POD_ENI}" in cluster.until_event(where, name, "FailedScheduling")


def _runs_on_branch_eni(cluster: PodCluster, where: str = "app") -> Any:
    def found() -> Any:
        pod = _pod(cluster, where)
        return branch_eni(pod) if is_running(pod) else None

    eni = until(found, f"the pod of {where} on a branch ENI")
    interface = cluster.interface(eni["eniId"])
    assert group_ids(interface) == {cluster.scene.pod_group_id}
    return interface


def _node(cluster: PodCluster, group: str) -> dict[str, Any]:
    selector = f"eks.amazonaws.com/nodegroup={group}"
    (node,) = until(lambda: cluster.objects("nodes", selector=selector), f"the node of {group}")
    return dict(node)


def _features(cluster: PodCluster, group: str) -> list[str]:
    name = _node(cluster, group)["metadata"]["name"]
    nodes = {each["metadata"]["name"]: each for each in cluster.objects("cninodes")}
    return [feature["name"] for feature in nodes.get(name, {}).get("spec", {}).get("features", [])]


def _crashes(cluster: PodCluster) -> int:
    """Return how often aws-node has been started again, 0 unless it waits for the next start."""
    pods = cluster.objects("pods", "kube-system", "k8s-app=aws-node")
    containers = [each for pod in pods for each in pod["status"].get("containerStatuses", [])]
    waiting = [each for each in containers if "CrashLoopBackOff" in str(each["state"].get("waiting"))]
    return max((each["restartCount"] for each in waiting), default=0)


def _is_ready(cluster: PodCluster, group: str) -> bool:
    conditions = _node(cluster, group)["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def test_pod_eni_off(scene: PodScene) -> None:
    """Rule 1."""
    with scene.running("pod-eni-off", env={"ENABLE_POD_ENI": "false"}) as cluster:
        cluster.node_group("workers")
        _deploy(cluster)
        _is_short_of_slots(cluster)
        assert _features(cluster, "workers") == []

        cluster.set_environment(**POD_ENI_ON)
        _runs_on_branch_eni(cluster)
        assert _features(cluster, "workers") == ["SecurityGroupsForPods"]


def test_cluster_role_without_the_policy(scene: PodScene) -> None:
    """Rule 2."""
    with scene.running("no-policy", policies=("AmazonEKSClusterPolicy",)) as cluster:
        cluster.node_group("workers")
        _deploy(cluster)
        node = _node(cluster, "workers")["metadata"]["name"]
        message = cluster.until_event("default", node, "TrunkENICreationFailed")
        assert "UnauthorizedOperation" in message
        _is_short_of_slots(cluster)

        policy_arn = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController"
        role = cluster.eks.describe_cluster(name=cluster.name)["cluster"]["roleArn"].rpartition("/")[2]
        scene.attach(role, policy_arn)
        # The controller has dropped the node; it tries again when something about the node changes.
        cluster.kubectl("annotate", "node", node, "example.com/again=1")
        _runs_on_branch_eni(cluster)


def test_mode_misspelt(scene: PodScene) -> None:
    """Rule 16: aws-node ends at its start, and a new node never becomes ready."""
    misspelt = POD_ENI_ON | {"POD_SECURITY_GROUP_ENFORCING_MODE": "Strict"}
    with scene.running("misspelt", env=misspelt) as cluster:
        cluster.start_node_group("workers", "m5.large", 1)
        _node(cluster, "workers")

        until(lambda: _crashes(cluster), "aws-node in a crash loop")
        assert not _is_ready(cluster, "workers")

        cluster.set_environment(**POD_ENI_ON, POD_SECURITY_GROUP_ENFORCING_MODE="strict")
        assert cluster.settled("workers")["status"] == "ACTIVE"
        _deploy(cluster)
        _runs_on_branch_eni(cluster)


def test_no_free_interface_slot(scene: PodScene) -> None:
    """Rule 32: MAX_ENI leaves no slot for the trunk."""
    with scene.running("no-slot", env=POD_ENI_ON | {"MAX_ENI": "1"}) as cluster:
        cluster.node_group("full")
        _deploy(cluster, nodeSelector=on_group("full"))
        _is_short_of_slots(cluster)
        assert _features(cluster, "full") == []

        cluster.set_environment(**POD_ENI_ON)
        _runs_on_branch_eni(cluster)


def test_eni_config_missing_or_in_the_wrong_zone(scene: PodScene) -> None:
    """Rules 28 and 49: without the ENIConfig of its zone, a node of a custom network never becomes ready."""
    with scene.running("custom", env=CUSTOM) as cluster:
        pod_subnets = {zone: scene.subnet(zone, 50 + number) for number, zone in enumerate(ZONES)}
        node_group_id = scene.node_group_id
        # Each name holds the subnet of the other zone: an interface cannot be attached across zones.
        swapped = dict(zip(ZONES, reversed(list(pod_subnets.values())), strict=True))
        cluster.start_node_group("workers", "m5.large", 1, subnets=[scene.subnet_ids[0]])
        until(lambda: _crashes(cluster), "aws-node in a crash loop without an ENIConfig")
        assert not _is_ready(cluster, "workers")

        cluster.apply(*(eni_config(zone, subnet, node_group_id) for zone, subnet in swapped.items()))
        crashes = _crashes(cluster)
        until(lambda: _crashes(cluster) > crashes, "aws-node to crash again with the wrong zone")
        assert not _is_ready(cluster, "workers")

        cluster.apply(*(eni_config(zone, subnet, node_group_id) for zone, subnet in pod_subnets.items()))
        assert cluster.settled("workers")["status"] == "ACTIVE"
        _deploy(cluster)
        interface = _runs_on_branch_eni(cluster)
        assert interface["SubnetId"] == pod_subnets[ZONES[0]]
        assert _features(cluster, "workers") == ["CustomNetworking", "SecurityGroupsForPods"]
