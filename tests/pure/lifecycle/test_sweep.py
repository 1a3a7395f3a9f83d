from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from podsg.errors import DeadlineError, Ec2CallError, Explanation, InUseError, NotFoundError, StateError
from podsg.lifecycle.calls import RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.sweep import SEEN_FREE_SECONDS, Sweeper, SweepScope, sweep
from tests.simulation.decoys import CLUSTER, DEAD, LIVE, Decoy, Held, Yard, cni_tags, controller_tags

TIMEOUT = 300.0
OF_DEAD = Decoy("branch of a dead node", controller_tags())
OF_LIVE = Decoy("branch of a live node", controller_tags(instance_id=LIVE))


@dataclass
class Sweeping:
    """A yard and a sweep of it."""

    yard: Yard = field(default_factory=Yard.laid_out)
    said: list[str] = field(default_factory=list)

    def scope(self, group: str = "") -> SweepScope:
        groups = frozenset({self.yard.groups[group]}) if group else None
        return SweepScope(CLUSTER, self.yard.vpc_id, groups)

    def do(self, group: str = "", timeout: float = TIMEOUT) -> list[str]:
        clock = self.yard.clock
        ec2 = RetryingEc2(self.yard.ec2, clock, Pacing(clock), Deadline(clock, timeout))
        return sweep(ec2, clock, self.scope(group), self.said.append, timeout_seconds=timeout)

    def is_there(self, interface_id: str) -> bool:
        return interface_id in self.yard.ec2.region.interfaces


@pytest.fixture
def sweeping() -> Sweeping:
    return Sweeping()


def test_what_a_dead_node_left_free_is_deleted_at_once(sweeping: Sweeping) -> None:
    branch = sweeping.yard.place(OF_DEAD)
    secondary = sweeping.yard.place(Decoy("secondary", cni_tags()))
    begin = sweeping.yard.clock.now()
    assert sweeping.do() == sorted([branch, secondary])
    assert not sweeping.is_there(branch)
    assert not sweeping.is_there(secondary)
    assert sweeping.yard.clock.now() - begin < SEEN_FREE_SECONDS
    assert "2 interfaces deleted" in sweeping.said[-1]


def test_instance_that_is_terminated_counts_as_gone_before_ec2_forgets_it(sweeping: Sweeping) -> None:
    free = sweeping.yard.place(OF_LIVE)
    sweeping.yard.ec2.region.instances[LIVE].state = "terminated"
    assert Sweeper(sweeping.yard.ec2, sweeping.yard.clock, sweeping.scope()).look().free[0].id == free


def test_free_interface_of_a_live_node_is_deleted_when_it_was_seen_free_twice(sweeping: Sweeping) -> None:
    free = sweeping.yard.place(OF_LIVE)
    begin = sweeping.yard.clock.now()
    assert sweeping.do() == [free]
    assert sweeping.yard.clock.now() - begin >= SEEN_FREE_SECONDS
    assert "1 not yet free" in sweeping.said[0]


def test_free_interface_without_an_instance_is_deleted_when_it_was_seen_free_twice(
    sweeping: Sweeping,
) -> None:
    free = sweeping.yard.place(Decoy("no instance named", controller_tags(instance_id="")))
    begin = sweeping.yard.clock.now()
    assert sweeping.do() == [free]
    assert sweeping.yard.clock.now() - begin >= SEEN_FREE_SECONDS


def test_interface_that_a_node_takes_between_two_looks_is_left_alone(sweeping: Sweeping) -> None:
    taken = sweeping.yard.place(Decoy("soon", controller_tags(instance_id=LIVE), held=Held.SOON))
    assert sweeping.do() == []
    assert sweeping.is_there(taken)
    assert sweeping.yard.ec2.writes() == 0


