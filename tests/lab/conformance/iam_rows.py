"""IAM: what it refuses when roles, policies and users are made and deleted."""

from __future__ import annotations

import json
import uuid
from typing import Any

from .row import Clients, Row, refused

_MANAGED = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSVPCResourceController",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEKS_CNI_Policy",
    "AmazonSSMManagedInstanceCore",
)


def _trust(service: str = "eks.amazonaws.com") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _policy() -> str:
    statement = {"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _role(clients: Clients, **more: Any) -> str:
    name = f"row-{uuid.uuid4().hex[:12]}"
    clients.iam.create_role(RoleName=name, AssumeRolePolicyDocument=_trust(), **more)
    return name


def managed_policies(clients: Clients) -> None:
    role = _role(clients)
    for name in _MANAGED:
        clients.iam.attach_role_policy(RoleName=role, PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    attached = clients.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert {item["PolicyName"] for item in attached} == set(_MANAGED)


def unknown_policy(clients: Clients) -> None:
    role = _role(clients)
    arn = "arn:aws:iam::aws:policy/NoSuchPolicy"
    with refused("NoSuchEntity", f"Policy {arn} does not exist or is not attachable."):
        clients.iam.attach_role_policy(RoleName=role, PolicyArn=arn)


def role_with_attached_policy(clients: Clients) -> None:
    role = _role(clients)
    arn = clients.iam.create_policy(PolicyName=role, PolicyDocument=_policy())["Policy"]["Arn"]
    clients.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    with refused("DeleteConflict", "Cannot delete entity, must detach all policies first."):
        clients.iam.delete_role(RoleName=role)
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        clients.iam.delete_policy(PolicyArn=arn)
    clients.iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    clients.iam.delete_policy(PolicyArn=arn)
    clients.iam.delete_role(RoleName=role)


def role_with_inline_policy(clients: Clients) -> None:
    role = _role(clients)
    clients.iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=_policy())
    with refused("DeleteConflict", "Cannot delete entity, must delete policies first."):
        clients.iam.delete_role(RoleName=role)


def role_in_profile(clients: Clients) -> None:
    role = _role(clients)
    clients.iam.create_instance_profile(InstanceProfileName=role)
    clients.iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    with refused("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."):
        clients.iam.delete_role(RoleName=role)


def duplicate_role(clients: Clients) -> None:
    role = _role(clients)
    with refused("EntityAlreadyExists", f"Role with name {role} already exists."):
        clients.iam.create_role(RoleName=role, AssumeRolePolicyDocument=_trust())


def unknown_role(clients: Clients) -> None:
    with refused("NoSuchEntity"):
        clients.iam.get_role(RoleName="no-such-role")
    with refused("NoSuchEntity"):
        clients.iam.delete_role(RoleName="no-such-role")


def long_name(clients: Clients) -> None:
    with refused("ValidationError"):
        clients.iam.create_role(RoleName="r" * 65, AssumeRolePolicyDocument=_trust())


def strange_description(clients: Clients) -> None:
    with refused("ValidationError"):
        _role(clients, Description="pods → database")


def malformed_trust(clients: Clients) -> None:
    with refused("MalformedPolicyDocument"):
        clients.iam.create_role(RoleName=f"row-{uuid.uuid4().hex}", AssumeRolePolicyDocument="{}")


def user_with_key(clients: Clients) -> None:
    name = f"row-{uuid.uuid4().hex[:12]}"
    clients.iam.create_user(UserName=name)
    clients.iam.create_access_key(UserName=name)
    with refused("DeleteConflict", "Cannot delete entity, must delete access keys first."):
        clients.iam.delete_user(UserName=name)


def issuer(clients: Clients) -> None:
    host = "oidc.eks.us-west-2.amazonaws.com"
    url = f"https://{host}/id/{uuid.uuid4().hex.upper()}"
    with refused("ValidationError"):
        clients.iam.create_open_id_connect_provider(Url=url.replace("https", "http"), ClientIDList=["a"])
    made = clients.iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
    arn = {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
    assert arn["OpenIDConnectProviderArn"].endswith(f":oidc-provider/{url.removeprefix('https://')}")
    with refused("EntityAlreadyExists", f"Provider with url {url} already exists."):
        clients.iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
    clients.iam.add_client_id_to_open_id_connect_provider(**arn, ClientID="other")
    clients.iam.remove_client_id_from_open_id_connect_provider(**arn, ClientID="sts.amazonaws.com")
    found = clients.iam.get_open_id_connect_provider(**arn)
    assert (found["Url"], found["ClientIDList"]) == (url.removeprefix("https://"), ["other"])
    assert [len(each) for each in found["ThumbprintList"]] == [40]
    for _ in range(2):
        clients.iam.delete_open_id_connect_provider(**arn)
    with refused("NoSuchEntity"):
        clients.iam.get_open_id_connect_provider(**arn)


_REFERENCE = "IAM API reference, "

ROWS = [
    Row(
        "iam-managed-policies", "AWS managed policies exist", "AWS managed policy reference", managed_policies
    ),
    Row(
        "iam-policy-unknown",
        "an unknown policy is refused",
        _REFERENCE + "AttachRolePolicy (NoSuchEntity)",
        unknown_policy,
    ),
    Row(
        "iam-role-attached",
        "a role with an attached policy stays, and so does the policy",
        _REFERENCE + "DeleteRole, DeletePolicy (DeleteConflict)",
        role_with_attached_policy,
    ),
    Row(
        "iam-role-inline",
        "a role with an inline policy stays",
        _REFERENCE + "DeleteRole (DeleteConflict)",
        role_with_inline_policy,
    ),
    Row(
        "iam-role-profile",
        "a role in an instance profile stays",
        _REFERENCE + "DeleteRole (DeleteConflict)",
        role_in_profile,
    ),
    Row(
        "iam-role-duplicate",
        "a role's name exists once",
        _REFERENCE + "CreateRole (EntityAlreadyExists)",
        duplicate_role,
    ),
    Row(
        "iam-role-unknown", "an unknown role is refused", _REFERENCE + "GetRole (NoSuchEntity)", unknown_role
    ),
    Row(
        "iam-role-name-length",
        "a role's name has 64 characters at most",
        _REFERENCE + "CreateRole (RoleName)",
        long_name,
    ),
    Row(
        "iam-role-description",
        "a role's description is Latin-1",
        _REFERENCE + "CreateRole (Description)",
        strange_description,
    ),
    Row(
        "iam-role-trust",
        "a trust policy is well formed",
        _REFERENCE + "CreateRole (MalformedPolicyDocument)",
        malformed_trust,
    ),
    Row(
        "iam-user-keys",
        "a user with access keys stays",
        _REFERENCE + "DeleteUser (DeleteConflict)",
        user_with_key,
    ),
    Row(
        "iam-oidc",
        "an issuer of tokens is trusted once, and its certificate looked up",
        _REFERENCE + "CreateOpenIDConnectProvider, DeleteOpenIDConnectProvider (idempotent)",
        issuer,
    ),
]
