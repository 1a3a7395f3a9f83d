"""The border between what people write and the components: input errors leave here as the engine's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pulumi

from podsg.errors import PodsgError
from podsg.model import EnvironmentSpec, parse_environment, parse_part
from podsg.model.spec import Spec

Part = TypeVar("Part", bound=Spec)


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
    return environment_specification(pulumi.Config("podsg").get_object("environment"))


def environment_specification(raw: object) -> EnvironmentSpec:
    """Parse the description of an environment, unless it is parsed already.

    Args:
        raw: What people wrote, as plain data, or the result of parsing it.

    Raises:
        RunError: It does not hold; the text names every problem at once.
    """
    if isinstance(raw, EnvironmentSpec):
        return raw
    with engine_errors():
        return parse_environment(raw)


def part_specification(model: type[Part], raw: object, component: str) -> Part:
    """Parse the description of one component, unless it is parsed already.

    Args:
        model: What the description has to be.
        raw: What people wrote, as plain data, or the result of parsing it.
        component: Name of the component, the start of every path in a refusal.

    Raises:
        RunError: It does not hold; the text names every problem at once.
    """
    if isinstance(raw, model):
        return raw
    with engine_errors():
        return parse_part(model, raw, f"{component}.spec")
