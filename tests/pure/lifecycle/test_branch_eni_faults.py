from __future__ import annotations

from dataclasses import replace

import pytest

from podsg.errors import (
    Ec2CallError,
    ExplainedError,
)
from tests.pure.lifecycle.branch_eni_scene import Process, World, made_in
from tests.simulation.faults import Kind


@pytest.fixture
def world() -> World:
    return World()


# ---------------------------------------------------------------------- every call under every kind of fault

SITES = [
    ("create", "AssociateTrunkInterface", 1),
    ("create", "DescribeNetworkInterfaces", 1),
    ("create", "DescribeNetworkInterfaces", 2),
    ("create", "CreateNetworkInterface", 1),
    ("create", "DescribeTrunkInterfaceAssociations", 1),
    ("create", "AssociateTrunkInterface", 2),
    ("update", "DescribeNetworkInterfaces", 1),
    ("update", "ModifyNetworkInterfaceAttribute", 1),
    ("update", "CreateTags", 1),
    ("update", "DeleteTags", 1),
    ("update", "DescribeTrunkInterfaceAssociations", 1),
    ("delete", "DescribeNetworkInterfaces", 1),
    ("delete", "DisassociateTrunkInterface", 1),
    ("delete", "DeleteNetworkInterface", 1),
]


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
@pytest.mark.parametrize(("operation", "call", "nth"), SITES)
def test_operation_reaches_its_goal_after_one_rerun_at_most(
    world: World, operation: str, call: str, nth: int, kind: Kind
) -> None:
    # given an operation that is about to begin
    wanted = replace(world.spec, group_ids=world.groups, description="other", tags={"a": "b"})
    eni_id = "" if operation == "create" else made_in(world).interface.id
    world.process = Process(world)

    def act() -> None:
        if operation == "create":
            world.process.create(wanted)
        elif operation == "update":
            world.process.update(eni_id, wanted)
        else:
            world.process.delete(eni_id, world.spec)

    # when a call of it goes wrong
    world.fail(call, kind, nth)
    error: ExplainedError | None = None
    try:
        act()
    except ExplainedError as caught:
        error = caught
    met = world.ec2.faults.met
    world.calm()
    # then it says so in full, or it is as if nothing had been, and the next run gets there
    assert len(met) == 1
    if error is not None:
        assert type(error) is not Ec2CallError
        assert "Fix: " in str(error)
        act()
    rows = world.branches()
    if operation == "delete":
        assert rows == []
        assert world.ec2.region.associations == {}
    else:
        assert [(row.group_ids, row.description) for row in rows] == [(frozenset(world.groups), "other")]
        assert list(world.ec2.region.associations) == [rows[0].association_id]
