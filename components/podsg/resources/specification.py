"""The border between what people write and the components: input errors leave here as the engine's own."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pulumi

from podsg.errors import PodsgError
from podsg.model import EnvironmentSpec, Later, parse_environment, parse_part, plain
from podsg.model.location import Location, path_text
from podsg.model.schema import place_at
from podsg.model.spec import Spec
from podsg.model.wording import shown

Part = TypeVar("Part", bound=Spec)


@dataclass(frozen=True)
class Description(Generic[Part]):
    """Hold what was written about a component: parsed, and as it was, with the outputs of other resources."""

    spec: Part
    """What was read; an example stands in for each output."""
    written: Mapping[str, Any]
    """What was written: mappings, lists, plain values, outputs."""

    def given(self, *location: str) -> Any:  # noqa: ANN401 - an id, an output, or a list or mapping of them
        """Return the id or ARN at a place, an output if it comes later; None if it was not written.

        Args:
            location: Keys from the root of the description.
        """
        value: Any = self.written
        for step in location:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is None:
            return None
        return _checked(value, location, place_at(type(self.spec), location).node)

    def part(self, *location: str, **overrides: object) -> Any:  # noqa: ANN401 - typed by the component's inputs
        """Return a part as it was written, for the component that it describes.

        Args:
            location: Keys from the root of the description.
            overrides: Values that the environment gives the part.
        """
        value: Any = self.written
        for step in location:
            value = value[step]
        return {**value, **overrides}


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn what the pure packages refuse into an error that the engine shows without a traceback.

    Raises:
        RunError: Something was refused; the text is that of the refusal.
    """
    try:
        yield
    except PodsgError as error:
        raise pulumi.RunError(str(error)) from None


def configured_environment() -> EnvironmentSpec:
    """Read `podsg:environment` of the stack's config.

    Raises:
        RunError: The key is missing, or its value does not hold; the text names every problem at once.
    """
    with engine_errors():
        raw = pulumi.Config("podsg").get_object("environment")
        return parse_environment(raw, region=pulumi.Config("aws").get("region"))


def described_environment(raw: object) -> Description[EnvironmentSpec]:
    """Read the description of an environment.

    Args:
        raw: What people wrote, as plain data with outputs for ids and ARNs, or the result of parsing it.

    Raises:
        RunError: It does not hold; the text names every problem at once.
    """
    written = plain(raw)
    with engine_errors():
        return Description(parse_environment(_without_outputs(written)), written)


def described(model: type[Part], raw: object, component: str) -> Description[Part]:
    """Read the description of one component.

    Args:
        model: What the description has to be.
        raw: What people wrote, as plain data with outputs for ids and ARNs, or the result of parsing it.
        component: Name of the component, the start of every path in a refusal.

    Raises:
        RunError: It does not hold; the text names every problem at once.
    """
    written = plain(raw)
    with engine_errors():
        return Description(parse_part(model, _without_outputs(written), f"{component}.spec"), written)


def _without_outputs(value: object) -> object:
    if isinstance(value, pulumi.Output):
        return Later()
    if isinstance(value, dict):
        return {key: _without_outputs(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_without_outputs(entry) for entry in value]
    return value


def _checked(value: object, location: Location, node: Mapping[str, Any]) -> object:
    """Judge an output as soon as it is known; what is known already was judged with the rest."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: _judged(known, location, node))
    if isinstance(value, list):
        return [_checked(item, (*location, index), node["items"]) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        entry = node["additionalProperties"]
        return {key: _checked(item, (*location, key), entry) for key, item in value.items()}
    return value


def _judged(known: object, location: Location, node: Mapping[str, Any]) -> object:
    if isinstance(known, list):
        return [_judged(item, (*location, index), node["items"]) for index, item in enumerate(known)]
    if not isinstance(known, str) or not re.search(node["pattern"], known):
        raise pulumi.RunError(
            f"{path_text(location)}: found {shown(known)}; allowed: {node['patternErrorMessage']}"
        )
    return known
