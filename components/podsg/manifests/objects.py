"""Which values are Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

from podsg.errors import Problem
from podsg.manifests.document import Document, RefusedError
from podsg.manifests.kinds import KINDS
from podsg.manifests.values import Root
from podsg.model.wording import shown

_KUSTOMIZE_FILES: Final = {"kustomization.yaml", "kustomization.yml"}
_RENDER: Final = "render a Helm chart first with `helm template`"
_KUSTOMIZE: Final = "it is read by Kustomize: give the output of `kubectl kustomize` instead"


def documents_of(root: Root, file: str) -> Iterator[Document]:
    """List the objects of one document: none of an empty one, and each item of a list of objects.

    Raises:
        RefusedError: It is no Kubernetes object.
    """
    if root.value is None:
        return
    if not isinstance(root.value, dict):
        raise RefusedError(
            f"found {shown(root.value)}; an object of Kubernetes has apiVersion and kind: {_RENDER}",
            root.line,
        )
    if PurePath(file).name in _KUSTOMIZE_FILES:
        raise RefusedError(_KUSTOMIZE, root.line)
    yield from _objects(root.value, root.line, root, file)


def _objects(content: Mapping[str, Any], line: int, root: Root, file: str) -> Iterator[Document]:
    missing = [key for key in ("apiVersion", "kind") if not content.get(key)]
    if missing:
        raise RefusedError(
            f"it is no Kubernetes object, for it has no {' and no '.join(missing)}: {_RENDER}", line
        )
    kind = _text(content, "kind", "kind", line)
    if kind.endswith("List") and "items" in content:
        for item in _items(content, line):
            inherited = {"apiVersion": content["apiVersion"], "kind": kind[:-4]} if kind != "List" else {}
            yield from _objects({**inherited, **item}, root.item_lines.get(id(item), line), root, file)
        return
    yield _document(content, kind, file, line)


def _items(content: Mapping[str, Any], line: int) -> list[dict[str, Any]]:
    items = content["items"] or []
    if not isinstance(items, list):
        raise _wrong("items", items, "a list of objects", line)
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            raise _wrong(f"items[{number}]", item, "an object", line)
    return items


def _document(content: Mapping[str, Any], kind: str, file: str, line: int) -> Document:
    version = _text(content, "apiVersion", "apiVersion", line)
    group = version.rpartition("/")[0]
    if group == "kustomize.config.k8s.io":
        raise RefusedError(_KUSTOMIZE, line)
    metadata = content.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise _wrong("metadata", metadata, "a mapping", line)
    about = metadata or {}
    name = _text(about, "name", "metadata.name", line) or _text(
        about, "generateName", "metadata.generateName", line
    )
    namespace = _text(about, "namespace", "metadata.namespace", line)
    if not name and (group, kind) in KINDS:
        raise _wrong("metadata.name", None, "the name of the object", line)
    if "{{" in f"{kind}{namespace}{name}":
        raise RefusedError(f"its kind or name has {{{{ in it, so it is a template: {_RENDER}", line)
    return Document(file, line, group, kind, namespace, name, content)


def _text(mapping: Mapping[str, Any], key: str, path: str, line: int) -> str:
    value = mapping.get(key)
    if value is not None and not isinstance(value, str):
        raise _wrong(path, value, "text", line)
    return value or ""


def _wrong(path: str, value: Any, allowed: str, line: int) -> RefusedError:  # noqa: ANN401 - any value
    return RefusedError(str(Problem(path, shown(value), allowed)), line)
