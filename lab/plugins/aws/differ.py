"""Diff: what an update would change, by property path, and whether it needs a new resource.

Compares the new inputs with the live state, as a plan does: a value that drifted shows although the
program did not change.

Source: pulumi-terraform-bridge `pkg/tfbridge/detailed_diff.go`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.plugins.aws.checking import DEFAULTS_KEY, without_marks
from lab.plugins.aws.compare import empty
from lab.plugins.aws.record import Property, Resource, Values
from lab.plugins.interface import DiffKind, DiffResult
from lab.plugins.wire import has_unknown

Difference = tuple[str, DiffKind, bool]
"""Path, kind, whether it replaces."""

_TAGS_ALL = Property()


def diff(
    record: Resource, state: Values, old_inputs: Values, news: Values, ignore: tuple[str, ...] = ()
) -> DiffResult:
    """Compare a resource's state with its checked new inputs.

    Args:
        record: The resource type.
        state: Outputs as recorded.
        old_inputs: Checked inputs of the recorded state.
        news: Checked new inputs.
        ignore: Property paths that the program wants left alone.

    Returns:
        Differences by path.
    """
    known = dict(record.properties) | ({"tagsAll": _TAGS_ALL} if record.tagged else {})
    found = [
        item for item in _objects(known, state, without_marks(news), "") if not _ignored(item[0], ignore)
    ]
    replaces = sorted({_top(path) for path, _, replacing in found if replacing})
    return DiffResult(
        changes=bool(found),
        replaces=replaces,
        delete_before_replace=bool(replaces) and _deletes_first(record, old_inputs, news),
        detailed={path: kind.replacing if replacing else kind for path, kind, replacing in found},
        input_diff=False,
    )


def changed_properties(record: Resource, state: Values, news: Values) -> frozenset[str]:
    """Return the top-level properties that differ."""
    return frozenset(_top(path) for path in diff(record, state, {}, news).detailed)


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _ignored(path: str, ignore: tuple[str, ...]) -> bool:
    return any(path == item or path.startswith((f"{item}.", f"{item}[")) for item in ignore)


def _deletes_first(record: Resource, old_inputs: Values, news: Values) -> bool:
    """Say whether the old one must go first: its type says so, or both would have one fixed name.

    Source: pulumi-terraform-bridge `pkg/tfbridge/provider.go`, nameRequiresDeleteBeforeReplace.
    """
    if record.delete_before_replace:
        return True
    if record.autoname is None:
        return False
    name = record.autoname.property
    fixed = name not in news.get(DEFAULTS_KEY, ())
    return fixed and news.get(name) is not None and news.get(name) == old_inputs.get(name)


def _objects(known: Mapping[str, Property], live: Any, wanted: Any, path: str) -> Iterator[Difference]:
    live, wanted = live or {}, wanted or {}
    for name, item in known.items():
        where = f"{path}.{name}" if path else name
        yield from _property(item, live.get(name), wanted.get(name), where)


def _property(item: Property, live: Any, wanted: Any, path: str) -> Iterator[Difference]:
    if wanted is None:
        if not (
            item.computed or item.write_only or empty(live) or (item.fields and _all_computed(item, live))
        ):
            yield path, DiffKind.DELETE, _replaces_if_removed(item)
    elif item.fields and isinstance(wanted, Mapping) and isinstance(live, Mapping):
        yield from _inherit(item, _objects(item.fields, live, wanted, path))
    elif not has_unknown(wanted) and item.same(live, wanted):
        return
    elif isinstance(wanted, Mapping) and isinstance(live, Mapping):
        yield from _maps(item, live, wanted, path)
    elif isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        yield from _lists(item, live, wanted, path)
    else:
        yield path, DiffKind.ADD if empty(live) else DiffKind.UPDATE, item.replaces


def _replaces_if_removed(item: Property) -> bool:
    """Say whether leaving a property out replaces: a block goes with all that is in it."""
    return item.replaces or any(map(_replaces_if_removed, (item.fields or {}).values()))


def _all_computed(item: Property, live: Any) -> bool:
    """Say whether all that is live in a nested object was AWS's own doing."""
    fields = item.fields or {}
    return isinstance(live, Mapping) and all(
        empty(value) or (name in fields and fields[name].computed) for name, value in live.items()
    )


def _inherit(item: Property, found: Iterator[Difference]) -> Iterator[Difference]:
    for path, kind, replacing in found:
        yield path, kind, replacing or item.replaces


def _maps(
    item: Property, live: Mapping[str, Any], wanted: Mapping[str, Any], path: str
) -> Iterator[Difference]:
    for key in sorted({*live, *wanted}):
        where = f'{path}["{key}"]' if any(mark in key for mark in '.["]') else f"{path}.{key}"
        if key not in wanted:
            yield where, DiffKind.DELETE, item.replaces
        elif key not in live:
            yield where, DiffKind.ADD, item.replaces
        elif live[key] != wanted[key]:
            yield where, DiffKind.UPDATE, item.replaces


def _lists(item: Property, live: list[Any], wanted: list[Any], path: str) -> Iterator[Difference]:
    single = Property(replaces=item.replaces, fields=item.fields)
    found = [
        difference
        for index, value in enumerate(wanted)
        for difference in _property(single, live[index], value, f"{path}[{index}]")
    ]
    yield from found or [(path, DiffKind.UPDATE, item.replaces)]
