"""Parts of the lab that are killed in the middle: they come back, or what is lost is said and made again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from lab import session
from lab.paths import CHECKOUT
from lab.status import PodRow, report
from tests.lab.conftest import Lab

from .objects import deployment, namespace, policy
from .scene import PodCluster, PodScene, branch_eni, is_running, until

FAILED = 1
CATALOG_PODS = 2
"""Replicas in stacks/Pulumi.dev.yaml."""
POD_GROUP = "dev-pod-catalog"


def _kill(cluster: PodCluster, program: str) -> None:
    """Kill a part and wait until another process has its place."""
    killed = cluster.process_id(program)
    os.kill(killed, signal.SIGKILL)
    until(lambda: cluster.process_id(program) != killed, f"{program} to be started again")


def _runs(cluster: PodCluster, where: str) -> str:
    """Deploy one pod of a policy, wait for its branch ENI, and return the ENI's id.

    A webhook that has just come back may not know the policy yet, and lets the pod through without a branch
    ENI, as on EKS: the pod is deployed when a dry run shows that it does.
    """
    cluster.apply(namespace(where), policy(where, [cluster.scene.pod_group_id]))
    until(lambda: "pod-eni" in _dry_run(cluster, where), f"the webhook to know the policy of {where}")
    cluster.apply(deployment(where))

    def found() -> str:
        pods = [pod for pod in cluster.objects("pods", where, "app=app") if is_running(pod)]
        enis = [eni["eniId"] for pod in pods if (eni := branch_eni(pod))]
        return enis[0] if enis else ""

    return str(until(found, f"the pod of {where}"))


def _dry_run(cluster: PodCluster, where: str) -> str:
    """Return what would become of a pod; empty while the API server or a webhook refuses."""
    pod: Any = deployment(where)["spec"]["template"] | {"apiVersion": "v1", "kind": "Pod"}
    pod["metadata"] |= {"name": "probe", "namespace": where}
    command = ("create", "--dry-run=server", "--output", "yaml", "--filename", "-")
    return cluster.try_kubectl(*command, document=pod).stdout


def test_killed_parts_come_back(lab: Lab) -> None:
    scene = PodScene(lab.running(), "recovery", "10.74")
    try:
        with scene.running("recovery") as cluster:
            cluster.node_group("workers")
            first = _runs(cluster, "first")
            for program in ("vpc-resource-controller", "kube-apiserver"):
                _kill(cluster, program)
                until(lambda: cluster.try_kubectl("get", "--raw", "/readyz").returncode == 0, "the API")
                assert _runs(cluster, f"after-{program}") != first
            assert cluster.interface(first)["Status"] == "in-use"
    finally:
        scene.remove()


def _catalog(lab: Lab) -> list[PodRow]:
    """Return the pods of the catalog; each holds a branch ENI with the pod group, and with no other."""
    pods = [pod for pod in report(lab.running())["dev-cluster"].pods if pod.namespace == "catalog"]
    assert len(pods) == CATALOG_PODS
    for pod in pods:
        assert pod.branch_eni
        (group,) = pod.groups
        assert str(group.name).startswith(POD_GROUP)
        assert not pod.warning
    return pods


def test_a_killed_aws_is_said_and_everything_is_made_again(lab: Lab) -> None:
    # given an `up` that has nodes already
    podsg = str(Path(sys.executable).parent / "podsg")
    command = [podsg, "lab", "up", "--project", str(lab.project)]
    with subprocess.Popen(command, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True) as up:
        assert up.stderr is not None
        progress = []
        for line in up.stderr:
            progress.append(line)
            if "NodeGroup dev-workers-nodes created" in line:
                break
        # when the lab's AWS is killed in the middle, which keeps nothing
        server = psutil.Process(lab.running().pid)
        server.kill()
        progress += up.stderr.readlines()
    said = "".join(progress)

    # then that `up` fails without a traceback
    assert up.returncode == FAILED, said
    assert "Traceback" not in said
    assert session.running() is None
    assert not lab.json("status")["running"]

    # and the next one says what was lost and makes everything again, up to the pods in the closing table
    again = lab.run("up", "--pods", "--project", str(lab.project))
    assert again.returncode == 0, again.stderr
    assert "has ended" in again.stderr
    assert "empty account" in again.stderr
    for pod in _catalog(lab):
        (group,) = pod.groups
        for told in (pod.name, str(pod.branch_eni), f"VLAN {pod.vlan}", group.id):
            assert told in again.stdout
    assert lab.json("up", "--pods")["changed"] == 0
    lab.json("destroy")
    assert lab.json("status")["total"] == 0
