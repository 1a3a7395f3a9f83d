"""Kubernetes objects of a stack, as if they had been read from manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from podsg.manifests import Document
from podsg.model.snapshot import Unknown
from podsg.preview.resources import Resource, is_secret, is_unknown

_PREFIX: Final = "kubernetes:"
# Source: pulumi-kubernetes, server-side apply: a patch is a resource of its own, beside the object.
_PATCH: Final = "Patch"


def documents(resources: Iterable[Resource]) -> Iterator[Document]:
    """Return the Kubernetes objects among resources."""
    for one in resources:
        package, _, rest = one.type.partition(":")
        if f"{package}:" != _PREFIX or rest.count(":") != 1:
            continue
        version, _, kind = rest.partition(":")
        group = version.rpartition("/")[0]
        content = {key: _read(value, one.unknown(key)) for key, value in one.inputs.items()}
        metadata = content.get("metadata")
        names = metadata if isinstance(metadata, dict) else {}
        yield Document(
            "",
            0,
            "" if group == "core" else group,
            kind.removesuffix(_PATCH),
            _text(names.get("namespace")),
            _text(names.get("name")) or one.name,
            content,
            one.urn,
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _read(value: Any, unknown: Unknown) -> Any:  # noqa: ANN401 - of any type
    """Return a value with `Unknown` for what is not known yet, and for secrets."""
    if is_unknown(value):
        return unknown
    if is_secret(value):
        return Unknown("it is a secret", unknown.depends_on)
    if isinstance(value, dict):
        return {key: _read(item, unknown) for key, item in value.items()}
    return [_read(item, unknown) for item in value] if isinstance(value, list) else value
