"""What the EC2 types share: finding one item, tagging it, waiting until it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.record import Tagger, Values


def find(call: Call, action: str, key: str, gone: Iterable[str], **parameters: Any) -> dict[str, Any] | None:
    """Return the one item that a describe call finds, none if there is none.

    Args:
        call: The operation.
        action: boto3's name of the call, `describe_vpcs`.
        key: Name of the list in the answer.
        gone: Error codes that say it does not exist.
        parameters: Parameters of the call.
    """
    items = call.found(frozenset(gone), lambda: call.aws("ec2", action, **parameters)[key])
    found: dict[str, Any] | None = items[0] if items else None
    return found


def wait_available(call: Call, what: str, probe: Callable[[], Mapping[str, Any] | None]) -> None:
    """Wait until the `State` of a new item is available; one that cannot be found yet is waited for too.

    Args:
        call: The operation.
        what: Subject of the error message.
        probe: Finds the item.
    """

    def done() -> tuple[bool, str]:
        item = probe()
        state = str(item["State"]) if item else "not found"
        return state == "available", state

    call.until(f"{what} create", done)


def wait_gone(call: Call, what: str, probe: Callable[[], Mapping[str, Any] | None], *final: str) -> None:
    """Wait until an item is gone or in one of the final states.

    Args:
        call: The operation.
        what: Subject of the error message.
        probe: Finds the item.
        final: Values of `State` or `Status` that count as gone.
    """

    def done() -> tuple[bool, str]:
        item = probe()
        state = "" if item is None else str(item.get("State") or item.get("Status") or "present")
        return item is None or state in final, state

    call.until(f"{what} delete", done)


def tagger(id_output: str = "id") -> Tagger:
    """Make a tagger for types whose tags EC2 keeps by resource id.

    Args:
        id_output: Output that holds the EC2 id.
    """

    def retag(call: Call, outputs: Values, setting: Mapping[str, str], removing: Iterable[str]) -> None:
        ids = [outputs[id_output]]
        keys = [{"Key": key} for key in removing]
        if keys:
            call.aws("ec2", "delete_tags", Resources=ids, Tags=keys)
        if setting:
            call.aws("ec2", "create_tags", Resources=ids, Tags=tagging.to_list(setting))

    return retag


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of an EC2 item."""
    return tagging.from_list(item.get("Tags"))
