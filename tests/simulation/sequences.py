"""Random sequences of what people, strangers and the cloud do to a stack, against a model."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from podsg.lifecycle.branch_eni import BranchEniSpec
from tests.simulation.faults import Fault, Faults, Kind
from tests.simulation.stack import LONGEST_LAG_SECONDS, NAMES, VARIANTS, Stack
from tests.simulation.strangers import Stranger, meddle

_CALLS = (
    "",
    "DescribeNetworkInterfaces",
    "DescribeTrunkInterfaceAssociations",
    "CreateNetworkInterface",
    "AssociateTrunkInterface",
    "DisassociateTrunkInterface",
    "ModifyNetworkInterfaceAttribute",
    "CreateTags",
    "DeleteTags",
    "DeleteNetworkInterface",
)
Plan = tuple[Fault, ...]
Program = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Up:
    """Apply a program."""

    program: Program
    faults: Plan = ()


@dataclass(frozen=True)
class Refresh:
    """Record what is there."""

    faults: Plan = ()


@dataclass(frozen=True)
class Destroy:
    """Delete everything."""

    faults: Plan = ()


@dataclass(frozen=True)
class Settle:
    """Refresh and apply the last program without faults; then everything has to be right."""


@dataclass(frozen=True)
class Wait:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True)
class Lag:
    """Let reads be late from now on."""

    seconds: float


Step = Up | Refresh | Destroy | Settle | Stranger | Wait | Lag


class BreachError(AssertionError):
    """Something is leaked, doubled, lost, foreign and touched, or not reached."""


def play(steps: Sequence[Step], seed: int = 0) -> None:
    """Play a sequence; it ends with a settled stack and then with an empty one.

    Raises:
        BreachError: The cloud differs from the model.
    """
    stack, program = Stack(seed), list[BranchEniSpec]()
    for number, step in enumerate([*steps, Settle(), Destroy(), Settle()]):
        try:
            program = _do(step, stack, program)
        except BreachError as breach:
            raise BreachError(f"step {number}, {step!r}: {breach}") from None


def _do(step: Step, stack: Stack, program: list[BranchEniSpec]) -> list[BranchEniSpec]:
    engine = stack.engine
    if isinstance(step, Wait):
        stack.clock.sleep(step.seconds)
    elif isinstance(step, Lag):
        stack.ec2.lag_seconds = step.seconds
    elif isinstance(step, Stranger):
        meddle(stack, step)
    elif isinstance(step, Settle):
        _settle(stack, program)
    else:
        stack.ec2.faults = Faults(step.faults, stack.vanish, stack.is_new)
        if isinstance(step, Up):
            program = stack.specs(step.program)
            engine.up(program)
        elif isinstance(step, Destroy):
            program = []
            engine.destroy()
        else:
            engine.refresh()
        stack.ec2.faults = Faults()
    return program


def _settle(stack: Stack, program: list[BranchEniSpec]) -> None:
    stack.clock.sleep(LONGEST_LAG_SECONDS)
    engine, names = stack.engine, {spec.name for spec in program}
    cut = [spec for spec in engine.unfinished.values() if spec.name not in names]
    errors = [*engine.refresh(), *(engine.up([*program, *cut]) if cut else ()), *engine.up(program)]
    if errors:
        raise BreachError(f"the rerun without faults failed: {errors!r}")
    if breaches := stack.breaches(program):
        raise BreachError("\n  ".join(breaches))


def random_steps(seed: int, length: int = 10) -> list[Step]:
    """Make a sequence; the same seed makes the same one."""
    source = random.Random(seed)  # noqa: S311 - a test's choice
    makers: Sequence[tuple[int, Callable[[random.Random], Step]]] = (
        (8, lambda s: Up(_random_program(s), _random_plan(s))),
        (3, lambda s: Refresh(_random_plan(s))),
        (2, lambda s: Destroy(_random_plan(s))),
        (2, lambda _: Settle()),
        (
            3,
            lambda s: Stranger(
                s.choice(["delete", "regroup", "loosen", "describe", "retag"]), s.choice(NAMES)
            ),
        ),
        (1, lambda s: Wait(s.choice([30.0, 300.0, 90_000.0]))),
        (1, lambda s: Lag(s.choice([0.0, 5.0, LONGEST_LAG_SECONDS]))),
    )
    weights = [weight for weight, _ in makers]
    chosen = source.choices([make for _, make in makers], weights, k=source.randint(1, length))
    return [make(source) for make in chosen]


def _random_program(source: random.Random) -> Program:
    return tuple((name, source.randrange(VARIANTS)) for name in NAMES if source.random() < 0.6)


def _random_plan(source: random.Random) -> Plan:
    count = source.choices([0, 1, 2, 3], [3, 4, 2, 1])[0]
    return tuple(_random_fault(source) for _ in range(count))


def _random_fault(source: random.Random) -> Fault:
    kind = source.choice([*Kind, None, None])
    return Fault(
        source.choice(_CALLS),
        source.randint(1, 4),
        kind,
        is_after=kind is None and source.random() < 0.5,
        count=source.choice([1, 1, 1, 2, 5]),
    )


def shrunk(steps: Sequence[Step], seed: int) -> list[Step]:
    """Return a sequence that fails too, of which no single step and no single fault can be left out."""
    best = list(steps)
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for smaller in _smaller(best):
            if fails(smaller, seed):
                best, is_smaller = smaller, True
                break
    return best


def _smaller(steps: list[Step]) -> list[list[Step]]:
    found = [steps[:place] + steps[place + 1 :] for place in range(len(steps))]
    for place, step in enumerate(steps):
        simpler: list[Step] = []
        if isinstance(step, Up):
            simpler += [Up(_without(step.program, n), step.faults) for n in range(len(step.program))]
            simpler += [
                Up((*step.program[:n], (name, 0), *step.program[n + 1 :]), step.faults)
                for n, (name, variant) in enumerate(step.program)
                if variant
            ]
            simpler += [Up(step.program, _without(step.faults, n)) for n in range(len(step.faults))]
        elif isinstance(step, Refresh | Destroy):
            simpler += [type(step)(_without(step.faults, n)) for n in range(len(step.faults))]
        found += [[*steps[:place], other, *steps[place + 1 :]] for other in simpler]
    return found


def _without(items: tuple, place: int) -> tuple:  # type: ignore[type-arg]
    return (*items[:place], *items[place + 1 :])


def fails(steps: Sequence[Step], seed: int) -> str:
    """Return what is wrong after a sequence; an exception that nobody expects counts too."""
    try:
        play(steps, seed)
    except Exception as error:  # noqa: BLE001 - whatever ends a sequence is a finding
        return f"{type(error).__name__}: {error}"
    return ""


def as_test(steps: Sequence[Step], seed: int) -> str:
    """Return a test that can be pasted into test_found.py."""
    lines = [f"            {step!r}," for step in steps]
    return "\n".join(
        [
            f"def test_sequence_{seed}() -> None:",
            "    play(",
            "        [",
            *lines,
            "        ],",
            f"        seed={seed},",
            "    )",
        ]
    )