def test_time_in_use_does_not_count_as_free(sweeping: Sweeping) -> None:
    # given an interface that is free, in use, and free again
    yard = sweeping.yard
    row = yard.ec2.region.interfaces[yard.place(OF_LIVE)]
    sweeper = Sweeper(yard.ec2, yard.clock, sweeping.scope())
    for is_held in (False, True, False):
        row.is_held = is_held
        yard.ec2.region.changed(row)
        look = sweeper.look()
        yard.clock.sleep(SEEN_FREE_SECONDS - 1)
    # then 58 s later it was seen free once in a row
    assert [one.id for one in look.waiting] == [row.id]
    assert not look.free


def test_nothing_left_is_told_to_nobody(sweeping: Sweeping) -> None:
    assert sweeping.do() == []
    assert sweeping.said == []


FOREIGN = [
    Decoy("another cluster", controller_tags("bank")),
    Decoy("another VPC", controller_tags(), vpc="other"),
    Decoy("requester-managed", controller_tags(), is_requester_managed=True),
    Decoy("attached to a live node", controller_tags(instance_id=LIVE), held=Held.BY_INSTANCE),
    Decoy("on a trunk of a live node", controller_tags(instance_id=LIVE), held=Held.BY_TRUNK),
    Decoy("no owner tag", {}),
]


@pytest.mark.parametrize("decoy", FOREIGN, ids=lambda decoy: decoy.name)
def test_what_is_not_ours_or_not_free_is_never_deleted(sweeping: Sweeping, decoy: Decoy) -> None:
    kept = sweeping.yard.place(decoy)
    assert sweeping.do() == []
    assert sweeping.is_there(kept)
    assert sweeping.yard.ec2.writes() == 0


def test_in_a_foreign_cluster_only_what_carries_our_groups_is_deleted(sweeping: Sweeping) -> None:
    ours = sweeping.yard.place(OF_DEAD)
    other = sweeping.yard.place(Decoy("another stack's", controller_tags(), group="other"))
    assert sweeping.do(group="pod") == [ours]
    assert sweeping.is_there(other)


def test_stack_without_groups_sweeps_nothing_in_a_foreign_cluster(sweeping: Sweeping) -> None:
    yard = sweeping.yard
    yard.place(OF_DEAD)
    scope = SweepScope(CLUSTER, yard.vpc_id, frozenset())
    assert sweep(yard.ec2, yard.clock, scope, sweeping.said.append, timeout_seconds=TIMEOUT) == []


def test_vpc_that_ec2_does_not_know_is_an_error_and_never_clean(sweeping: Sweeping) -> None:
    sweeping.yard.ec2.region.vpc_ids.remove(sweeping.yard.vpc_id)
    with pytest.raises(StateError, match="does not know it"):
        sweeping.do()


@pytest.mark.parametrize("state", ["shutting-down", "terminated"])
def test_interface_of_an_instance_that_ends_is_waited_for(sweeping: Sweeping, state: str) -> None:
    # given an interface that its instance gives back 40 s from now
    yard = sweeping.yard
    row = yard.ec2.region.interfaces[yard.place(Decoy("held", controller_tags(), held=Held.BY_INSTANCE))]
    yard.ec2.region.instances[LIVE].state = state
    yard.clock.at(yard.clock.now() + 40.0, lambda: yard.ec2.region.terminate(LIVE))
    # when
    deleted = sweeping.do()
    # then
    assert deleted == [row.id]
    assert any("not yet free" in line for line in sweeping.said)


def test_interface_that_never_gets_free_is_named_at_the_deadline(sweeping: Sweeping) -> None:
    kept = sweeping.yard.place(Decoy("held", controller_tags(), held=Held.BY_INSTANCE))
    sweeping.yard.ec2.region.instances[LIVE].state = "shutting-down"
    begin = sweeping.yard.clock.now()
    with pytest.raises(DeadlineError) as error:
        sweeping.do()
    # the node's trunk is the second one
    assert f"after {TIMEOUT:.0f} s 2 network interfaces are left" in str(error.value)
    assert f"{kept} (in-use)" in str(error.value)
    assert sweeping.yard.clock.now() - begin <= TIMEOUT + 1
    assert sweeping.is_there(kept)


