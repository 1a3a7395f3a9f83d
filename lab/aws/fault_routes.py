"""The paths by which tests disturb the lab's AWS: faults, lag, throttling, delays, and the trunk calls.

GET answers the settings; POST takes new ones as JSON; DELETE puts everything back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lab.aws import delays, server
from lab.aws.authorization import TRUNK_CALLS
from lab.aws.ec2.read_lag import LAG
from lab.aws.faults import FAULTS, Rule
from lab.aws.throttling import THROTTLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Request, Response


def _path(
    state: Callable[[], Any], change: Callable[[Any], object], reset: Callable[[], object]
) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        try:
            if request.method == "POST":
                change(json.loads(request.get_data()))
            elif request.method == "DELETE":
                reset()
        except (KeyError, TypeError, ValueError) as error:
            return server.answer_json({"error": str(error)}, status=400)
        return server.answer_json(state())

    return serve


def _set_faults(content: Any) -> None:
    FAULTS.set([Rule.read(rule) for rule in content["rules"]], int(content.get("seed", 0)))


def _no_faults() -> None:
    FAULTS.set([], 0)
    FAULTS.release(None, lost=False)


def _release(content: Any) -> None:
    FAULTS.release(content.get("id"), lost=bool(content.get("lost", False)))


def install() -> None:
    """Serve the paths."""
    server.ROUTES |= {
        "/lab/faults": _path(FAULTS.state, _set_faults, _no_faults),
        "/lab/faults/release": _path(FAULTS.state, _release, lambda: FAULTS.release(None, lost=False)),
        "/lab/lag": _path(LAG.state, lambda content: LAG.switch(**content), lambda: LAG.switch(0)),
        "/lab/throttle": _path(
            THROTTLE.state,
            lambda content: THROTTLE.switch(**{"on": True, **content}),
            lambda: THROTTLE.switch(on=False),
        ),
        "/lab/delays": _path(delays.all_seconds, delays.change, lambda: delays.change({})),
        "/lab/trunk-calls": _path(
            lambda: {"open": TRUNK_CALLS.are_open},
            lambda content: TRUNK_CALLS.switch(are_open=bool(content["open"])),
            lambda: TRUNK_CALLS.switch(are_open=None),
        ),
    }
