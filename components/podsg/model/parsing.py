"""From what people wrote to a model, or to one report of everything that does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from podsg.errors import InputError
from podsg.model.consistency import findings
from podsg.model.environment import EnvironmentSpec
from podsg.model.faults import Fault, Kind, fault_of, repair
from podsg.model.spec import Spec

Part = TypeVar("Part", bound=Spec)


def parse_environment(
    raw: object, subject: str = "podsg:environment", region: str | None = None
) -> EnvironmentSpec:
    """Read an environment and check that its parts fit together.

    Args:
        raw: Mappings, lists and plain values, as YAML or JSON gives them; whole floats count as integers.
            A `Later` may stand for an id or ARN of something that exists already.
        subject: Name of the input, the start of every path in the report.
        region: Region of the stack, such as us-west-2, which zones must be of. Default: not known.

    Returns:
        What was read; an example stands in for each `Later`.

    Raises:
        InputError: Something does not hold; it names every problem at once.

    Example:
        >>> parse_environment({"name": "dev", "network": {"cidr": "10.42.0.0/16"}})
        Traceback (most recent call last):
            ...
        podsg.errors.InputError: podsg:environment has 1 problem:
          podsg:environment.cluster: found nothing; allowed: a cluster to be made, or existing_cluster
          See: stacks/stack.schema.json
    """
    return parse_part(EnvironmentSpec, raw, subject, region)


def parse_part(model: type[Part], raw: object, subject: str, region: str | None = None) -> Part:
    """Read an environment or one part of it and check that its values fit together.

    Args:
        model: What the input describes.
        raw: Mappings, lists and plain values, as YAML or JSON gives them; whole floats count as integers.
            A `Later` may stand for an id or ARN of something that exists already.
        subject: Name of the input, the start of every path in the report.
        region: Region of the stack, such as us-west-2, which zones must be of. Default: not known.

    Returns:
        What was read; an example stands in for each `Later`.

    Raises:
        InputError: Something does not hold; it names every problem at once.
    """
    value = plain(raw)
    faults: list[Fault] = []
    try:
        spec = model.model_validate(value)
    except ValidationError as error:
        faults = [fault_of(detail, model) for detail in error.errors(include_url=False)]
        if any(not fault.location for fault in faults):
            raise InputError([fault.problem for fault in faults], subject) from None
        for fault in sorted(faults, key=_depth, reverse=True):
            repair(value, fault, model)
        spec = model.model_validate(value)
    unreadable = [place for fault in faults for place in fault.touched]
    problems = [fault.problem for fault in faults if fault.kind is not Kind.LATER]
    problems += [finding.problem for finding in findings(spec, region) if not finding.is_void(unreadable)]
    if problems:
        raise InputError(sorted(set(problems)), subject)
    return spec


def _depth(fault: Fault) -> tuple[int, bool]:
    """Order faults by how deep they lie; an entry's bad key is the outermost of its faults."""
    return len(fault.location), fault.kind is not Kind.BAD_KEY


def plain(value: object) -> Any:  # noqa: ANN401 - what comes in is judged later
    """Copy an input into mappings, lists and plain values; anything else stays as it is.

    Example:
        >>> plain({"zone_count": 3.0, "zones": ("us-west-2a",)})
        {'zone_count': 3, 'zones': ['us-west-2a']}
    """
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
