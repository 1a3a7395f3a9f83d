"""Check: validate a resource's inputs and fill in what the bridged provider fills in.

Strictness comes from the SDK's own types (`shape`), the mapping from the record.

Source: pulumi-terraform-bridge `pkg/tfbridge/provider.go` (Check), `schema.go` (defaults, `__defaults`);
pulumi-aws `provider/tags.go`, `provider/region.go`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.compare import canonical_json
from lab.plugins.aws.record import Property, Resource, Values
from lab.plugins.aws.session import Session
from lab.plugins.aws.shape import Field, Shape, signature
from lab.plugins.interface import CheckFailure
from lab.plugins.wire import UNKNOWN, has_unknown

DEFAULTS_KEY: Final = "__defaults"
"""Names of the inputs that Check filled in, as the bridge records them."""
_RANDOM_DIGITS: Final = 7
_SHOWN_VALUES: Final = 20
"""So many allowed values, the nearest, are named in an error."""
_TRUTH: Final = {"true": True, "false": False}


class Checker:
    """One check of one resource's inputs; `failures` collects everything that is wrong."""

    def __init__(self, record: Resource, session: Session, name: str, seed: bytes) -> None:
        """Prepare a check.

        Args:
            record: The resource type.
            session: The configured provider.
            name: Logical name of the resource.
            seed: The engine's random bytes for this resource.
        """
        self.record, self.session, self.name, self.seed = record, session, name, seed
        self.failures: list[CheckFailure] = []

    def run(self, olds: Values, news: Values) -> Values:
        """Return the inputs with defaults; `olds` are the old checked inputs, empty for a new resource."""
        declared = signature(self.record.sdk).inputs
        given = {key: value for key, value in news.items() if not key.startswith("__") and value is not None}
        inputs = self._object(given, declared, self.record.properties, "")
        self._autoname(inputs, olds)
        if self.record.regional and inputs.get("region") is None:
            inputs["region"] = self.session.region
        if self.record.tagged:
            inputs["tagsAll"] = tagging.all_tags(self.session, inputs.get("tags"))
        if not self.failures and self.record.validate:
            self.failures += [CheckFailure(*found) for found in self.record.validate(inputs)]
        return inputs

    def _fail(self, path: str, reason: str) -> None:
        self.failures.append(CheckFailure(path, reason))

    def _object(
        self,
        given: Mapping[str, Any],
        declared: Mapping[str, Field],
        known: Mapping[str, Property],
        path: str,
    ) -> Values:
        inputs: Values = {}
        for name, value in given.items():
            where = f"{path}.{name}" if path else name
            if name not in declared:
                self._fail(where, self._misspelt(name, declared))
            elif name not in known:
                self._fail(where, f"the lab does not know property {where} of {self.record.type_name} yet")
            elif value is not None:
                inputs[name] = self._property(value, declared[name].shape, known[name], where)
        self._require(inputs, given, declared, known, path)
        self._defaults(inputs, known)
        return inputs

    def _misspelt(self, name: str, declared: Mapping[str, Field]) -> str:
        near = difflib.get_close_matches(name, declared, n=1, cutoff=0.0)
        return f"{self.record.type_name} has no property {name!r}; the nearest name is {near[0]!r}"

    def _require(
        self,
        inputs: Values,
        given: Mapping[str, Any],
        declared: Mapping[str, Field],
        known: Mapping[str, Property],
        path: str,
    ) -> None:
        for name, field in declared.items():
            missing = field.required and inputs.get(name) is None and name not in given
            if missing and not (name in known and known[name].default is not None):
                where = f"{path}.{name}" if path else name
                self._fail(where, f"missing required property {where!r} of {self.record.type_name}")

    def _defaults(self, inputs: Values, known: Mapping[str, Property]) -> None:
        filled = [name for name, item in known.items() if item.default is not None and name not in inputs]
        inputs |= {name: known[name].default for name in filled}
        inputs[DEFAULTS_KEY] = sorted(filled)

    def _property(self, value: Any, shape: Shape, known: Property, path: str) -> Any:
        if known.document:
            return self._document(value, path)
        failed = len(self.failures)
        checked = self._value(value, shape, known, path)
        if failed == len(self.failures) and not has_unknown(checked):
            self._constrain(checked, known, path)
        return checked

    def _document(self, value: Any, path: str) -> Any:
        if has_unknown(value):
            return UNKNOWN
        if not isinstance(value, str):
            return canonical_json(value)
        try:
            json.loads(value)
        except ValueError as error:
            self._fail(path, f"contains an invalid JSON policy: {error}")
        return value

    def _constrain(self, value: Any, known: Property, path: str) -> None:
        if known.check and (reason := known.check(value)):
            self._fail(path, reason)
        allowed = allowed_values(self.session, known.enum) if known.enum else ()
        for item in value if isinstance(value, list) else [value]:
            if allowed and item not in allowed:
                near = difflib.get_close_matches(str(item), allowed, _SHOWN_VALUES, 0.0)
                self._fail(path, f"expected {path} to be one of [{', '.join(near)}], got {item}")

    def _value(self, value: Any, shape: Shape, known: Property, path: str) -> Any:
        if value is UNKNOWN or shape.kind == "any":
            return value
        if shape.kind == "object" and isinstance(value, Mapping):
            return self._object(value, shape.fields, known.fields or {}, path)
        if shape.kind == "map" and isinstance(value, Mapping) and shape.element:
            element = shape.element
            return {key: self._value(item, element, known, f"{path}.{key}") for key, item in value.items()}
        if (
            shape.kind == "list"
            and isinstance(value, Sequence)
            and not isinstance(value, str)
            and shape.element
        ):
            element = shape.element
            return [self._value(item, element, known, f"{path}[{at}]") for at, item in enumerate(value)]
        return self._scalar(value, shape, path)

    def _scalar(self, value: Any, shape: Shape, path: str) -> Any:
        for converted in _conversions(value, shape.kind):
            return converted
        self._fail(path, f"expected {shape.kind}, got {type(value).__name__} {value!r}")
        return value

    def _autoname(self, inputs: Values, olds: Values) -> None:
        autoname = self.record.autoname
        if autoname is None:
            return
        name = autoname.property
        if inputs.get(name) is not None:
            return
        inputs[DEFAULTS_KEY] = sorted({*inputs[DEFAULTS_KEY], name})
        if name in olds.get(DEFAULTS_KEY, ()) and olds.get(name):
            inputs[name] = olds[name]
            return
        prefix = "" if self.name.startswith(autoname.prefix) else autoname.prefix
        made = f"{prefix}{self.name}-{hashlib.sha256(self.seed).hexdigest()[:_RANDOM_DIGITS]}"
        if len(made) > autoname.max_length:
            reason = f"{made!r} made of the logical name is longer than {autoname.max_length} characters"
            self._fail(name, f"{reason}: set {name} explicitly")
        inputs[name] = made


