"""Kubernetes objects as plain data: names, annotations, normal forms."""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.plugins.interface import PluginError, Values
from lab.plugins.wire import UNKNOWN, Secret, has_unknown

AUTONAMED: Final = "pulumi.com/autonamed"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
WAIT_FOR: Final = "pulumi.com/waitFor"
TIMEOUT_SECONDS: Final = "pulumi.com/timeoutSeconds"
REPLACE_UNREADY: Final = "pulumi.com/replaceUnready"
PATCH_FORCE: Final = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
"""Annotations that steer the provider. Source: metadata/annotations.go."""

INITIAL_API_VERSION: Final = "__initialApiVersion"
FIELD_MANAGER: Final = "__fieldManager"
_BOOKKEEPING: Final = (INITIAL_API_VERSION, FIELD_MANAGER)
"""Outputs that are no part of the object.

The published provider also keeps `__inputs`; the engine hands the old inputs to every call by now.
"""

_READ_ONLY_METADATA: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
"""Source: provider.go, normalizeInputs."""

_AUTONAME_DIGITS: Final = 8
"""Source: metadata/naming.go and pulumi/pulumi `sdk/go/common/resource/resource_id.go`, NewUniqueName."""

_DASHED: Final = {
    f"x_kubernetes_{name}": f"x-kubernetes-{name.replace('_', '-')}"
    for name in (
        "embedded_resource",
        "int_or_string",
        "list_map_keys",
        "list_type",
        "map_type",
        "preserve_unknown_fields",
        "validations",
    )
}
"""Keys that SDKs cannot spell. Source: provider.go, underscoreToDashMap."""
_UNDERSCORED: Final = {dashed: underscored for underscored, dashed in _DASHED.items()}


@dataclass(frozen=True)
class Kind:
    """An API version and a kind, as in a manifest."""

    api_version: str
    name: str

    def __str__(self) -> str:
        """Name both, as messages do."""
        return f"{self.api_version}/{self.name}"


def kind_of_token(token: str) -> Kind:
    """Return the kind that a type token stands for.

    Source: provider.go, gvkFromTypeToken.

    Example:
        >>> kind_of_token("kubernetes:core/v1:Namespace")
        Kind(api_version='v1', name='Namespace')
        >>> str(kind_of_token("kubernetes:apps/v1:Deployment"))
        'apps/v1/Deployment'
    """
    parts = token.split(":")
    if len(parts) != len(("package", "module", "kind")) or not all(parts):
        raise PluginError(f"{token!r} is no resource type: expected kubernetes:<group>/<version>:<Kind>")
    return Kind(parts[1].removeprefix("core/"), parts[2])


def is_patch(token: str, values: Values) -> bool:
    """Say whether a resource changes some fields of an object that someone else manages.

    A custom kind whose name happens to end so is none. Source: kinds/util.go, IsPatchResource.

    Example:
        >>> is_patch("kubernetes:core/v1:ConfigMapPatch", {"kind": "ConfigMap"})
        True
        >>> is_patch("kubernetes:acme.io/v1:FieldPatch", {"kind": "FieldPatch"})
        False
    """
    return kind_of_token(token).name == f"{values.get('kind')}Patch"


def from_inputs(values: Values) -> Values:
    """Return inputs in the API server's spelling, without what only the server writes."""
    result: Values = _respell(values, _DASHED)
    metadata = result.get("metadata")
    if isinstance(metadata, dict):
        for key in _READ_ONLY_METADATA:
            metadata.pop(key, None)
    return _normal_secret(result) if _is_secret(result) else result


def to_outputs(live: Values, field_manager: str) -> Values:
    """Return a live object as outputs; the data of a Secret is marked."""
    outputs: Values = _respell(live, _UNDERSCORED)
    outputs[INITIAL_API_VERSION] = live["apiVersion"]
    outputs[FIELD_MANAGER] = field_manager
    return mark_secret(outputs)


def from_outputs(outputs: Values) -> Values:
    """Return the live object that outputs hold."""
    live: Values = _respell(outputs, _DASHED)
    for key in _BOOKKEEPING:
        live.pop(key, None)
    return live


def mark_secret(values: Values) -> Values:
    """Mark the data of a Secret object. Source: provider.go, annotateSecrets."""
    if values.get("kind") != "Secret":
        return values
    return {key: Secret(item) if key in ("data", "stringData") else item for key, item in values.items()}


