"""The gates as the engine runs them, and what goes into the state."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import dill  # type: ignore[import-untyped]
import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

from podsg.errors import PodsgError, StateError
from podsg.provider import dynamic, gate_account, gates
from podsg.provider.dynamic import (
    DrainGateProvider,
    SweepGateProvider,
    WorkloadGateProvider,
)
from podsg.provider.gate_account import GateAccount
from tests.provider.gate_inputs import DRAIN, GATES, SWEEP, WORKLOAD, Aws

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
PROVIDERS: dict[str, Any] = {
    "drain": DrainGateProvider(),
    "sweep": SweepGateProvider(),
    "workload": WorkloadGateProvider(),
}
NAMES = ("DrainGateProvider", "SweepGateProvider", "WorkloadGateProvider", "BranchEniProvider")
OBSERVED: dict[str, dict[str, Any]] = {
    "drain": {"leaked": [], "drifted": [{"id": "eni-2"}]},
    "sweep": {"leaked": []},
    "workload": {},
}
each_gate = pytest.mark.parametrize("kind", PROVIDERS)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread that looks after an engine outlives a test."""
    watching = threading.Event()
    watching.set()
    monkeypatch.setattr(dynamic, "_prepared", watching)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Mapping[str, Any]]]:
    """What the gates were asked to do, by name, with their inputs; AWS has the VPC."""
    asked: list[tuple[str, Mapping[str, Any]]] = []

    def named(name: str, answer: Any = None) -> Callable[[Mapping[str, Any]], Any]:
        def ask(inputs: Mapping[str, Any]) -> Any:
            asked.append((name, inputs))
            return answer

        return ask

    for name in ("drain_gate", "sweep_gate", "workload_gate"):
        monkeypatch.setattr(gates, name, named(name))
    found = [{"id": "eni-1", "reason": "free"}]
    monkeypatch.setattr(gates, "found_by_drain_gate", named("look", {"drifted": [], "leaked": found}))
    monkeypatch.setattr(gates, "found_by_sweep_gate", named("look", {"leaked": found}))
    monkeypatch.setattr(gate_account, "_connected", lambda _: Aws())
    return asked


@pytest.mark.parametrize("name", NAMES)
def test_the_state_holds_a_reference_and_no_code(name: str) -> None:
    kind: type[ResourceProvider] = getattr(dynamic, name)

    pickled = base64.b64decode(serialize_provider(kind()))

    assert len(pickled) <= 200
    assert b"podsg.provider.dynamic" in pickled
    assert name.encode() in pickled
    assert type(dill.loads(pickled)) is kind  # noqa: S301 - made two lines above


