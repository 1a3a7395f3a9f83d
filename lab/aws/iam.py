"""IAM of the lab: moto's, with the refusals that moto lacks."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import moto.iam.models
import moto.iam.urls
from moto.core.responses import EmptyResult
from moto.iam.exceptions import DeleteConflictException, EntityAlreadyExists, IAMException
from moto.iam.models import IAMBackend
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator
from moto.iam.responses import IamResponse

if TYPE_CHECKING:
    from moto.core.responses import ActionResult
    from moto.iam.models import OpenIDConnectProvider

_NAME_LENGTH = 64
_THUMBPRINT_LENGTH = 40
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

    def create_open_id_connect_provider(
        self, url: str, thumbprint_list: list[str], client_id_list: list[str], tags: list[dict[str, str]]
    ) -> OpenIDConnectProvider:
        """Refuse a URL without https, and look the thumbprint up if none is given; the lab makes one up.

        Source: IAM API reference, CreateOpenIDConnectProvider (Url, ThumbprintList, EntityAlreadyExists).
        """
        if not url.startswith("https://"):
            raise IAMException("ValidationError", "Invalid Open ID Connect Provider URL")
        host = url.removeprefix("https://").partition("/")[0]
        digest = hashlib.sha256(host.encode()).hexdigest()
        try:
            return super().create_open_id_connect_provider(
                url, thumbprint_list or [digest[:_THUMBPRINT_LENGTH]], client_id_list, tags
            )
        except EntityAlreadyExists as error:
            raise EntityAlreadyExists(f"Provider with url {url} already exists.") from error

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


class LabIamResponse(IamResponse):
    """Add calls that moto lacks.

    Source: IAM API reference, AddClientIDToOpenIDConnectProvider, RemoveClientIDFromOpenIDConnectProvider;
    both succeed if the provider is already as wanted.
    """

    def add_client_id_to_open_id_connect_provider(self) -> ActionResult:
        """Take one more client id."""
        clients, client = self._client_ids()
        if client not in clients:
            clients.append(client)
        return EmptyResult()

    def remove_client_id_from_open_id_connect_provider(self) -> ActionResult:
        """Drop a client id."""
        clients, client = self._client_ids()
        if client in clients:
            clients.remove(client)
        return EmptyResult()

    def _client_ids(self) -> tuple[list[str], str]:
        arn = self._get_param("OpenIDConnectProviderArn")
        return self.backend.get_open_id_connect_provider(arn).client_id_list, self._get_param("ClientID")


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
    moto.iam.urls.url_paths["{0}/$"] = LabIamResponse.dispatch
