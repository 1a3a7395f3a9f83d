"""A Kubernetes API in this process: answers what a test laid out, and keeps what it was asked."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from podsg.model.kubeconfig import kubeconfig

LOGIN = "import sys; sys.stdout.write(sys.argv[1]); sys.exit(int(sys.argv[2]))"
CREDENTIAL = {
    "apiVersion": "client.authentication.k8s.io/v1beta1",
    "kind": "ExecCredential",
    "status": {"token": "let-me-in"},
}
Answer = tuple[int, Any]


@dataclass
class ApiServer:
    """What it answers by method and path, the next answer first; the last one stays."""

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Method and path, and query or body."""
    tokens: set[str] = field(default_factory=set)

    def answer(self, route: str, *bodies: Any, status: int = 200) -> None:
        """Lay out the answers to a route such as `GET /api/v1/nodes`."""
        self.answers[route] = [(status, body) for body in bodies]

    def refuse(self, route: str, status: int, message: str = "no") -> None:
        """Let a route fail as the API server does."""
        self.answer(route, {"kind": "Status", "status": "Failure", "message": message}, status=status)

    def kubeconfig(self, login_status: int = 0) -> str:
        """Return the kubeconfig whose login command ends with a status."""
        arguments = ["-c", LOGIN, json.dumps(CREDENTIAL), str(login_status)]
        document = json.loads(kubeconfig("dev", self.url, "", sys.executable, arguments))
        del document["clusters"][0]["cluster"]["certificate-authority-data"]
        return json.dumps(document)

    def bodies(self, route: str) -> list[dict[str, Any]]:
        """Return query or body of each request to a route."""
        return [body for asked, body in self.asked if asked == route]


def listed(*items: Any, more: str = "") -> dict[str, Any]:
    """Return a page of a list."""
    return {"metadata": {"continue": more}, "items": list(items)}


@contextmanager
def serving() -> Iterator[ApiServer]:
    """Serve on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            body = json.loads(self.rfile.read(length)) if length else query
            route = f"{self.command} {parts.path}"
            api.asked.append((route, body))
            api.tokens.add(self.headers.get("Authorization", ""))
            laid_out = api.answers.get(route, [(404, {"message": f"{route} is not there"})])
            status, found = laid_out.pop(0) if len(laid_out) > 1 else laid_out[0]
            text = found if isinstance(found, str) else json.dumps(found)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = _reply  # noqa: N815 - the names that the base class looks for

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api = ApiServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
