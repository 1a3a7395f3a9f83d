"""CloudWatch log groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from lab.plugins.aws.call import Call
from lab.plugins.aws.record import REGION, TAGS, Autoname, Change, Property, Resource, Values

_GONE: Final = frozenset({"ResourceNotFoundException"})
_RETENTION_DAYS: Final = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Source: CloudWatch Logs API reference, PutRetentionPolicy; 0 stands for never."""


def _create(call: Call, inputs: Values) -> str:
    call.aws(
        "logs",
        "create_log_group",
        logGroupName=inputs["name"],
        kmsKeyId=inputs.get("kmsKeyId"),
        logGroupClass=inputs.get("logGroupClass"),
        tags=inputs["tagsAll"] or None,
    )
    return str(inputs["name"])


def _set_retention(call: Call, resource_id: str, inputs: Values) -> None:
    if inputs["retentionInDays"]:
        call.aws(
            "logs",
            "put_retention_policy",
            logGroupName=resource_id,
            retentionInDays=inputs["retentionInDays"],
        )


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    listed = call.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=resource_id)
    group = next((item for item in listed if item["logGroupName"] == resource_id), None)
    if group is None:
        return None
    arn = str(group["arn"]).removesuffix(":*")
    return {
        "arn": arn,
        "kmsKeyId": group.get("kmsKeyId") or "",
        "logGroupClass": group.get("logGroupClass") or "STANDARD",
        "name": resource_id,
        "retentionInDays": group.get("retentionInDays") or 0,
        "tagsAll": call.aws("logs", "list_tags_for_resource", resourceArn=arn).get("tags") or {},
    }


def _update(call: Call, resource_id: str, change: Change) -> None:
    if change.touches("retentionInDays"):
        if change.new["retentionInDays"]:
            _set_retention(call, resource_id, change.new)
        else:
            call.aws("logs", "delete_retention_policy", logGroupName=resource_id)
    if change.touches("kmsKeyId"):
        key = change.new.get("kmsKeyId")
        if key:
            call.aws("logs", "associate_kms_key", logGroupName=resource_id, kmsKeyId=key)
        else:
            call.aws("logs", "disassociate_kms_key", logGroupName=resource_id)


def _delete(call: Call, resource_id: str, state: Values) -> None:
    if not state.get("skipDestroy"):
        call.aws("logs", "delete_log_group", logGroupName=resource_id)


def _tag(call: Call, outputs: Values, setting: Mapping[str, str], removing: Iterable[str]) -> None:
    keys = list(removing)
    if keys:
        call.aws("logs", "untag_resource", resourceArn=outputs["arn"], tagKeys=keys)
    if setting:
        call.aws("logs", "tag_resource", resourceArn=outputs["arn"], tags=dict(setting))


def _retention(value: Any) -> str | None:
    return None if value in _RETENTION_DAYS else f"expected one of {list(_RETENTION_DAYS)} days, got {value}"


RECORDS: Final = (
    Resource(
        type_name="aws:cloudwatch/logGroup:LogGroup",
        sdk="pulumi_aws.cloudwatch.log_group:LogGroup",
        title="CloudWatch Logs Log Group",
        source="terraform-provider-aws internal/service/logs/group.go",
        properties={
            "kmsKeyId": Property(),
            "logGroupClass": Property(replaces=True, computed=True, enum="logs:CreateLogGroup.logGroupClass"),
            "name": Property(replaces=True, computed=True),
            "region": REGION,
            "retentionInDays": Property(default=0, check=_retention),
            "skipDestroy": Property(default=False, write_only=True),
            "tags": TAGS,
        },
        create=_create,
        created=_set_retention,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=_tag,
        autoname=Autoname(),
        gone=_GONE,
    ),
)
