"""A connection to one API server: the Kubernetes project's own client, with plain objects in and out."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import urllib3
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException, new_client_from_config_dict
from kubernetes.config.exec_provider import ExecProvider
from kubernetes.config.kube_config import ConfigNode
from kubernetes.dynamic import DynamicClient, Resource
from kubernetes.dynamic.exceptions import NotFoundError, ResourceNotFoundError, UnauthorizedError

from lab.plugins.interface import PluginError, Values
from lab.plugins.kubernetes import schemas
from lab.plugins.kubernetes.config import Target
from lab.plugins.kubernetes.objects import Kind

CONNECT_AND_READ_SECONDS: Final = (10.0, 60.0)
CONNECTIONS: Final = 32
RETRIES: Final = urllib3.Retry(
    connect=1, read=0, redirect=0, status=3, status_forcelist=[429], allowed_methods=None
)
NO_FILE: Final = f"{os.devnull}/discovery"
"""The client would keep what it discovers for the next server at the same address; here it cannot."""

FORBIDDEN: Final = 403
NOT_FOUND: Final = 404


class ApiError(PluginError):
    """What the API server refused, in its own words."""

    def __init__(self, message: str, status: int, reason: str | None, subject: str | None) -> None:
        super().__init__(message)
        self.status, self.reason, self.subject = status, reason, subject

    @property
    def not_found(self) -> bool:
        """Whether the object, its namespace or its kind is missing."""
        return self.status == NOT_FOUND


class NoKindError(ApiError):
    """Say that the API server does not know a kind."""

    def __init__(self, kind: Kind) -> None:
        text = f'no matches for kind "{kind.name}" in version "{kind.api_version}"'
        super().__init__(text, NOT_FOUND, "NoKindMatch", None)


class UnreachableError(PluginError):
    """Say that no answer came."""


class LoginError(PluginError):
    """Say why no token could be had."""


class Api:
    """A connection to one API server; may be used by many threads.

    Args:
        target: The API server and the way in.

    Raises:
        ApiError: The server refused.
        UnreachableError: No answer came.
        LoginError: There is no token.
    """

    def __init__(self, target: Target) -> None:
        self._lock = threading.Lock()
        self._schemas: dict[str, Values] = {}
        with _own_errors():
            self.client = _Client(target)

    def call(self, verb: str, kind: Kind, namespace: str, name: str | None = None, **options: Any) -> Values:
        """Do something with an object or a collection and return the answer.

        Args:
            verb: Method of the client: `get`, `create`, `replace`, `patch`, `server_side_apply`, `delete`.
            kind: The object's kind.
            namespace: Its namespace, `""` for the default one; has no effect on kinds without namespaces.
            name: Its name.
            options: What the method takes besides.

        Raises:
            NoKindError: The server does not serve the kind; other errors as those of the class.
        """
        resource = self.resource(kind)
        place = {"namespace": quote(namespace or "default", safe=""), "name": name and quote(name, safe="")}
        with _own_errors():
            answer: Values = getattr(resource, verb)(**place, **options, serializer=_plain)
            return answer

    def resource(self, kind: Kind) -> Resource:
        """Return how a kind is served; what was found is kept, what was not is asked again.

        Raises:
            NoKindError: The server does not serve the kind.
        """
        prefix, version = _prefix(kind.api_version), kind.api_version
        try:
            with self._lock, _own_errors():
                found: Resource = self.client.resources.get(
                    prefix=prefix, api_version=version, kind=kind.name
                )
                return found
        except ResourceNotFoundError as error:
            raise NoKindError(kind) from error

    def schemas(self, kind: Kind) -> Values:
        """Return the OpenAPI schemas of a kind's group version by name; empty if the kind is not in them.

        A new definition takes a moment to get there, so that only what has the kind is kept.
        """
        with self._lock, _own_errors():
            found = self._schemas.get(kind.api_version) or self._fetch_schemas(kind.api_version)
            if schemas.of_kind(found, kind) is None:
                return {}
            self._schemas[kind.api_version] = found
            return found

    def _fetch_schemas(self, api_version: str) -> Values:
        path = f"/openapi/v3/{_prefix(api_version)}/{api_version}"
        try:
            answer: Values | str = self.client.request("GET", path, serializer=_plain)
        except NotFoundError:
            return {}
        if isinstance(answer, str):  # right after a group's last definition is gone: nothing
            return {}
        return (answer.get("components") or {}).get("schemas") or {}

    def forget(self) -> None:
        """Forget all kinds and schemas: a definition has changed."""
        with self._lock, _own_errors():
            self._schemas.clear()
            self.client.resources.invalidate_cache()


class _Client(DynamicClient):
    """The client, with a time limit on every request, and another token after one was refused."""

    def __init__(self, target: Target) -> None:
        self._target, self._login_lock = target, threading.Lock()
        super().__init__(_logged_in(target), cache_file=NO_FILE)  # type: ignore[no-untyped-call]

    def request(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        used = self.client
        try:
            return super().request(method, path, body, _request_timeout=CONNECT_AND_READ_SECONDS, **params)
        except UnauthorizedError:
            with self._login_lock:
                if self.client is used:
                    self.client = _logged_in(self._target)
            raise


def _logged_in(target: Target) -> ApiClient:
    """Return a client with a token, which it renews itself before it ends; it uses no environment's proxy."""
    configuration = Configuration(
        ca_cert_data=target.authority, connection_pool_maxsize=CONNECTIONS, retries=RETRIES
    )
    configuration.proxy = None
    client: ApiClient = new_client_from_config_dict(target.kubeconfig, client_configuration=configuration)
    if not configuration.api_key:
        raise LoginError(_why_no_token(target.user.get("exec")))
    return client


def _why_no_token(command: Values | None) -> str:
    """Run a login command again for its error, which the client only logs."""
    if command is None:
        return "the kubeconfig's token is empty"
    try:
        ExecProvider(ConfigNode("exec", command), None).run()
    except (ConfigException, OSError, TypeError) as error:
        hint = command.get("installHint") or ""
        return f"the login command {command.get('command')!r}: {error}. {hint}".strip()
    return f"the login command {command['command']!r} printed no token"


@contextlib.contextmanager
def _own_errors() -> Iterator[None]:
    """Raise the client's errors as those of the plugin."""
    try:
        yield
    except ApiException as error:
        answer = _status(error)
        details = answer.get("details") or {}
        message = answer.get("message") or f"the API server answered {error.status}"
        raise ApiError(message, error.status, answer.get("reason"), details.get("kind")) from error
    except (urllib3.exceptions.HTTPError, ValueError) as error:  # ValueError: discovery, at an http address
        raise UnreachableError(str(error)) from error


def _status(error: ApiException) -> Values:
    """Return a refusal as the server's `Status` object, or what else it said as the message of one."""
    with contextlib.suppress(ValueError):
        answer = json.loads(error.body or "")
        if isinstance(answer, dict):
            return answer
    return {"message": error.body or error.reason}


def _prefix(api_version: str) -> str:
    return "apis" if "/" in api_version else "api"


def _plain(_client: DynamicClient, answer: Values) -> Values:
    return answer
