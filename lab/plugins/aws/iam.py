"""IAM roles, their inline policies and attachments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_json
from lab.plugins.aws.record import TAGS, Autoname, Change, Property, Resource, Timeouts, Values

_GONE: Final = frozenset({"NoSuchEntity"})
_PROPAGATION_SECONDS: Final = 120.0
"""Source: terraform-provider-aws internal/service/iam, propagationTimeout of 2 minutes."""
_SESSION_HOURS: Final = (3600, 43200)


def _document(value: Any) -> str:
    """Return a policy as JSON text; boto3 decodes it, older answers are URL-encoded."""
    return json.dumps(value, separators=(",", ":")) if isinstance(value, Mapping) else unquote(value)


# Role


def _create_role(call: Call, inputs: Values) -> str:
    tags = inputs["tagsAll"]
    call.retry(
        {"MalformedPolicyDocument/Invalid principal in policy"},
        lambda: call.aws(
            "iam",
            "create_role",
            RoleName=inputs["name"],
            Path=inputs["path"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Description=inputs.get("description"),
            MaxSessionDuration=inputs["maxSessionDuration"],
            PermissionsBoundary=inputs.get("permissionsBoundary"),
            Tags=tagging.to_list(tags) or None,
        ),
        limit=_PROPAGATION_SECONDS,
    )
    return str(inputs["name"])


def _find_role(call: Call, name: str) -> dict[str, Any] | None:
    answer = call.found(_GONE, lambda: call.aws("iam", "get_role", RoleName=name))
    return None if answer is None else dict(answer["Role"])


def _read_role(call: Call, resource_id: str, _: Values) -> Values | None:
    role = _find_role(call, resource_id)
    if role is None:
        return None
    return {
        "arn": role["Arn"],
        "assumeRolePolicy": _document(role["AssumeRolePolicyDocument"]),
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": role.get("Description") or "",
        "inlinePolicies": [_inline(call, resource_id, name) for name in _inline_names(call, resource_id)],
        "managedPolicyArns": sorted(_attached(call, resource_id)),
        "maxSessionDuration": role.get("MaxSessionDuration", _SESSION_HOURS[0]),
        "name": role["RoleName"],
        "path": role["Path"],
        "permissionsBoundary": (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        "tagsAll": tagging.from_list(role.get("Tags")),
        "uniqueId": role["RoleId"],
    }


def _inline_names(call: Call, role: str) -> list[str]:
    return call.pages("iam", "list_role_policies", "PolicyNames", RoleName=role)


def _inline(call: Call, role: str, name: str) -> Values:
    found = call.aws("iam", "get_role_policy", RoleName=role, PolicyName=name)
    return {"name": name, "policy": _document(found["PolicyDocument"])}


def _attached(call: Call, role: str) -> list[str]:
    listed = call.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    return [item["PolicyArn"] for item in listed]


def _update_role(call: Call, resource_id: str, change: Change) -> None:
    new = change.new
    if change.touches("assumeRolePolicy"):
        call.aws(
            "iam", "update_assume_role_policy", RoleName=resource_id, PolicyDocument=new["assumeRolePolicy"]
        )
    if change.touches("description", "maxSessionDuration"):
        call.aws(
            "iam",
            "update_role",
            RoleName=resource_id,
            Description=new.get("description") or "",
            MaxSessionDuration=new["maxSessionDuration"],
        )
    if change.touches("permissionsBoundary"):
        boundary = new.get("permissionsBoundary")
        if boundary:
            call.aws(
                "iam", "put_role_permissions_boundary", RoleName=resource_id, PermissionsBoundary=boundary
            )
        else:
            call.aws("iam", "delete_role_permissions_boundary", RoleName=resource_id)


def _delete_role(call: Call, resource_id: str, state: Values) -> None:
    profiles = call.pages("iam", "list_instance_profiles_for_role", "InstanceProfiles", RoleName=resource_id)
    for profile in profiles:
        name = profile["InstanceProfileName"]
        call.aws("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=resource_id)
    if state.get("forceDetachPolicies"):
        for arn in _attached(call, resource_id):
            call.aws("iam", "detach_role_policy", RoleName=resource_id, PolicyArn=arn)
        for policy in _inline_names(call, resource_id):
            call.aws("iam", "delete_role_policy", RoleName=resource_id, PolicyName=policy)
    call.retry(
        {"DeleteConflict"},
        lambda: call.aws("iam", "delete_role", RoleName=resource_id),
        limit=_PROPAGATION_SECONDS,
    )


def _tag_role(call: Call, outputs: Values, setting: Mapping[str, str], removing: Iterable[str]) -> None:
    keys = list(removing)
    if keys:
        call.aws("iam", "untag_role", RoleName=outputs["name"], TagKeys=keys)
    if setting:
        call.aws("iam", "tag_role", RoleName=outputs["name"], Tags=tagging.to_list(setting))


def _session_duration(value: Any) -> str | None:
    low, high = _SESSION_HOURS
    return None if low <= value <= high else f"expected {low} to {high} seconds, got {value}"


ROLE: Final = Resource(
    type_name="aws:iam/role:Role",
    sdk="pulumi_aws.iam.role:Role",
    title="IAM Role",
    source="terraform-provider-aws internal/service/iam/role.go; "
    "pulumi-aws provider/resource_overrides.go (name)",
    properties={
        "assumeRolePolicy": Property(document=True, same=same_json),
        "description": Property(),
        "forceDetachPolicies": Property(default=False, write_only=True),
        "maxSessionDuration": Property(default=3600, check=_session_duration),
        "name": Property(replaces=True, computed=True),
        "path": Property(replaces=True, default="/"),
        "permissionsBoundary": Property(),
        "tags": TAGS,
    },
    create=_create_role,
    read=_read_role,
    update=_update_role,
    delete=_delete_role,
    tagger=_tag_role,
    autoname=Autoname(max_length=64),
    timeouts=Timeouts(create=120, update=120, delete=120),
    gone=_GONE,
)

# Inline policy


def _put_policy(call: Call, inputs: Values) -> str:
    role, name = inputs["role"], inputs["name"]
    call.aws("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"])
    return f"{role}:{name}"


def _read_policy(call: Call, resource_id: str, _: Values) -> Values | None:
    role, _colon, name = resource_id.partition(":")
    found = call.found(_GONE, lambda: _inline(call, role, name))
    return None if found is None else found | {"role": role}


def _update_policy(call: Call, _: str, change: Change) -> None:
    if change.touches("policy"):
        _put_policy(call, change.new)


def _delete_policy(call: Call, resource_id: str, _: Values) -> None:
    role, _colon, name = resource_id.partition(":")
    call.aws("iam", "delete_role_policy", RoleName=role, PolicyName=name)


ROLE_POLICY: Final = Resource(
    type_name="aws:iam/rolePolicy:RolePolicy",
    sdk="pulumi_aws.iam.role_policy:RolePolicy",
    title="IAM Role Policy",
    source="terraform-provider-aws internal/service/iam/role_policy.go",
    properties={
        "name": Property(replaces=True, computed=True),
        "policy": Property(document=True, same=same_json),
        "role": Property(replaces=True),
    },
    create=_put_policy,
    read=_read_policy,
    update=_update_policy,
    delete=_delete_policy,
    autoname=Autoname(),
    timeouts=Timeouts(create=120, update=120, delete=120),
    gone=_GONE,
)

# Attachment of a managed policy


def _attach(call: Call, inputs: Values) -> str:
    role, arn = inputs["role"], inputs["policyArn"]
    call.aws("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
    return f"{role}/{arn}"


def _read_attachment(call: Call, resource_id: str, _: Values) -> Values | None:
    role, _slash, arn = resource_id.partition("/")
    attached = call.found(_GONE, lambda: _attached(call, role)) or []
    return {"policyArn": arn, "role": role} if arn in attached else None


def _detach(call: Call, _: str, state: Values) -> None:
    call.aws("iam", "detach_role_policy", RoleName=state["role"], PolicyArn=state["policyArn"])


ATTACHMENT: Final = Resource(
    type_name="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    sdk="pulumi_aws.iam.role_policy_attachment:RolePolicyAttachment",
    title="IAM Role Policy Attachment",
    source="terraform-provider-aws internal/service/iam/role_policy_attachment.go; "
    "pulumi-aws provider/resource_overrides.go (delete before replace)",
    properties={"policyArn": Property(replaces=True), "role": Property(replaces=True)},
    create=_attach,
    read=_read_attachment,
    delete=_detach,
    delete_before_replace=True,
    timeouts=Timeouts(create=120, update=120, delete=120),
    gone=_GONE,
)

RECORDS: Final = (ROLE, ROLE_POLICY, ATTACHMENT)
