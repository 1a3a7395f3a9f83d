"""Waits, logins and unreachable clusters. Sources of the expectations are in the plugin's docstrings."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lab.plugins.interface import InitFailed, PluginError, ResourceState
from lab.plugins.kubernetes import waiting
from lab.plugins.kubernetes.api import Api
from lab.plugins.kubernetes.login import StaticLogin
from lab.plugins.kubernetes.objects import Kind

from .driver import (
    DEPLOYMENT,
    NAMESPACE,
    POLICY,
    Engine,
    deployment,
    policy,
)


def test_a_stuck_deletion_says_why(engine: Engine, api: Api, space: str) -> None:
    state = engine.up(POLICY, policy(space, finalizers=["acme.io/held"]))
    with pytest.raises(
        PluginError, match=r"timed out after 0\.5 s .*might be preventing deletion .*acme\.io/held"
    ):
        engine.delete(POLICY, state, timeout=0.5)
    threading.Timer(0.3, engine.plugin.cancelled.set).start()
    with pytest.raises(PluginError, match="cancelled while waiting"):
        engine.delete(POLICY, state)
    path = f"/apis/vpcresources.k8s.aws/v1beta1/namespaces/{space}/securitygrouppolicies/rds-access"
    api.request(
        "PATCH", path, body={"metadata": {"finalizers": None}}, content_type="application/merge-patch+json"
    )
    engine.plugin.cancelled.clear()


def test_a_deployment_is_waited_for(engine: Engine, api: Api, space: str) -> None:
    inputs = deployment(space)
    del inputs["metadata"]["annotations"]
    with pytest.raises(InitFailed, match="has not seen the latest change") as caught:
        engine.up(DEPLOYMENT, inputs, timeout=0.5)
    failed = caught.value.state
    assert (failed.id, failed.inputs) == (f"{space}/d", {})
    state = ResourceState(failed.id, failed.outputs, engine.check(DEPLOYMENT, inputs)[0])
    with pytest.raises(InitFailed):
        engine.refresh(DEPLOYMENT, state)
    conditions = [
        {"type": "Available", "status": "True", "reason": "r", "message": "m"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "message": "m"},
    ]
    counts = {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    status = {"observedGeneration": 1, **counts, "conditions": conditions}
    path = f"/apis/apps/v1/namespaces/{space}/deployments/d/status"
    body = {"status": status}
    api.request("PATCH", path, body=body, content_type="application/merge-patch+json")
    done = engine.refresh(DEPLOYMENT, state)
    assert done is not None
    assert waiting.unready(Kind("apps/v1", "Deployment"), done.outputs) == []


def test_an_unreachable_cluster_keeps_its_objects(kubeconfig: str) -> None:
    content = yaml.safe_load(kubeconfig)
    content["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    broken = json.dumps(content)
    state = ResourceState("x", {"metadata": {"name": "x"}}, {"metadata": {"name": "x"}})
    engine = Engine(kubeconfig=broken)
    calls: list[Callable[[], object]] = [
        lambda: engine.up(NAMESPACE, {"metadata": {"name": "x"}}),
        lambda: engine.delete(NAMESPACE, state),
        lambda: engine.refresh(NAMESPACE, state),
    ]
    for call in calls:
        with pytest.raises(PluginError, match="unreachable"):
            call()
    assert engine.preview(NAMESPACE, {"metadata": {"name": "x"}})["metadata"] == {"name": "x"}
    forgetful = Engine(kubeconfig=broken, deleteUnreachable="true")
    forgetful.delete(NAMESPACE, state)
    assert forgetful.refresh(NAMESPACE, state) is None
    patient = Engine(kubeconfig=broken, skipUpdateUnreachable="true")
    assert patient.refresh(NAMESPACE, state) == state
    assert patient.check(NAMESPACE, {"metadata": {"name": "new"}}, state.inputs)[0] == state.inputs


def test_a_login_command_is_run_once_for_many_calls(kubeconfig: str, tmp_path: Path) -> None:
    content = yaml.safe_load(kubeconfig)
    token, calls = content["users"][0]["user"]["token"], tmp_path / "calls"
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {"token": token, "expirationTimestamp": "2999-01-01T00:00:00Z"},
    }
    (tmp_path / "credential").write_text(json.dumps(credential))
    content["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "sh",
            "args": ["-c", 'echo "$REGION" >>"$0"; cat "$1"', str(calls), str(tmp_path / "credential")],
            "env": [{"name": "REGION", "value": "us-west-2"}],
        }
    }
    engine = Engine(kubeconfig=json.dumps(content))
    engine.preview(NAMESPACE, {"metadata": {"name": "x"}})
    engine.preview(NAMESPACE, {"metadata": {"name": "y"}})
    assert calls.read_text() == "us-west-2\n"


def test_a_refused_caller_finds_the_cluster_unreachable(kubeconfig: str) -> None:
    content = yaml.safe_load(kubeconfig)
    content["users"][0]["user"] = {"token": "not-the-token"}
    engine = Engine(kubeconfig=json.dumps(content))
    with pytest.raises(PluginError, match=r"unreachable: unable to load schema information .*Unauthorized"):
        engine.up(NAMESPACE, {"metadata": {"name": "x"}})


def test_a_token_lost_on_the_way_fails_the_call(engine: Engine, space: str) -> None:
    state = engine.up(POLICY, policy(space))
    cluster = engine.plugin._cluster
    assert cluster is not None
    cluster.api._login = StaticLogin("gone")
    with pytest.raises(PluginError, match="Unauthorized"):
        engine.delete(POLICY, state)
