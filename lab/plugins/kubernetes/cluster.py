"""What the plugin does with objects on a cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from lab.plugins.interface import Values
from lab.plugins.kubernetes import fieldmanagers, waiting
from lab.plugins.kubernetes.api import Api, ApiError, NoKindError
from lab.plugins.kubernetes.objects import Kind, name_of, namespace_of

CRD: Final = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
CREATE_RETRIES: Final = 5
FIRST_RETRY_SECONDS: Final = 1.0
"""A create waits for its namespace or definition. Source: await/await.go, Creation; retry/retry.go."""

_CLUSTER_SCOPED: Final = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "FlowSchema",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
"""Source: kinds/kinds.go, Namespaced."""


def assumed_namespaced(kind: Kind) -> bool:
    """Say whether a kind has namespaces, without asking: custom resources are taken to have them."""
    group = kind.api_version.rpartition("/")[0]
    built_in = "." not in group or group.endswith(".k8s.io")
    return not (built_in and kind.name in _CLUSTER_SCOPED)


def kind_of(values: Values) -> Kind:
    """Return the kind that an object names."""
    return Kind(str(values["apiVersion"]), str(values["kind"]))


class Cluster:
    """Operations on one API server.

    Args:
        api: The connection.
        cancelled: Ends waits.
    """

    def __init__(self, api: Api, cancelled: threading.Event) -> None:
        self.api, self._cancelled = api, cancelled

    def knows(self, kind: Kind) -> bool:
        """Say whether the server serves a kind."""
        try:
            self.api.resource(kind)
        except NoKindError:
            return False
        return True

    def namespaced(self, kind: Kind) -> bool:
        """Say whether a kind has namespaces, as far as the server knows it."""
        return bool(self.api.resource(kind).namespaced) if self.knows(kind) else assumed_namespaced(kind)

    def get(self, kind: Kind, namespace: str, name: str) -> Values:
        """Return a live object."""
        return self.api.call("get", kind, namespace, name)

    def create(self, wanted: Values, *, preview: bool) -> Values:
        """Create an object that is not there; in a preview the server only says what it would do.

        A missing namespace or kind is waited for, but not in a preview. An object that is there is an error.

        Source: CHANGELOG.md at 4.29.0, issue 2926: creates are no longer server-side apply.
        """

        def send() -> Values:
            options = _writing(fieldmanagers.CREATOR, preview=preview)
            return self.api.call("create", kind_of(wanted), namespace_of(wanted), body=wanted, **options)

        return self._retried(send, preview=preview)

    def upsert(self, wanted: Values, manager: str, *, force: bool, preview: bool) -> Values:
        """Make an object, or those fields of one that is there, as wanted.

        A missing namespace or kind is waited for, as by a create.

        Source: await/await.go, Creation.
        """
        return self._retried(
            lambda: self.apply(wanted, None, manager, force=force, preview=preview), preview=preview
        )

    def _retried(self, send: Callable[[], Values], *, preview: bool) -> Values:
        pause = FIRST_RETRY_SECONDS
        for _ in range(0 if preview else CREATE_RETRIES):
            try:
                return send()
            except ApiError as error:
                if not error.not_found:
                    raise
            if self._cancelled.wait(pause):
                break
            pause *= 2
        return send()

    def apply(
        self,
        wanted: Values,
        live: Values | None,
        manager: str,
        *,
        force: bool,
        preview: bool,
        patch: bool = False,
    ) -> Values:
        """Make an object as wanted by server-side apply, a definition by replacement.

        A patch leaves the fields of other writers with them.

        Source: await/await.go, updateResource, ssaUpdate and fixCSAFieldManagers.
        """
        place = kind_of(wanted), namespace_of(wanted), name_of(wanted)
        options = _writing(manager, preview=preview)
        if kind_of(wanted) == CRD and live is not None:
            version = live["metadata"]["resourceVersion"]
            body = {**wanted, "metadata": {**wanted["metadata"], "resourceVersion": version}}
            return self.api.call("replace", *place, body=body, **options)
        if live is not None and not preview and not patch:
            self._take_over(place, live, manager)
        forced = fieldmanagers.forces(wanted, live, always=force, preview=preview)
        return self.api.call("server_side_apply", *place, body=wanted, force_conflicts=forced, **options)

    def _take_over(self, place: tuple[Kind, str, str], live: Values, manager: str) -> None:
        entries = fieldmanagers.take_over(live, manager)
        if entries is None:
            return
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
            {
                "op": "replace",
                "path": "/metadata/resourceVersion",
                "value": live["metadata"]["resourceVersion"],
            },
        ]
        self.api.call("patch", *place, body=patch, content_type="application/json-patch+json")

    def release(self, live: Values, manager: str) -> None:
        """Give up all fields of one manager; those that nobody else manages are gone, the object stays.

        The published provider asks for this without looking: an object that is gone comes back empty.

        Source: ssa/ssa.go, Relinquish; await/await.go, Deletion.
        """
        kind, namespace, name = kind_of(live), namespace_of(live), name_of(live)
        identity = {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        }
        try:
            self.api.call(
                "server_side_apply",
                kind,
                namespace,
                name,
                body=identity,
                force_conflicts=False,
                **_writing(manager, preview=False),
            )
        except NoKindError:
            return

    def delete(self, live: Values, inputs: Values, timeout: float) -> None:
        """Delete an object and wait until it is gone; one that is gone, or whose kind is, is a success.

        Source: await/await.go, Deletion.
        """
        kind, _, name = place = kind_of(live), namespace_of(live), name_of(live)
        try:
            answer = self.api.call("delete", *place, propagation_policy=waiting.propagation(inputs))
        except ApiError as error:
            if error.not_found:
                return
            raise
        if waiting.skips_on_delete(kind, inputs):
            return
        uid = answer.get("metadata", {}).get("uid") or answer.get("details", {}).get("uid")
        subject = f"{kind.name} {name!r} to be gone"
        self._wait_gone(place, uid, subject, waiting.seconds(timeout, inputs))

    def _wait_gone(self, place: tuple[Kind, str, str], uid: str | None, subject: str, timeout: float) -> None:
        finalizers: list[str] = []

        def gone() -> bool | None:
            try:
                found = self.get(*place)
            except ApiError as error:
                if error.not_found:
                    return True
                raise
            metadata = found["metadata"]
            finalizers[:] = [*metadata.get("finalizers", ()), *found.get("spec", {}).get("finalizers", ())]
            return True if uid is not None and metadata["uid"] != uid else None

        try:
            waiting.until(gone, subject, timeout, self._cancelled)
        except waiting.GaveUpError as error:
            held = ", ".join(finalizers) or "none"
            raise waiting.GaveUpError(f"{error}; finalizers might be preventing deletion ({held})") from error

    def wait_ready(self, live: Values, inputs: Values, timeout: float) -> Values:
        """Wait until an object is ready and return it.

        Raises:
            GaveUpError: It did not become ready; the text says what is missing.
        """
        kind = kind_of(live)
        if waiting.skips(inputs) or not waiting.unready(kind, live):
            return live
        problems: list[str] = []

        def ready() -> Values | None:
            found = self.get(kind, namespace_of(live), name_of(live))
            problems[:] = waiting.unready(kind, found)
            return None if problems else found

        subject = f"{kind.name} {name_of(live)!r} to be ready"
        try:
            return waiting.until(ready, subject, waiting.seconds(timeout, inputs), self._cancelled)
        except waiting.GaveUpError as error:
            raise waiting.GaveUpError(f"{error}: {'; '.join(problems)}") from error


def _writing(manager: str, *, preview: bool) -> Values:
    """Return the options of a write: by whom, nothing unknown, only tried in a preview."""
    return {
        "field_manager": manager,
        "dry_run": "All" if preview else None,
        "query_params": [("fieldValidation", "Strict")],
    }
