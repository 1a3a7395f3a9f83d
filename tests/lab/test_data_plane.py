"""What stands behind nodes and pods: scheduler, kwok, the real controller with its webhooks, supervision."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from kubernetes import client
from urllib3.exceptions import HTTPError

from lab.cluster import resource_controller
from lab.cluster.control_plane import DATA_PLANE_PROGRAMS, PROGRAMS
from lab.toolchain import crd_folder, tool_folders
from tests.lab.data_plane import Cluster, aws_server, cluster, lives, refused, wait

POD_ENI = "vpc.amazonaws.com/pod-eni"
POD_IP = "lab.podsg.dev/pod-ip"
SGP = ("vpcresources.k8s.aws", "v1beta1", "default", "securitygrouppolicies")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        path = os.pathsep.join([*map(str, tool_folders()), os.environ.get("PATH", os.defpath)])
        patch.setenv("PATH", path)
        patch.setenv("PODSG_LAB_CRDS", os.environ.get("PODSG_LAB_CRDS", str(crd_folder())))
        with aws_server(tmp_path_factory.mktemp("aws")) as record:
            yield record


@pytest.fixture(scope="module")
def running(aws: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster("data-plane", tmp_path_factory.mktemp("plane"), aws) as made:
        policy = {
            "apiVersion": "vpcresources.k8s.aws/v1beta1",
            "kind": "SecurityGroupPolicy",
            "metadata": {"name": "catalog"},
            "spec": {
                "podSelector": {"matchLabels": {"app": "catalog"}},
                "securityGroups": {"groupIds": ["sg-0123456789abcdef0"]},
            },
        }
        made.hold("node-agent")  # it would take away nodes without a machine
        made.custom.create_namespaced_custom_object(*SGP, policy)
        wait(lambda: _is_selected(made))
        yield made


def _requests(pod: dict[str, Any]) -> dict[str, str]:
    return dict(pod["spec"]["containers"][0].get("resources", {}).get("requests", {}))


def _is_selected(running: Cluster) -> bool:
    """Ask without making anything whether the webhook adds the request for a branch ENI."""
    body = {
        "metadata": {"name": "probe", "labels": {"app": "catalog"}},
        "spec": {"containers": [{"name": "main", "image": "example.com/main:1"}]},
    }
    try:
        made = running.core.create_namespaced_pod("default", body, dry_run="All")
    except (client.ApiException, HTTPError):
        return False
    return POD_ENI in _requests(running.api.sanitize_for_serialization(made))


def _taints(running: Cluster, node: str) -> set[str]:
    return {each.key for each in running.core.read_node(node).spec.taints or []}


def test_node_is_ready_once_its_network_is(running: Cluster) -> None:
    # given a node that somebody registered
    running.create_node("waiting", "10.0.0.10", ready=False)

    # then it says that it waits for its network, and takes no pods
    wait(lambda: running.node_conditions("waiting").get("Ready") == "False")
    wait(lambda: "node.kubernetes.io/not-ready" in _taints(running, "waiting"))

    # when its network is ready, then so is the node, and its capacity is what was registered
    running.annotate_node("waiting", {"lab.podsg.dev/network": "ready"})
    wait(lambda: running.is_ready("waiting"))
    wait(lambda: not _taints(running, "waiting"))
    assert running.core.read_node("waiting").status.capacity["pods"] == "29"
    leases: Any = client.CoordinationV1Api(running.api)
    lease = leases.read_namespaced_lease("waiting", "kube-node-lease")
    assert lease.spec.lease_duration_seconds == 10

    # when the network is gone, then the node says so
    running.annotate_node("waiting", {"lab.podsg.dev/network": None})
    wait(lambda: not running.is_ready("waiting"))
    running.core.delete_node("waiting")


def test_pod_runs_once_it_has_an_address(running: Cluster) -> None:
    # given a pod that the scheduler has put on the only node
    running.create_node("ip-10-0-0-11", "10.0.0.11")
    running.create_pod("web", initContainers=[{"name": "prepare", "image": "example.com/prepare:1"}])
    wait(lambda: running.pod("web")["spec"].get("nodeName") == "ip-10-0-0-11")
    assert running.pod("web")["status"]["phase"] == "Pending"
    assert "podIP" not in running.pod("web")["status"]

    # when it gets an address, then it runs there with that address and no other
    running.annotate_pod("web", {POD_IP: "10.0.0.77"})
    wait(lambda: running.pod("web")["status"]["phase"] == "Running")
    status = running.pod("web")["status"]
    assert (status["podIP"], status["podIPs"]) == ("10.0.0.77", [{"ip": "10.0.0.77"}])
    assert (status["hostIP"], status["hostIPs"]) == ("10.0.0.11", [{"ip": "10.0.0.11"}])
    assert {each["type"]: each["status"] for each in status["conditions"]} == {
        "PodScheduled": "True",
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "ContainersReady": "True",
        "Ready": "True",
    }
    assert status["containerStatuses"][0]["ready"]
    assert status["initContainerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"

    # when it is deleted, then it is gone
    running.core.delete_namespaced_pod("web", "default")
    wait(lambda: not running.core.list_namespaced_pod("default", field_selector="metadata.name=web").items)
    running.core.delete_node("ip-10-0-0-11")


def test_job_completes(running: Cluster) -> None:
    # given a job with a pod on a node
    running.create_node("ip-10-0-0-12", "10.0.0.12")
    batch: Any = client.BatchV1Api(running.api)
    container = {"name": "main", "image": "example.com/main:1"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    batch.create_namespaced_job("default", {"metadata": {"name": "once"}, "spec": {"template": template}})
    wait(lambda: bool(running.core.list_namespaced_pod("default", label_selector="job-name=once").items))
    pod = running.core.list_namespaced_pod("default", label_selector="job-name=once").items[0].metadata.name

    # when its pod gets an address, then it does its work and the job is complete
    running.annotate_pod(pod, {POD_IP: "10.0.0.78"})
    wait(lambda: batch.read_namespaced_job("once", "default").status.succeeded == 1)
    batch.delete_namespaced_job("once", "default", propagation_policy="Background")
    wait(lambda: not running.core.list_namespaced_pod("default", label_selector="job-name=once").items)
    running.core.delete_node("ip-10-0-0-12")


def test_webhook_adds_the_request_for_a_branch_eni(running: Cluster) -> None:
    # a pod that the policy selects asks for a branch ENI, and waits for a node that has one
    selected = running.create_pod("selected", metadata={"labels": {"app": "catalog"}})
    assert _requests(selected) == {POD_ENI: "1"}

    # its twin that the policy does not select does not
    assert _requests(running.create_pod("other")) == {}
    for name in ("selected", "other"):
        running.core.delete_namespaced_pod(name, "default")


def test_webhook_denies_a_made_up_annotation(running: Cluster) -> None:
    forged = {"annotations": {POD_ENI: '[{"eniId": "eni-1"}]'}}
    assert resource_controller.VALIDATING in _webhooks(running)
    assert "admission webhook" in refused(lambda: running.create_pod("forged", metadata=forged))

    # another annotation is nobody's business
    running.create_pod("honest", metadata={"annotations": {"example.com/eni": "eni-1"}})
    running.core.delete_namespaced_pod("honest", "default")


def _webhooks(running: Cluster) -> set[str]:
    api: Any = client.AdmissionregistrationV1Api(running.api)
    lists = (api.list_mutating_webhook_configuration(), api.list_validating_webhook_configuration())
    return {each.metadata.name for found in lists for each in found.items}


def test_admission_is_open_while_the_controller_is_down(running: Cluster) -> None:
    labels = {"labels": {"app": "catalog"}}
    with running.without("vpc-resource-controller"):
        # a selected pod is let in without its branch ENI, and a made-up annotation is not denied
        assert _requests(running.create_pod("unlucky", metadata=labels)) == {}
    running.core.delete_namespaced_pod("unlucky", "default")

    # when the controller is back, then so are its webhooks
    wait(lambda: _is_selected(running))
    restarts = (running.plane.folder / "restarts.log").read_text()
    assert "vpc-resource-controller ended with code -9" in restarts


@pytest.mark.parametrize("program", [*PROGRAMS, *DATA_PLANE_PROGRAMS])
def test_killed_child_comes_back_and_works(running: Cluster, program: str) -> None:
    # given data and a node from before
    node = f"before-{program}"
    running.create_node(node, "10.0.0.13")
    endpoint = running.plane.endpoint

    # when the program is killed, then another process takes its place
    running.kill(program)
    wait(running.answers)

    # then the data is there, and everything works: policy, scheduler, kwok
    assert running.plane.endpoint == endpoint
    assert running.core.read_node(node).metadata.name == node
    wait(lambda: _is_selected(running))
    name = f"after-{program}"
    wait(lambda: _has_default_account(running))
    running.create_pod(name)
    wait(lambda: running.pod(name)["spec"].get("nodeName") == node)
    running.annotate_pod(name, {POD_IP: "10.0.0.79"})
    wait(lambda: running.pod(name)["status"]["phase"] == "Running")
    running.core.delete_namespaced_pod(name, "default")
    wait(
        lambda: not running.core.list_namespaced_pod("default", field_selector=f"metadata.name={name}").items
    )
    running.core.delete_node(node)


def _has_default_account(running: Cluster) -> bool:
    found = running.core.list_namespaced_service_account("default").items
    return any(each.metadata.name == "default" for each in found)


def test_nothing_listens_beyond_loopback(running: Cluster) -> None:
    processes = running.processes()
    addresses = {
        (name, each.laddr.ip)
        for name in PROGRAMS + DATA_PLANE_PROGRAMS
        for each in psutil.Process(processes[name]).net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    }
    assert {name for name, _ in addresses} == {"etcd", "kube-apiserver", "vpc-resource-controller"}
    assert {address for _, address in addresses} == {"127.0.0.1"}


def test_two_clusters_have_a_controller_each(running: Cluster, aws: dict[str, Any], tmp_path: Path) -> None:
    # given a second cluster beside the first, whose controller has nodes and pods to look at
    with cluster("second", tmp_path, aws) as second:
        second.hold("node-agent")
        processes = second.processes()
        second.create_node("ip-10-0-0-14", "10.0.0.14")
        second.create_pod("web")
        wait(lambda: second.pod("web")["spec"].get("nodeName") == "ip-10-0-0-14")

        # then it lacks no right
        log = (second.plane.folder / "vpc-resource-controller.log").read_text()
        assert [line for line in log.splitlines() if "forbidden" in line] == []

        # when a process is killed at the very moment of the end
        psutil.Process(processes["vpc-resource-controller"]).kill()
        second.plane.stop()

    # then nothing of it is left, and the first works on
    assert not any(map(lives, processes.values()))
    assert not second.plane.folder.exists()
    assert all(lives(number) for name, number in running.processes().items() if name != "node-agent")
    wait(lambda: _is_selected(running))
