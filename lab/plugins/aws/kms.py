"""KMS keys and aliases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_json
from lab.plugins.aws.record import REGION, TAGS, Autoname, Change, Property, Resource, Timeouts, Values

_GONE: Final = frozenset({"NotFoundException"})
_PENDING: Final = "PendingDeletion"
_WINDOW_DAYS: Final = (7, 30)
_DEFAULT_WINDOW_DAYS: Final = 30
_ROTATION_DAYS: Final = (90, 2560)
_ALIAS: Final = "alias/"

# Key


def _create_key(call: Call, inputs: Values) -> str:
    answer = call.retry(
        {"MalformedPolicyDocumentException"},
        lambda: call.aws(
            "kms",
            "create_key",
            BypassPolicyLockoutSafetyCheck=inputs["bypassPolicyLockoutSafetyCheck"] or None,
            Description=inputs.get("description"),
            KeySpec=inputs["customerMasterKeySpec"],
            KeyUsage=inputs["keyUsage"],
            MultiRegion=inputs.get("multiRegion"),
            Policy=inputs.get("policy"),
            Tags=tagging.to_list(inputs["tagsAll"], "TagKey", "TagValue") or None,
        ),
        limit=120,
    )
    return str(answer["KeyMetadata"]["KeyId"])


def _settle_key(call: Call, resource_id: str, inputs: Values) -> None:
    if inputs["enableKeyRotation"]:
        _set_rotation(call, resource_id, inputs)
    if not inputs["isEnabled"]:
        call.aws("kms", "disable_key", KeyId=resource_id)


def _set_rotation(call: Call, resource_id: str, inputs: Values) -> None:
    if inputs["enableKeyRotation"]:
        days = inputs.get("rotationPeriodInDays")
        call.aws("kms", "enable_key_rotation", KeyId=resource_id, RotationPeriodInDays=days)
    else:
        call.aws("kms", "disable_key_rotation", KeyId=resource_id)


def _find_key(call: Call, resource_id: str) -> dict[str, Any] | None:
    answer = call.found(_GONE, lambda: call.aws("kms", "describe_key", KeyId=resource_id))
    if answer is None or answer["KeyMetadata"]["KeyState"] == _PENDING:
        return None
    return dict(answer["KeyMetadata"])


def _read_key(call: Call, resource_id: str, _: Values) -> Values | None:
    key = _find_key(call, resource_id)
    if key is None:
        return None
    policy = call.aws("kms", "get_key_policy", KeyId=resource_id, PolicyName="default")["Policy"]
    rotation = call.aws("kms", "get_key_rotation_status", KeyId=resource_id)
    tags = call.pages("kms", "list_resource_tags", "Tags", KeyId=resource_id)
    return {
        "arn": key["Arn"],
        "customerMasterKeySpec": key["KeySpec"],
        "description": key.get("Description") or "",
        "enableKeyRotation": rotation["KeyRotationEnabled"],
        "isEnabled": key["Enabled"],
        "keyId": key["KeyId"],
        "keyUsage": key["KeyUsage"],
        "multiRegion": key.get("MultiRegion", False),
        "policy": policy,
        "rotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        "tagsAll": tagging.from_list(tags, "TagKey", "TagValue"),
    }


def _update_key(call: Call, resource_id: str, change: Change) -> None:
    new = change.new
    if change.touches("isEnabled") and new["isEnabled"]:
        call.aws("kms", "enable_key", KeyId=resource_id)
    if change.touches("enableKeyRotation", "rotationPeriodInDays"):
        _set_rotation(call, resource_id, new)
    if change.touches("description"):
        call.aws("kms", "update_key_description", KeyId=resource_id, Description=new.get("description") or "")
    if change.touches("policy") and new.get("policy"):
        call.aws("kms", "put_key_policy", KeyId=resource_id, PolicyName="default", Policy=new["policy"])
    if change.touches("isEnabled") and not new["isEnabled"]:
        call.aws("kms", "disable_key", KeyId=resource_id)


def _schedule_deletion(call: Call, resource_id: str, state: Values) -> None:
    if _find_key(call, resource_id) is None:
        return
    days = state.get("deletionWindowInDays") or _DEFAULT_WINDOW_DAYS
    call.aws("kms", "schedule_key_deletion", KeyId=resource_id, PendingWindowInDays=days)


def _tag_key(call: Call, outputs: Values, setting: Mapping[str, str], removing: Iterable[str]) -> None:
    keys = list(removing)
    if keys:
        call.aws("kms", "untag_resource", KeyId=outputs["keyId"], TagKeys=keys)
    if setting:
        tags = tagging.to_list(setting, "TagKey", "TagValue")
        call.aws("kms", "tag_resource", KeyId=outputs["keyId"], Tags=tags)


def _window(value: Any) -> str | None:
    low, high = _WINDOW_DAYS
    return None if low <= value <= high else f"expected {low} to {high} days, got {value}"


def _rotation(value: Any) -> str | None:
    low, high = _ROTATION_DAYS
    return None if low <= value <= high else f"expected {low} to {high} days, got {value}"


KEY: Final = Resource(
    type_name="aws:kms/key:Key",
    sdk="pulumi_aws.kms.key:Key",
    title="KMS Key",
    source="terraform-provider-aws internal/service/kms/key.go; a delete schedules the deletion",
    properties={
        "bypassPolicyLockoutSafetyCheck": Property(default=False, write_only=True),
        "customerMasterKeySpec": Property(
            replaces=True, default="SYMMETRIC_DEFAULT", enum="kms:CreateKey.KeySpec"
        ),
        "deletionWindowInDays": Property(write_only=True, check=_window),
        "description": Property(computed=True),
        "enableKeyRotation": Property(default=False),
        "isEnabled": Property(default=True),
        "keyUsage": Property(replaces=True, default="ENCRYPT_DECRYPT", enum="kms:CreateKey.KeyUsage"),
        "multiRegion": Property(replaces=True, computed=True),
        "policy": Property(computed=True, document=True, same=same_json),
        "region": REGION,
        "rotationPeriodInDays": Property(computed=True, check=_rotation),
        "tags": TAGS,
    },
    create=_create_key,
    created=_settle_key,
    read=_read_key,
    update=_update_key,
    delete=_schedule_deletion,
    tagger=_tag_key,
    timeouts=Timeouts(create=120, update=120, delete=120),
    gone=_GONE,
)

# Alias


def _create_alias(call: Call, inputs: Values) -> str:
    call.aws("kms", "create_alias", AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
    return str(inputs["name"])


def _read_alias(call: Call, resource_id: str, _: Values) -> Values | None:
    listed = call.pages("kms", "list_aliases", "Aliases")
    item = next((item for item in listed if item["AliasName"] == resource_id), None)
    if item is None:
        return None
    key_id = item.get("TargetKeyId")
    return {
        "arn": item["AliasArn"],
        "name": resource_id,
        "targetKeyArn": call.session.arn("kms", f"key/{key_id}", call.region),
        "targetKeyId": key_id,
    }


def _update_alias(call: Call, resource_id: str, change: Change) -> None:
    if change.touches("targetKeyId"):
        call.aws("kms", "update_alias", AliasName=resource_id, TargetKeyId=change.new["targetKeyId"])


def _delete_alias(call: Call, resource_id: str, _: Values) -> None:
    call.aws("kms", "delete_alias", AliasName=resource_id)


def _same_key(left: Any, right: Any) -> bool:
    """Compare keys by id: an ARN ends with it."""
    return str(left).rsplit("/", 1)[-1] == str(right).rsplit("/", 1)[-1]


def _alias_name(value: Any) -> str | None:
    if not value.startswith(_ALIAS) or value.startswith(f"{_ALIAS}aws/"):
        return f"must start with {_ALIAS}, and not with {_ALIAS}aws/, got {value!r}"
    return None


ALIAS: Final = Resource(
    type_name="aws:kms/alias:Alias",
    sdk="pulumi_aws.kms.alias:Alias",
    title="KMS Alias",
    source="terraform-provider-aws internal/service/kms/alias.go; "
    "pulumi-aws provider/resource_overrides.go (name)",
    properties={
        "name": Property(replaces=True, computed=True, check=_alias_name),
        "region": REGION,
        "targetKeyId": Property(same=_same_key),
    },
    create=_create_alias,
    read=_read_alias,
    update=_update_alias,
    delete=_delete_alias,
    autoname=Autoname(max_length=238, prefix=_ALIAS),
    timeouts=Timeouts(create=120, update=120, delete=120),
    gone=_GONE,
)

RECORDS: Final = (KEY, ALIAS)
