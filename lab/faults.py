"""Disturb the AWS of a running lab: faults, held calls, read lag, throttling, delays, the trunk calls.

Everything is off until it is asked for, and `calm` puts everything back.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from lab.aws.faults import Rule
from lab.errors import LabError

_PATHS = ("faults", "lag", "throttle", "delays", "trunk-calls")
_REQUEST_SECONDS = 30


@dataclass(frozen=True)
class Disturbance:
    """Speak to the paths `/lab/…` of one lab.

    Args:
        url: The lab's AWS endpoint.
    """

    url: str

    def inject(self, *rules: Rule, seed: int = 0) -> None:
        """Put these rules in place of those there are; the same seed makes the same choices again."""
        described = [{**asdict(rule), "kind": rule.kind.value} for rule in rules]
        self._send("faults", {"rules": described, "seed": seed})

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules, each with how many calls it `matched` and how many it `hit`."""
        found: list[dict[str, Any]] = self._ask("faults")["rules"]
        return found

    def held(self) -> list[dict[str, Any]]:
        """Return the calls that wait: `id`, `service`, `action`, and `phase` (before or after the effect)."""
        found: list[dict[str, Any]] = self._ask("faults")["held"]
        return found

    def await_held(self, seconds: float = 60) -> dict[str, Any]:
        """Wait until a call is held, and return it.

        Raises:
            LabError: None was held within that time.
        """
        deadline = time.monotonic() + seconds
        while not (held := self.held()):
            if time.monotonic() > deadline:
                raise LabError(
                    f"no call was held within {seconds:.0f} s.",
                    why="no call came that a rule of kind `hold` or `hold-after` concerns.",
                    fix="compare the rule with the calls at /lab/calls.",
                )
            time.sleep(0.05)
        return held[0]

    def release(self, call_id: int | None = None, *, lost: bool = False) -> None:
        """Let held calls go on.

        Args:
            call_id: One of them; None for all.
            lost: They get no answer; a call held before its effect never has it.
        """
        self._send("faults/release", {"id": call_id, "lost": lost})

    def lag(
        self,
        longest: float,
        *,
        shortest: float = 0.0,
        seed: int = 0,
        writes_too: bool = False,
        agent: str = "*",
    ) -> None:
        """Let describes of interfaces lag behind (seconds, up to 120; 0 for none).

        Args:
            longest: Age of the oldest answer.
            shortest: Age of the newest answer.
            seed: Chooses the ages between.
            writes_too: Calls that name an interface which a lagging copy does not know are refused.
            agent: Pattern of the user agents that are concerned.
        """
        wanted = {"shortest": shortest, "seed": seed, "writes_too": writes_too, "agent": agent}
        self._send("lag", {"longest": longest, **wanted})

    def throttle(self, *, factor: float = 1.0, refill_factor: float = 1.0) -> None:
        """Throttle EC2 calls by the published sizes, multiplied by these factors; buckets begin full."""
        self._send("throttle", {"factor": factor, "refill_factor": refill_factor})

    def throttled(self) -> int:
        """Return how many calls were refused since throttling began."""
        buckets = self._ask("throttle")["buckets"]
        return sum(bucket["refused"] for bucket in buckets.values())

    def delay(self, seconds: Mapping[str, float]) -> None:
        """Set how long AWS takes for things, by the names in `lab.aws.delays`."""
        self._send("delays", dict(seconds))

    def trunk_calls(self, *, are_open: bool) -> None:
        """Open the two trunk calls to whom policies allow them, or close them to all but controllers.

        Left alone, IAM users may make them, and role sessions may not.
        """
        self._send("trunk-calls", {"open": are_open})

    def calm(self) -> None:
        """Put everything back, and let held calls go on."""
        for path in _PATHS:
            self._request(path, "DELETE", None)

    @contextmanager
    def during(self) -> Iterator[Disturbance]:
        """Calm the lab when the block ends, however it ends."""
        try:
            yield self
        finally:
            self.calm()

    def _ask(self, path: str) -> dict[str, Any]:
        return self._request(path, "GET", None)

    def _send(self, path: str, content: dict[str, Any]) -> None:
        self._request(path, "POST", json.dumps(content).encode())

    def _request(self, path: str, method: str, body: bytes | None) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/lab/{path}", data=body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_REQUEST_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise LabError(
                f"the lab refuses this at /lab/{path}: {error.read().decode(errors='replace')}",
                why="it cannot be read as a setting.",
                fix="see the docstring of this method for names and ranges.",
            ) from None
