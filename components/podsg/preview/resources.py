"""Resources as the engine tells them: of a state export, or as a preview would leave them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from podsg.model.snapshot import Maybe, Place, Unknown

# Source: pulumi/pulumi sdk/go/common/resource/plugin/rpc.go, UnknownStringValue and its kin.
_UNKNOWNS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
    }
)
# Source: as above, the signature of secrets in JSON.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_GONE: Final = frozenset({"delete", "delete-replaced", "discard", "discard-replaced"})


@dataclass(frozen=True)
class Resource:
    """A resource, its inputs and what they come from."""

    urn: str
    type: str
    """Type token, such as aws:ec2/securityGroup:SecurityGroup."""
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    """Its id; empty if it is not there yet."""
    comes_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """URNs that each input comes from."""
    dependencies: tuple[str, ...] = ()
    """URNs of what has to be there before it."""

    @property
    def name(self) -> str:
        """Name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.name, urn=self.urn)

    def value(self, key: str, default: Any = None) -> Maybe[Any]:  # noqa: ANN401 - of any type
        """Return an input, or what is known of it from outputs; the default if it is not set.

        A secret counts as not known; so does what holds an unknown anywhere.

        Args:
            key: Name of the input.
            default: What stands for an input that is not set.
        """
        found = self.inputs.get(key, self.outputs.get(key))
        if found is None:
            return default
        if is_secret(found):
            return Unknown("it is a secret", (self.name,))
        return self.unknown(key) if has_unknown(found) else found

    def unknown(self, key: str) -> Unknown:
        """Return why an input is not known."""
        names = tuple(sorted(urn.rpartition("::")[2] for urn in self.comes_from.get(key, ())))
        return Unknown("it is known after the update", names)


def is_unknown(value: object) -> bool:
    """Tell whether a value is one that the engine does not know yet."""
    return isinstance(value, str) and value in _UNKNOWNS


def is_secret(value: object) -> bool:
    """Tell whether a value is a secret of the engine."""
    return isinstance(value, Mapping) and _SIGNATURE in value


def has_unknown(value: object) -> bool:
    """Tell whether a value is not known yet, or holds one that is not."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else is_unknown(value)


def of_export(deployment: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Read the resources of `pulumi stack export`.

    Args:
        deployment: The whole document, or its `deployment`.

    Example:
        >>> (vpc,) = of_export({"resources": [{"urn": "urn:pulumi:dev::shop::t::main", "type": "t"}]})
        >>> vpc.name
        'main'
    """
    found = deployment.get("deployment", deployment).get("resources") or []
    return tuple(_resource(one) for one in found if not one.get("delete"))


def of_preview(digest: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Read the resources of `pulumi preview --json` as the update would leave them.

    Args:
        digest: The whole document.
    """
    states = (step.get("newState") for step in digest.get("steps") or [] if step.get("op") not in _GONE)
    return _last_of_each(states)


def before_preview(digest: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Read the resources of `pulumi preview --json` as they are before the update.

    Args:
        digest: The whole document.
    """
    return _last_of_each(step.get("oldState") for step in digest.get("steps") or [])


def _last_of_each(states: Iterable[Mapping[str, Any] | None]) -> tuple[Resource, ...]:
    """Return one resource per URN: a replacement has several steps."""
    return tuple({state["urn"]: _resource(state) for state in states if state}.values())


def _resource(state: Mapping[str, Any]) -> Resource:
    urns: Iterable[str] = state.get("dependencies") or ()
    sources = state.get("propertyDependencies") or {}
    return Resource(
        state["urn"],
        state["type"],
        state.get("inputs") or {},
        state.get("outputs") or {},
        str(state.get("id") or ""),
        {key: tuple(found or ()) for key, found in sources.items()},
        tuple(urns),
    )