def allowed_values(session: Session, path: str) -> tuple[str, ...]:
    """Return the values that an API parameter takes.

    Args:
        session: The configured provider.
        path: `ec2:CreateVpc.InstanceTenancy`; lists are passed through.

    Returns:
        Allowed values in the API's order.
    """
    service, _, rest = path.partition(":")
    operation, *members = rest.split(".")
    shape = session.client(service, session.region).meta.service_model.operation_model(operation).input_shape
    for member in members:
        shape = _unlisted(shape).members[member]
    return tuple(_unlisted(shape).enum)


def _unlisted(shape: Any) -> Any:
    return shape.member if shape.type_name == "list" else shape


def _conversions(value: Any, kind: str) -> Iterator[Any]:
    """Yield the value as the wanted kind, nothing if it does not fit.

    Source: pulumi-terraform-bridge `pkg/tfbridge/schema.go`, MakeTerraformInput converts scalars.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if kind in {"string", "document"} and isinstance(value, str | int | float):
        yield value if isinstance(value, str) else text
    elif kind == "boolean" and isinstance(value, bool | str) and text in _TRUTH:
        yield _TRUTH[text]
    elif kind in {"integer", "number"} and isinstance(value, int | float) and not isinstance(value, bool):
        yield from [value] if kind == "number" or float(value).is_integer() else []
    elif kind in {"integer", "number"} and isinstance(value, str) and text.lstrip("-").isdigit():
        yield int(text)


def without_marks(value: Any) -> Any:
    """Return inputs without the bridge's `__defaults`, at any depth."""
    if isinstance(value, Mapping):
        return {key: without_marks(item) for key, item in value.items() if key != DEFAULTS_KEY}
    return [without_marks(item) for item in value] if isinstance(value, list) else value
