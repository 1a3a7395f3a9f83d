"""Label selectors, and what Calico and Cilium have for them."""

from __future__ import annotations

import re
from typing import Any, Final

from podsg.manifests.fields import FieldError, Fields
from podsg.model.snapshot import Maybe, Selector, Unknown

_OPERATORS: Final = ("In", "NotIn", "Exists", "DoesNotExist")
_CALICO_TERM: Final = re.compile(r"""([\w./-]+)\s*==\s*(?:'([^']*)'|"([^"]*)")""")
# Source: cilium/cilium, pkg/labels/labels.go: sources of labels.
_CILIUM_SOURCES: Final = ("any:", "k8s:", "any.", "k8s.")


def selector(fields: Fields, key: str) -> Selector | None:
    """Return a label selector with nothing but what Kubernetes takes; None if it is missing.

    Raises:
        FieldError: A part of it is not of its type.

    Example:
        >>> selector(Fields({"podSelector": {"matchLabels": {"app": "ui"}}}), "podSelector")
        {'matchLabels': {'app': 'ui'}}
    """
    if not fields.has(key):
        return None
    found = fields.mapping(key)
    labels, terms = found.texts("matchLabels"), [_term(term) for term in found.mappings("matchExpressions")]
    made: dict[str, Any] = {"matchLabels": labels} if labels else {}
    return {**made, "matchExpressions": terms} if terms else made


def _term(term: Fields) -> dict[str, Any]:
    key, operator = term.text("key"), term.one_of("operator", "", _OPERATORS)
    values = list(term.words("values"))
    if not key:
        raise FieldError(term.at("key"), term.values.get("key"), "the key of a label")
    if bool(values) != (operator in {"In", "NotIn"}):
        allowed = "one value at least" if not values else f"no values with {operator}"
        raise FieldError(term.at("values"), values, allowed)
    return {"key": key, "operator": operator, **({"values": values} if values else {})}


def calico_selector(spec: Fields) -> Maybe[Selector]:
    """Return the selector of a policy of Calico, if it only asks for labels of pods.

    Example:
        >>> calico_selector(Fields({"selector": "app == 'ui' && tier == 'web'"}))
        {'matchLabels': {'app': 'ui', 'tier': 'web'}}
        >>> calico_selector(Fields({"selector": "has(app)"})).text
        'the selector "has(app)" of Calico is not read'
    """
    for key in ("serviceAccountSelector", "namespaceSelector"):
        if spec.text(key) not in {"", "all()"}:
            return Unknown(f"its {key} of Calico is not read")
    text = spec.text("selector", "all()").strip()
    if text == "all()":
        return {}
    labels: dict[str, str] = {}
    for part in text.split("&&"):
        term = _CALICO_TERM.fullmatch(part.strip())
        if term is None or term[1] in labels:
            return Unknown(f'the selector "{text}" of Calico is not read')
        labels[term[1]] = term[2] if term[2] is not None else term[3]
    return {"matchLabels": labels}


def cilium_selector(spec: Fields) -> Maybe[Selector]:
    """Return the selector of a policy of Cilium, with labels as Kubernetes has them.

    Example:
        >>> cilium_selector(Fields({"endpointSelector": {"matchLabels": {"k8s:app": "ui"}}}))
        {'matchLabels': {'app': 'ui'}}
    """
    found = selector(spec, "endpointSelector")
    if found is None:
        return Unknown("it has no endpointSelector of its own")
    labels = {_plain(key): value for key, value in found.get("matchLabels", {}).items()}
    terms = [{**term, "key": _plain(term["key"])} for term in found.get("matchExpressions", [])]
    for key in (*labels, *(term["key"] for term in terms)):
        if ":" in key or key.startswith(("io.kubernetes.pod.", "io.cilium.")):
            return Unknown(f"its endpointSelector asks for {key}, which is no label of a pod")
    made: dict[str, Any] = {"matchLabels": labels} if labels else {}
    return {**made, "matchExpressions": terms} if terms else made


def _plain(key: str) -> str:
    return next((key.removeprefix(source) for source in _CILIUM_SOURCES if key.startswith(source)), key)
