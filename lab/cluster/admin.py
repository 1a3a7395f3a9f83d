"""The lab's own access to an API server: readiness, custom resource definitions, default service account."""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from lab.errors import LabError

APPLY = "application/apply-patch+yaml"
MANAGER = "eks"
"""Field manager of what EKS applies. Source: EKS user guide, "Determine fields you can customize"."""
POLL_SECONDS = 0.1
READY_SECONDS = 60.0
REQUEST_SECONDS = 10


class Admin:
    """Talk to one API server as the lab's administrator (group system:masters).

    Args:
        endpoint: `https://127.0.0.1:<port>`.
        authority: File with the certificate authority.
        token: The administrator's static token.
        failure: Says why the control plane cannot become ready any more, or returns None.
    """

    def __init__(self, endpoint: str, authority: Path, token: str, failure: Callable[[], str | None]) -> None:
        configuration = client.Configuration()
        configuration.host = endpoint
        configuration.ssl_ca_cert = str(authority)
        configuration.api_key = {"authorization": f"Bearer {token}"}
        configuration.proxy = None
        self._api = client.ApiClient(configuration)
        self._failure = failure
        self._endpoint = endpoint
        self._token = token
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(authority))),
        )

    def wait_ready(self) -> None:
        """Wait until `/readyz` answers ok.

        Raises:
            LabError: A process ended, or READY_SECONDS passed.
        """
        self.wait("the API server to be ready", lambda: self._get("/readyz") is not None)

    def wait_default_service_account(self) -> None:
        """Wait until the controller manager has made the default service account, the sign that it works.

        Raises:
            LabError: A process ended, or READY_SECONDS passed.
        """
        path = "/api/v1/namespaces/default/serviceaccounts/default"
        self.wait("the controller manager to make service accounts", lambda: self._get(path) is not None)

    def apply_definitions(self, folder: Path) -> list[str]:
        """Create every CustomResourceDefinition of a folder and wait until each is Established.

        Args:
            folder: Folder of YAML files, one definition each.

        Returns:
            The names of the definitions, sorted.

        Raises:
            LabError: The folder holds none, a process ended, or READY_SECONDS passed.
        """
        definitions = [
            yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))
        ]
        if not definitions:
            raise LabError(
                f"{folder} holds no custom resource definition.",
                why="the API server would not know SecurityGroupPolicy and CNINode.",
                fix="point PODSG_LAB_CRDS to config/crd/bases of the VPC Resource Controller's module.",
            )
        api = client.ApiextensionsV1Api(self._api)
        for definition in definitions:
            api.create_custom_resource_definition(definition, _request_timeout=REQUEST_SECONDS)
        names = sorted(definition["metadata"]["name"] for definition in definitions)
        self.wait(
            "the custom resource definitions to be Established", lambda: all(map(self._established, names))
        )
        return names

    @property
    def api(self) -> client.ApiClient:
        """Return the connection, for typed calls."""
        return self._api

    def apply_definition(self, definition: dict[str, Any]) -> None:
        """Apply one CustomResourceDefinition as EKS does, and wait until its objects are served.

        Raises:
            LabError: A process ended, or READY_SECONDS passed.
        """
        name = definition["metadata"]["name"]
        client.ApiextensionsV1Api(self._api).patch_custom_resource_definition(
            name,
            definition,
            field_manager=MANAGER,
            force=True,
            _content_type=APPLY,
            _request_timeout=REQUEST_SECONDS,
        )
        spec = definition["spec"]
        path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
        self.wait(f"{name} to be served", lambda: self._get(path) is not None)

    def delete_definition(self, name: str) -> None:
        """Delete a CustomResourceDefinition with its objects and wait until it is gone.

        Raises:
            LabError: A process ended, or READY_SECONDS passed.
        """
        api = client.ApiextensionsV1Api(self._api)

        def gone() -> bool:
            try:
                api.delete_custom_resource_definition(name, _request_timeout=REQUEST_SECONDS)
            except client.ApiException as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    return True
                raise
            return False

        self.wait(f"{name} to be gone", gone)

    def wait(self, purpose: str, done: Callable[[], bool]) -> None:
        """Wait until something is done.

        Raises:
            LabError: A process ended, or READY_SECONDS passed.
        """
        deadline = time.monotonic() + READY_SECONDS
        while not done():
            reason = self._failure()
            if reason is None and time.monotonic() > deadline:
                reason = f"{READY_SECONDS:.0f} s passed"
            if reason is not None:
                raise LabError(
                    f"waiting for {purpose}: {reason}",
                    why="the EKS cluster cannot become ACTIVE without its Kubernetes API.",
                    fix="read the logs in the cluster's folder of the lab's state, then start the lab again.",
                )
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _established(self, name: str) -> bool:
        found = self._get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}") or {}
        conditions = (found.get("status") or {}).get("conditions") or []
        return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)

    def _get(self, path: str) -> dict[str, Any] | None:
        """Return the answer of a GET, None while there is none; plain text becomes an empty answer."""
        request = urllib.request.Request(
            self._endpoint + path, headers={"Authorization": f"Bearer {self._token}"}
        )
        try:
            with self._opener.open(request, timeout=REQUEST_SECONDS) as response:
                content = response.read()
        except OSError:
            return None
        return dict(json.loads(content)) if content.startswith(b"{") else {}
