"""Patch resources on a real API server. Sources of the expectations are in the plugin's docstrings."""

from __future__ import annotations

from typing import Any

import pytest

from lab.plugins.interface import DiffKind, InitFailed, PluginError, ResourceState
from lab.plugins.kubernetes.api import Api
from lab.plugins.kubernetes.objects import Kind

from .driver import DEPLOYMENT, MERGE_PATCH, Engine, Values, deployment, urn

PATCH = "kubernetes:core/v1:ConfigMapPatch"
KIND = Kind("v1", "ConfigMap")
NAME = "amazon-vpc-cni"
COOLDOWN = "branch-eni-cooldown"
FORCE = {"pulumi.com/patchForce": "true"}


def wanted(space: str, seconds: str, annotations: Values | None = None, name: str = NAME) -> Values:
    """What the SDK sends: the kind is that of the object."""
    metadata = {"name": name, "namespace": space, **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {COOLDOWN: seconds}}


def live(api: Api, space: str) -> Values:
    return api.call("get", KIND, space, NAME)


@pytest.fixture
def addon(api: Api, space: str) -> str:
    """The add-on's ConfigMap, as someone else manages it."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": space},
        "data": {COOLDOWN: "60", "enable-windows-ipam": "false"},
    }
    api.call("server_side_apply", KIND, space, NAME, body=body, field_manager="eks", force_conflicts=True)
    return space


def test_a_forced_patch_changes_its_fields_and_no_other(engine: Engine, api: Api, addon: str) -> None:
    uid = live(api, addon)["metadata"]["uid"]
    state = engine.up(PATCH, wanted(addon, "30", FORCE))
    found = live(api, addon)
    assert state.id == f"{addon}/{NAME}"
    assert found["metadata"]["uid"] == uid
    assert found["data"] == {COOLDOWN: "30", "enable-windows-ipam": "false"}
    assert state.inputs["data"] == {COOLDOWN: "30"}
    assert managers(found, COOLDOWN) == {state.outputs["__fieldManager"]}
    assert managers(found, "enable-windows-ipam") == {"eks"}


def test_a_field_of_someone_else_is_a_conflict_unless_forced(engine: Engine, api: Api, addon: str) -> None:
    with pytest.raises(PluginError, match='conflict with "eks"'):
        engine.up(PATCH, wanted(addon, "30"))
    with pytest.raises(PluginError, match="conflict"):
        engine.up(PATCH, wanted(addon, "30", {"pulumi.com/patchForce": "false"}))
    assert live(api, addon)["data"][COOLDOWN] == "60"
    assert engine.up(PATCH, wanted(addon, "60")).outputs["data"][COOLDOWN] == "60"


def test_a_second_up_and_a_refresh_change_nothing(engine: Engine, addon: str) -> None:
    state = engine.up(PATCH, wanted(addon, "30", FORCE))
    assert engine.diff(PATCH, state, wanted(addon, "30", FORCE)).detailed == {}
    found = engine.refresh(PATCH, state)
    assert found is not None
    assert found.inputs == state.inputs
    assert engine.diff(PATCH, found, wanted(addon, "30", FORCE)).detailed == {}


def test_a_change_is_made_in_place_by_the_same_manager(engine: Engine, api: Api, addon: str) -> None:
    state = engine.up(PATCH, wanted(addon, "30", FORCE))
    changed = engine.diff(PATCH, state, wanted(addon, "90", FORCE))
    assert (changed.detailed, changed.replaces) == ({f"data.{COOLDOWN}": DiffKind.UPDATE}, [])
    updated = engine.up(PATCH, wanted(addon, "90", FORCE), state)
    assert updated.outputs["__fieldManager"] == state.outputs["__fieldManager"]
    assert live(api, addon)["data"] == {COOLDOWN: "90", "enable-windows-ipam": "false"}


def test_an_update_takes_no_field_of_an_earlier_writer(engine: Engine, api: Api, addon: str) -> None:
    state = engine.up(PATCH, wanted(addon, "30", FORCE))
    change = {"data": {"by-hand": "1"}}
    options = {"content_type": MERGE_PATCH, "field_manager": "kubectl"}
    api.call("patch", KIND, addon, NAME, body=change, **options)
    engine.up(PATCH, wanted(addon, "90", FORCE), state)
    assert live(api, addon)["data"]["by-hand"] == "1"
    assert managers(live(api, addon), "by-hand") == {"kubectl"}


def test_drift_shows_and_is_a_conflict_unless_forced(engine: Engine, api: Api, addon: str) -> None:
    state = engine.up(PATCH, wanted(addon, "30", FORCE))
    api.call("patch", KIND, addon, NAME, body={"data": {COOLDOWN: "45"}}, content_type=MERGE_PATCH)
    found = engine.refresh(PATCH, state)
    assert found is not None
    drift = engine.diff(PATCH, found, wanted(addon, "30", FORCE))
    assert drift.detailed == {f"data.{COOLDOWN}": DiffKind.UPDATE}
    with pytest.raises(InitFailed, match="conflict"):
        engine.up(PATCH, wanted(addon, "30"), found)
    assert engine.up(PATCH, wanted(addon, "30", FORCE), found).outputs["data"][COOLDOWN] == "30"


def test_a_deletion_releases_the_fields_and_keeps_the_object(engine: Engine, api: Api, addon: str) -> None:
    state = engine.up(PATCH, wanted(addon, "30", FORCE))
    engine.delete(PATCH, state)
    found = live(api, addon)
    assert found["data"] == {"enable-windows-ipam": "false"}
    assert "annotations" not in found["metadata"]
    assert managers(found, COOLDOWN) == set()


def test_a_deletion_keeps_a_value_that_someone_else_wants_too(engine: Engine, api: Api, addon: str) -> None:
    state = engine.up(PATCH, wanted(addon, "60"))
    engine.delete(PATCH, state)
    assert live(api, addon)["data"][COOLDOWN] == "60"


def test_the_manager_can_be_named(engine: Engine, api: Api, addon: str) -> None:
    named = {**FORCE, "pulumi.com/patchFieldManager": "cooldown"}
    state = engine.up(PATCH, wanted(addon, "30", FORCE))
    engine.up(PATCH, wanted(addon, "30", named), state)
    assert managers(live(api, addon), COOLDOWN) == {"cooldown"}


def test_a_preview_asks_nobody(engine: Engine, api: Api, addon: str) -> None:
    outputs = engine.preview(PATCH, wanted(addon, "30"))
    assert outputs["data"] == {COOLDOWN: "30"}
    assert "uid" not in outputs["metadata"]
    assert live(api, addon)["data"][COOLDOWN] == "60"


def test_another_name_is_another_patch(engine: Engine, addon: str) -> None:
    state = engine.up(PATCH, wanted(addon, "30", FORCE))
    assert engine.diff(PATCH, state, wanted(addon, "30", FORCE, "other")).replaces == ["metadata.name"]


def test_a_patch_needs_a_name(engine: Engine) -> None:
    inputs = {"kind": "ConfigMap", "data": {COOLDOWN: "30"}}
    _, failures = engine.check(PATCH, inputs)
    assert [failure.property for failure in failures] == ["metadata.name"]


def test_a_misspelt_field_is_refused(engine: Engine) -> None:
    inputs = {"kind": "ConfigMap", "metadata": {"name": NAME}, "dta": {COOLDOWN: "30"}}
    _, failures = engine.check(PATCH, inputs)
    assert [failure.property for failure in failures] == ["dta"]


def test_the_last_manager_of_a_required_field_stays(engine: Engine, space: str) -> None:
    token = "kubernetes:apps/v1:DeploymentPatch"
    state = engine.up(token, {"kind": "Deployment", "apiVersion": "apps/v1", **deployment(space)})
    with pytest.raises(PluginError, match="currently managing a required field"):
        engine.delete(token, state)
    engine.delete(DEPLOYMENT, state)


def test_a_patch_of_what_is_gone_is_read_as_gone(engine: Engine, space: str) -> None:
    absent = ResourceState(f"{space}/{NAME}", {}, wanted(space, "30"))
    assert engine.plugin.read(urn(PATCH), absent) is None


def managers(found: Values, key: str) -> set[str]:
    """Return who manages one entry of `data`."""
    entries: list[dict[str, Any]] = found["metadata"]["managedFields"]
    return {entry["manager"] for entry in entries if f"f:{key}" in (entry["fieldsV1"].get("f:data") or {})}
