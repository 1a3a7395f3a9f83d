"""Log of the AWS calls that the lab has answered: service, action and error code, never bodies or headers."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KEPT_CALLS_COUNT = 100_000
_SCOPE_PARTS = 5


@dataclass(frozen=True)
class Call:
    """Name one answered call."""

    service: str
    action: str
    error: str


class CallLog:
    """Keep the newest calls, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._calls: deque[Call] = deque(maxlen=_KEPT_CALLS_COUNT)
        self._lock = threading.Lock()

    def record(self, call: Call) -> None:
        """Add one call at the end."""
        with self._lock:
            self._calls.append(call)

    def records(self) -> list[dict[str, str]]:
        """Return all kept calls, newest last."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def reset(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()


def buffer_body(environ: WSGIEnvironment) -> bytes:
    """Read the request's body and put it back for the next reader."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not length:
        return b""
    body: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = BytesIO(body)
    return body


def service_of(environ: WSGIEnvironment) -> str:
    """Return the signing name of the service that a request is meant for; empty if it is not signed."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0].split("/")
    return str(scope[3]).lower() if len(scope) == _SCOPE_PARTS else ""


def action_of(service: str, environ: WSGIEnvironment, body: bytes) -> str:
    """Return the operation's name as AWS writes it; empty if the request names none.

    Source: AWS query protocol (`Action`), JSON protocol (`X-Amz-Target`), REST protocols (method and path).
    """
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2]
    text = environ.get("QUERY_STRING", "")
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        text = body.decode("utf-8", "replace") or text
    if action := parse_qs(text).get("Action"):
        return str(action[0])
    return _rest_action(service, environ) if service else ""


def _rest_action(service: str, environ: WSGIEnvironment) -> str:
    try:
        operation, _ = get_service_router(service).match(Request(environ.copy()))
    except (HTTPException, NotImplementedError, ValueError, LookupError):
        return ""
    return str(operation.name)
