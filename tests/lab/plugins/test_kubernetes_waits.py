"""Waits, logins and unreachable clusters. Sources of the expectations are in the plugin's docstrings."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from lab.plugins.interface import InitFailed, PluginError, ResourceState
from lab.plugins.kubernetes import waiting
from lab.plugins.kubernetes.api import Api
from lab.plugins.kubernetes.objects import Kind, kind_of_token

from .driver import DEPLOYMENT, MERGE_PATCH, NAMESPACE, POLICY, Engine, Values, deployment, policy

EXEC = "client.authentication.k8s.io/v1beta1"
NEVER = "2999-01-01T00:00:00Z"


def test_a_stuck_deletion_says_why(engine: Engine, api: Api, space: str) -> None:
    state = engine.up(POLICY, policy(space, finalizers=["acme.io/held"]))
    with pytest.raises(
        PluginError, match=r"timed out after 0\.5 s .*might be preventing deletion .*acme\.io/held"
    ):
        engine.delete(POLICY, state, timeout=0.5)
    threading.Timer(0.3, engine.plugin.cancelled.set).start()
    with pytest.raises(PluginError, match="cancelled while waiting"):
        engine.delete(POLICY, state)
    release = {"metadata": {"finalizers": None}}
    api.call("patch", kind_of_token(POLICY), space, "rds-access", body=release, content_type=MERGE_PATCH)
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
    subresource = api.resource(waiting.DEPLOYMENT).status
    subresource.patch({"status": status}, name="d", namespace=space, content_type=MERGE_PATCH)
    done = engine.refresh(DEPLOYMENT, state)
    assert done is not None
    assert waiting.unready(waiting.DEPLOYMENT, done.outputs) == []


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


class Login:
    """A kubeconfig whose login command writes down its calls and prints what `answers` was told."""

    def __init__(self, kubeconfig: str, folder: Path) -> None:
        self.content = yaml.safe_load(kubeconfig)
        self.token = self.content["users"][0]["user"]["token"]
        self.calls, self._credential = folder / "calls", folder / "credential"
        self.content["users"][0]["user"] = {
            "exec": {
                "apiVersion": EXEC,
                "command": "sh",
                "args": ["-c", 'echo "$REGION" >>"$0"; cat "$1"', str(self.calls), str(self._credential)],
                "env": [{"name": "REGION", "value": "us-west-2"}],
            }
        }

    def answers(self, token: str, ends: str) -> None:
        status = {"token": token, "expirationTimestamp": ends}
        credential = {"apiVersion": EXEC, "kind": "ExecCredential", "status": status}
        self._credential.write_text(json.dumps(credential))

    def engine(self) -> Engine:
        return Engine(kubeconfig=json.dumps(self.content))


@pytest.fixture
def login(kubeconfig: str, tmp_path: Path) -> Login:
    return Login(kubeconfig, tmp_path)


def look(engine: Engine) -> Values:
    return engine.preview(NAMESPACE, {"metadata": {"name": "x"}})


def test_a_login_command_is_run_once_for_many_calls(login: Login) -> None:
    login.answers(login.token, NEVER)
    engine = login.engine()
    look(engine)
    look(engine)
    assert login.calls.read_text() == "us-west-2\n"


def test_a_token_that_has_ended_is_not_used(login: Login) -> None:
    login.answers(login.token, "2000-01-01T00:00:00Z")
    engine = login.engine()
    before = len(login.calls.read_text())
    login.answers(login.token, NEVER)
    look(engine)
    look(engine)
    assert len(login.calls.read_text()) == before + len("us-west-2\n")


def test_a_refused_token_fails_the_call_and_not_the_next(login: Login, space: str) -> None:
    login.answers(login.token, NEVER)
    engine = login.engine()
    state = engine.up(POLICY, policy(space))
    lose_token(engine)
    with pytest.raises(PluginError, match="Unauthorized"):
        engine.delete(POLICY, state)
    assert engine.refresh(POLICY, state) is not None
    assert login.calls.read_text() == "us-west-2\n" * 2


def lose_token(engine: Engine) -> None:
    assert engine.plugin._cluster is not None
    configuration = engine.plugin._cluster.api.client.client.configuration
    configuration.refresh_api_key_hook = None
    configuration.api_key["BearerToken"] = "Bearer gone"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"command": "no-such-command", "installHint": "install it"},
            "No such file or directory.*install it",
        ),
        ({"args": ["-c", "echo denied >&2; exit 3"]}, "'sh': .*returned 3. denied"),
        ({"args": ["-c", "echo hello"]}, "failed to decode"),
        ({"args": ["-c", "echo 5"]}, "login command 'sh'"),
        ({"args": ["-c", f"""echo '{{"apiVersion": "{EXEC}", "kind": "x", "status": {{}}}}'"""]}, "no token"),
        ({"args": ["-c", """echo '{"apiVersion": "v0", "kind": "x", "status": {}}'"""]}, "version v0"),
    ],
)
def test_a_login_that_fails_says_why(login: Login, spec: Values, text: str) -> None:
    login.content["users"][0]["user"]["exec"].update(spec)
    with pytest.raises(PluginError, match=f"unreachable: .*{text}"):
        login.engine().up(NAMESPACE, {"metadata": {"name": "x"}})


def test_many_threads_share_a_connection(api: Api, space: str) -> None:
    def write(number: int) -> str:
        name = f"c{number}"
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": space}}
        kind = Kind("v1", "ConfigMap")
        api.call("create", kind, space, body=body)
        return str(api.call("get", kind, space, name)["metadata"]["name"])

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(write, range(64))) == [f"c{number}" for number in range(64)]


def test_only_the_given_kubeconfig_counts(
    kubeconfig: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / ".kube" / "config"
    other.parent.mkdir()
    other.write_text(kubeconfig.replace("https://", "https://127.0.0.1:9/"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(other))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert look(Engine(kubeconfig=kubeconfig))["metadata"]["uid"]


def test_a_refused_caller_finds_the_cluster_unreachable(kubeconfig: str) -> None:
    content = yaml.safe_load(kubeconfig)
    content["users"][0]["user"] = {"token": "not-the-token"}
    engine = Engine(kubeconfig=json.dumps(content))
    with pytest.raises(PluginError, match=r"unreachable: unable to load schema information .*Unauthorized"):
        engine.up(NAMESPACE, {"metadata": {"name": "x"}})
