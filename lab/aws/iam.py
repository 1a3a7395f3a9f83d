"""IAM of the lab: moto's, with the refusals that moto lacks."""

from __future__ import annotations

import re
from typing import Any

import moto.iam.models
import moto.iam.urls
from moto.iam.exceptions import DeleteConflictException, IAMException
from moto.iam.models import IAMBackend
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

_NAME_LENGTH = 64
_TEXT_LENGTH = 1000
_DESCRIPTION_POSITION = 2
_NAME = re.compile(r"[\w+=,.@-]+")
_TEXT = re.compile(r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*")


class LabIAMBackend(IAMBackend):
    """Refuse what IAM refuses; the AWS managed policies are loaded."""

    @property
    def _url_module(self) -> Any:
        return moto.iam.urls

    def create_role(self, role_name: str, assume_role_policy_document: str, *args: Any, **kwargs: Any) -> Any:
        """Refuse names, descriptions and trust policies that break IAM's rules.

        Source: IAM API reference, CreateRole (RoleName, Description, MalformedPolicyDocument).
        """
        _check("roleName", role_name, _NAME, _NAME_LENGTH)
        description = kwargs.get("description") or next(iter(args[_DESCRIPTION_POSITION:]), None)
        _check("description", description or "", _TEXT, _TEXT_LENGTH)
        IAMTrustPolicyDocumentValidator(assume_role_policy_document).validate()
        return super().create_role(role_name, assume_role_policy_document, *args, **kwargs)

    def delete_policy(self, policy_arn: str) -> None:
        """Refuse a policy that something has attached.

        Source: IAM API reference, DeletePolicy (DeleteConflict).
        """
        if self.get_policy(policy_arn).attachment_count:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        super().delete_policy(policy_arn)

    def delete_user(self, user_name: str) -> None:
        """Refuse a user with access keys.

        Source: IAM API reference, DeleteUser (DeleteConflict).
        """
        if self.get_user(user_name).access_keys:
            raise DeleteConflictException("Cannot delete entity, must delete access keys first.")
        super().delete_user(user_name)


def _check(parameter: str, value: str, pattern: re.Pattern[str], longest: int) -> None:
    problem = ""
    if len(value) > longest:
        problem = f"Member must have length less than or equal to {longest}"
    elif not pattern.fullmatch(value):
        problem = f"Member must satisfy regular expression pattern: {pattern.pattern}"
    if problem:
        start = (
            f"1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: "
        )
        raise IAMException("ValidationError", start + problem)


def install() -> None:
    """Put the lab's classes in place of moto's, before the first request."""
    backends = moto.iam.models.iam_backends
    backends.backend = LabIAMBackend
    backends.clear()
