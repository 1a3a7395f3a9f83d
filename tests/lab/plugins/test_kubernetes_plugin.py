"""Objects on a real API server. Sources of the expectations are in the plugin's docstrings."""

from __future__ import annotations

import base64
import re
import threading

import pytest

from lab.plugins.interface import DiffKind, InitFailed, PluginError, ResourceState
from lab.plugins.kubernetes.api import Api
from lab.plugins.kubernetes.objects import kind_of_token
from lab.plugins.wire import UNKNOWN, Secret

from .driver import (
    CONFIG_MAP,
    DEPLOYMENT,
    GROUP,
    MERGE_PATCH,
    NAMESPACE,
    POLICY,
    SECRET,
    Engine,
    Values,
    deployment,
    plain,
    policy,
    unwatched,
    urn,
)


def test_a_namespace_comes_and_goes(engine: Engine) -> None:
    state = engine.up(NAMESPACE, {"metadata": {"name": "comes-and-goes"}})
    assert (state.id, state.outputs["status"]["phase"]) == ("comes-and-goes", "Active")
    assert state.inputs == {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "comes-and-goes"}}
    engine.delete(NAMESPACE, state)
    assert engine.refresh(NAMESPACE, state) is None
    engine.delete(NAMESPACE, state)


def test_a_custom_resource_holds_what_was_asked_for(engine: Engine, api: Api, space: str) -> None:
    state = engine.up(POLICY, policy(space))
    live = api.call("get", kind_of_token(POLICY), space, "rds-access")
    assert live["spec"]["securityGroups"]["groupIds"] == [GROUP]
    assert state.id == f"{space}/rds-access"
    assert not engine.diff(POLICY, state, policy(space)).changed
    refreshed = engine.refresh(POLICY, state)
    assert refreshed is not None
    assert refreshed.inputs == state.inputs
    assert not engine.diff(POLICY, refreshed, policy(space)).changed


def test_two_ups_and_a_refresh_change_nothing(engine: Engine, space: str) -> None:
    wanted: dict[str, Values] = {
        DEPLOYMENT: deployment(space),
        "kubernetes:core/v1:Service": {
            "metadata": {"name": "catalog", "namespace": space},
            "spec": {"selector": {"app": "catalog"}, "ports": [{"port": 80, "targetPort": 8080}]},
        },
        SECRET: {"metadata": {"name": "s", "namespace": space}, "stringData": {"k": "hunter2"}},
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": {
            "metadata": {"name": f"{space}-reader"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        },
    }
    for token, inputs in wanted.items():
        state = engine.up(token, inputs)
        assert engine.diff(token, state, inputs).detailed == {}
        refreshed = engine.refresh(token, state)
        assert refreshed is not None
        assert engine.diff(token, refreshed, inputs).detailed == {}
        engine.delete(token, state)


def test_a_name_is_chosen_once(engine: Engine, space: str) -> None:
    inputs = {"metadata": {"namespace": space}, "data": {"a": "1"}}
    state = engine.up(CONFIG_MAP, inputs)
    name = state.inputs["metadata"]["name"]
    assert re.fullmatch("thing-[0-9a-f]{8}", name)
    assert state.inputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    again, _ = engine.check(CONFIG_MAP, inputs, state.inputs)
    assert again == state.inputs
    assert engine.check(CONFIG_MAP, inputs, name="other")[0]["metadata"]["name"].startswith("other-")


@pytest.mark.parametrize(("given", "expected"), [({}, "default"), ({"namespace": "catalog"}, "catalog")])
def test_the_namespace_is_the_providers(kubeconfig: str, given: Values, expected: str) -> None:
    engine = Engine(kubeconfig=kubeconfig, **given)
    checked, _ = engine.check(CONFIG_MAP, {"metadata": {"name": "c"}})
    assert checked["metadata"]["namespace"] == expected
    assert "namespace" not in engine.check(NAMESPACE, {"metadata": {"name": "c"}})[0]["metadata"]


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [
        (CONFIG_MAP, {"metadata": {"name": "c"}, "dta": {"a": "1"}}, "dta"),
        (CONFIG_MAP, {"metadata": {"name": "c", "label": {}}}, "metadata.label"),
        (POLICY, {"spec": {"securityGroups": {"groupIDs": [UNKNOWN]}}}, "spec.securityGroups.groupIDs"),
        (POLICY, {"spek": {}}, "spek"),
        (DEPLOYMENT, {"spec": {"template": {"spec": {"containers": [{"img": "i"}]}}}}, None),
        (CONFIG_MAP, {"metadata": {"generateName": "c-"}}, "metadata.generateName"),
        (CONFIG_MAP, {"metadata": {"annotations": {"pulumi.com/waitFor": "x"}}}, None),
        ("kubernetes:helm.sh/v3:Release", {"chart": "x"}, ""),
    ],
)
def test_what_the_server_or_the_lab_does_not_have_is_refused(
    engine: Engine, token: str, inputs: Values, path: str | None
) -> None:
    _, failures = engine.check(token, inputs)
    assert len(failures) == 1
    assert path is None or failures[0].property == path