def test_deletion_that_ec2_still_does_not_show_counts_once(sweeping: Sweeping) -> None:
    yard = sweeping.yard
    free = yard.place(OF_DEAD)
    yard.clock.sleep(600.0)
    yard.ec2.lag_seconds = 60.0
    assert sweeping.do() == [free]
    assert not sweeping.is_there(free)


def test_deletion_by_somebody_else_that_ec2_still_does_not_show_counts_once(sweeping: Sweeping) -> None:
    yard = sweeping.yard
    free = yard.place(OF_DEAD)
    yard.clock.sleep(600.0)
    yard.ec2.lag_seconds = 60.0
    yard.ec2.region.remove(free)
    assert sweeping.do() == [free]


def test_interface_that_is_used_again_when_it_is_deleted_is_watched_anew(sweeping: Sweeping) -> None:
    # given a free interface of a live node that was seen twice, and is in use when it is deleted
    yard = sweeping.yard
    row = yard.ec2.region.interfaces[yard.place(OF_LIVE)]
    ec2 = RetryingEc2(yard.ec2, yard.clock, Pacing(yard.clock), Deadline(yard.clock, TIMEOUT))
    sweeper = Sweeper(ec2, yard.clock, sweeping.scope())
    sweeper.look()
    yard.clock.sleep(SEEN_FREE_SECONDS)
    look = sweeper.look()
    row.is_held = True
    # when
    sweeper.delete(look.free)
    row.is_held = False
    # then
    assert sweeper.deleted == []
    assert [one.id for one in sweeper.look().waiting] == [row.id]


def test_interface_that_ec2_still_calls_in_use_is_deleted_when_it_no_longer_does(sweeping: Sweeping) -> None:
    # given what a dead node left, listed as free, and in use for another 20 s when it comes to deleting it
    yard = sweeping.yard
    row = yard.ec2.region.interfaces[yard.place(OF_DEAD)]
    row.is_held = True
    yard.clock.at(yard.clock.now() + 20.0, lambda: setattr(row, "is_held", False))
    # then
    assert sweeping.do() == [row.id]
    assert not sweeping.is_there(row.id)


class Refusing:
    """Refuses each deletion with one error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def delete_network_interface(self, _interface_id: str) -> None:
        raise self.error


def test_interface_that_is_gone_already_is_none_of_the_deleted(sweeping: Sweeping) -> None:
    gone = NotFoundError(Explanation("ec2", "not there", "it is gone.", "nothing."))
    sweeper = Sweeper(Refusing(gone), sweeping.yard.clock, sweeping.scope())  # type: ignore[arg-type]
    sweeper.delete([NetworkInterface("eni-1", "vpc-1", "subnet-1")])
    assert sweeper.deleted == []


def test_refusal_that_no_wait_helps_ends_the_sweep(sweeping: Sweeping) -> None:
    denied = Ec2CallError("DeleteNetworkInterface", "SomethingElse")
    sweeper = Sweeper(Refusing(denied), sweeping.yard.clock, sweeping.scope())  # type: ignore[arg-type]
    with pytest.raises(Ec2CallError, match="SomethingElse"):
        sweeper.delete([NetworkInterface("eni-1", "vpc-1", "subnet-1")])


def test_error_in_use_leaves_an_unseen_interface_alone(sweeping: Sweeping) -> None:
    held = InUseError(Explanation("ec2", "in use", "something holds it.", "wait."))
    sweeper = Sweeper(Refusing(held), sweeping.yard.clock, sweeping.scope())  # type: ignore[arg-type]
    sweeper.delete([NetworkInterface("eni-1", "vpc-1", "subnet-1", instance_id=DEAD)])
    assert sweeper.deleted == []
