"""One operation under a plan of faults: run it, run it again without them, and judge what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from podsg.errors import PodsgError
from tests.simulation.ec2 import SimulatedEc2
from tests.simulation.faults import Fault, Faults, Kind, ProcessDiedError

DEATHS = (False, True)
Errors = Sequence[Exception | ProcessDiedError]


class Trial(Protocol):
    """A world that is ready for one operation."""

    ec2: SimulatedEc2

    def act(self) -> Errors:
        """Run the operation; return what went wrong."""
        ...

    def again(self) -> Errors:
        """Run it again, as a person does after a failure."""
        ...

    def breaches(self) -> list[str]:
        """Return what is leaked, doubled, lost, foreign and touched, or not reached."""
        ...

    def vanish(self, call: str, target: str, /) -> bool:
        """Delete, as a stranger, what a call is about, if it is the stack's."""
        ...


@dataclass(frozen=True)
class Operation:
    """An operation that is tried under faults.

    Args:
        name: What it is.
        ready: Makes a world that is ready for it.
    """

    name: str
    ready: Callable[[], Trial]

    def sites(self) -> list[tuple[str, int]]:
        """Return its calls when all goes well, and one more of each, which a retry makes."""
        trial = self.ready()
        before = len(trial.ec2.log)
        assert not trial.act()
        made = Counter(call.name for call in trial.ec2.log[before:])
        return [(name, nth) for name, count in made.items() for nth in range(1, count + 2)]

    def faults(self) -> list[Fault]:
        """Return each kind of fault at each call."""
        return [Fault(name, nth, kind) for name, nth in self.sites() for kind in Kind]

    def deaths(self) -> list[Fault]:
        """Return the death of the process before and after each call."""
        return [Fault(name, nth, None, is_after=after) for name, nth in self.sites() for after in DEATHS]


def failure_of(operation: Operation, plan: Sequence[Fault]) -> str:
    """Try an operation under a plan; return what is wrong, else nothing."""
    trial = operation.ready()
    faults = trial.ec2.faults = Faults(plan, trial.vanish)
    errors = trial.act()
    trial.ec2.faults = Faults()
    wrong = [f"the first run ended with no explained error: {error!r}" for error in errors if _is_raw(error)]
    if errors or any(fault.kind is Kind.NOT_FOUND_OLD for fault in faults.met):
        wrong += [f"the rerun failed: {error!r}" for error in trial.again()]
    wrong += trial.breaches()
    if not wrong:
        return ""
    told = [f"{operation.name} under {' and '.join(map(str, plan))}", *wrong]
    return "\n  ".join([*told, f"first run: {list(errors)!r}", f"paste: failure_of(..., {list(plan)!r})"])


def failures(operation: Operation, plans: Iterator[Sequence[Fault]]) -> tuple[int, list[str]]:
    """Try an operation under many plans; return their count and what is wrong."""
    found = [failure_of(operation, plan) for plan in plans]
    return len(found), [text for text in found if text]


def _is_raw(error: Exception | ProcessDiedError) -> bool:
    """Tell whether an error says nothing that a person could act on."""
    if isinstance(error, ProcessDiedError):
        return False
    return not isinstance(error, PodsgError)
