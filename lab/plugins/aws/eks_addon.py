"""EKS add-ons."""

from __future__ import annotations

import json
from typing import Any, Final

from lab.plugins.aws.call import Call
from lab.plugins.aws.eks_calls import (
    GONE,
    PROPAGATION_SECONDS,
    tag_by_arn,
    timestamp,
    wait_status,
    wait_update,
)
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Timeouts, Values

_ON_CREATE: Final = ("NONE", "OVERWRITE")
_ON_UPDATE: Final = (*_ON_CREATE, "PRESERVE")


def _find(call: Call, resource_id: str) -> dict[str, Any] | None:
    cluster, _, addon = resource_id.partition(":")
    answer = call.found(GONE, lambda: call.aws("eks", "describe_addon", clusterName=cluster, addonName=addon))
    return None if answer is None else dict(answer["addon"])


def _create(call: Call, inputs: Values) -> str:
    call.retry(
        {"InvalidParameterException/CREATE_FAILED", "InvalidParameterException/does not exist"},
        lambda: call.aws(
            "eks",
            "create_addon",
            clusterName=inputs["clusterName"],
            addonName=inputs["addonName"],
            addonVersion=inputs.get("addonVersion"),
            configurationValues=inputs.get("configurationValues"),
            resolveConflicts=inputs.get("resolveConflictsOnCreate"),
            serviceAccountRoleArn=inputs.get("serviceAccountRoleArn"),
            tags=inputs["tagsAll"],
        ),
        limit=PROPAGATION_SECONDS,
    )
    return f"{inputs['clusterName']}:{inputs['addonName']}"


def _wait_active(call: Call, resource_id: str, _: Values) -> None:
    """Wait for ACTIVE; DEGRADED is waited out, as the provider does."""
    wait_status(
        call,
        f"EKS Add-On ({resource_id}) create",
        lambda: _find(call, resource_id),
        "ACTIVE",
        {"CREATE_FAILED"},
    )


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    addon = _find(call, resource_id)
    if addon is None:
        return None
    return {
        "addonName": addon["addonName"],
        "addonVersion": addon.get("addonVersion"),
        "arn": addon["addonArn"],
        "clusterName": addon["clusterName"],
        "configurationValues": addon.get("configurationValues") or "",
        "createdAt": timestamp(addon.get("createdAt")),
        "modifiedAt": timestamp(addon.get("modifiedAt")),
        "serviceAccountRoleArn": addon.get("serviceAccountRoleArn"),
        "tagsAll": addon.get("tags") or {},
    }


def _update(call: Call, resource_id: str, change: Change) -> None:
    if not change.touches("addonVersion", "configurationValues", "serviceAccountRoleArn"):
        return
    new = change.new
    answer = call.aws(
        "eks",
        "update_addon",
        clusterName=new["clusterName"],
        addonName=new["addonName"],
        addonVersion=new.get("addonVersion") or change.old.get("addonVersion"),
        configurationValues=new.get(
            "configurationValues", "" if change.touches("configurationValues") else None
        ),
        resolveConflicts=new.get("resolveConflictsOnUpdate"),
        serviceAccountRoleArn=new.get("serviceAccountRoleArn"),
    )
    wait_update(
        call, answer, f"EKS Add-On ({resource_id})", name=new["clusterName"], addonName=new["addonName"]
    )


def _delete(call: Call, resource_id: str, state: Values) -> None:
    call.aws(
        "eks",
        "delete_addon",
        clusterName=state["clusterName"],
        addonName=state["addonName"],
        preserve=True if state.get("preserve") else None,
    )
    wait_status(
        call, f"EKS Add-On ({resource_id}) delete", lambda: _find(call, resource_id), "", {"DELETE_FAILED"}
    )


def _on_create(value: Any) -> str | None:
    return None if value in _ON_CREATE else f"expected one of {list(_ON_CREATE)}, got {value}"


def _on_update(value: Any) -> str | None:
    return None if value in _ON_UPDATE else f"expected one of {list(_ON_UPDATE)}, got {value}"


def _configuration(value: Any) -> str | None:
    try:
        json.loads(value or "{}")
    except ValueError as error:
        return f"is not JSON: {error}"
    return None


RECORDS: Final = (
    Resource(
        type_name="aws:eks/addon:Addon",
        sdk="pulumi_aws.eks.addon:Addon",
        title="EKS Add-On",
        source="terraform-provider-aws internal/service/eks/addon.go",
        properties={
            "addonName": Property(replaces=True),
            "addonVersion": Property(computed=True),
            "clusterName": Property(replaces=True),
            "configurationValues": Property(computed=True, check=_configuration),
            "preserve": Property(write_only=True),
            "region": REGION,
            "resolveConflictsOnCreate": Property(write_only=True, check=_on_create),
            "resolveConflictsOnUpdate": Property(write_only=True, check=_on_update),
            "serviceAccountRoleArn": Property(),
            "tags": TAGS,
        },
        create=_create,
        created=_wait_active,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=tag_by_arn(),
        timeouts=Timeouts(create=1200, update=1200, delete=2400),
        gone=GONE,
        recomputes=lambda _: ("modifiedAt",),
    ),
)
