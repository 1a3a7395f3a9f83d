"""State: what outputs the engine gets, in previews too, and what inputs a read implies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.plugins.aws import tagging
from lab.plugins.aws.checking import DEFAULTS_KEY, without_marks
from lab.plugins.aws.compare import empty
from lab.plugins.aws.record import Property, Resource, Values
from lab.plugins.aws.session import Session
from lab.plugins.aws.shape import Field, signature
from lab.plugins.wire import UNKNOWN


def live_outputs(record: Resource, session: Session, resource_id: str, live: Values, known: Values) -> Values:
    """Finish what a record read: tags split, write-only values and the program's spelling kept.

    Args:
        record: The resource type.
        session: The configured provider.
        id: Id of the resource.
        live: What the record's `read` returned; tags under `tagsAll`.
        known: Inputs or state: the spelling to keep where it means the same.

    Returns:
        Outputs under the SDK's names, null values left out.
    """
    outputs = dict(live)
    if record.regional:
        outputs["region"] = known.get("region") or session.region
    if record.tagged:
        shown = {key: value for key, value in live.get("tagsAll", {}).items() if session.shows_tag(key)}
        outputs["tagsAll"] = shown
        outputs["tags"] = tagging.own_tags(session, shown, known.get("tags") or {})
    for name, item in record.properties.items():
        if item.write_only and name in known:
            outputs[name] = known[name]
    outputs = _conformed(outputs, known, record.properties)
    if record.tagged and not outputs["tags"] and "tags" not in known:
        del outputs["tags"]
    declared = signature(record.sdk).outputs
    strange = sorted(set(outputs) - set(declared))
    if strange:
        message = f"{record.type_name}: the record reads {strange}, which the SDK does not have"
        raise AssertionError(message)
    return {"id": resource_id} | {name: value for name, value in outputs.items() if value is not None}


def _conformed(
    live: Mapping[str, Any], known: Mapping[str, Any], properties: Mapping[str, Property]
) -> Values:
    result = dict(live)
    for name, item in properties.items():
        if name not in known or name not in result:
            continue
        if item.same(result[name], known[name]):
            result[name] = known[name]
        elif item.fields:
            result[name] = _nested(result[name], known[name], item.fields)
    return result


def _nested(live: Any, known: Any, fields: Mapping[str, Property]) -> Any:
    if isinstance(live, Mapping) and isinstance(known, Mapping):
        return _conformed(live, known, fields)
    if isinstance(live, list) and isinstance(known, list) and len(live) == len(known):
        return [_nested(left, right, fields) for left, right in zip(live, known, strict=True)]
    return live


def implied_inputs(record: Resource, outputs: Values, inputs: Values) -> Values:
    """Return the inputs that lead to the outputs.

    Args:
        record: The resource type.
        outputs: Live outputs.
        inputs: Recorded inputs, empty on an import.

    Returns:
        The recorded inputs with live values; on an import every mapped input that is set.
    """
    if not inputs:
        return _imported(record, outputs)
    result: Values = {}
    for name, value in inputs.items():
        if name == DEFAULTS_KEY or name not in outputs:
            if name == DEFAULTS_KEY or empty(value):
                result[name] = value
            continue
        result[name] = _implied(outputs[name], value, record.properties.get(name, Property()))
    return result


def _imported(record: Resource, outputs: Values) -> Values:
    found = {
        name: _declared_only(outputs[name], item)
        for name, item in record.properties.items()
        if name in outputs and (not empty(outputs[name]) or item.default is not None)
    }
    tags_all = {"tagsAll": outputs.get("tagsAll", {})} if record.tagged else {}
    return found | tags_all | {DEFAULTS_KEY: []}


def _declared_only(value: Any, item: Property) -> Any:
    if item.fields and isinstance(value, Mapping):
        return {name: inner for name, inner in value.items() if name in item.fields}
    return value


def _implied(live: Any, known: Any, item: Property) -> Any:
    if item.same(live, without_marks(known)):
        return known
    fields = item.fields
    if fields and isinstance(live, Mapping) and isinstance(known, Mapping):
        return {
            name: value if name == DEFAULTS_KEY else _implied(live[name], value, fields[name])
            for name, value in known.items()
            if name in live or name == DEFAULTS_KEY
        }
    if fields and isinstance(live, list) and isinstance(known, list) and len(live) == len(known):
        each = Property(fields=fields)
        return [_implied(left, right, each) for left, right in zip(live, known, strict=True)]
    return live


def planned_outputs(record: Resource, inputs: Values) -> Values:
    """Return the outputs of a create at preview: inputs, and unknown for what AWS decides."""
    declared = signature(record.sdk).outputs
    return {"id": UNKNOWN} | _planned(inputs, declared, record.properties)


def _planned(
    inputs: Mapping[str, Any], declared: Mapping[str, Field], known: Mapping[str, Property]
) -> Values:
    planned: Values = {}
    for name, field in declared.items():
        item = known.get(name)
        value = inputs.get(name)
        if value is None:
            if item is None or item.computed:
                planned[name] = UNKNOWN
        elif item and item.fields:
            planned[name] = _planned_nested(value, field, item.fields)
        else:
            planned[name] = value
    return planned


def _planned_nested(value: Any, field: Field, known: Mapping[str, Property]) -> Any:
    shape = field.shape
    if isinstance(value, Mapping):
        return _planned(value, shape.fields, known)
    if isinstance(value, list) and shape.element:
        element = Field(shape.element, required=False)
        return [_planned_nested(item, element, known) for item in value]
    return value


def updated_outputs(record: Resource, olds: Values, news: Values, changed: frozenset[str]) -> Values:
    """Return the outputs of an update at preview: old outputs, new inputs over them."""
    merged = {key: value for key, value in olds.items() if key not in changed or key in news}
    for name in changed:
        item = record.properties.get(name)
        if name in news:
            merged[name] = _merged(olds.get(name), news[name]) if item and item.fields else news[name]
    return merged | dict.fromkeys(record.recomputes(changed), UNKNOWN)


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return dict(old) | {key: _merged(old.get(key), value) for key, value in new.items()}
    return new
