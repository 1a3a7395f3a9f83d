"""A small client of one API server: JSON over urllib3, as typed clients are slow to load and to parse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3
import yaml
from urllib3.exceptions import HTTPError

from lab.errors import LabError
from lab.nodes.objects import Object

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
WATCH_SECONDS = 240
"""How long the server keeps one watch open before the client asks again."""
MERGE_PATCH = "application/merge-patch+json"


class ApiError(Exception):
    """The API server refused a request or could not be asked.

    Attributes:
        status: HTTP status; 0 if there was no answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Page:
    """Hold a list of objects and the version of the cluster's state that it shows."""

    items: list[Object]
    version: str


class Api:
    """Ask one API server with a bearer token; threads may share it.

    Args:
        kubeconfig: File whose first cluster and first user are taken.
    """

    def __init__(self, kubeconfig: Path) -> None:
        content = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        try:
            cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
            self._server, authority, token = (
                cluster["server"],
                cluster["certificate-authority"],
                user["token"],
            )
        except (KeyError, IndexError, TypeError) as error:
            raise LabError(
                f"{kubeconfig} has no server, certificate-authority or token ({error!r}).",
                why="the node agent could not reach the cluster's API.",
                fix="pass the administrator's kubeconfig that the control plane writes.",
            ) from error
        self._pool = urllib3.PoolManager(
            num_pools=2,
            maxsize=32,
            ca_certs=authority,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )

    def list(self, path: str) -> Page:
        """List a collection.

        Raises:
            ApiError: The server refused or did not answer.
        """
        answer = self._ask("GET", path)
        return Page(answer.get("items") or [], str(answer["metadata"]["resourceVersion"]))

    def create(self, path: str, body: Object) -> Object:
        """Create an object in a collection.

        Raises:
            ApiError: The server refused or did not answer.
        """
        return self._ask("POST", path, body)

    def patch(self, path: str, body: Object) -> Object:
        """Merge a body into an object; a name with `/status` at its end addresses the status.

        Raises:
            ApiError: The server refused or did not answer.
        """
        return self._ask("PATCH", path, body, MERGE_PATCH)

    def delete(self, path: str, uid: str) -> None:
        """Delete exactly this object; one that is gone, or another of its name, is success.

        Raises:
            ApiError: The server refused or did not answer.
        """
        try:
            self._ask("DELETE", path, {"preconditions": {"uid": uid}})
        except ApiError as error:
            if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                raise

    def watch(self, path: str, version: str) -> Iterator[Object]:
        """Yield the changes of a collection after a version, until the server ends the watch.

        Raises:
            ApiError: The server refused, forgot the version (410) or went away.
        """
        query = f"watch=1&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={WATCH_SECONDS}"
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=WATCH_SECONDS + READ_SECONDS)
        try:
            response = self._pool.request(
                "GET", f"{self._server}{path}?{query}", preload_content=False, timeout=timeout
            )
            try:
                self._check(response)
                for line in _lines(response):
                    yield json.loads(line)
            finally:
                response.close()
        except (HTTPError, ValueError, OSError) as error:
            raise ApiError(0, f"watching {path}: {error}") from error

    def _ask(
        self, method: str, path: str, body: Object | None = None, kind: str = "application/json"
    ) -> Object:
        content = None if body is None else json.dumps(body).encode()
        headers = {**self._pool.headers, "Content-Type": kind}
        try:
            response = self._pool.request(method, self._server + path, body=content, headers=headers)
            self._check(response)
            return dict(response.json())
        except (HTTPError, ValueError, OSError) as error:
            raise ApiError(0, f"{method} {path}: {error}") from error

    @staticmethod
    def _check(response: urllib3.BaseHTTPResponse) -> None:
        if response.status < HTTPStatus.BAD_REQUEST:
            return
        content = response.read() or response.data
        try:
            message = str(json.loads(content)["message"])
        except (ValueError, KeyError, TypeError):
            message = f"HTTP {response.status}"
        raise ApiError(response.status, message)


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Yield whole lines of a body that arrives in pieces."""
    rest = b""
    for piece in response.stream(65536):
        *whole, rest = (rest + piece).split(b"\n")
        yield from filter(None, whole)


def path_of(item: Object) -> str:
    """Return the address of a pod or a node.

    Example:
        >>> path_of({"metadata": {"name": "web", "namespace": "shop"}})
        '/api/v1/namespaces/shop/pods/web'
        >>> path_of({"metadata": {"name": "ip-10-0-0-1"}})
        '/api/v1/nodes/ip-10-0-0-1'
    """
    metadata: dict[str, Any] = item["metadata"]
    if namespace := metadata.get("namespace"):
        return f"/api/v1/namespaces/{namespace}/pods/{metadata['name']}"
    return f"/api/v1/nodes/{metadata['name']}"
