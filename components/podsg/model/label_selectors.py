"""Label selectors of Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Labels = Mapping[str, str]


def matches(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Tell whether a label selector selects something with these labels; an empty one selects everything.

    Raises:
        ValueError: It has an operator that Kubernetes does not know.

    Example:
        >>> matches({"matchLabels": {"app": "ui"}}, {"app": "ui", "tier": "web"})
        True
        >>> matches({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, {})
        False
    """
    wanted = selector.get("matchLabels") or {}
    terms = selector.get("matchExpressions") or []
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(term, labels) for term in terms
    )


def _holds(term: Mapping[str, Any], labels: Labels) -> bool:
    key, operator, values = term["key"], term["operator"], term.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    raise ValueError(f"operator: found {operator}; allowed: In, NotIn, Exists, DoesNotExist")