def test_an_existing_object_is_never_adopted(engine: Engine, kubeconfig: str, space: str) -> None:
    engine.up(POLICY, policy(space))
    with pytest.raises(PluginError, match=r'"rds-access" already exists[\s\S]*a create never adopts it'):
        engine.up(POLICY, policy(space, "sg-11111111"))
    assert engine.preview(POLICY, policy(space, "sg-11111111"))["spec"]["securityGroups"]["groupIds"]
    adopted = Engine(kubeconfig=kubeconfig, upsertExistingObjects="true", enablePatchForce="true").up(
        POLICY, policy(space, "sg-11111111")
    )
    assert adopted.outputs["spec"]["securityGroups"]["groupIds"] == ["sg-11111111"]


def test_a_preview_is_a_dry_run(engine: Engine, space: str) -> None:
    outputs = engine.preview(CONFIG_MAP, {"metadata": {"name": "c", "namespace": space}, "data": {"a": "1"}})
    assert outputs["metadata"]["uid"]
    absent = ResourceState(f"{space}/c", {}, {"apiVersion": "v1", "kind": "ConfigMap"})
    assert engine.refresh(CONFIG_MAP, absent) is None
    assert "status" not in engine.preview(NAMESPACE, {"metadata": {"name": "not-yet"}})


def test_a_preview_keeps_what_is_not_known(engine: Engine, space: str) -> None:
    outputs = engine.preview(POLICY, policy(space, UNKNOWN))
    assert outputs["spec"]["securityGroups"]["groupIds"] == [UNKNOWN]
    assert engine.preview(POLICY, policy("not-there-yet"))["metadata"]["namespace"] == "not-there-yet"
    assert engine.preview("kubernetes:acme.io/v1:Anvil", {"spec": {"kg": 1}})["spec"] == {"kg": 1}


def test_a_preview_shows_what_the_server_refuses(engine: Engine, space: str) -> None:
    with pytest.raises(PluginError, match="Invalid value"):
        engine.preview(CONFIG_MAP, {"metadata": {"name": "Not_A_Name", "namespace": space}})


def test_a_create_waits_for_its_namespace(engine: Engine) -> None:
    timer = threading.Timer(0.5, engine.up, [NAMESPACE, unwatched("later")])
    timer.start()
    state = engine.up(POLICY, policy("later"))
    timer.join()
    assert state.id == "later/rds-access"
    engine.delete(NAMESPACE, ResourceState("later", {}, unwatched("later")))


