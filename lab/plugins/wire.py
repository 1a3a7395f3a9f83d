"""Translate property values between the engine's wire form and plain Python.

Source: pulumi/pulumi `sdk/go/common/resource/properties.go` (signatures) and
`sdk/go/common/resource/plugin/rpc.go` (unknown sentinels), SDK v3.246.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from google.protobuf import struct_pb2

Path = tuple[str | int, ...]

_SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public tag
_RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

_UNKNOWN_SENT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_RECEIVED: Final = frozenset(
    {
        _UNKNOWN_SENT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

_EXACT_INTEGER_LIMIT: Final = 2.0**53
"""Above this a double no longer names one integer."""


class Unknown:
    """Stand for a value that only the real operation will produce; there is one instance, `UNKNOWN`."""

    _instance: Self | None = None

    def __new__(cls) -> Self:
        """Return the only instance."""
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        """Name the constant."""
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """Mark a value that the engine must encrypt and never display."""

    value: Any

    def __repr__(self) -> str:
        """Hide the value, so that no message or log shows it."""
        return "Secret(...)"


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Read a wire struct into plain values, `UNKNOWN` and `Secret`.

    Integral numbers become `int`. A resource reference becomes its id (its URN if it has none). Assets
    and archives stay tagged maps.

    Args:
        struct: Properties as the engine sends them.

    Returns:
        The same keys with decoded values, sorted: the wire has no order.
    """
    return {key: _decode(struct.fields[key]) for key in sorted(struct.fields)}


def encode(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Write values in wire form; top-level `None` is left out.

    Args:
        values: Plain values, `UNKNOWN` and `Secret`, nested in mappings, lists and tuples.

    Returns:
        A struct for a request or response.

    Raises:
        TypeError: A value is of a type that the wire does not have; the message holds its path.
    """
    struct = struct_pb2.Struct()
    for key, value in values.items():
        if value is not None:
            struct.fields[key].CopyFrom(_encode(value, (key,)))
    return struct


def plain(value: Any) -> Any:
    """Return the value without any `Secret` mark, at any depth."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Say whether the value is or contains `UNKNOWN`."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def secret_paths(value: Any) -> frozenset[Path]:
    """Return the path of every outermost `Secret` in the value.

    Example:
        >>> sorted(secret_paths({"a": Secret(1), "b": {"c": [Secret(2)]}}))
        [('a',), ('b', 'c', 0)]
    """
    return frozenset(_secret_paths(value, ()))


def remark(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Mark outputs as `Secret` where the equally named input holds one.

    Where both sides are maps it goes on inside; otherwise the whole output value is marked.

    Args:
        outputs: Values about to be sent to the engine.
        inputs: Values with the marks that the engine sent.

    Returns:
        The outputs with marks; existing marks stay.

    Source:
        pulumi/pulumi `pkg/resource/plugin/provider_plugin.go`, annotateSecrets.
    """
    return {key: _remark(value, inputs[key]) if key in inputs else value for key, value in outputs.items()}


def _remark(output: Any, source: Any) -> Any:
    if isinstance(output, Mapping) and isinstance(source, Mapping):
        return remark(output, source)
    if isinstance(output, Secret) or not secret_paths(source):
        return output
    return Secret(plain(output))


def _secret_paths(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, Secret):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secret_paths(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _secret_paths(item, (*path, index))


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWN_RECEIVED else value.string_value
    if kind == "number_value":
        return _number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _decode_map(decode(value.struct_value))
    return None


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) <= _EXACT_INTEGER_LIMIT else value


def _decode_map(values: dict[str, Any]) -> Any:
    signature = values.get(_SIGNATURE_KEY)
    if signature == _SECRET_SIGNATURE:
        return Secret(values.get("value"))
    if signature == _RESOURCE_SIGNATURE:
        return values["id"] or UNKNOWN if "id" in values else values.get("urn")
    if signature == _OUTPUT_SIGNATURE:
        value = values.get("value", UNKNOWN)
        return Secret(value) if values.get("secret") else value
    return values


def _encode(value: Any, path: Path) -> struct_pb2.Value:
    if isinstance(value, Secret):
        value = {_SIGNATURE_KEY: _SECRET_SIGNATURE, "value": value.value}
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=_encode_map(value, path))
    if isinstance(value, list | tuple):
        items = [_encode(item, (*path, index)) for index, item in enumerate(value)]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    return _encode_scalar(value, path)


def _encode_scalar(value: Any, path: Path) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str | Unknown):
        return struct_pb2.Value(string_value=value if isinstance(value, str) else _UNKNOWN_SENT)
    where = ".".join(str(part) for part in path)
    message = f"{where}: a value of type {type(value).__name__} has no wire form"
    raise TypeError(message)


def _encode_map(values: Mapping[str, Any], path: Path) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    for key, value in values.items():
        struct.fields[key].CopyFrom(_encode(value, (*path, key)))
    return struct
