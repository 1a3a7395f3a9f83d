"""What IAM policy documents say about a request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ANY = "*"


class Decision(Enum):
    """What policies say: nothing, yes, or no in so many words."""

    SILENT = "silent"
    ALLOWED = "allowed"
    DENIED = "denied"


@dataclass(frozen=True)
class Query:
    """Ask whether an action on one resource is allowed.

    Args:
        action: Service prefix and operation, such as `ec2:CreateTags`.
        resource: ARN of the resource; `*` for actions on no resource in particular; None if it is not known.
        context: Values of condition keys; the keys are in lower case.
    """

    action: str
    resource: str | None = ANY
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


def decide(documents: Iterable[Mapping[str, Any]], query: Query) -> Decision:
    """Judge a request by identity-based policies: a denial wins, then an allowance, else nothing is allowed.

    Statements with an operator that is not known here do not count. Where the resource is not known, a
    statement allows whatever its resources are, and denies only on all resources.

    Source: IAM user guide, policy evaluation logic; IAM JSON policy elements (NotAction, NotResource,
    Condition).

    Example:
        >>> document = {"Statement": {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}}
        >>> decide([document], Query("ec2:DescribeVpcs"))
        <Decision.ALLOWED: 'allowed'>
        >>> decide([document], Query("ec2:CreateVpc"))
        <Decision.SILENT: 'silent'>
    """
    decision = Decision.SILENT
    for document in documents:
        for statement in _listed(document.get("Statement")):
            if not _concerns(statement, query):
                continue
            if statement.get("Effect") == "Deny":
                return Decision.DENIED
            decision = Decision.ALLOWED
    return decision


def _concerns(statement: Mapping[str, Any], query: Query) -> bool:
    action = query.action.lower()
    if "NotAction" in statement:
        acts = not any(_like(item.lower(), action) for item in _listed(statement["NotAction"]))
    else:
        acts = any(_like(item.lower(), action) for item in _listed(statement.get("Action")))
    return acts and _touches(statement, query) and _holds(statement.get("Condition") or {}, query.context)


def _touches(statement: Mapping[str, Any], query: Query) -> bool:
    if query.resource is None:
        return statement.get("Effect") != "Deny" or ANY in _listed(statement.get("Resource"))
    if "NotResource" in statement:
        return not any(_like(item, query.resource) for item in _listed(statement["NotResource"]))
    return any(_like(item, query.resource) for item in _listed(statement.get("Resource")))


def _holds(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, Sequence[str]]) -> bool:
    return all(
        _operator_holds(operator, [str(item) for item in _listed(wanted)], list(context.get(key.lower(), [])))
        for operator, entries in conditions.items()
        for key, wanted in entries.items()
    )


def _operator_holds(operator: str, wanted: list[str], found: list[str]) -> bool:
    """Compare the values of one key.

    Source: IAM JSON policy elements, condition operators (a negated operator holds for a missing key), and
    condition set operators (ForAllValues holds for a missing key, ForAnyValue does not).
    """
    kind, _, name = operator.rpartition(":")
    if name == "Null":
        return (not found) == (wanted[0].lower() == "true")
    base = name.removesuffix("IfExists")
    negated = "Not" in base
    compare = _COMPARISONS.get(base.replace("Not", ""))
    if compare is None:
        return False
    if not found:
        return kind == "ForAllValues" or (base != name) or (negated and not kind)
    matches = [any(compare(item, value) for item in wanted) is not negated for value in found]
    return any(matches) if kind == "ForAnyValue" else all(matches)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _like(pattern: str, value: str) -> bool:
    return _pattern(pattern).fullmatch(value) is not None


def _equal(wanted: str, value: str) -> bool:
    return wanted == value


def _equal_in_any_case(wanted: str, value: str) -> bool:
    return wanted.lower() == value.lower()


_COMPARISONS = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _equal_in_any_case,
}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
