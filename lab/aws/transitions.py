"""What AWS does a moment later: one action after a delay, under the lock of all state."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lab.aws.lock import BACKEND_LOCK


def after(seconds: float, action: Callable[[], None]) -> None:
    """Run an action once, after a delay, holding the lock.

    The action has to look whether its resource is still there: it may have gone, or moto may have been reset.

    Args:
        seconds: Delay (>= 0).
        action: What happens then.
    """

    def run() -> None:
        with BACKEND_LOCK:
            action()

    timer = threading.Timer(seconds, run)
    timer.daemon = True
    timer.start()
