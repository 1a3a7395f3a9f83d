"""A client of one API server: plain objects in and out.

The published Python client is not used: importing its generated models takes longer than a whole
no-change preview of the provider should.
"""

from __future__ import annotations

import http
import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import urllib3

from lab.plugins.interface import PluginError, Values
from lab.plugins.kubernetes import schemas
from lab.plugins.kubernetes.login import Login
from lab.plugins.kubernetes.objects import Kind

CONNECT_TIMEOUT_SECONDS: Final = 10.0
READ_TIMEOUT_SECONDS: Final = 60.0
CONNECTIONS: Final = 32

UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404

JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml"
JSON_PATCH: Final = "application/json-patch+json"


class ApiError(PluginError):
    """What the API server refused, in its own words."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        super().__init__(answer.get("message") or f"the API server answered {status}")
        self.status = status
        self.reason = str(answer.get("reason") or "")
        self.subject = str((answer.get("details") or {}).get("kind") or "")

    @property
    def not_found(self) -> bool:
        """Whether the object, its namespace or its kind is missing."""
        return self.status == NOT_FOUND


class UnreachableError(PluginError):
    """Say that no answer came."""


class NoKindError(PluginError):
    """Say that the API server does not know a kind."""


@dataclass(frozen=True)
class ResourceType:
    """How the API server serves a kind."""

    kind: Kind
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Return the URL path of an object, or of the collection without a name."""
        parts = [_group_path(self.kind.api_version)]
        if self.namespaced:
            parts += ["namespaces", quote(namespace or "default", safe="")]
        parts.append(self.plural)
        return "/".join([*parts, quote(name, safe="")] if name else parts)


def _group_path(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


class Api:
    """A connection to one API server; may be used by many threads.

    Args:
        server: URL of the API server.
        authority: Its certificate authority in PEM; `None`: the machine's own.
        login: Source of bearer tokens.
    """

    def __init__(self, server: str, authority: str | None, login: Login) -> None:
        self._server, self._login = server, login
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            block=False,
            ssl_context=ssl.create_default_context(cadata=authority),
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
            retries=urllib3.Retry(
                connect=1, read=0, redirect=0, status=3, status_forcelist=[429], allowed_methods=None
            ),
        )
        self._lock = threading.Lock()
        self._types: dict[Kind, ResourceType] = {}
        self._schemas: dict[str, Values] = {}

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> Values:
        """Send a request and return the answer.

        Raises:
            ApiError: The server refused.
            UnreachableError: No answer came.
            LoginError: There is no token.
        """
        headers = {
            "Accept": JSON,
            "Content-Type": content_type,
            "Authorization": f"Bearer {self._login.token()}",
        }
        url = f"{self._server}{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        try:
            response = self._pool.request(method, url, body=data, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"{method} {self._server}: {error}") from error
        answer = _parse(response.data)
        if response.status == UNAUTHORIZED:
            self._login.refused()
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise ApiError(response.status, answer)
        return answer

    def probe(self) -> None:
        """Ask for something that every accepted caller may read."""
        self.request("GET", "/version")

    def resource_type(self, kind: Kind) -> ResourceType:
        """Return how a kind is served; what was found is kept, what was not is asked again.

        Raises:
            NoKindError: The server does not serve the kind.
        """
        with self._lock:
            if kind not in self._types:
                self._discover(kind.api_version)
            if kind not in self._types:
                raise NoKindError(f'no matches for kind "{kind.name}" in version "{kind.api_version}"')
            return self._types[kind]

    def _discover(self, api_version: str) -> None:
        try:
            answer = self.request("GET", _group_path(api_version))
        except ApiError as error:
            if error.not_found:
                return
            raise
        for item in answer["resources"]:
            if "/" not in item["name"]:
                kind = Kind(api_version, item["kind"])
                self._types[kind] = ResourceType(kind, item["name"], item["namespaced"])

    def schemas(self, kind: Kind) -> Values:
        """Return the OpenAPI schemas of a kind's group version by name; empty if the kind is not in them.

        A new definition takes a moment to get there, so that only what has the kind is kept.
        """
        with self._lock:
            found = self._schemas.get(kind.api_version) or self._fetch_schemas(kind.api_version)
            if schemas.of_kind(found, kind) is None:
                return {}
            self._schemas[kind.api_version] = found
            return found

    def _fetch_schemas(self, api_version: str) -> Values:
        try:
            answer = self.request("GET", f"/openapi/v3{_group_path(api_version)}")
        except ApiError as error:
            if error.not_found:
                return {}
            raise
        return (answer.get("components") or {}).get("schemas") or {}

    def forget(self) -> None:
        """Forget all kinds and schemas: a definition has changed."""
        with self._lock:
            self._types.clear()
            self._schemas.clear()


def _parse(data: bytes) -> Values:
    try:
        answer = json.loads(data)
    except ValueError:
        return {"message": data.decode(errors="replace").strip()}
    return answer if isinstance(answer, dict) else {"message": str(answer)}
