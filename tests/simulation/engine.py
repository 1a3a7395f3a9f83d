"""The engine as it drives the provider of branch ENIs: what it records, and what it forgets."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from podsg.lifecycle.branch_eni import BranchEni, BranchEnis, BranchEniSpec
from podsg.lifecycle.calls import Memory, RetryingEc2
from podsg.lifecycle.deadline import Deadline
from podsg.lifecycle.generations import Generations
from podsg.lifecycle.pacing import Pacing
from podsg.lifecycle.tokens import MADE_AT_TAG, OWN_TAGS
from podsg.lifecycle.vlans import Vlans
from tests.simulation.clock import SimulatedClock
from tests.simulation.ec2 import SimulatedEc2
from tests.simulation.faults import ProcessDiedError

REPLACING = ("owner", "name", "trunk_eni_id", "subnet_id", "vlan_id", "adopt_eni_id")
TIMEOUT_SECONDS = 900.0


@dataclass(frozen=True)
class Recorded:
    """What the engine's state holds of a resource: its inputs and its outputs."""

    spec: BranchEniSpec
    state: BranchEni


class Engine:
    """Run `up`, `refresh` and `destroy`; each run is a process of its own.

    An operation that fails is not recorded, and the others go on. If the process dies, only what was answered
    before is recorded.

    A create that failed or was cut off is `unfinished`, as the engine's pending operations and its error
    tell: before its resource leaves the program, the same program has to be applied again.

    Args:
        ec2: The cloud.
        clock: Time.
        workers: Operations at a time; the server of dynamic resources has 4, 1 is quicker to simulate.
    """

    def __init__(self, ec2: SimulatedEc2, clock: SimulatedClock, workers: int = 1) -> None:
        """Start without a record."""
        self.recorded: dict[str, Recorded] = {}
        self.unfinished: dict[str, BranchEniSpec] = {}
        self.said: list[str] = []
        self._ec2, self._clock, self._workers = ec2, clock, workers
        self._start_process()
        self._chance = random.Random(0)  # noqa: S311 - jitter

    def up(self, specs: Iterable[BranchEniSpec]) -> list[Exception | ProcessDiedError]:
        """Bring the cloud to a program; return what went wrong."""
        wanted = {spec.name: spec for spec in specs}
        gone = [name for name in self.recorded if name not in wanted]
        changes = [partial(self._bring, spec) for spec in wanted.values()]
        return self._run(changes) or self._run([partial(self._delete, name) for name in gone])

    def refresh(self) -> list[Exception | ProcessDiedError]:
        """Record what is there."""
        return self._run([partial(self._read, name) for name in list(self.recorded)])

    def destroy(self) -> list[Exception | ProcessDiedError]:
        """Delete everything that is recorded."""
        return self._run([partial(self._delete, name) for name in list(self.recorded)])

    def _run(self, tasks: Sequence[Callable[[], None]]) -> list[Exception | ProcessDiedError]:
        self._start_process()
        try:
            if self._workers > 1:
                outcomes = self._clock.run(tasks, self._workers)
                return [outcome.error for outcome in outcomes if outcome.error is not None]
            return [error for task in tasks if (error := _failure(task)) is not None]
        except ProcessDiedError as death:
            return [death]

    def _start_process(self) -> None:
        self._pacing, self._memory = Pacing(self._clock), Memory(self._clock)
        self._vlans, self._generations = Vlans(), Generations()
        self._claimed = {recorded.state.interface.id for recorded in self.recorded.values()}

    def _enis(self, recorded: Recorded | None = None) -> BranchEnis:
        if recorded is not None:
            interface = recorded.state.interface
            self._memory.note_recorded(interface.id, interface.tags.get(MADE_AT_TAG, ""))
        deadline = Deadline(self._clock, TIMEOUT_SECONDS)
        ec2 = RetryingEc2(self._ec2, self._clock, self._pacing, deadline, self._memory, self._chance)
        return BranchEnis(ec2, self._clock, self.said.append, self._vlans, self._generations, self._claimed)

    def _bring(self, spec: BranchEniSpec) -> None:
        before = self.recorded.get(spec.name)
        if before is not None and any(getattr(before.spec, key) != getattr(spec, key) for key in REPLACING):
            self._delete(spec.name)
            before = None
        if before is None:
            self.unfinished[spec.name] = spec
            self.recorded[spec.name] = Recorded(spec, self._enis().create(spec))
            del self.unfinished[spec.name]
        elif before.spec != spec or is_drifted(before):
            state = self._enis(before).update(before.state.interface.id, spec)
            self.recorded[spec.name] = Recorded(spec, state)

    def _read(self, name: str) -> None:
        before = self.recorded[name]
        found = self._enis(before).read(before.state.interface.id, before.spec, before.state.association_id)
        if found is None:
            del self.recorded[name]
        else:
            vlan_id = found.vlan_id or (before.state.vlan_id if found.association_id else 0)
            self.recorded[name] = replace(before, state=replace(found, vlan_id=vlan_id))

    def _delete(self, name: str) -> None:
        before = self.recorded[name]
        self._enis(before).delete(before.state.interface.id, before.spec, before.state.association_id)
        del self.recorded[name]


def is_drifted(recorded: Recorded) -> bool:
    """Tell whether what is there differs from what was asked for."""
    spec, state = recorded.spec, recorded.state
    return (
        state.interface.group_ids != frozenset(spec.group_ids)
        or state.interface.description != spec.description
        or not state.association_id
        or not spec.all_tags.items() <= state.interface.tags.items()
        or bool(state.interface.tags.keys() - spec.all_tags.keys() - OWN_TAGS)
    )


def _failure(task: Callable[[], None]) -> Exception | None:
    try:
        task()
    except Exception as error:  # noqa: BLE001 - the engine shows whatever a provider raises
        return error
    return None
