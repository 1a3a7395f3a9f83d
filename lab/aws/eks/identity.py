"""Who calls: from an access key to an IAM principal of moto."""

from __future__ import annotations

from dataclasses import dataclass

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends


@dataclass(frozen=True)
class Identity:
    """The holder of an access key.

    Attributes:
        principal_arn: The IAM user or role: what an access entry names.
        caller_arn: What GetCallerIdentity answers; differs from the principal for a role's session.
        user_id: IAM's unique id.
        secret_key: Signs the caller's requests.
        session_name: Name of the role's session; empty for a user.
    """

    principal_arn: str
    caller_arn: str
    user_id: str
    secret_key: str
    session_name: str = ""


def find_identity(account_id: str, access_key_id: str, partition: str = "aws") -> Identity | None:
    """Find the user or the role's session that an access key belongs to; None if nobody's or inactive."""
    backend = iam_backends[account_id][partition]
    if user := backend.get_user_from_access_key_id(access_key_id):
        for key in backend.list_access_keys(user.name):
            if key.access_key_id == access_key_id and key.status == "Active":
                return Identity(user.arn, user.arn, user.id, key.secret_access_key)
        return None
    session = sts_backends[account_id][partition].get_assumed_role_from_access_key(access_key_id)
    if session is None:
        return None
    return Identity(
        session.role_arn, session.arn, session.user_id, session.secret_access_key, session.session_name
    )


def principal_exists(account_id: str, arn: str, partition: str = "aws") -> bool:
    """Tell whether an ARN names an IAM user or role."""
    backend = iam_backends[account_id][partition]
    return arn in {role.arn for role in backend.get_roles()} | {user.arn for user in backend.users.values()}


def role_trusts(account_id: str, arn: str, service: str, partition: str = "aws") -> bool:
    """Tell whether a role exists and its trust policy names a service (`eks.amazonaws.com`)."""
    roles = iam_backends[account_id][partition].get_roles()
    return any(role.arn == arn and service in str(role.assume_role_policy_document) for role in roles)
