"""Every resource type: made, read, changed, replaced, deleted, with no difference in between."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from lab.plugins.aws import records
from lab.plugins.interface import ResourceState
from lab.plugins.wire import UNKNOWN, has_unknown

from .aws_conformance import AwsEngine, fails_with, running_aws
from .aws_conformance_managed import CASES as MANAGED
from .aws_conformance_scene import Scene
from .aws_conformance_types import CASES as BASIC
from .aws_conformance_types import Case

CASES = (*BASIC, *MANAGED)
case_of_each_type = pytest.mark.parametrize("case", CASES, ids=lambda case: case.type_name.split(":")[-1])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsEngine]:
    with running_aws(tmp_path_factory.mktemp("aws")) as aws:
        yield AwsEngine(aws)


@pytest.fixture(scope="module")
def scene(engine: AwsEngine) -> Scene:
    return Scene(engine)


def test_every_type_has_a_case() -> None:
    assert {case.type_name for case in CASES} == records.TOKENS


@case_of_each_type
def test_life_of_a_resource(case: Case, engine: AwsEngine, scene: Scene) -> None:
    kind, inputs = case.type_name, case.inputs(scene)

    # given: a preview knows the inputs and not the id
    planned = engine.preview(kind, inputs)
    assert planned["id"] is UNKNOWN

    # when: made; then: nothing to change, also after a refresh and after an import
    made = engine.up(kind, inputs)
    known = {name: value for name, value in planned.items() if not has_unknown(value)}
    assert {name: made.outputs.get(name) for name in known} == known
    _unchanged(engine, kind, made, inputs)
    imported = engine.refresh(kind, ResourceState(_import_id(kind, made), {}, {}))
    assert imported is not None
    assert imported.outputs["id"]

    # when: changed in place and replaced; then: the verdicts say so
    made, inputs = _changed(case, engine, scene, made, inputs)
    _replaced(case, engine, scene, made, inputs)

    # when: deleted, and deleted again; then: it is gone, and that is no error
    engine.delete(kind, made)
    assert (engine.refresh(kind, made) is None) == (not case.stays)
    engine.delete(kind, made)


def _import_id(kind: str, made: ResourceState) -> str:
    """Return the documented import id where it is not the id."""
    if kind.endswith(":Route"):
        return f"{made.outputs['routeTableId']}_{made.outputs['destinationCidrBlock']}"
    return made.id


def _unchanged(engine: AwsEngine, kind: str, made: ResourceState, inputs: dict[str, Any]) -> None:
    assert not engine.diff(kind, made, inputs).changed, engine.diff(kind, made, inputs)
    refreshed = engine.refresh(kind, made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs
    assert not engine.diff(kind, refreshed, inputs).changed, engine.diff(kind, refreshed, inputs)


def _changed(
    case: Case, engine: AwsEngine, scene: Scene, made: ResourceState, inputs: dict[str, Any]
) -> tuple[ResourceState, dict[str, Any]]:
    changes = case.change(scene)
    if "tags" in inputs:
        changes |= {"tags": {"Name": "changed", "added": "yes"}}
    if not changes:
        return made, inputs
    wanted = inputs | changes
    verdict = engine.diff(case.type_name, made, wanted)
    assert verdict.changed
    assert verdict.replaces == []
    assert {_top(path) for path in verdict.detailed} - {"tagsAll"} == set(changes)
    engine.preview(case.type_name, wanted, made)
    updated = engine.up(case.type_name, wanted, made)
    assert updated.id == made.id
    _unchanged(engine, case.type_name, updated, wanted)
    return updated, wanted


def _replaced(
    case: Case, engine: AwsEngine, scene: Scene, made: ResourceState, inputs: dict[str, Any]
) -> None:
    changes = case.replace(scene)
    if not changes:
        return
    verdict = engine.diff(case.type_name, made, inputs | changes)
    assert set(verdict.replaces) <= {name.split(".")[0] for name in changes}
    assert verdict.replaces
    assert all(
        kind.replacing == kind for path, kind in verdict.detailed.items() if _top(path) in verdict.replaces
    )


def _top(path: str) -> str:
    return re.split(r"[.\[]", path)[0]


@case_of_each_type
def test_misspelt_property(case: Case, engine: AwsEngine, scene: Scene) -> None:
    [(path, nearest)] = case.misspelt.items()
    inputs = copy.deepcopy(case.inputs(scene))
    target: Any = inputs
    *parents, name = re.split(r"[.\[]", path.replace("]", ""))
    for parent in parents:
        target = target[int(parent)] if parent.isdigit() else target[parent]
    target[name] = "x"

    _, failures = engine.check(case.type_name, inputs)

    assert [failure.property for failure in failures] == [path]
    assert f"the nearest name is {nearest!r}" in failures[0].reason


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.conflict], ids=lambda case: case.type_name.split(":")[-1]
)
def test_existing_one_is_a_conflict_and_never_adopted(case: Case, engine: AwsEngine, scene: Scene) -> None:
    inputs = case.inputs(scene)
    made = engine.up(case.type_name, inputs)
    with fails_with("creating", case.conflict):
        engine.up(case.type_name, inputs)
    engine.delete(case.type_name, made)
