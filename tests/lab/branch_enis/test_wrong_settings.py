"""Each wrong setting breaks as it does on EKS, and its right twin works; numbers are those of the rules.

Source: the rules of security groups for pods, as docs/lab.md lists them with their sources.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from lab import session

from .objects import deployment, namespace, on_group, policy, service_account
from .scene import POD_ENI, PodCluster, PodScene, branch_eni, group_ids, is_running, until

UNKNOWN_GROUP = "sg-0123456789abcdef0"
GOOD, BAD, MIXED = "good", "t3", "mixed"
"""Node groups of the shared cluster: two m5.large, one t3.large, and one Spot instance of either type."""


@dataclass(frozen=True)
class Setting:
    """A wrong setting: `breaks` and `works` each get the cluster and a namespace of their own."""

    rule: int
    title: str
    breaks: Callable[[PodCluster, str], None]
    works: Callable[[PodCluster, str], None]


@pytest.fixture(scope="module")
def cluster(lab_state: Any) -> Iterator[PodCluster]:
    scene = PodScene(session.start(print), "settings", "10.71")
    try:
        with scene.running("settings") as running:
            running.start_node_group(GOOD, "m5.large", 2)
            running.start_node_group(BAD, "t3.large", 1)
            types = ["m5.large", "t3.large"]
            running.start_node_group(MIXED, "m5.large", 2, instanceTypes=types, capacityType="SPOT")
            for name in (GOOD, BAD, MIXED):
                assert running.settled(name)["status"] == "ACTIVE"
            yield running
    finally:
        scene.remove()


def pods(cluster: PodCluster, where: str) -> list[dict[str, Any]]:
    return cluster.objects("pods", where, "app=app")


def runs_with(cluster: PodCluster, where: str, wanted: set[str], replicas: int = 1) -> list[dict[str, Any]]:
    """Wait until the pods run, each on a branch ENI with exactly these groups."""

    def found() -> list[dict[str, Any]]:
        running = [pod for pod in pods(cluster, where) if is_running(pod) and branch_eni(pod)]
        return running if len(running) == replicas else []

    running: list[dict[str, Any]] = until(found, f"{replicas} pods of {where} with branch ENIs")
    for pod in running:
        eni = branch_eni(pod)
        assert eni is not None
        assert group_ids(cluster.interface(eni["eniId"])) == wanted
        assert pod["status"]["podIP"] == eni["privateIp"]
    return running


def runs_with_node_groups(cluster: PodCluster, where: str) -> dict[str, Any]:
    """Wait until the one pod runs without a branch ENI, on an interface with the groups of its node."""
    (pod,) = until(lambda: [each for each in pods(cluster, where) if is_running(each)], f"the pod of {where}")
    assert branch_eni(pod) is None
    interface = cluster.interface_at(pod["status"]["podIP"])
    assert group_ids(interface) == group_ids(cluster.interface_at(pod["status"]["hostIP"]))
    return dict(pod)


def waits(cluster: PodCluster, where: str, reason: str, text: str) -> None:
    """Wait until the one pod has such an event; it must not run."""
    (pod,) = until(lambda: pods(cluster, where), f"the pod of {where}")
    cluster.until_event(where, pod["metadata"]["name"], reason, text)
    (pod,) = pods(cluster, where)
    assert pod["status"]["phase"] == "Pending"
    assert branch_eni(pod) is None


def group_of(cluster: PodCluster) -> str:
    return cluster.scene.pod_group_id


def place(cluster: PodCluster, where: str, *documents: Any, groups: list[str] | None = None) -> None:
    """Make the namespace, a policy for the usual pods, and what else is given."""
    cluster.apply(namespace(where), policy(where, groups or [group_of(cluster)]))
    cluster.apply(*documents)


def usual_pod_works(cluster: PodCluster, where: str) -> None:
    place(cluster, where, deployment(where, nodeSelector=on_group(GOOD)))
    runs_with(cluster, where, {group_of(cluster)})


def _no_selector(cluster: PodCluster, where: str) -> None:
    cluster.apply(namespace(where), policy(where, [group_of(cluster)], podSelector=None))
    cluster.apply(deployment(where, nodeSelector=on_group(GOOD)))
    runs_with_node_groups(cluster, where)


def _empty_selector(cluster: PodCluster, where: str) -> None:
    cluster.apply(namespace(where), policy(where, [group_of(cluster)], podSelector={}))
    cluster.apply(deployment(where, nodeSelector=on_group(GOOD)))
    runs_with(cluster, where, {group_of(cluster)})


def _no_groups(cluster: PodCluster, where: str) -> None:
    cluster.apply(namespace(where))
    done = cluster.try_kubectl("apply", "--filename", "-", document=policy(where, []))
    assert done.returncode != 0
    assert "spec.securityGroups.groupIds" in done.stderr
    assert "at least 1 items" in done.stderr


def _unknown_group(cluster: PodCluster, where: str) -> None:
    place(cluster, where, deployment(where, nodeSelector=on_group(GOOD)), groups=[UNKNOWN_GROUP])
    waits(cluster, where, "BranchAllocationFailed", "InvalidSecurityGroupID.NotFound")


def _foreign_group(cluster: PodCluster, where: str) -> None:
    other = cluster.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    group = cluster.ec2.create_security_group(VpcId=other, GroupName=where, Description="another VPC")[
        "GroupId"
    ]
    try:
        place(cluster, where, deployment(where, nodeSelector=on_group(GOOD)), groups=[group])
        waits(cluster, where, "BranchAllocationFailed", "different networks")
    finally:
        cluster.ec2.delete_security_group(GroupId=group)
        cluster.ec2.delete_vpc(VpcId=other)


def _groups(cluster: PodCluster, count: int) -> list[str]:
    return [cluster.scene.group(f"of-{count}-{number}") for number in range(count)]


def _six_groups(cluster: PodCluster, where: str) -> None:
    place(cluster, where, deployment(where, nodeSelector=on_group(GOOD)), groups=_groups(cluster, 6))
    waits(cluster, where, "BranchAllocationFailed", "SecurityGroupsPerInterfaceLimitExceeded")


def _five_groups(cluster: PodCluster, where: str) -> None:
    groups = _groups(cluster, 5)
    place(cluster, where, deployment(where, nodeSelector=on_group(GOOD)), groups=groups)
    runs_with(cluster, where, set(groups))


def _host_network(cluster: PodCluster, where: str) -> None:
    place(cluster, where, deployment(where, hostNetwork=True, nodeSelector=on_group(GOOD)))
    pod = runs_with_node_groups(cluster, where)
    assert pod["status"]["podIP"] == pod["status"]["hostIP"]
    assert POD_ENI not in pod["spec"]["containers"][0]["resources"].get("requests", {})


def _service_account_missing(cluster: PodCluster, where: str) -> None:
    cluster.apply(namespace(where), policy(where, [group_of(cluster)]))
    cluster.apply(deployment(where, serviceAccountName="reader", nodeSelector=on_group(GOOD)))
    (replica_set,) = until(lambda: cluster.objects("replicasets", where), "the ReplicaSet")
    message = cluster.until_event(where, replica_set["metadata"]["name"], "FailedCreate")
    assert 'serviceaccount "reader" not found' in message
    assert pods(cluster, where) == []


def _service_account_selected(cluster: PodCluster, where: str) -> None:
    selector = {"matchLabels": {"access": "orders"}}
    cluster.apply(
        namespace(where),
        service_account(where, "reader", access="orders"),
        policy(where, [group_of(cluster)], serviceAccountSelector=selector),
        deployment(where, serviceAccountName="reader", nodeSelector=on_group(GOOD)),
    )
    runs_with(cluster, where, {group_of(cluster)})


def _unfit_type(cluster: PodCluster, where: str) -> None:
    place(cluster, where, deployment(where, nodeSelector=on_group(BAD)))
    waits(cluster, where, "FailedScheduling", f"Insufficient {POD_ENI}")
    (node,) = cluster.objects("nodes", selector=f"eks.amazonaws.com/nodegroup={BAD}")
    assert POD_ENI not in node["status"]["capacity"]
    cluster.until_event("default", node["metadata"]["name"], "Unsupported")


def _one_per_node(where: str, node_group: str) -> dict[str, Any]:
    """Two pods that keep apart, on the two nodes of this group."""
    apart = {"labelSelector": {"matchLabels": {"app": "app"}}, "topologyKey": "kubernetes.io/hostname"}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    return deployment(where, 2, affinity=affinity, nodeSelector=on_group(node_group))


def _mixed_types(cluster: PodCluster, where: str) -> None:
    place(cluster, where, _one_per_node(where, MIXED))

    def counts() -> bool:
        found = pods(cluster, where)
        return (sum(map(is_running, found)), len(found)) == (1, 2)

    until(counts, "one of two pods running")
    (waiting,) = [pod for pod in pods(cluster, where) if not is_running(pod)]
    name = waiting["metadata"]["name"]
    assert f"Insufficient {POD_ENI}" in cluster.until_event(where, name, "FailedScheduling")


def _all_fit(cluster: PodCluster, where: str) -> None:
    place(cluster, where, _one_per_node(where, GOOD))
    runs_with(cluster, where, {group_of(cluster)}, replicas=2)


def _annotation_in_template(cluster: PodCluster, where: str) -> None:
    place(cluster, where, deployment(where, annotations={POD_ENI: "[]"}, nodeSelector=on_group(GOOD)))
    (replica_set,) = until(lambda: cluster.objects("replicasets", where), "the ReplicaSet")
    message = cluster.until_event(where, replica_set["metadata"]["name"], "FailedCreate")
    assert "denied the request" in message
    assert pods(cluster, where) == []


def _requested_by_hand(cluster: PodCluster, where: str) -> None:
    amounts = {POD_ENI: "1"}
    cluster.apply(namespace(where))
    resources = {"requests": amounts, "limits": amounts}
    cluster.apply(deployment(where, resources=resources, nodeSelector=on_group(GOOD)))
    node = cluster.objects("nodes", selector=f"eks.amazonaws.com/nodegroup={GOOD}")[0]
    of_node = group_ids(cluster.interface_at(node["status"]["addresses"][0]["address"]))
    (pod,) = runs_with(cluster, where, of_node)
    cluster.until_event(where, pod["metadata"]["name"], "SecurityGroupRequested")


def _controller_down(cluster: PodCluster, where: str) -> None:
    place(cluster, where)
    process = psutil.Process(cluster.process_id("vpc-resource-controller"))
    process.send_signal(signal.SIGSTOP)
    try:
        cluster.apply(deployment(where, nodeSelector=on_group(GOOD)))
        pod = runs_with_node_groups(cluster, where)
    finally:
        process.send_signal(signal.SIGCONT)
    (found,) = cluster.status_of_pods(where)
    assert found.name == pod["metadata"]["name"]
    assert "did not answer" in found.warning


SETTINGS = (
    Setting(9, "policy without a selector", _no_selector, _empty_selector),
    Setting(10, "policy without groups", _no_groups, usual_pod_works),
    Setting(11, "six groups", _six_groups, _five_groups),
    Setting(12, "unknown group", _unknown_group, usual_pod_works),
    Setting(12, "group of another VPC", _foreign_group, usual_pod_works),
    Setting(8, "hostNetwork", _host_network, usual_pod_works),
    Setting(43, "ServiceAccount missing", _service_account_missing, _service_account_selected),
    Setting(3, "type without trunk", _unfit_type, usual_pod_works),
    Setting(4, "mixed types", _mixed_types, _all_fit),
    Setting(40, "annotation in the template", _annotation_in_template, usual_pod_works),
    Setting(42, "resource requested by hand", _requested_by_hand, usual_pod_works),
    Setting(41, "VPC Resource Controller down at admission", _controller_down, usual_pod_works),
)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: f"{each.rule}-{each.title.replace(' ', '-')}")
def test_wrong_setting_breaks_and_its_twin_works(setting: Setting, cluster: PodCluster) -> None:
    number = SETTINGS.index(setting)
    wrong, right = f"wrong-{number}", f"right-{number}"
    try:
        setting.breaks(cluster, wrong)
        setting.works(cluster, right)
    finally:
        cluster.kubectl("delete", "namespace", wrong, right, "--ignore-not-found", "--wait=false")
