"""The HTTP server of the lab's AWS: moto's application behind the lab's own paths, call log and errors."""

from __future__ import annotations

import json
import socket
import sys
import traceback
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from lab.aws import account, imds
from lab.aws.authorization import caller_of, refusal
from lab.aws.calls import Call, CallLog, action_of, buffer_body, service_of
from lab.aws.faults import DROPPED, FAULTS, Asked, DroppedConnectionError
from lab.aws.lock import BACKEND_LOCK
from lab.aws.throttling import THROTTLE
from lab.aws.wire import WireError, error_code, is_known, names_action, render_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from werkzeug.serving import BaseWSGIServer

ACCOUNT_ID = account.ACCOUNT_ID
REGION = "us-west-2"

CALLS = CallLog()
ON_STOP: list[Callable[[], None]] = []
"""Called, newest first, when the server ends: whoever starts processes registers their end here."""

ROUTES: dict[str, Callable[[Request], Response]] = {}
"""Own endpoints by path under `/lab/`; a key that ends with a slash serves everything below it."""


def answer_json(content: object, status: int = 200) -> Response:
    """Build a JSON response."""
    return Response(json.dumps(content), status=status, mimetype="application/json")


def _health(_: Request) -> Response:
    return answer_json({"ok": True})


def _calls(_: Request) -> Response:
    return answer_json(CALLS.records())


def _reset_calls(request: Request) -> Response:
    if request.method != "POST":
        return answer_json({"error": "use POST"}, status=405)
    CALLS.reset()
    return answer_json({"ok": True})


ROUTES |= {"/lab/health": _health, "/lab/calls": _calls, "/lab/calls/reset": _reset_calls}


class Application:
    """Serve `/lab/` paths from the registry, instance metadata, and all else from moto, call by call."""

    def __init__(self) -> None:
        """Build moto's application; its service parts are made on first use."""
        self._moto: WSGIApplication = DomainDispatcherApplication(create_backend_app)
        self._metadata = imds.MetadataService(ACCOUNT_ID, REGION)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path.startswith("/lab/"):
            return _own_endpoint(path)(Request(environ))(environ, start_response)
        if path.startswith(imds.PREFIX) and not environ.get("HTTP_AUTHORIZATION"):
            return self._metadata.answer(Request(environ))(environ, start_response)
        body = buffer_body(environ)
        service = service_of(environ)
        action = action_of(service, environ, body)
        if action and is_known(service) and not names_action(service, action):
            answer = _unsupported(service, action, "")
        else:
            try:
                answer = self._answer(service, action, environ, body)
            except DroppedConnectionError:
                CALLS.record(Call(service, action, DROPPED))
                _drop(environ)
                raise
        CALLS.record(Call(service, action, error_code(answer.status, answer.headers, answer.body)))
        return Response(answer.body, status=answer.status, headers=answer.headers)(environ, start_response)

    def _answer(self, service: str, action: str, environ: WSGIEnvironment, body: bytes) -> WireError:
        if service == "ec2" and (throttled := THROTTLE.refusal(action, body)):
            return throttled
        agent = environ.get("HTTP_USER_AGENT", "")
        asked = Asked(service, action, agent, body, lambda: caller_of(environ))
        return FAULTS.answer(asked, lambda: self._ask_moto(service, action, environ, body))

    def _ask_moto(self, service: str, action: str, environ: WSGIEnvironment, body: bytes) -> WireError:
        try:
            with BACKEND_LOCK:
                if refused := refusal(environ, service, action, body):
                    return refused
                answer = Response.from_app(self._moto, environ, buffered=True)
        except NotImplementedError as error:
            return _unsupported(service, action, str(error))
        except Exception as error:  # noqa: BLE001  a defect of moto or of the lab is told in AWS's form
            traceback.print_exc(file=sys.stderr)
            problem = f"{action or 'the request'} failed inside the lab: {type(error).__name__}: {error}"
            return render_error(service, "InternalError", problem, status=500)
        if (
            answer.status_code == HTTPStatus.NOT_FOUND
            and answer.mimetype == "text/html"
            and service not in {"", "s3"}
        ):
            return _unsupported(service, action, "the path is not served")
        return WireError(answer.status_code, list(answer.headers), answer.get_data())


def _drop(environ: WSGIEnvironment) -> None:
    """Close the connection with no answer on it; what is raised after that ends it in the server, too.

    Source: werkzeug `serving.py`, WSGIRequestHandler.make_environ, run_wsgi.
    """
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        # The caller may be gone already.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _own_endpoint(path: str) -> Callable[[Request], Response]:
    if path in ROUTES:
        return ROUTES[path]
    for prefix in sorted(ROUTES, key=len, reverse=True):
        if prefix.endswith("/") and path.startswith(prefix):
            return ROUTES[prefix]
    return lambda _: answer_json({"error": f"{path} is not an endpoint of the lab"}, status=404)


def _unsupported(service: str, action: str, reason: str) -> WireError:
    if not names_action(service, action):
        return render_error(
            service, "InvalidAction", f"The action {action} is not valid for this web service."
        )
    return render_error(
        service, "UnsupportedOperation", f"The lab does not serve {service}:{action} ({reason})."
    )


class _QuietHandler(MotoRequestHandler):
    def log_request(self, *args: Any, **kwargs: Any) -> None:
        """Print nothing: the call log keeps what matters."""


def make(port: int) -> BaseWSGIServer:
    """Bind a threaded server on loopback; port 0 takes a free one."""
    return make_server("127.0.0.1", port, Application(), threaded=True, request_handler=_QuietHandler)
