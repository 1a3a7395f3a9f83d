"""What the EKS types share: waiting for updates, tags by ARN, times."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from lab.plugins.aws.call import Call
from lab.plugins.aws.errors import WaitError
from lab.plugins.aws.record import Values

GONE: Final = frozenset({"ResourceNotFoundException"})
PROPAGATION_SECONDS: Final = 120.0
"""Source: terraform-provider-aws internal/service/eks/consts.go, propagationTimeout."""


def wait_update(call: Call, answer: Mapping[str, Any], what: str, **subject: str) -> None:
    """Wait until an update is through.

    Args:
        call: The operation.
        answer: What the update call answered.
        what: Subject of the error message.
        subject: Parameters of DescribeUpdate besides the update's id.

    Raises:
        WaitError: The update failed or was cancelled; the message holds EKS's reasons.
    """
    update_id = answer["update"]["id"]

    def done() -> tuple[bool, str]:
        update = call.aws("eks", "describe_update", updateId=update_id, **subject)["update"]
        status = str(update["status"])
        if status in {"Failed", "Cancelled"}:
            raise WaitError(
                f"waiting for {what} update ({update_id}): {status}: {_reasons(update.get('errors'))}"
            )
        return status == "Successful", status

    call.until(f"{what} update ({update_id})", done)


def wait_status(
    call: Call, what: str, find: Callable[[], Mapping[str, Any] | None], wanted: str, failed: Collection[str]
) -> None:
    """Wait until an item has the wanted status, `""`: until it is gone.

    Raises:
        WaitError: It has one of the failed states; the message holds EKS's reasons.
    """

    def done() -> tuple[bool, str]:
        item = find()
        status = "" if item is None else str(item["status"])
        if item is not None and status in failed:
            issues = (item.get("health") or {}).get("issues")
            raise WaitError(f"waiting for {what}: unexpected state '{status}': {_reasons(issues)}")
        return status == wanted, status

    call.until(what, done)


def _reasons(problems: Iterable[Mapping[str, Any]] | None) -> str:
    return "; ".join(
        f"{item.get('errorCode') or item.get('code')}: {item.get('errorMessage') or item.get('message')}"
        for item in problems or ()
    )


def tag_by_arn(arn_output: str = "arn") -> Callable[[Call, Values, Mapping[str, str], Iterable[str]], None]:
    """Make a tagger that names the resource by the ARN in an output."""

    def retag(call: Call, outputs: Values, setting: Mapping[str, str], removing: Iterable[str]) -> None:
        arn, keys = outputs[arn_output], list(removing)
        if keys:
            call.aws("eks", "untag_resource", resourceArn=arn, tagKeys=keys)
        if setting:
            call.aws("eks", "tag_resource", resourceArn=arn, tags=dict(setting))

    return retag


def timestamp(value: datetime | None) -> str | None:
    """Write a time as the provider does, RFC 3339."""
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")
