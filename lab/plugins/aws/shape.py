"""Read from the installed SDK which properties a type has, so that the lab is as strict as the real one.

The provider's schema is not in the Python wheel; the generated classes are, and they are made from it.

Source: pulumi-aws 7.51 `<module>/<type>.py`, `<module>/_inputs.py`, `<module>/outputs.py`.
"""

from __future__ import annotations

import builtins
import collections.abc
import enum
import functools
import importlib
import inspect
import sys
import threading
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

_IMPORTS: Final = threading.Lock()
"""Held while a module of the SDK is imported: its modules import each other in circles, and two threads that
enter a circle at different places would wait for one another."""

_SCALARS: Final[Mapping[Any, str]] = {
    builtins.str: "string",
    builtins.bool: "boolean",
    builtins.int: "integer",
    builtins.float: "number",
    Any: "any",
}


@dataclass(frozen=True)
class Shape:
    """Type of a property as the SDK declares it."""

    kind: str
    """One of string, boolean, integer, number, document, any, list, map, object."""
    element: Shape | None = None
    """Type of the items of a list or of the values of a map."""
    declared: type | None = None
    """The SDK's class of an object."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """Properties of an object by wire name; empty for other kinds."""
        return {} if self.declared is None else declared_fields(self.declared)


@dataclass(frozen=True)
class Field:
    """One property of an object type."""

    shape: Shape
    required: bool


@dataclass(frozen=True)
class Signature:
    """Inputs and outputs of a resource type."""

    inputs: Mapping[str, Field]
    outputs: Mapping[str, Field]


@functools.cache
def signature(location: str) -> Signature:
    """Read a resource type's properties from the SDK.

    Args:
        location: Module and class, `pulumi_aws.ec2.vpc:Vpc`.

    Returns:
        Its inputs and outputs by wire name.
    """
    module_name, _, class_name = location.partition(":")
    with _IMPORTS:
        module = importlib.import_module(module_name)
    return Signature(
        inputs=declared_fields(getattr(module, f"{class_name}Args")),
        outputs=declared_fields(getattr(module, class_name)),
    )


@functools.cache
def declared_fields(declared: type) -> Mapping[str, Field]:
    """Return the properties of an SDK class by wire name.

    Args:
        declared: An `…Args` class, a resource class or a class of `outputs.py`.
    """
    required = {
        name
        for name, parameter in inspect.signature(declared).parameters.items()
        if parameter.default is inspect.Parameter.empty and parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    module = sys.modules[declared.__module__]
    return {
        wire_name: Field(_shape(annotation, module), required=python_name in required)
        for python_name, wire_name, annotation in _properties(declared)
    }


def _properties(declared: type) -> Iterator[tuple[str, str, Any]]:
    for name, member in vars(declared).items():
        wire_name = getattr(getattr(member, "fget", None), "_pulumi_name", None)
        if isinstance(member, property) and wire_name:
            yield (
                name,
                wire_name,
                inspect.get_annotations(inspect.unwrap(typing.cast("Any", member.fget)))["return"],
            )


def _shape(annotation: Any, module: types.ModuleType) -> Shape:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {typing.Union, types.UnionType}:
        return _union(arguments, module)
    if origin is pulumi.Output:
        return _shape(arguments[0], module)
    if origin is collections.abc.Sequence:
        return Shape("list", element=_shape(arguments[0], module))
    if origin is collections.abc.Mapping:
        return Shape("map", element=_shape(arguments[1], module))
    if annotation in _SCALARS:
        return Shape(_SCALARS[annotation])
    return _named(annotation, module)


def _union(arguments: tuple[Any, ...], module: types.ModuleType) -> Shape:
    shapes = [_shape(item, module) for item in arguments if not _is_promise(item)]
    if len(shapes) == 1:
        return shapes[0]
    kinds = {shape.kind for shape in shapes}
    return Shape("document") if kinds == {"string", "object"} else Shape("string")


def _is_promise(annotation: Any) -> bool:
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__.startswith("Output[")
    return annotation is type(None) or typing.get_origin(annotation) is collections.abc.Awaitable


def _named(annotation: Any, module: types.ModuleType) -> Shape:
    declared = annotation
    if isinstance(annotation, typing.ForwardRef | str):
        path = annotation if isinstance(annotation, str) else annotation.__forward_arg__
        declared = functools.reduce(getattr, path.split("."), module)
    if inspect.isclass(declared) and issubclass(declared, enum.Enum):
        return Shape("string")
    return Shape("object", declared=declared)