def test_another_process_knows_a_recorded_provider_by_its_name() -> None:
    recorded = serialize_provider(DrainGateProvider())
    code = "import base64, dill, sys; print(type(dill.loads(base64.b64decode(sys.argv[1]))).__qualname__)"

    done = subprocess.run(
        [sys.executable, "-c", code, recorded], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "DrainGateProvider"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_a_secret_as_a_whole(name: str) -> None:
    assert getattr(dynamic, name).serialize_as_secret_always is False
    assert vars(getattr(dynamic, name)()) == {}


@each_gate
def test_inputs_that_can_be_right_pass(kind: str) -> None:
    inputs = GATES[kind]

    checked = PROVIDERS[kind].check({}, inputs)

    assert (checked.inputs, checked.failures) == (inputs, [])


@each_gate
@pytest.mark.parametrize("minutes", [0, -1, 0.5, "10", float("nan")])
def test_a_timeout_that_cannot_be_right_is_named(kind: str, minutes: Any) -> None:
    (failure,) = PROVIDERS[kind].check({}, {**GATES[kind], "timeout_minutes": minutes}).failures

    assert failure.property == "timeout_minutes"
    assert "1 or more" in failure.reason


@each_gate
def test_what_is_not_known_yet_passes(kind: str) -> None:
    unknown = dict.fromkeys(GATES[kind], UNKNOWN)

    assert PROVIDERS[kind].check({}, unknown).failures == []


@each_gate
def test_the_same_inputs_are_no_change_if_nothing_was_found(kind: str) -> None:
    inputs = GATES[kind]
    recorded = {**inputs, "leaked": [], "drifted": [], "__provider": "old"}

    diff = PROVIDERS[kind].diff("id", recorded, {**inputs, "__provider": "new", **OBSERVED[kind]})

    assert (diff.changes, list(diff.replaces)) == (False, [])


@pytest.mark.parametrize("kind", ["drain", "sweep"])
def test_what_a_refresh_found_is_a_change_in_place_until_it_is_noted(kind: str) -> None:
    provider, inputs = PROVIDERS[kind], GATES[kind]
    found = {**inputs, "leaked": [{"id": "eni-1"}]}

    diff = provider.diff("id", found, inputs)
    noted = provider.update("id", found, inputs).outs

    assert (diff.changes, list(diff.replaces)) == (True, [])
    assert noted is not None
    assert not provider.diff("id", noted, inputs).changes


@each_gate
@pytest.mark.parametrize("identity", ["another", UNKNOWN])
def test_another_cluster_replaces_and_the_old_one_is_drained_first(kind: str, identity: str) -> None:
    inputs = GATES[kind]

    diff = PROVIDERS[kind].diff("id", inputs, {**inputs, "cluster_identity": identity})

    assert (diff.changes, diff.replaces, diff.delete_before_replace) == (True, ["cluster_identity"], True)


def test_another_group_of_a_workload_is_there_before_the_old_one_goes() -> None:
    diff = PROVIDERS["workload"].diff("id", WORKLOAD, {**WORKLOAD, "group_ids": ["sg-new"]})

    assert (diff.changes, diff.replaces, diff.delete_before_replace) == (True, ["group_ids"], False)


@each_gate
def test_every_other_input_changes_in_place(kind: str) -> None:
    inputs = GATES[kind]
    for key in set(inputs) - {"cluster_identity", "group_ids"}:
        diff = PROVIDERS[kind].diff("id", inputs, {**inputs, key: "another"})
        assert (key, diff.changes, list(diff.replaces)) == (key, True, [])


@pytest.mark.parametrize(
    ("kind", "id_", "found"),
    [
        ("drain", "dev/drain", {"drifted": [], "leaked": []}),
        ("sweep", "dev/sweep-nodes", {"leaked": []}),
        ("workload", "dev/workload-web", {}),
    ],
)
def test_a_gate_that_is_made_or_changed_does_nothing(
    done: list[Any], kind: str, id_: str, found: dict[str, Any]
) -> None:
    inputs = GATES[kind]

    created = PROVIDERS[kind].create(inputs)
    updated = PROVIDERS[kind].update(id_, inputs, inputs)

    assert (created.id, created.outs, updated.outs) == (id_, {**inputs, **found}, {**inputs, **found})
    assert done == []


@each_gate
def test_a_gate_is_not_made_where_the_vpc_is_not(
    done: list[Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_account, "_connected", lambda _: Aws(vpc_ids=()))

    with pytest.raises(StateError, match="does not know it"):
        PROVIDERS[kind].create(GATES[kind])


@each_gate
def test_an_account_without_the_vpc_is_an_error_for_each_operation_that_looks(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_account, "_connected", lambda _: Aws(vpc_ids=()))
    provider, inputs = PROVIDERS[kind], GATES[kind]

    with pytest.raises(StateError):
        provider.delete("id", inputs)
    if kind != "workload":  # which shows nothing, and so looks at nothing
        with pytest.raises(StateError):
            provider.read("id", inputs)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("drain", {"drifted": [], "leaked": [{"id": "eni-1", "reason": "free"}]}),
        ("sweep", {"leaked": [{"id": "eni-1", "reason": "free"}]}),
        ("workload", {}),
    ],
)
def test_a_refresh_shows_what_a_look_finds(done: list[Any], kind: str, found: dict[str, Any]) -> None:
    read = PROVIDERS[kind].read("dev/x", GATES[kind])

    assert (read.id, read.outs) == ("dev/x", {**GATES[kind], **found})
    assert [name for name, _ in done if name != "look"] == []


@each_gate
def test_the_work_is_done_when_a_gate_is_deleted(done: list[Any], kind: str) -> None:
    PROVIDERS[kind].delete("dev/x", GATES[kind])

    assert done == [(f"{kind}_gate", GATES[kind])]


def test_no_input_is_a_secret() -> None:
    # a kubeconfig holds a login command; no input is named like a key, password or token
    keys = {key for inputs in (DRAIN, SWEEP, WORKLOAD) for key in inputs}

    assert [
        key for key in keys if any(word in key for word in ("secret", "token", "password", "access"))
    ] == []


def test_a_provider_of_no_kind_does_nothing_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing(dynamic._Gate):
        kind = "nothing"

    monkeypatch.setattr(GateAccount, "of", lambda _: None)
    assert Nothing().read("id", {"a": 1}).outs == {"a": 1}
    with pytest.raises(NotImplementedError):
        Nothing().delete("id", {})


def test_the_process_ends_with_the_engine_that_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a process whose parent goes after three looks
    monkeypatch.setattr(dynamic, "_prepared", threading.Event())
    monkeypatch.setattr(dynamic, "_PARENT_POLL_SECONDS", 0.001)
    parents = iter([7, 7, 7, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    ended = threading.Event()
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        ended.set()

    # when two operations begin
    dynamic._prepare_process(leave)
    dynamic._prepare_process(leave)

    # then it ends, once
    assert ended.wait(30)
    assert codes == [1]


def test_only_in_its_host_errors_are_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    # given the function by which the host tells errors
    monkeypatch.setattr(traceback, "format_exc", traceback.format_exc)
    before = traceback.format_exc

    def told(error: Exception) -> str:
        try:
            raise error
        except type(error):
            return traceback.format_exc()

    # when another program asks, then nothing changes
    dynamic._tell_errors_plainly(ModuleType("__main__"))
    assert traceback.format_exc is before

    # and in the host an error of podsg is its text, and any other error a traceback
    host = ModuleType("__main__")
    host.__spec__ = ModuleSpec("pulumi.dynamic.__main__", None)
    dynamic._tell_errors_plainly(host)
    assert told(PodsgError("look here")) == "look here"
    assert told(ValueError("x")).startswith("Traceback")
