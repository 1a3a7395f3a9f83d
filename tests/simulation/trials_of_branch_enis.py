"""The operations of an explicit branch ENI, each ready to be tried under faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.simulation.stack import Stack
from tests.simulation.strangers import Stranger, meddle
from tests.simulation.trial import Errors, Operation, Trial

Program = tuple[tuple[str, int], ...]
"""Name and variant of each branch ENI."""


class StackTrial:
    """Apply a program to a stack's cloud, or read what is there.

    Args:
        before: Program that is applied already.
        after: Program that is to be applied; None reads what is there.
        deeds: What strangers do in between.
    """

    def __init__(self, before: Program, after: Program | None, *deeds: str) -> None:
        """Get ready."""
        self.stack = Stack()
        self.ec2 = self.stack.ec2
        self._after = after
        self._wanted = self.stack.specs(before if after is None else after)
        errors = self.stack.engine.up(self.stack.specs(before))
        assert not errors, errors
        for deed in deeds:
            meddle(self.stack, Stranger(deed, before[0][0]))

    def act(self) -> Errors:
        """Run the operation once."""
        if self._after is None:
            return self.stack.engine.refresh()
        return self.stack.engine.up(self._wanted)

    def again(self) -> Errors:
        """Refresh and apply, as a person does after a failure."""
        return [*self.stack.engine.refresh(), *self.stack.engine.up(self._wanted)]

    def breaches(self) -> list[str]:
        """Judge; a read mends nothing by itself, so what it found is applied first."""
        if self._after is None and (errors := self.stack.engine.up(self._wanted)):
            return [f"applying what was read failed: {errors!r}"]
        return self.stack.breaches(self._wanted)

    def vanish(self, call: str, target: str) -> bool:
        """Delete, as a stranger, what a call is about."""
        return self.stack.vanish(call, target)


def _ready(before: Program, after: Program | None, *deeds: str) -> Callable[[], Trial]:
    return lambda: StackTrial(before, after, *deeds)


_ONE: Final[Program] = (("alpha", 0),)
OPERATIONS: Final = (
    Operation("create", _ready((), _ONE)),
    Operation("create beside another", _ready((("beta", 2),), (("alpha", 0), ("beta", 2)))),
    Operation("read", _ready(_ONE, None)),
    Operation("read after drift", _ready(_ONE, None, "regroup", "describe", "retag")),
    Operation("update", _ready(_ONE, (("alpha", 5),))),
    Operation("replace", _ready(_ONE, (("alpha", 12),))),
    Operation("delete", _ready(_ONE, ())),
)
