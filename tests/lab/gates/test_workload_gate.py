"""A workload is removed, renamed, or gets another group in an `up`, while its pods run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.lab.branch_enis.scene import until

from .scene import WORKLOAD, Scene

Edit = Callable[[dict[str, Any]], None]


def _on_remove(mode: str, minutes: int = 5) -> Edit:
    def edit(environment: dict[str, Any]) -> None:
        environment["workloads"]["catalog"] |= {"on_remove": mode, "on_remove_timeout_minutes": minutes}
        # The pods outlive their workload: the namespace is not the environment's.
        environment["workloads"]["catalog"] |= {"namespace": "default", "create_namespace": False}

    return edit


def _removed(environment: dict[str, Any]) -> None:
    del environment["workloads"]["catalog"]


def _renamed(environment: dict[str, Any]) -> None:
    environment["workloads"]["goods"] = environment["workloads"].pop("catalog")
    environment["workloads"]["goods"]["policy_name"] = "goods-access"


def _pods(stack: Scene) -> list[dict[str, Any]]:
    return [pod for pod in stack.pods("default") if "deletionTimestamp" not in pod["metadata"]]


def _own_pods(stack: Scene) -> None:
    """Run pods of somebody else under the policy of the workload."""
    labels = {"app.kubernetes.io/name": "catalog", "app.kubernetes.io/component": "service"}
    stack.cluster.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "theirs", "namespace": "default"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "app", "image": "registry.k8s.io/pause:3.10"}]},
                },
            },
        }
    )
    until(lambda: len(stack.branch_enis()) == len(_pods(stack)) == 2, "the pods on branch ENIs", 180)


def _group_names(stack: Scene) -> set[str]:
    groups = stack.api("ec2").describe_security_groups()["SecurityGroups"]
    return {tag["Value"] for group in groups for tag in group.get("Tags", []) if tag["Key"] == "Name"}


@pytest.mark.parametrize("change", [_removed, _renamed], ids=["removed", "renamed"])
def test_restart(stack: Scene, change: Edit) -> None:
    # given running pods of a workload whose pods may be restarted
    stack.up(_on_remove("restart"), "--no-pods")
    _own_pods(stack)
    before = {pod["metadata"]["uid"] for pod in _pods(stack)}

    # when the workload goes, then its pods are restarted, and its group is gone
    stack.up(change, "--no-pods")
    assert "dev-pod-catalog" not in _group_names(stack)
    assert not before & {pod["metadata"]["uid"] for pod in _pods(stack)}
    assert len(_pods(stack)) == 2
    stack.destroy()
    stack.assert_nothing_left()


def test_fail(stack: Scene) -> None:
    # given running pods of a workload that may not be removed under them
    stack.up(_on_remove("fail"), "--no-pods")
    _own_pods(stack)
    before = {pod["metadata"]["uid"] for pod in _pods(stack)}

    # when the workload goes, then the update fails, names the pods, and they run on
    assert "default/theirs-" in stack.refused_up(_removed)
    assert {pod["metadata"]["uid"] for pod in _pods(stack)} == before
    assert "dev-pod-catalog" in _group_names(stack)

    # and when somebody has stopped them, the same command ends
    stack.cluster.kubectl("delete", "deployment", "theirs", "--namespace", "default")
    until(lambda: not stack.branch_enis(), "the branch ENIs to cool down", 180)
    stack.engine.up()
    assert "dev-pod-catalog" not in _group_names(stack)
    stack.destroy()
    stack.assert_nothing_left()


def test_wait(stack: Scene) -> None:
    # given running pods of a workload that are not touched
    stack.up(_on_remove("wait", 1), "--no-pods")
    _own_pods(stack)
    before = {pod["metadata"]["uid"] for pod in _pods(stack)}

    # when nobody stops them, then the update ends with an error that names them
    assert "default/theirs-" in stack.refused_up(_removed)
    assert {pod["metadata"]["uid"] for pod in _pods(stack)} == before

    # and when somebody stops them while it waits, it ends
    stack.cluster.kubectl("delete", "deployment", "theirs", "--namespace", "default")
    stack.engine.up()
    assert "dev-pod-catalog" not in _group_names(stack)
    stack.destroy()
    stack.assert_nothing_left()


def test_without_the_gate_the_group_stays(stack: Scene) -> None:
    # given running pods, and a record without the gate
    stack.up(_on_remove("restart"), "--no-pods")
    _own_pods(stack)
    stack.without(WORKLOAD)

    # when the workload goes, then EC2 does not let its group go
    assert "DependencyViolation" in stack.refused_up(_removed)
