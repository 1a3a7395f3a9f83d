"""One operation on one resource: AWS calls, waits and retries under one deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError, ParamValidationError

from lab.plugins.aws.errors import AwsError, CancelledError, WaitError
from lab.plugins.aws.session import Session
from lab.plugins.interface import PluginError

FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 0.5

T = TypeVar("T")


@dataclass
class Call:
    """Context of one operation.

    Args:
        session: The configured provider.
        region: Region of the resource.
        timeout: How long the operation may wait, in seconds.
        cancelled: Set when the engine wants to stop.
    """

    session: Session
    region: str
    timeout: float
    cancelled: threading.Event

    def __post_init__(self) -> None:
        """Start the clock."""
        self._deadline = time.monotonic() + self.timeout

    def aws(self, service: str, action: str, **parameters: Any) -> dict[str, Any]:
        """Make an AWS call; parameters that are `None` are left out.

        Raises:
            AwsError: AWS refused.
            PluginError: The parameters do not fit the API.
        """
        client = self.session.client(service, self.region)
        given = {name: value for name, value in parameters.items() if value is not None}
        with _translated(client.meta.service_model.service_id):
            answer: dict[str, Any] = getattr(client, action)(**given)
        return answer

    def pages(self, service: str, action: str, key: str, **parameters: Any) -> list[Any]:
        """Make a listing call for all its pages and return the items under `key`."""
        client = self.session.client(service, self.region)
        if not client.can_paginate(action):
            return list(self.aws(service, action, **parameters)[key])
        given = {name: value for name, value in parameters.items() if value is not None}
        with _translated(client.meta.service_model.service_id):
            return [item for page in client.get_paginator(action).paginate(**given) for item in page[key]]

    def found(self, gone: Collection[str], find: Callable[[], T]) -> T | None:
        """Return what `find` returns, `None` if AWS says that it does not exist."""
        try:
            return find()
        except AwsError as error:
            if error.matches(gone):
                return None
            raise

    def until(self, what: str, probe: Callable[[], tuple[bool, str]]) -> None:
        """Wait until the probe says so.

        Args:
            what: Subject of the error message, "NAT Gateway (nat-…) to become available".
            probe: Returns whether it is done, and the state it saw.

        Raises:
            WaitError: Time is up; the message holds the last state and the time waited.
        """
        for pause in self._pauses():
            done, seen = probe()
            if done:
                return
            if not self._sleep(pause):
                found = f"last state: '{seen}', timeout: {self.timeout:g}s"
                raise WaitError(f"waiting for {what}: timeout while waiting ({found})")

    def retry(self, errors: Collection[str], action: Callable[[], T], limit: float | None = None) -> T:
        """Repeat an action while AWS answers one of these errors and there is time.

        Args:
            errors: Error codes; `Code/text` matches only if the text is in the message.
            action: What to do.
            limit: Give up after so many seconds, even if the operation has more.
        """
        deadline = self._deadline if limit is None else min(self._deadline, time.monotonic() + limit)
        for pause in self._pauses():
            try:
                return action()
            except AwsError as error:
                if not error.matches(errors) or not self._sleep(pause, deadline):
                    raise
        raise AssertionError("the pauses never end")

    def _pauses(self) -> Iterator[float]:
        pause = FIRST_PAUSE_SECONDS
        while True:
            yield pause
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)

    def _sleep(self, pause: float, deadline: float | None = None) -> bool:
        """Pause and say whether there is still time."""
        left = (self._deadline if deadline is None else deadline) - time.monotonic()
        if left <= 0:
            return False
        if self.cancelled.wait(min(pause, left)):
            raise CancelledError("the operation was cancelled")
        return True


@contextmanager
def _translated(service: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise AwsError.of(error, service) from error
    except ParamValidationError as error:
        raise PluginError(f"{service}: {error}") from error
