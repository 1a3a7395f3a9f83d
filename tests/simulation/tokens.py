"""What client tokens stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from podsg.errors import Ec2CallError
from tests.simulation.clock import SimulatedClock

T = TypeVar("T")

# The API reference promises no length of life for these calls; a day is what RunInstances has.
LIFE_SECONDS: Final = 86_400.0
_LONGEST: Final = 64


class Tokens:
    """Give the answer of an earlier call with the same token, also if what it made is gone since.

    Source: EC2 API reference, ensuring idempotency; error codes page, IdempotentParameterMismatch.

    Args:
        clock: Time.
    """

    def __init__(self, clock: SimulatedClock) -> None:
        """Start without tokens."""
        self.life_seconds = LIFE_SECONDS
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, object, object]] = {}

    def once(self, call: str, token: str, request: object, do: Callable[[], T]) -> T:
        """Do a call, unless its token was used; a call that failed used none."""
        if not token:
            return do()
        if len(token) > _LONGEST or not token.isascii():
            problem = f"Client token is too long (longest: {_LONGEST}) or not ASCII"
            raise Ec2CallError(call, "InvalidParameterValue", problem)
        now = self._clock.now()
        known = self._known.get((call, token))
        if known is not None and now - known[0] < self.life_seconds:
            if known[1] != request:
                problem = "The request uses the same client token as a previous, but non-identical request."
                raise Ec2CallError(call, "IdempotentParameterMismatch", problem)
            return known[2]  # type: ignore[return-value]
        answer = do()
        self._known[call, token] = (now, request, answer)
        return answer
