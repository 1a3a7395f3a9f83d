"""Faults on order: calls that fail before or after their effect, lose their connection, or are held.

Off until rules are put in; without rules a call costs one look at an empty list.
"""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from lab.aws.wire import WireError, render_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ANY = "*"
DROPPED = "ConnectionDropped"
"""Error code in the call log of a call that got no answer."""
_STATUS_BY_CODE = {
    "InternalError": HTTPStatus.INTERNAL_SERVER_ERROR,
    "InternalFailure": HTTPStatus.INTERNAL_SERVER_ERROR,
    "RequestLimitExceeded": HTTPStatus.SERVICE_UNAVAILABLE,
    "ServiceUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "Unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "UnauthorizedOperation": HTTPStatus.FORBIDDEN,
}
"""Source: EC2 API reference, error codes (client errors, server errors); botocore `_retry.json`
(RequestLimitExceeded is answered with 503)."""


class Kind(Enum):
    """What happens to a call."""

    ERROR = "error"
    """It is refused and has no effect."""
    ERROR_AFTER = "error-after"
    """It has its effect, and an error is told."""
    DROP = "drop"
    """The connection is lost before the call arrives."""
    DROP_AFTER = "drop-after"
    """It has its effect, and the connection is lost before the answer."""
    HOLD = "hold"
    """It waits before its effect until it is released."""
    HOLD_AFTER = "hold-after"
    """It has its effect, and the answer waits until it is released."""


class DroppedConnectionError(ConnectionError):
    """End a call without an answer."""


class FaultRuleError(ValueError):
    """Refuse a rule that cannot be read."""


@dataclass(frozen=True)
class Asked:
    """Hold what rules look at.

    Args:
        service: Signing name of the service.
        action: Operation as AWS writes it.
        agent: The caller's user agent.
        body: The request's body.
        caller: Returns the caller: `user`, or the ARN of a role session.
    """

    service: str
    action: str
    agent: str
    body: bytes
    caller: Callable[[], str]


