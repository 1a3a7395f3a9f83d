from __future__ import annotations

from podsg.errors import TrunkCallNotOpenError
from podsg.lifecycle.branch_eni import BranchEniSpec
from tests.simulation.clock import SimulatedClock
from tests.simulation.ec2 import SimulatedEc2
from tests.simulation.engine import Engine
from tests.simulation.stack import OWNER, Stack

COUNT = 1000


class Large:
    """Nine trunks with room for a thousand branches, and a program that wants them."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.ec2 = SimulatedEc2(self.clock)
        region = self.ec2.region
        vpc_id = region.add_vpc()
        subnet_id, group_id = region.add_subnet(vpc_id), region.add_group(vpc_id)
        trunks = [region.add_trunk(region.add_instance(), subnet_id, [group_id]) for _ in range(9)]
        self.engine = Engine(self.ec2, self.clock, workers=4)
        self.specs = [
            BranchEniSpec(
                owner=OWNER, name=f"eni-{n}", trunk_eni_id=trunks[n % len(trunks)], group_ids=(group_id,)
            )
            for n in range(COUNT)
        ]


def test_thousand_are_created_read_and_deleted_in_time_and_never_throttled() -> None:
    large = Large()
    # create
    assert not large.engine.up(large.specs)
    assert len(large.ec2.region.associations) == COUNT
    assert large.clock.now() < 300
    assert large.ec2.writes() == 2 * COUNT
    # delete
    begin = large.clock.now()
    assert not large.engine.destroy()
    assert not large.ec2.region.associations
    assert large.clock.now() - begin < 300
    assert large.ec2.writes() == 4 * COUNT
    assert large.ec2.throttled() == 0


def test_create_and_delete_take_two_writes_each() -> None:
    stack = Stack()
    assert not stack.engine.up([stack.spec("alpha")])
    assert stack.ec2.writes() == 2
    assert not stack.engine.up([stack.spec("alpha")])
    assert stack.ec2.writes() == 2
    assert not stack.engine.destroy()
    assert stack.ec2.writes() == 4
    assert not stack.engine.destroy()
    assert stack.ec2.writes() == 4


def test_closed_trunk_call_ends_at_once_and_makes_nothing() -> None:
    stack = Stack()
    stack.ec2.refused_rights.add("AssociateTrunkInterface")
    (error,) = stack.engine.up([stack.spec("alpha")])
    assert isinstance(error, TrunkCallNotOpenError)
    assert "SecurityGroupPolicy" in str(error)
    assert stack.ec2.writes() == 0
    assert stack.clock.now() < 5


def test_refusal_after_a_passed_dry_run_leaves_nothing() -> None:
    stack = Stack()
    refused = stack.ec2.refused_rights
    probe = stack.ec2.associate_trunk_interface

    def closed_for_real(**request: object) -> object:
        if not request.get("dry_run"):
            refused.add("AssociateTrunkInterface")
        return probe(**request)  # type: ignore[arg-type]

    stack.ec2.associate_trunk_interface = closed_for_real  # type: ignore[method-assign, assignment]
    (error,) = stack.engine.up([stack.spec("alpha")])
    assert isinstance(error, TrunkCallNotOpenError)
    assert stack.mine() == []


def test_token_of_an_interface_that_is_gone_yields_a_new_one() -> None:
    stack = Stack()
    assert not stack.engine.up([stack.spec("alpha")])
    (before,) = stack.mine()
    stack.region.remove(before.id)
    assert not stack.engine.refresh()
    assert not stack.engine.up([stack.spec("alpha")])
    assert not stack.breaches([stack.spec("alpha")])
    assert stack.mine()[0].id != before.id
