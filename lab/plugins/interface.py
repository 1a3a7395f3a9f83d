"""What a provider plugin implements, on plain Python values: no protocol messages, no secrets.

Source: pulumi/pulumi `proto/pulumi/provider.proto`, SDK 3.272.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Values = dict[str, Any]


class Urn(str):
    """A resource's URN, with its parts."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """Type token of the resource itself, without its parents."""
        return self.split("::")[2].rsplit("$", maxsplit=1)[-1]

    @property
    def name(self) -> str:
        """Logical name, as written in the program."""
        return self.split("::", 3)[3]


class DiffKind(Enum):
    """Kind of one property difference, by its protocol number; `_REPLACE` kinds force a replacement."""

    ADD = 0
    ADD_REPLACE = 1
    DELETE = 2
    DELETE_REPLACE = 3
    UPDATE = 4
    UPDATE_REPLACE = 5

    @property
    def replacing(self) -> DiffKind:
        """The kind of the same change that also replaces."""
        return self if self.name.endswith("_REPLACE") else DiffKind[f"{self.name}_REPLACE"]


@dataclass(frozen=True)
class CheckFailure:
    """One input that is not acceptable."""

    property: str
    """Path of the property, `""` for the whole resource."""
    reason: str
    """What was found and what is allowed."""


Checked = tuple[Values, Sequence[CheckFailure]]
"""Checked inputs, and what is wrong with them."""


@dataclass(frozen=True)
class DiffResult:
    """What an update of a resource would change."""

    changes: bool | None = None
    """`None`: changed if `detailed` or `replaces` is not empty."""
    replaces: Sequence[str] = ()
    """Properties that need a new resource."""
    delete_before_replace: bool = False
    """The old resource must go before the new one can come."""
    detailed: Mapping[str, DiffKind] = field(default_factory=dict)
    """Difference by property path (`spec.ports[0].name`); empty: the engine derives it from the inputs."""
    input_diff: bool = True
    """The paths compare old inputs with new ones; `False`: old outputs with new inputs."""

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return bool(self.detailed or self.replaces) if self.changes is None else self.changes


@dataclass(frozen=True)
class ResourceState:
    """A resource as the engine has stored it, or as it was found live."""

    id: str
    """The resource's id."""
    outputs: Values
    """Its properties."""
    inputs: Values
    """The inputs that led, or would lead, to them; empty on an import."""


class PluginError(Exception):
    """Fail a call with exactly this text."""


class InvalidInputsError(PluginError):
    """Refuse the arguments of an invoke."""

    def __init__(self, failures: Sequence[CheckFailure]) -> None:
        super().__init__("; ".join(f"{item.property}: {item.reason}" for item in failures))
        self.failures = failures


class InitFailed(PluginError):  # noqa: N818 - the protocol's name
    """Say that a resource exists but did not become what was asked for; the engine keeps its id.

    Source: provider.proto, ErrorResourceInitFailed.
    """

    def __init__(self, resource_id: str, outputs: Values, inputs: Values, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.state = ResourceState(resource_id, outputs, inputs)
        self.reasons = tuple(reasons)


Say = Callable[[str, str, bool, bool], None]
"""Show a message: URN, text, as a warning, only while the resource is worked on."""


class Plugin:
    """Base of a plugin: override its methods.

    Arguments hold `wire.UNKNOWN` where a preview does not know a value, and no `wire.Secret`: the marks
    of the inputs are put back on what a method returns. A method may return a `wire.Secret` to mark a
    further value. A method may raise any exception: the engine shows its text. Calls run in parallel.
    """

    version: str = ""
    """Version that the engine compares with the one the program's SDK asks for."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        """Set when the engine wants calls to end; wait on it instead of sleeping."""
        self.engine: Say | None = None
        """Channel to the engine's display; set by the server."""

    def say(self, urn: str, text: str, *, warning: bool = False, status: bool = False) -> None:
        """Show a message beside a resource; with `status` only while the resource is worked on."""
        if self.engine is not None:
            self.engine(urn, text, warning, status)

    def check_config(self, urn: Urn, olds: Values, news: Values) -> Checked:  # noqa: ARG002
        """Validate the provider's own inputs and fill defaults."""
        return news, ()

    def diff_config(self, urn: Urn, olds: Values, news: Values) -> DiffResult:
        """Compare the provider's own inputs, old and new."""
        raise NotImplementedError

    def configure(self, args: Values) -> None:
        """Take the provider's inputs before any other call."""

    def check(self, urn: Urn, olds: Values, news: Values, seed: bytes) -> Checked:  # noqa: ARG002
        """Validate inputs and fill defaults; `olds` are the old inputs, empty for a new resource."""
        return news, ()

    def diff(self, urn: Urn, old: ResourceState, news: Values, ignore: Sequence[str]) -> DiffResult:
        """Compare a stored resource with its checked new inputs."""
        raise NotImplementedError

    def create(self, urn: Urn, inputs: Values, *, timeout: float, preview: bool) -> tuple[str, Values]:
        """Create a resource and return its id and outputs.

        In a preview: return the outputs as far as they are known, and any id. `timeout` is in seconds, 0
        if the program set none.
        """
        raise NotImplementedError

    def read(self, urn: Urn, old: ResourceState) -> ResourceState | None:
        """Return the live state, `None` if the resource is gone."""
        raise NotImplementedError

    def update(self, urn: Urn, old: ResourceState, news: Values, *, timeout: float, preview: bool) -> Values:
        """Change a resource in place and return its new outputs."""
        raise NotImplementedError

    def delete(self, urn: Urn, old: ResourceState, *, timeout: float) -> None:
        """Delete a resource; one that is gone already is a success."""
        raise NotImplementedError

    def invoke(self, token: str, args: Values, *, preview: bool) -> Values:
        """Answer a function; raise `InvalidInputsError` for arguments that it does not take."""
        raise NotImplementedError