def test_an_unknown_kind_is_an_error(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.plugins.kubernetes.cluster.FIRST_RETRY_SECONDS", 0.001)
    with pytest.raises(PluginError, match=r'required CRDs have been created: no matches for kind "Anvil"'):
        engine.up("kubernetes:acme.io/v1:Anvil", {"metadata": {"name": "a"}})


def test_an_update_changes_and_removes(engine: Engine, space: str) -> None:
    state = engine.up(POLICY, policy(space, labels={"a": "1", "b": "2"}))
    wanted = policy(space, GROUP, "sg-11111111", labels={"a": "3"})
    assert engine.diff(POLICY, state, wanted).detailed == {
        "metadata.labels.a": DiffKind.UPDATE,
        "metadata.labels.b": DiffKind.DELETE,
        "spec.securityGroups.groupIds[1]": DiffKind.ADD,
    }
    previewed = engine.plugin.update(
        urn(POLICY), state, engine.check(POLICY, wanted, state.inputs)[0], timeout=0, preview=True
    )
    assert previewed["metadata"]["labels"]["a"] == "3"
    updated = engine.up(POLICY, wanted, state)
    assert updated.outputs["metadata"]["labels"] == {"a": "3"}
    assert updated.outputs["spec"]["securityGroups"]["groupIds"] == [GROUP, "sg-11111111"]
    last = engine.up(POLICY, policy(space), updated)
    assert "labels" not in last.outputs["metadata"]
    assert last.outputs["metadata"]["uid"] == state.outputs["metadata"]["uid"]


def test_drift_shows_after_a_refresh(engine: Engine, api: Api, space: str) -> None:
    state = engine.up(POLICY, policy(space))
    change = {
        "metadata": {"labels": {"someone": "else"}},
        "spec": {"securityGroups": {"groupIds": ["sg-99999999"]}},
    }
    api.call("patch", kind_of_token(POLICY), space, "rds-access", body=change, content_type=MERGE_PATCH)
    found = engine.refresh(POLICY, state)
    assert found is not None
    assert "labels" not in found.inputs["metadata"]
    changed = engine.diff(POLICY, found, policy(space))
    assert changed.detailed == {"spec.securityGroups.groupIds[0]": DiffKind.UPDATE}
    assert not engine.diff(POLICY, found, policy(space), "spec.securityGroups.groupIds").changed
    with pytest.raises(InitFailed, match="conflict"):
        engine.up(POLICY, policy(space), found)
    forced = policy(space, annotations={"pulumi.com/patchForce": "true"})
    healed = engine.up(POLICY, forced, found)
    assert healed.outputs["spec"]["securityGroups"]["groupIds"] == [GROUP]


def test_what_needs_a_new_object_is_replaced(engine: Engine, space: str) -> None:
    state = engine.up(POLICY, policy(space))
    renamed = engine.diff(POLICY, state, policy(space, name="other"))
    assert (renamed.replaces, renamed.delete_before_replace) == (["metadata.name"], False)
    moved = engine.diff(POLICY, state, policy("elsewhere"))
    assert (moved.replaces, moved.delete_before_replace) == (["metadata.namespace"], False)
    unknown = engine.diff(POLICY, state, policy(space, UNKNOWN))
    assert (unknown.detailed, unknown.replaces) == ({"spec.securityGroups.groupIds[0]": DiffKind.UPDATE}, [])
    workload = engine.up(DEPLOYMENT, deployment(space))
    selector = engine.diff(DEPLOYMENT, workload, deployment(space, selector={"matchLabels": {"app": "x"}}))
    assert (selector.replaces, selector.delete_before_replace) == (["spec.selector.matchLabels.app"], True)


def test_config_maps_are_replaced_unless_mutable(engine: Engine, kubeconfig: str, space: str) -> None:
    def wanted(text: str) -> Values:
        return {"metadata": {"name": "c", "namespace": space}, "data": {"a": text}}

    state = engine.up(CONFIG_MAP, wanted("1"))
    assert engine.diff(CONFIG_MAP, state, wanted("2")).replaces == ["data.a"]
    mutable = Engine(kubeconfig=kubeconfig, enableConfigMapMutable="true")
    assert mutable.diff(CONFIG_MAP, state, wanted("2")).replaces == []


def test_the_data_of_a_secret_is_marked(engine: Engine, space: str) -> None:
    inputs = {"metadata": {"name": "s", "namespace": space}, "stringData": {"k": "hunter2"}}
    checked, _ = engine.plugin.check(urn(SECRET), {}, inputs, b"")
    assert checked["stringData"] == Secret({"k": "hunter2"})
    _, outputs = engine.plugin.create(urn(SECRET), plain(checked), timeout=0, preview=False)
    assert outputs["data"] == Secret({"k": base64.b64encode(b"hunter2").decode()})
    assert "hunter2" not in repr(outputs)


def test_an_import_has_no_server_fields(engine: Engine, space: str) -> None:
    engine.up(POLICY, policy(space))
    found = engine.refresh(POLICY, ResourceState(f"{space}/rds-access", {}, {}))
    assert found is not None
    assert found.inputs == {
        "apiVersion": "vpcresources.k8s.aws/v1beta1",
        "kind": "SecurityGroupPolicy",
        **policy(space),
    }


def test_a_definition_and_its_objects_come_and_go(engine: Engine) -> None:
    crd = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
    anvil = "kubernetes:acme.io/v1:Anvil"
    state = engine.up(crd, definition("kg"))
    assert engine.diff(crd, state, definition("kg")).detailed == {}
    made = engine.up(anvil, {"metadata": {"name": "a"}, "spec": {"kg": 1}})
    assert made.id == "a"
    changed = engine.up(crd, definition("kg", "pounds"), state)
    assert changed.outputs["metadata"]["uid"] == state.outputs["metadata"]["uid"]
    engine.delete(crd, changed)
    assert engine.refresh(anvil, made) is None
    engine.delete(anvil, made)


def definition(*fields: str) -> Values:
    number = {"x_kubernetes_int_or_string": True}
    spec = {"type": "object", "properties": dict.fromkeys(fields, number)}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    names = {"kind": "Anvil", "plural": "anvils", "singular": "anvil", "listKind": "AnvilList"}
    return {
        "metadata": {"name": "anvils.acme.io"},
        "spec": {"group": "acme.io", "scope": "Cluster", "names": names, "versions": [version]},
    }
