"""Resources as the engine tells them, in few words."""

from __future__ import annotations

from typing import Any

from podsg.model.snapshot import Snapshot
from podsg.preview.resources import Resource, of_export
from podsg.preview.snapshot import snapshot_of_stack

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
GROUP = "aws:ec2/securityGroup:SecurityGroup"
POLICY = "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy"


def urn(name: str, type_: str = GROUP) -> str:
    return f"urn:pulumi:dev::shop::{type_}::{name}"


def state(
    type_: str,
    name: str,
    inputs: dict[str, Any] | None = None,
    *,
    id_: str = "",
    outputs: dict[str, Any] | None = None,
    **comes_from: str,
) -> dict[str, Any]:
    """A resource; each further argument names an input and the URN that it comes from."""
    return {
        "urn": urn(name, type_),
        "type": type_,
        "id": id_,
        "inputs": inputs or {},
        "outputs": outputs or {},
        "propertyDependencies": {key: [one] for key, one in comes_from.items()},
        "dependencies": [*comes_from.values()],
    }


def resources(*states: dict[str, Any]) -> tuple[Resource, ...]:
    return of_export({"resources": list(states)})


def picture(*states: dict[str, Any]) -> Snapshot:
    return snapshot_of_stack(resources(*states))
