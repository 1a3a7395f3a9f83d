"""The provider's own inputs: which options there are, what they mean, which cluster they name.

Source: pulumi-kubernetes 4.34.2 `ProviderArgs`; provider.go, CheckConfig, DiffConfig and Configure.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from lab.plugins.interface import CheckFailure, DiffKind, DiffResult, PluginError, Values
from lab.plugins.wire import UNKNOWN

_FLAGS: Final = frozenset(
    {
        "deleteUnreachable",
        "enableConfigMapMutable",
        "enablePatchForce",
        "enableSecretMutable",
        "enableServerSideApply",
        "skipUpdateUnreachable",
        "suppressDeprecationWarnings",
        "suppressHelmHookWarnings",
        "upsertExistingObjects",
    }
)
_TEXTS: Final = frozenset({"cluster", "clusterIdentifier", "context", "kubeconfig", "namespace"})
_OBJECTS: Final = frozenset({"helmReleaseSettings", "kubeClientSettings"})
_NOT_IN_THE_LAB: Final = frozenset({"alwaysRender", "renderYamlToDirectory"})
_OPTIONS: Final = _FLAGS | _TEXTS | _OBJECTS | _NOT_IN_THE_LAB
_ENGINES_OWN: Final = frozenset({"__internal", "pluginChecksums", "pluginDownloadURL", "version"})
"""Inputs that the engine adds. Source: pulumi/pulumi `pkg/resource/deploy/providers/registry.go`."""
_CLUSTER_KEYS: Final = ("kubeconfig", "context", "cluster")
_EXEC_API_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
"""Source: Kubernetes documentation, "client-go credential plugins"."""

_ENVIRONMENT: Final = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
}
"""Variables that count when the option is absent. Source: provider.go, Configure."""


class KubeconfigError(PluginError):
    """Say what is wrong with a kubeconfig."""


@dataclass(frozen=True)
class Target:
    """The cluster that a kubeconfig names, and the way in."""

    cluster: Mapping[str, Any]
    """The kubeconfig's cluster, without its certificate authority."""
    authority: str | None
    """Certificate authority in PEM; `None`: the machine's own."""
    user: Mapping[str, Any]
    """The kubeconfig's user: `exec` or `token`."""
    namespace: str
    """Namespace of the context; `default` if it names none."""

    @property
    def kubeconfig(self) -> Values:
        """A kubeconfig of this cluster and user alone."""
        return {
            "clusters": [{"name": "cluster", "cluster": self.cluster}],
            "users": [{"name": "user", "user": self.user}],
            "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
            "current-context": "context",
        }


@dataclass(frozen=True)
class Settings:
    """The provider's inputs, understood."""

    target: Target
    namespace: str
    delete_unreachable: bool
    skip_update_unreachable: bool
    config_map_mutable: bool
    secret_mutable: bool
    patch_force: bool
    upsert: bool


def check(news: Values) -> list[CheckFailure]:
    """Return everything that is wrong with the provider's inputs.

    Stricter than the published provider: it ignores unknown options, and takes the kubeconfig of the
    environment if none is given.
    """
    failures = [CheckFailure(key, _unknown_option(key)) for key in news if key not in _OPTIONS | _ENGINES_OWN]
    failures += [
        CheckFailure(key, f"{key} is not implemented by the lab's provider: leave it out")
        for key in sorted(_NOT_IN_THE_LAB & news.keys())
    ]
    failures += [
        CheckFailure(key, f"{news[key]!r} is not true or false")
        for key in sorted(_FLAGS & news.keys())
        if news[key] not in (True, False, "true", "false", UNKNOWN)
    ]
    if news.get("enableServerSideApply") in (False, "false"):
        text = "the lab's provider knows server-side apply only: set it to true or leave it out"
        failures.append(CheckFailure("enableServerSideApply", text))
    return failures + _check_kubeconfig(news)


