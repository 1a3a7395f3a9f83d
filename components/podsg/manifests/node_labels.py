"""Labels that a node must have for a pod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce

from podsg.manifests.fields import Fields

NodeLabels = dict[str, frozenset[str]]


def node_labels(pod: Fields) -> NodeLabels:
    """Return the labels that a pod spec asks of nodes, each with the values that will do.

    Of several terms of an affinity, of which one has to hold, what all of them ask for. Operators other than
    In are left out. The system of `spec.os` counts as kubernetes.io/os.

    Raises:
        FieldError: A field is not of its type.

    Example:
        >>> node_labels(Fields({"os": {"name": "windows"}}))
        {'kubernetes.io/os': frozenset({'windows'})}
    """
    wanted = [{key: frozenset({value})} for key, value in pod.texts("nodeSelector").items()]
    system = pod.mapping("os").text("name")
    if system:
        wanted.append({"kubernetes.io/os": frozenset({system})})
    return _all_of([*wanted, _of_affinity(pod)])


def _of_affinity(pod: Fields) -> NodeLabels:
    affinity = pod.mapping("affinity").mapping("nodeAffinity")
    needed = affinity.mapping("requiredDuringSchedulingIgnoredDuringExecution")
    terms: list[NodeLabels] = [
        _all_of(_expressions(term)) for term in needed.mappings("nodeSelectorTerms") if term.values
    ]
    return reduce(_either, terms) if terms else {}


def _expressions(term: Fields) -> Iterator[NodeLabels]:
    for one in term.mappings("matchExpressions"):
        if one.text("operator") == "In":
            yield {one.text("key"): frozenset(one.words("values"))}


def _all_of(parts: Iterable[NodeLabels]) -> NodeLabels:
    nothing: NodeLabels = {}
    return reduce(_both, parts, nothing)


def _both(one: NodeLabels, other: NodeLabels) -> NodeLabels:
    common = {key: one[key] & other[key] for key in one.keys() & other.keys()}
    return {**one, **other, **common}


def _either(one: NodeLabels, other: NodeLabels) -> NodeLabels:
    return {key: one[key] | other[key] for key in one.keys() & other.keys()}
