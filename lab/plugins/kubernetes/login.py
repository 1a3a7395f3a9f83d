"""How a request proves who sends it.

Source: client.authentication.k8s.io/v1, "client-go credential plugins" in the Kubernetes documentation.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lab.plugins.interface import PluginError

EXEC_API_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
EXEC_TIMEOUT_SECONDS: Final = 60
RENEWAL_SECONDS: Final = 30
"""How long before its end a token is asked for again."""


class LoginError(PluginError):
    """Say why no token could be had."""


class Login(Protocol):
    """A source of bearer tokens."""

    def token(self) -> str:
        """Return a token that is valid now."""

    def refused(self) -> None:
        """Forget the token: the server did not accept it."""


@dataclass(frozen=True)
class StaticLogin:
    """A token written into the kubeconfig."""

    value: str

    def token(self) -> str:
        """Return the token."""
        return self.value

    def refused(self) -> None:
        """Do nothing: there is no other token."""


class ExecLogin:
    """A command that prints tokens; each is kept until shortly before it ends.

    Args:
        spec: The `exec` mapping of a kubeconfig user.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self._lock = threading.Lock()
        self._token = ""
        self._ends: dt.datetime | None = None

    def token(self) -> str:
        """Return a token; runs the command if there is none or it ends soon.

        Raises:
            LoginError: The command is missing, fails, or does not print a credential.
        """
        with self._lock:
            if not self._token or self._ended():
                self._token, self._ends = self._run()
            return self._token

    def refused(self) -> None:
        """Forget the token, so that the next request asks for one."""
        with self._lock:
            self._token = ""

    def _ended(self) -> bool:
        margin = dt.timedelta(seconds=RENEWAL_SECONDS)
        return self._ends is not None and dt.datetime.now(dt.UTC) + margin >= self._ends

    def _run(self) -> tuple[str, dt.datetime | None]:
        version = self._spec["apiVersion"]
        command = [self._spec["command"], *(self._spec.get("args") or ())]
        info = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
        given = {item["name"]: item["value"] for item in self._spec.get("env") or ()}
        environment = {**os.environ, **given, "KUBERNETES_EXEC_INFO": json.dumps(info)}
        try:
            ended = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=EXEC_TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            hint = self._spec.get("installHint") or ""
            raise LoginError(f"running the login command {command[0]!r}: {error}. {hint}".strip()) from error
        if ended.returncode != 0:
            text = ended.stderr.decode(errors="replace").strip()
            raise LoginError(f"the login command {command[0]!r} ended with {ended.returncode}: {text}")
        return _credential(ended.stdout, version, command[0])


def _credential(output: bytes, version: str, command: str) -> tuple[str, dt.datetime | None]:
    try:
        credential = json.loads(output)
        found = credential["apiVersion"]
        token, ends = credential["status"]["token"], credential["status"].get("expirationTimestamp")
        end = dt.datetime.fromisoformat(ends) if ends else None
    except (ValueError, KeyError, TypeError) as error:
        raise LoginError(f"the login command {command!r} printed no ExecCredential with a token") from error
    if found != version:
        raise LoginError(f"the login command {command!r} answers {found}, the kubeconfig asks for {version}")
    return token, end