def _unknown_option(key: str) -> str:
    near = difflib.get_close_matches(key, _OPTIONS, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"{key!r} is no option of the provider; {meant}allowed: {', '.join(sorted(_OPTIONS))}"


def _check_kubeconfig(news: Values) -> list[CheckFailure]:
    content = news.get("kubeconfig")
    if UNKNOWN in [news.get(key) for key in _CLUSTER_KEYS]:
        return []
    if not content:
        text = "no kubeconfig is given, and the lab uses no other: pass kubeconfig to an explicit Provider"
        return [CheckFailure("kubeconfig", text)]
    if content == os.environ.get("KUBECONFIG"):
        text = (
            "this is the value of the environment's KUBECONFIG, which the SDK takes when none is given:"
            " pass kubeconfig to an explicit Provider"
        )
        return [CheckFailure("kubeconfig", text)]
    try:
        target(news)
    except KubeconfigError as error:
        return [CheckFailure("kubeconfig", str(error))]
    return []


def diff(olds: Values, news: Values) -> DiffResult:
    """Compare the provider's inputs: it is replaced if it names another cluster.

    The first unknown value counts as another cluster, and nothing more is compared. A `clusterIdentifier`
    overrides the comparison.
    """
    changed = [key for key in sorted({*olds, *news}) if olds.get(key) != news.get(key)]
    if not changed:
        return DiffResult(changes=False)
    unknown = [key for key in _CLUSTER_KEYS if news.get(key) is UNKNOWN]
    replaces = unknown[:1] or _replacing_options(olds, news, changed)
    identifier = "clusterIdentifier"
    if identifier in changed and olds.get(identifier) and news.get(identifier):
        replaces = [identifier, *replaces]
    elif identifier not in changed and news.get(identifier):
        replaces = []
    return DiffResult(
        changes=True,
        replaces=replaces,
        detailed={key: _kind(key, olds, news) for key in unknown[:1] or changed},
    )


def _kind(key: str, olds: Values, news: Values) -> DiffKind:
    if key not in olds:
        return DiffKind.ADD
    return DiffKind.UPDATE if key in news else DiffKind.DELETE


def _replacing_options(olds: Values, news: Values, changed: Sequence[str]) -> list[str]:
    try:
        same = _cluster(olds) == _cluster(news)
    except KubeconfigError:
        same = True
    return [] if same else [key for key in _CLUSTER_KEYS if key in changed]


def settings(args: Values) -> Settings:
    """Understand the provider's inputs.

    Raises:
        KubeconfigError: There is no kubeconfig, or it cannot be used.
    """
    found = target(args)
    return Settings(
        target=found,
        namespace=args.get("namespace") or found.namespace,
        delete_unreachable=_flag(args, "deleteUnreachable"),
        skip_update_unreachable=_flag(args, "skipUpdateUnreachable"),
        config_map_mutable=_flag(args, "enableConfigMapMutable"),
        secret_mutable=_flag(args, "enableSecretMutable"),
        patch_force=_flag(args, "enablePatchForce"),
        upsert=_flag(args, "upsertExistingObjects"),
    )


def _flag(args: Values, key: str) -> bool:
    value = args.get(key)
    return (os.environ.get(_ENVIRONMENT[key]) if value is None else value) in (True, "true")


def target(args: Values) -> Target:
    """Return the cluster that the inputs name.

    Raises:
        KubeconfigError: There is no kubeconfig, or it cannot be used.
    """
    content = _load(args.get("kubeconfig"))
    context = _context(args, content)
    cluster = _cluster(args)
    if not cluster.get("server"):
        raise KubeconfigError("the kubeconfig's cluster has no server")
    user = _named(content, "users", "user", context.get("user"))
    if "exec" in user and user["exec"].get("apiVersion") not in _EXEC_API_VERSIONS:
        allowed = ", ".join(_EXEC_API_VERSIONS)
        raise KubeconfigError(f"exec apiVersion {user['exec'].get('apiVersion')!r} is not one of {allowed}")
    if not {"exec", "token"} & user.keys():
        raise KubeconfigError(f"user {context.get('user')!r} has neither exec nor token")
    return Target(
        cluster={key: item for key, item in cluster.items() if not key.startswith("certificate-authority")},
        authority=_authority(cluster),
        user=user,
        namespace=context.get("namespace") or "default",
    )


def _cluster(args: Values) -> dict[str, Any]:
    content = _load(args.get("kubeconfig"))
    name = args.get("cluster") or _context(args, content).get("cluster")
    return _named(content, "clusters", "cluster", name)


def _context(args: Values, content: Mapping[str, Any]) -> dict[str, Any]:
    return _named(content, "contexts", "context", args.get("context") or content.get("current-context"))


def _load(kubeconfig: Any) -> dict[str, Any]:
    """Read a kubeconfig given as content (YAML or JSON), as an object, or as a path.

    Source: util.go, parseKubeconfigString.
    """
    if not kubeconfig:
        raise KubeconfigError("no kubeconfig is given")
    content = kubeconfig
    try:
        if isinstance(kubeconfig, str):
            content = yaml.safe_load(_text(kubeconfig))
    except (OSError, yaml.YAMLError) as error:
        raise KubeconfigError(f"the kubeconfig cannot be read: {error}") from error
    if not isinstance(content, dict) or not content.get("clusters"):
        raise KubeconfigError(
            "the kubeconfig names no cluster: neither a readable file nor kubeconfig content"
        )
    return content


def _text(kubeconfig: str) -> str:
    if "\n" in kubeconfig or kubeconfig.lstrip().startswith("{"):
        return kubeconfig
    path = Path(kubeconfig).expanduser()
    return path.read_text() if path.is_file() else kubeconfig


def _named(content: Mapping[str, Any], plural: str, singular: str, name: Any) -> dict[str, Any]:
    items = content.get(plural) or []
    for item in items:
        if item.get("name") == name:
            found: dict[str, Any] = item.get(singular) or {}
            return found
    names = ", ".join(repr(item.get("name")) for item in items) or "none"
    raise KubeconfigError(f"the kubeconfig has no {singular} {name!r}; it has {names}")


def _authority(cluster: Mapping[str, Any]) -> str | None:
    if cluster.get("insecure-skip-tls-verify"):
        raise KubeconfigError("insecure-skip-tls-verify is not accepted: give certificate-authority-data")
    try:
        if data := cluster.get("certificate-authority-data"):
            return base64.b64decode(data, validate=True).decode()
        if path := cluster.get("certificate-authority"):
            return Path(path).read_text()
    except (OSError, ValueError, binascii.Error) as error:
        raise KubeconfigError(f"the cluster's certificate authority cannot be read: {error}") from error
    return None
