"""Differences between what is live and what is wanted, as property paths.

Source: provider.go, Diff and convertPatchToDiff; diff.go, forceNewProperties.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from lab.plugins.interface import DiffKind, Values
from lab.plugins.kubernetes.objects import Kind
from lab.plugins.wire import UNKNOWN

Path = tuple[str | int, ...]

_MISSING: Final = object()
IDENTITY: Final[tuple[Path, ...]] = (("metadata", "name"), ("metadata", "namespace"))
"""Whose change replaces every object, and that of a patch resource only. Source: provider.go, Diff."""
_SELECTOR: Final = (("spec", "selector"),)
_ROLE: Final = (("roleRef",),)
_JOB: Final = (("spec", "completions"), ("spec", "parallelism"), ("spec", "selector"), ("spec", "template"))
_STATEFUL_SET: Final = (
    *_SELECTOR,
    ("spec", "podManagementPolicy"),
    ("spec", "revisionHistoryLimit"),
    ("spec", "serviceName"),
    ("spec", "volumeClaimTemplates"),
)
_CLAIM: Final = (
    ("spec", "accessModes"),
    ("spec", "selector"),
    ("spec", "storageClassName"),
    ("spec", "volumeName"),
)

_REPLACING: Final[Mapping[Kind, tuple[Path, ...]]] = {
    Kind("apps/v1", "DaemonSet"): _SELECTOR,
    Kind("apps/v1", "Deployment"): _SELECTOR,
    Kind("apps/v1", "StatefulSet"): _STATEFUL_SET,
    Kind("batch/v1", "Job"): _JOB,
    Kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): _ROLE,
    Kind("rbac.authorization.k8s.io/v1", "RoleBinding"): _ROLE,
    Kind("storage.k8s.io/v1", "StorageClass"): (("parameters",), ("provisioner",)),
    Kind("v1", "PersistentVolumeClaim"): _CLAIM,
    Kind("v1", "Pod"): (("spec",),),
    Kind("v1", "ResourceQuota"): (("spec", "scopes"),),
    Kind("v1", "Service"): (("spec", "clusterIP"),),
}
"""Properties whose change needs a new object. Source: diff.go, `forceNew`; a Pod's whole spec is taken."""
_CONFIG_MAP: Final = (("binaryData",), ("data",))
_SECRET: Final = (("type",), ("stringData",), ("data",))


def replacing_paths(
    kind: Kind, wanted: Values, *, config_map_mutable: bool, secret_mutable: bool
) -> list[Path]:
    """Return the paths whose change replaces an object of this kind."""
    immutable = wanted.get("immutable") is True
    paths: list[Path] = [*IDENTITY, *_REPLACING.get(kind, ())]
    if kind == Kind("v1", "ConfigMap") and (immutable or not config_map_mutable):
        paths += _CONFIG_MAP
    if kind == Kind("v1", "Secret"):
        paths += _SECRET if immutable or not secret_mutable else (("type",),)
    return paths


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[tuple[Path, DiffKind]]:
    """Yield every difference between two values, outermost first; a missing key equals a null.

    Lists are compared by position.

    Example:
        >>> list(differences({"a": [1, 2], "b": 1}, {"a": [1, 3, 4]}))
        [(('a', 1), <DiffKind.UPDATE: 4>), (('a', 2), <DiffKind.ADD: 0>), (('b',), <DiffKind.DELETE: 2>)]
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _entry(old.get(key, _MISSING), new.get(key, _MISSING), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _entry(_at(old, index), _at(new, index), (*path, index))
    elif not _equal(old, new, path):
        yield path, DiffKind.UPDATE


def _entry(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, DiffKind]]:
    old, new = (_MISSING if value is None else value for value in (old, new))
    if old is _MISSING and new is not _MISSING:
        yield path, DiffKind.ADD
    elif new is _MISSING and old is not _MISSING:
        yield path, DiffKind.DELETE
    elif old is not _MISSING:
        yield from differences(old, new, path)


def _at(items: Sequence[Any], index: int) -> Any:
    return items[index] if index < len(items) else _MISSING


def _equal(old: Any, new: Any, path: Path) -> bool:
    if UNKNOWN in (old, new):
        return False
    if isinstance(old, bool) is not isinstance(new, bool):
        return False
    return bool(old == new) or (_holds_quantity(path) and _same_quantity(old, new))


_QUANTITY_PARENTS: Final = frozenset({"limits", "requests", "hard", "capacity", "default", "defaultRequest"})
_QUANTITY: Final = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkKMGTPE]?i?)")
_DECIMAL_EXPONENTS: Final = {
    "n": -9,
    "u": -6,
    "m": -3,
    "": 0,
    "k": 3,
    "M": 6,
    "G": 9,
    "T": 12,
    "P": 15,
    "E": 18,
}
_BINARY_EXPONENTS: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
"""Source: kubernetes/apimachinery `pkg/api/resource/suffix.go`."""


def _holds_quantity(path: Path) -> bool:
    return len(path) > 1 and path[-2] in _QUANTITY_PARENTS


def _same_quantity(old: Any, new: Any) -> bool:
    """Say whether two texts mean the same quantity: the server writes `1000m` as `1`."""
    amounts = [_quantity(str(value)) for value in (old, new)]
    return amounts[0] is not None and amounts[0] == amounts[1]


def _quantity(text: str) -> Decimal | None:
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return None
    number, suffix = Decimal(found[1]), found[2]
    if suffix in _BINARY_EXPONENTS:
        return number * Decimal(2) ** _BINARY_EXPONENTS[suffix]
    return number.scaleb(_DECIMAL_EXPONENTS[suffix]) if suffix in _DECIMAL_EXPONENTS else None


def with_replacements(
    found: Iterator[tuple[Path, DiffKind]], replacing: Sequence[Path]
) -> dict[Path, DiffKind]:
    """Return the differences by path, as replacing where the path is or holds or lies in a replacing one."""
    return {
        path: kind.replacing
        if any(_related(path, other) for other in replacing) or path == ("metadata",)
        else kind
        for path, kind in found
    }


def _related(path: Path, other: Path) -> bool:
    shorter = min(len(path), len(other))
    return path[:shorter] == other[:shorter]


def path_text(path: Path) -> str:
    """Write a path as the engine does.

    Example:
        >>> path_text(("spec", "ports", 0, "name")), path_text(("metadata", "labels", "a.b/c"))
        ('spec.ports[0].name', 'metadata.labels["a.b/c"]')
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.search(r'[."\[\]]', part):
            escaped = part.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{part}" if text else part
    return text


def ignored(path: str, ignore: Sequence[str]) -> bool:
    """Say whether one of the program's `ignoreChanges` holds the path; `*` stands for any one part."""
    return any(re.match(_pattern(item), path) for item in ignore)


def _pattern(item: str) -> str:
    literal = re.escape(item).replace(r"\[\*\]", r"\[[^\]]*\]").replace(r"\*", r"[^.\[]*")
    return f"{literal}(?:$|[.\\[])"