def _respell(value: Any, spelling: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {spelling.get(key, key): _respell(item, spelling) for key, item in value.items()}
    if isinstance(value, list):
        return [_respell(item, spelling) for item in value]
    return value


def _is_secret(values: Values) -> bool:
    return values.get("apiVersion") == "v1" and values.get("kind") == "Secret"


def _normal_secret(values: Values) -> Values:
    """Write a Secret as the server does. Source: clients/unstructured.go, normalizeSecret."""
    if has_unknown(values):
        return values
    data = {key: _normal_base64(text) for key, text in (values.pop("data", None) or {}).items()}
    for key, text in (values.pop("stringData", None) or {}).items():
        data[key] = base64.b64encode(str(text).encode()).decode()
    return {**values, "data": data} if data else values


def _normal_base64(text: Any) -> Any:
    try:
        return base64.b64encode(base64.b64decode(text, validate=False)).decode()
    except (TypeError, ValueError, binascii.Error):
        return text


def metadata_of(values: Values) -> Values:
    """Return an object's metadata; empty if there is none or it is not known."""
    metadata = values.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def name_of(values: Values) -> str:
    """Return an object's name, `""` if it has none or it is not known."""
    name = metadata_of(values).get("name")
    return name if isinstance(name, str) else ""


def namespace_of(values: Values) -> str:
    """Return an object's namespace, `""` if it has none or it is not known."""
    namespace = metadata_of(values).get("namespace")
    return namespace if isinstance(namespace, str) else ""


def annotation(values: Values, key: str) -> str:
    """Return an annotation's text, `""` if it is absent or not known."""
    annotations = metadata_of(values).get("annotations")
    text = annotations.get(key) if isinstance(annotations, dict) else None
    return text if isinstance(text, str) else ""


def is_autonamed(values: Values) -> bool:
    """Say whether the provider chose the object's name."""
    return annotation(values, AUTONAMED) == "true"


def is_named(values: Values) -> bool:
    """Say whether an object has a name, known or not."""
    return bool(metadata_of(values).get("name"))


def with_name(values: Values, logical_name: str, olds: Values, seed: bytes) -> Values:
    """Return the object with a name: its own, the old one that was chosen, or one chosen now.

    Source: metadata/naming.go, AssignNameIfAutonamable and AdoptOldAutonameIfUnnamed.
    """
    if is_named(values) or values.get("metadata") is UNKNOWN:
        return values
    if olds and not is_autonamed(olds):
        return values
    name = name_of(olds) if olds else f"{logical_name}-{_digits(logical_name, seed)}"
    named = copy.deepcopy(values)
    metadata = named.setdefault("metadata", {})
    metadata["name"] = name
    annotations = metadata.get("annotations")
    if annotations is not UNKNOWN:
        metadata["annotations"] = {**(annotations or {}), AUTONAMED: "true"}
    return named


def _digits(logical_name: str, seed: bytes) -> str:
    if not seed:
        return secrets.token_hex(_AUTONAME_DIGITS // 2)
    return hashlib.sha256(seed + logical_name.encode()).hexdigest()[:_AUTONAME_DIGITS]


def with_namespace(values: Values, namespace: str) -> Values:
    """Return the object with this namespace, without one if it is empty."""
    if values.get("metadata") is UNKNOWN:
        return values
    metadata = {key: item for key, item in metadata_of(values).items() if key != "namespace"}
    if namespace:
        metadata["namespace"] = namespace
    return {**values, "metadata": metadata}


def object_id(values: Values) -> str:
    """Return `namespace/name`, or the name where there is no namespace. Source: util.go, fqName."""
    namespace, name = namespace_of(values), name_of(values)
    return f"{namespace}/{name}" if namespace else name


def parse_id(resource_id: str) -> tuple[str, str]:
    """Return namespace and name of an id.

    Example:
        >>> parse_id("catalog/rds-access"), parse_id("catalog")
        (('catalog', 'rds-access'), ('', 'catalog'))
    """
    namespace, _, name = resource_id.rpartition("/")
    return namespace, name


def prune(source: Any, shape: Any) -> Any:
    """Return what of `source` has a counterpart in `shape`.

    Lists are matched by position. Source: util.go, pruneMap and pruneSlice.

    Example:
        >>> prune({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 0}})
        {'b': {'c': 2}}
    """
    if isinstance(source, Mapping) and isinstance(shape, Mapping):
        return {key: prune(item, shape[key]) for key, item in source.items() if key in shape}
    if isinstance(source, list) and isinstance(shape, list):
        if bool(source) and bool(shape) and type(source[0]) is not type(shape[0]):
            return copy.deepcopy(source)
        return [prune(item, wanted) for item, wanted in zip(source, shape, strict=False)]
    return source


def without_server_fields(live: Values) -> Values:
    """Return a live object as someone would have written it, for an import.

    Source: provider.go, Read.
    """
    inputs = {key: copy.deepcopy(item) for key, item in live.items() if key != "status"}
    metadata = metadata_of(inputs)
    for key in _READ_ONLY_METADATA:
        metadata.pop(key, None)
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        for key in ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"):
            annotations.pop(key, None)
    return inputs
