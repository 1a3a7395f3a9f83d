"""EKS access entries and the policies associated with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_set
from lab.plugins.aws.eks_calls import GONE, PROPAGATION_SECONDS, tag_by_arn, timestamp
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Timeouts, Values

_ARN: Final = re.compile(r"^arn:[\w-]+:(iam|eks):[^:]*:(\d{12}|aws)?:.+$")
_TYPES: Final = (
    "EC2",
    "EC2_LINUX",
    "EC2_WINDOWS",
    "FARGATE_LINUX",
    "HYBRID_LINUX",
    "HYPERPOD_LINUX",
    "STANDARD",
)
"""Source: EKS API reference, CreateAccessEntry, `type`."""
_TIMEOUTS: Final = Timeouts(create=1200, update=1200, delete=2400)


def _arn(value: Any) -> str | None:
    return None if _ARN.match(value) else f"{value!r} is not an ARN of IAM or of an EKS access policy"


def _type(value: Any) -> str | None:
    return None if value in _TYPES else f"expected one of {list(_TYPES)}, got {value}"


# Access entry


def _create_entry(call: Call, inputs: Values) -> str:
    call.retry(
        {"InvalidParameterException/The specified principalArn is invalid: invalid principal"},
        lambda: call.aws(
            "eks",
            "create_access_entry",
            clusterName=inputs["clusterName"],
            principalArn=inputs["principalArn"],
            kubernetesGroups=inputs.get("kubernetesGroups"),
            type=inputs["type"],
            username=inputs.get("userName"),
            tags=inputs["tagsAll"],
        ),
        limit=PROPAGATION_SECONDS,
    )
    return f"{inputs['clusterName']}:{inputs['principalArn']}"


def _read_entry(call: Call, resource_id: str, _: Values) -> Values | None:
    cluster, _colon, principal = resource_id.partition(":")
    answer = call.found(
        GONE, lambda: call.aws("eks", "describe_access_entry", clusterName=cluster, principalArn=principal)
    )
    if answer is None:
        return None
    entry = answer["accessEntry"]
    return {
        "accessEntryArn": entry["accessEntryArn"],
        "clusterName": entry["clusterName"],
        "createdAt": timestamp(entry.get("createdAt")),
        "kubernetesGroups": entry.get("kubernetesGroups") or [],
        "modifiedAt": timestamp(entry.get("modifiedAt")),
        "principalArn": entry["principalArn"],
        "tagsAll": entry.get("tags") or {},
        "type": entry["type"],
        "userName": entry.get("username"),
    }


def _update_entry(call: Call, _: str, change: Change) -> None:
    if change.touches("kubernetesGroups", "userName"):
        call.aws(
            "eks",
            "update_access_entry",
            clusterName=change.new["clusterName"],
            principalArn=change.new["principalArn"],
            kubernetesGroups=change.new.get("kubernetesGroups"),
            username=change.new.get("userName"),
        )


def _delete_entry(call: Call, resource_id: str, _: Values) -> None:
    cluster, _colon, principal = resource_id.partition(":")
    call.aws("eks", "delete_access_entry", clusterName=cluster, principalArn=principal)


ACCESS_ENTRY: Final = Resource(
    type_name="aws:eks/accessEntry:AccessEntry",
    sdk="pulumi_aws.eks.access_entry:AccessEntry",
    title="EKS Access Entry",
    source="terraform-provider-aws internal/service/eks/access_entry.go",
    properties={
        "clusterName": Property(replaces=True),
        "kubernetesGroups": Property(computed=True, same=same_set),
        "principalArn": Property(replaces=True, check=_arn),
        "region": REGION,
        "tags": TAGS,
        "type": Property(replaces=True, default="STANDARD", check=_type),
        "userName": Property(computed=True),
    },
    create=_create_entry,
    read=_read_entry,
    update=_update_entry,
    delete=_delete_entry,
    tagger=tag_by_arn("accessEntryArn"),
    timeouts=_TIMEOUTS,
    gone=GONE,
    recomputes=lambda _: ("modifiedAt",),
)

# Policy association


def _associate(call: Call, inputs: Values) -> str:
    call.retry(
        {"ResourceNotFoundException/The specified principalArn could not be found"},
        lambda: call.aws(
            "eks",
            "associate_access_policy",
            clusterName=inputs["clusterName"],
            principalArn=inputs["principalArn"],
            policyArn=inputs["policyArn"],
            accessScope=inputs["accessScope"],
        ),
        limit=PROPAGATION_SECONDS,
    )
    return "#".join(inputs[name] for name in ("clusterName", "principalArn", "policyArn"))


def _read_association(call: Call, resource_id: str, _: Values) -> Values | None:
    cluster, principal, policy = resource_id.split("#")
    listed = call.found(
        GONE,
        lambda: call.pages(
            "eks",
            "list_associated_access_policies",
            "associatedAccessPolicies",
            clusterName=cluster,
            principalArn=principal,
        ),
    )
    item = next((item for item in listed or () if item["policyArn"] == policy), None)
    if item is None:
        return None
    namespaces = item["accessScope"].get("namespaces")
    scope = {"type": item["accessScope"]["type"]} | ({"namespaces": namespaces} if namespaces else {})
    return {
        "accessScope": scope,
        "associatedAt": timestamp(item.get("associatedAt")),
        "clusterName": cluster,
        "modifiedAt": timestamp(item.get("modifiedAt")),
        "policyArn": policy,
        "principalArn": principal,
    }


def _disassociate(call: Call, resource_id: str, _: Values) -> None:
    cluster, principal, policy = resource_id.split("#")
    call.aws(
        "eks", "disassociate_access_policy", clusterName=cluster, principalArn=principal, policyArn=policy
    )


def _scope_fits(inputs: Values) -> Iterator[tuple[str, str]]:
    scope = inputs["accessScope"]
    if isinstance(scope, dict) and scope.get("type") == "namespace" and not scope.get("namespaces"):
        yield "accessScope.namespaces", "is needed with type namespace"
    if isinstance(scope, dict) and scope.get("type") == "cluster" and scope.get("namespaces"):
        yield "accessScope.namespaces", "may not be given with type cluster"


ASSOCIATION: Final = Resource(
    type_name="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    sdk="pulumi_aws.eks.access_policy_association:AccessPolicyAssociation",
    title="EKS Access Policy Association",
    source="terraform-provider-aws internal/service/eks/access_policy_association.go: everything replaces",
    properties={
        "accessScope": Property(
            replaces=True,
            fields={
                "namespaces": Property(same=same_set),
                "type": Property(enum="eks:AssociateAccessPolicy.accessScope.type"),
            },
        ),
        "clusterName": Property(replaces=True),
        "policyArn": Property(replaces=True, check=_arn),
        "principalArn": Property(replaces=True, check=_arn),
        "region": REGION,
    },
    create=_associate,
    read=_read_association,
    delete=_disassociate,
    timeouts=_TIMEOUTS,
    gone=GONE,
    validate=_scope_fits,
)

RECORDS: Final = (ACCESS_ENTRY, ASSOCIATION)
