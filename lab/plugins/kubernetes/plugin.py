"""The plugin: the engine's calls, answered as the published Kubernetes provider answers them.

Source: provider.go; each method's docstring names what it follows.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Sequence
from importlib import metadata
from typing import Final, NoReturn

from typing_extensions import override

from lab.plugins.interface import (
    Checked,
    CheckFailure,
    DiffResult,
    InitFailed,
    Plugin,
    PluginError,
    ResourceState,
    Urn,
    Values,
)
from lab.plugins.kubernetes import config, diffing, objects, schemas, waiting
from lab.plugins.kubernetes.api import FORBIDDEN, Api, ApiError, LoginError, NoKindError, UnreachableError
from lab.plugins.kubernetes.cluster import CRD, Cluster, assumed_namespaced, kind_of
from lab.plugins.kubernetes.config import Settings
from lab.plugins.kubernetes.objects import Kind
from lab.plugins.wire import UNKNOWN, has_unknown

_OTHER_PARTS: Final = ("kubernetes:helm.sh/", "kubernetes:kustomize", "kubernetes:yaml")
_UNSUPPORTED_ANNOTATIONS: Final = (objects.WAIT_FOR, objects.REPLACE_UNREADY)

_ALREADY_EXISTS: Final = (
    "The resource already exists in the cluster, and a create never adopts it: give it an alias if it was"
    " renamed, import it, or set upsertExistingObjects on the provider."
)
"""Source: await/await.go, Creation, shortened."""
_ASK_DELETE_UNREACHABLE: Final = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation"
    ' with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)


class KubernetesPlugin(Plugin):
    """Manage objects of one Kubernetes cluster."""

    def __init__(self) -> None:
        super().__init__()
        self.version = metadata.version("pulumi_kubernetes")
        self._settings: Settings | None = None
        self._cluster: Cluster | None = None
        self._unreachable = "the provider is not configured"

    # The provider itself

    @override
    def check_config(self, urn: Urn, olds: Values, news: Values) -> Checked:
        """Refuse options that do not exist and any kubeconfig but an explicit one."""
        return news, config.check(news)

    @override
    def diff_config(self, urn: Urn, olds: Values, news: Values) -> DiffResult:
        """Replace the provider if it names another cluster. Source: provider.go, DiffConfig."""
        return config.diff(olds, news)

    @override
    def configure(self, args: Values) -> None:
        """Connect once; a cluster that does not answer now counts as unreachable from here on.

        Source: provider.go, Configure.
        """
        if has_unknown(args):
            return
        self._settings = config.settings(args)
        try:
            api = Api(self._settings.target)
        except (ApiError, UnreachableError, LoginError) as error:
            self._unreachable = f"unable to load schema information from the API server: {error}"
            return
        self._cluster = Cluster(api, self.cancelled)

    @property
    def _options(self) -> Settings:
        if self._settings is None:
            raise PluginError(self._unreachable)
        return self._settings

    # Resources

    @override
    def check(self, urn: Urn, olds: Values, news: Values, seed: bytes) -> Checked:
        """Fill name and namespace, refuse what the API server's schema does not have.

        Source: provider.go, Check.
        """
        if self._cluster is None and self._settings is not None and self._settings.skip_update_unreachable:
            text = "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping..."
            self.say(urn, text, warning=True)
            return olds, ()
        kind = objects.kind_of_token(urn.type)
        failures = _refusals(urn, news)
        if failures:
            return news, failures
        inputs = {"apiVersion": kind.api_version, "kind": kind.name, **news}
        if not isinstance(inputs["apiVersion"], str) or not isinstance(inputs["kind"], str):
            return inputs, ()
        inputs = objects.with_name(inputs, urn.name, olds, seed)
        kind = kind_of(inputs)
        if "namespace" not in objects.metadata_of(inputs) and self._namespaced(kind):
            inputs = objects.with_namespace(inputs, self._options.namespace if self._settings else "")
        if self._cluster is not None:
            found = self._cluster.api.schemas(kind)
            failures = schemas.check(found, kind, objects.from_inputs(inputs))
        return objects.mark_secret(inputs), failures

    def _namespaced(self, kind: Kind) -> bool:
        return assumed_namespaced(kind) if self._cluster is None else self._cluster.namespaced(kind)

    @override
    def diff(self, urn: Urn, old: ResourceState, news: Values, ignore: Sequence[str]) -> DiffResult:
        """Compare the new inputs with the live object, as far as the old inputs shape it.

        Fields that only the server wrote are no difference; what someone else changed is one.

        Source: provider.go, Diff.
        """
        live, wanted = objects.from_outputs(old.outputs), objects.from_inputs(news)
        kind = kind_of(wanted)
        pruned = {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            **objects.prune(live, objects.from_inputs(old.inputs)),
        }
        pruned.setdefault("metadata", {})["name"] = objects.name_of(live)
        namespaced = self._namespaced(kind)
        pruned = objects.with_namespace(pruned, _canonical(live) if namespaced else "")
        if objects.metadata_of(wanted).get("namespace") is not UNKNOWN:
            wanted = objects.with_namespace(wanted, _canonical(wanted) if namespaced else "")
        replacing = (
            diffing.IDENTITY
            if objects.is_patch(urn.type, wanted)
            else diffing.replacing_paths(
                kind,
                wanted,
                config_map_mutable=self._options.config_map_mutable,
                secret_mutable=self._options.secret_mutable,
            )
        )
        found = diffing.with_replacements(diffing.differences(pruned, wanted), replacing)
        detailed = {diffing.path_text(path): difference for path, difference in found.items()}
        detailed = {path: item for path, item in detailed.items() if not diffing.ignored(path, ignore)}
        replaces = [path for path, item in detailed.items() if item is item.replacing]
        return DiffResult(
            replaces=replaces,
            delete_before_replace=bool(replaces) and _takes_same_place(live, wanted),
            detailed=detailed,
            input_diff=False,
        )

    @override
    def create(self, urn: Urn, inputs: Values, *, timeout: float, preview: bool) -> tuple[str, Values]:
        """Create an object and wait until it is ready; a preview is a dry run where that is possible.

        Source: provider.go, Create.
        """
        wanted = objects.from_inputs(inputs)
        if preview and (objects.is_patch(urn.type, wanted) or not self._can_dry_run(wanted)):
            return "", objects.mark_secret(inputs)
        cluster = self._reachable()
        manager = _field_manager(wanted, {})
        try:
            if self._options.upsert or objects.is_patch(urn.type, wanted):
                force = self._options.patch_force
                live = cluster.upsert(wanted, manager, force=force, preview=preview)
            else:
                live = cluster.create(wanted, preview=preview)
        except NoKindError as error:
            raise PluginError(
                f"creation of resource {urn!r} with kind {kind_of(wanted)} failed because the Kubernetes"
                " API server reported that the apiVersion for this resource does not exist. Verify that any"
                f" required CRDs have been created: {error}"
            ) from error
        except ApiError as error:
            if preview and _hides_preview(error):
                return "", objects.mark_secret(inputs)
            _refuse_create(urn, error)
        if preview:
            live.pop("status", None)
            return "", objects.to_outputs(live, manager)
        if kind_of(wanted) == CRD:
            cluster.api.forget()
        outputs = self._ready(urn, live, wanted, manager, timeout)
        return objects.object_id(live), outputs

    @override
    def read(self, urn: Urn, old: ResourceState) -> ResourceState | None:
        """Return the live object; its inputs are the live values of what the program wrote.

        Source: provider.go, Read.
        """
        if self._cluster is None:
            return self._read_unreachable(urn, old)
        known = objects.from_inputs(old.inputs) or objects.from_outputs(old.outputs)
        kind = kind_of(known) if {"apiVersion", "kind"} <= known.keys() else objects.kind_of_token(urn.type)
        namespace, name = objects.parse_id(old.id)
        try:
            live = self._cluster.get(kind, namespace, name)
        except ApiError as error:
            if error.not_found:
                return None
            raise
        manager = _field_manager(known, old.outputs)
        if not old.inputs:
            inputs = objects.without_server_fields(live)
            return ResourceState(old.id, objects.to_outputs(live, manager), objects.mark_secret(inputs))
        inputs = objects.mark_secret(objects.prune(live, objects.from_inputs(old.inputs)))
        outputs = objects.to_outputs(live, manager)
        problems = [] if waiting.skips(known) else waiting.unready(kind, live)
        if problems:
            raise InitFailed(old.id, outputs, inputs, problems)
        return ResourceState(old.id, outputs, inputs)

    def _read_unreachable(self, urn: Urn, old: ResourceState) -> ResourceState | None:
        self.say(urn, f"configured Kubernetes cluster is unreachable: {self._unreachable}", warning=True)
        if self._options.delete_unreachable:
            return None
        if self._options.skip_update_unreachable:
            return old
        raise PluginError(
            f"failed to read resource state due to unreachable cluster. {_ASK_DELETE_UNREACHABLE}"
        )

    @override
    def update(self, urn: Urn, old: ResourceState, news: Values, *, timeout: float, preview: bool) -> Values:
        """Change an object by server-side apply and wait until it is ready.

        Source: provider.go, Update.
        """
        wanted = objects.from_inputs(news)
        if preview and not self._can_dry_run(wanted):
            return objects.mark_secret(news)
        cluster = self._reachable()
        manager = _field_manager(wanted, old.outputs)
        namespace, name = objects.parse_id(old.id)
        live: Values | None = None
        try:
            live = cluster.get(kind_of(wanted), namespace, name)
            force, patch = self._options.patch_force, objects.is_patch(urn.type, wanted)
            applied = cluster.apply(wanted, live, manager, force=force, preview=preview, patch=patch)
        except ApiError as error:
            if preview and error.status == FORBIDDEN:
                return objects.mark_secret(news)
            text = f"update of resource {urn!r} failed: {error}"
            if live is None or preview:
                raise PluginError(text) from error
            raise InitFailed(old.id, objects.to_outputs(live, manager), {}, [text]) from error
        if preview:
            return objects.to_outputs(applied, manager)
        outputs = self._ready(urn, applied, wanted, manager, timeout)
        if (before := _field_manager(objects.from_inputs(old.inputs), old.outputs)) != manager:
            cluster.release(applied, before)
        return outputs

    def _ready(self, urn: Urn, live: Values, wanted: Values, manager: str, timeout: float) -> Values:
        cluster = self._reachable()
        try:
            return objects.to_outputs(cluster.wait_ready(live, wanted, timeout), manager)
        except waiting.GaveUpError as error:
            latest = cluster.get(kind_of(live), objects.namespace_of(live), objects.name_of(live))
            text = (
                f"resource {urn!r} was written, but the Kubernetes API server reported that it failed to"
                f" fully initialize or become live: {error}"
            )
            outputs = objects.to_outputs(latest, manager)
            raise InitFailed(objects.object_id(live), outputs, {}, [text]) from error

    @override
    def delete(self, urn: Urn, old: ResourceState, *, timeout: float) -> None:
        """Delete an object and wait until it is gone.

        Source: provider.go, Delete.
        """
        if self._cluster is None:
            self.say(urn, f"configured Kubernetes cluster is unreachable: {self._unreachable}", warning=True)
            if self._options.delete_unreachable:
                return
            text = f"configured Kubernetes cluster is unreachable: {self._unreachable}."
            raise PluginError(f"{text} {_ASK_DELETE_UNREACHABLE}")
        live = copy.deepcopy(objects.from_outputs(old.outputs))
        kind = objects.kind_of_token(urn.type)
        namespace, name = objects.parse_id(old.id)
        live = {"apiVersion": kind.api_version, "kind": kind.name, **live}
        live["metadata"] = {**objects.metadata_of(live), "namespace": namespace, "name": name}
        inputs = objects.from_inputs(old.inputs)
        if objects.is_patch(urn.type, live):
            _release(self._cluster, live, _field_manager(inputs, old.outputs))
            return
        self._cluster.delete(live, inputs, timeout)
        if kind_of(live) == CRD:
            self._cluster.api.forget()

    @override
    def invoke(self, token: str, args: Values, *, preview: bool) -> Values:
        """Refuse every function: none is needed so far."""
        raise PluginError(f"{token} is not implemented by the lab's provider")

    def _reachable(self) -> Cluster:
        if self._cluster is None:
            raise PluginError(f"configured Kubernetes cluster is unreachable: {self._unreachable}")
        return self._cluster

    def _can_dry_run(self, wanted: Values) -> bool:
        """Say whether a preview may ask the server. Source: provider.go, Create, `skipPreview`."""
        return not has_unknown(wanted) and self._cluster is not None and self._cluster.knows(kind_of(wanted))


def _refusals(urn: Urn, news: Values) -> list[CheckFailure]:
    """Return why the lab cannot manage such a resource at all."""
    if urn.type.startswith(_OTHER_PARTS):
        return [CheckFailure("", f"{urn.type} is not implemented by the lab's provider")]
    if objects.is_patch(urn.type, news) and not objects.name_of(news):
        text = "patch resources require the `.metadata.name` field to be set"
        return [CheckFailure("metadata.name", text)]
    metadata_ = objects.metadata_of(news)
    if metadata_.get("generateName"):
        text = "the `.metadata.generateName` field is not supported in Server-Side Apply mode"
        return [CheckFailure("metadata.generateName", text)]
    return [
        CheckFailure(f'metadata.annotations["{key}"]', f"{key} is not implemented by the lab's provider")
        for key in _UNSUPPORTED_ANNOTATIONS
        if objects.annotation(news, key)
    ]


def _release(cluster: Cluster, live: Values, manager: str) -> None:
    """Give up what a patch resource manages. Source: provider.go, Delete."""
    try:
        cluster.release(live, manager)
    except ApiError as error:
        if error.reason == "Invalid" and "Required value" in str(error):
            raise PluginError(
                "this Patch resource is currently managing a required field, so it can't be deleted"
                " directly. Either set the `retainOnDelete` resource option, or transfer ownership of the"
                f" field before deleting: {error}"
            ) from error
        raise


def _canonical(values: Values) -> str:
    return objects.namespace_of(values) or "default"


def _takes_same_place(live: Values, wanted: Values) -> bool:
    """Say whether the new object can only come when the old one is gone.

    Source: provider.go, Diff, `deleteBeforeReplace`.
    """
    return (
        objects.is_named(wanted)
        and not objects.is_autonamed(wanted)
        and objects.name_of(wanted) == objects.name_of(live)
        and objects.namespace_of(wanted) == objects.namespace_of(live)
    )


def _field_manager(wanted: Values, outputs: Values) -> str:
    """Return the field manager of applies. Source: provider.go, fieldManagerName."""
    chosen = objects.annotation(wanted, objects.PATCH_FIELD_MANAGER) or outputs.get(objects.FIELD_MANAGER)
    return str(chosen) if chosen else f"pulumi-kubernetes-{secrets.token_hex(4)}"


def _hides_preview(error: ApiError) -> bool:
    """Say whether a refused dry run tells nothing about the real run. Source: provider.go, Create."""
    missing_namespace = error.not_found and error.subject == "namespaces"
    return missing_namespace or error.status == FORBIDDEN or error.reason == "AlreadyExists"


def _refuse_create(urn: Urn, error: ApiError) -> NoReturn:
    text = f"resource {str(urn)!r} was not successfully created by the Kubernetes API server: {error}"
    if error.reason == "AlreadyExists":
        text += f"\n\n{_ALREADY_EXISTS}"
    raise PluginError(text) from error