@dataclass(frozen=True)
class Rule:
    """Choose calls, and say what happens to them; patterns are those of the shell.

    Args:
        kind: What happens.
        action: Pattern of the operation.
        service: Pattern of the service's signing name.
        caller: Pattern of the caller: `user`, or the ARN of a role session.
        agent: Pattern of the user agent.
        text: What the request's parameters contain, such as an id.
        nth: First matching call that is hit (1 or more).
        count: How many matching calls from there on are hit; 0 for all.
        chance: Share of those calls that is hit (0 to 1), chosen by the seed.
        code: Error code.
        message: Error text.
        status: HTTP status; 0 for the one that EC2 answers with this code.
    """

    kind: Kind
    action: str
    service: str = "ec2"
    caller: str = ANY
    agent: str = ANY
    text: str = ""
    nth: int = 1
    count: int = 1
    chance: float = 1.0
    code: str = "InternalError"
    message: str = "An internal error has occurred"
    status: int = 0

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Rule:
        """Build a rule from JSON.

        Raises:
            FaultRuleError: An unknown name, an unknown kind, or a value out of range.
        """
        known = {each.name for each in fields(cls)}
        if unknown := sorted(set(content) - known):
            raise FaultRuleError(f"a rule has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
        try:
            rule = cls(**{**content, "kind": Kind(content["kind"])})
        except (KeyError, TypeError, ValueError) as error:
            raise FaultRuleError(f"a rule needs a kind and an action: {error}") from None
        if rule.nth < 1 or rule.count < 0 or not 0 <= rule.chance <= 1:
            raise FaultRuleError("a rule has nth >= 1, count >= 0 and a chance of 0 to 1")
        return rule

    def concerns(self, asked: Asked) -> bool:
        """Tell whether a call is one of those that the rule chooses from."""
        return (
            fnmatchcase(asked.action, self.action)
            and fnmatchcase(asked.service, self.service)
            and fnmatchcase(asked.agent, self.agent)
            and self.text in unquote_plus(asked.body.decode("utf-8", "replace"))
            and (self.caller == ANY or fnmatchcase(asked.caller(), self.caller))
        )

    def error(self, service: str) -> WireError:
        """Return the error as the service would send it."""
        status = self.status or _STATUS_BY_CODE.get(self.code, HTTPStatus.BAD_REQUEST)
        return render_error(service, self.code, self.message, int(status))


@dataclass
class HeldCall:
    """Hold one call that waits."""

    id: int
    service: str
    action: str
    phase: str
    lost: bool = False
    released: threading.Event = field(default_factory=threading.Event)


@dataclass
class _Counts:
    matched: int = 0
    hit: int = 0


class Faults:
    """Decide what happens to each call.

    A rule's decision about its nth matching call depends on the seed, the rule's place and n alone, so the
    same rules and the same calls end the same way, whatever other calls came between.
    """

    def __init__(self) -> None:
        """Start without rules."""
        self._lock = threading.Lock()
        self._rules: list[tuple[Rule, _Counts]] = []
        self._seed = 0
        self._held: dict[int, HeldCall] = {}
        self._next_id = 1

    def set(self, rules: Sequence[Rule], seed: int) -> None:
        """Put rules in place of those there are, with fresh counts."""
        with self._lock:
            self._rules = [(rule, _Counts()) for rule in rules]
            self._seed = seed

    def release(self, call_id: int | None, *, lost: bool) -> int:
        """Let held calls go on, and return how many.

        Args:
            call_id: One of them; None for all.
            lost: They get no answer; one held before its effect has none.
        """
        with self._lock:
            chosen = [call for call in self._held.values() if call_id in {None, call.id}]
            for call in chosen:
                self._held.pop(call.id)
                call.lost = lost
                call.released.set()
        return len(chosen)

    def state(self) -> dict[str, Any]:
        """Return seed, rules with their counts, and the calls that wait."""
        with self._lock:
            rules = [
                {**asdict(rule), "kind": rule.kind.value, "matched": counts.matched, "hit": counts.hit}
                for rule, counts in self._rules
            ]
            held = [
                {"id": call.id, "service": call.service, "action": call.action, "phase": call.phase}
                for call in self._held.values()
            ]
            return {"seed": self._seed, "rules": rules, "held": held}

    def answer(self, asked: Asked, serve: Callable[[], WireError]) -> WireError:
        """Answer a call, with the fault that is due.

        Raises:
            DroppedConnectionError: The caller gets no answer.
        """
        rule = self._decide(asked) if self._rules else None
        if rule is None:
            return serve()
        if rule.kind is Kind.ERROR:
            return rule.error(asked.service)
        if rule.kind is Kind.DROP:
            raise DroppedConnectionError
        if rule.kind is Kind.HOLD:
            self._hold(asked, "before")
        served = serve()
        if rule.kind is Kind.ERROR_AFTER:
            return rule.error(asked.service)
        if rule.kind is Kind.DROP_AFTER:
            raise DroppedConnectionError
        if rule.kind is Kind.HOLD_AFTER:
            self._hold(asked, "after")
        return served

    def _decide(self, asked: Asked) -> Rule | None:
        """Count the call at every rule that concerns it; the first one that is due decides."""
        due = None
        with self._lock:
            for place, (rule, counts) in enumerate(self._rules):
                if not rule.concerns(asked):
                    continue
                counts.matched += 1
                if due is None and self._is_due(rule, place, counts.matched):
                    counts.hit += 1
                    due = rule
        return due

    def _is_due(self, rule: Rule, place: int, number: int) -> bool:
        in_range = number >= rule.nth and (not rule.count or number < rule.nth + rule.count)
        draw = random.Random(f"{self._seed}:{place}:{number}").random()  # noqa: S311 - repeatable, not secret
        return in_range and draw < rule.chance

    def _hold(self, asked: Asked, phase: str) -> None:
        with self._lock:
            call = HeldCall(self._next_id, asked.service, asked.action, phase)
            self._next_id += 1
            self._held[call.id] = call
        call.released.wait()
        if call.lost:
            raise DroppedConnectionError


FAULTS = Faults()
"""The faults of this server."""
