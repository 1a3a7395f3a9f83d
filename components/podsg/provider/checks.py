"""What the inputs of dynamic resources may be: nothing is asked, and what is not known yet passes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from podsg.model.removal import OnRemove

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a value that it does not know yet.

Source: pulumi/pulumi, sdk/python/lib/pulumi/runtime/rpc.py.
"""


@dataclass(frozen=True)
class _Rule:
    """What one value may be."""

    holds: Callable[[Any], bool]
    allowed: str
    is_shown: bool = True
    """False: the value names an account."""


def problems(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each input that cannot be right, with the reason, in the order of the rules.

    Example:
        >>> list(problems({"timeout_minutes": 0}))
        [('timeout_minutes', 'found 0; allowed: a number of minutes, 1 or more')]
        >>> list(problems({"timeout_minutes": UNKNOWN}))
        []
    """
    for key, rule in _RULES.items():
        value = inputs.get(key, UNKNOWN)
        if value in (None, UNKNOWN) or rule.holds(value):
            continue
        found = f"found {value!r}" if rule.is_shown else "it is not one"
        yield key, f"{found}; allowed: {rule.allowed}"


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_number(least: float) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and least <= value < float("inf")
    )


def _id(kind: str) -> str:
    # Source: AWS, longer EC2 resource ids: 8 or 17 hexadecimal digits.
    return f"{kind}-(?:[0-9a-f]{{17}}|[0-9a-f]{{8}})"


def _are_groups(value: Any) -> bool:  # noqa: ANN401 - an input of any kind
    is_id = _matches(_id("sg"))
    return (
        isinstance(value, list | tuple) and bool(value) and all(one == UNKNOWN or is_id(one) for one in value)
    )


def _one_of(*values: str) -> _Rule:
    return _Rule(lambda value: value in values, ", ".join(values))


_NOT_EMPTY: Final = _Rule(_matches("(?s).+"), "a text that is not empty")

_RULES: Final[Mapping[str, _Rule]] = {
    "region": _Rule(_matches(r"[a-z]{2,}(?:-[a-z0-9]+)+"), "a region, such as eu-west-1"),
    "account_id": _Rule(_matches(r"\d{12}"), "an account id of 12 digits", is_shown=False),
    "role_arn": _Rule(
        _matches(r"|arn:[a-z-]+:iam::\d{12}:role/.+"), "the ARN of a role, or nothing", is_shown=False
    ),
    "owner": _Rule(_matches("[^/]+/[^/]+"), "<project>/<stack>"),
    "name": _NOT_EMPTY,
    "vpc_id": _Rule(_matches(_id("vpc")), "the id of a VPC, such as vpc-0123456789abcdef0"),
    "cluster_name": _NOT_EMPTY,
    "workload": _NOT_EMPTY,
    "scope": _one_of("cluster", "groups", "none"),
    "stage": _one_of("nodes", "last"),
    "on_remove": _one_of(*OnRemove),
    "group_ids": _Rule(_are_groups, "one or more ids of security groups, such as sg-0123456789abcdef0"),
    "timeout_minutes": _Rule(_is_number(1), "a number of minutes, 1 or more"),
}
