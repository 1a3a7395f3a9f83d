"""What holds for every EC2 request: known filters, client tokens, pages."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_pagination_model, get_service_model
from moto.ec2.exceptions import DryRunClientError

from lab.aws.ec2.errors import ec2_error, not_found
from lab.aws.ec2.read_lag import LAG

_FILTER_NAME = re.compile(r"<li>\s*<p>\s*<code>([^<]+)</code>")
_UNDOCUMENTED = {"tag-value", "group-name", "isDefault", "cidr", "domain", "image-id"}
_SMALLEST_PAGE = 5
_LARGEST_PAGE = 1000
_DELETED_ID = {
    "DeleteFlowLogs": "FlowLogIds",
    "DeleteInternetGateway": "InternetGatewayId",
    "DeleteLaunchTemplate": "LaunchTemplateId",
    "DeleteRouteTable": "RouteTableId",
    "DeleteSecurityGroup": "GroupId",
    "DeleteSubnet": "SubnetId",
    "DeleteVpc": "VpcId",
    "DeleteVpcEndpoints": "VpcEndpointIds",
    "ReleaseAddress": "AllocationId",
}
_RIGHTS_ONLY = {
    "AssociateTrunkInterface",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "DisassociateTrunkInterface",
    "ModifyNetworkInterfaceAttribute",
}
"""Operations whose dry run only asks for the right."""
_NOT_THE_REQUEST = {"ClientToken", "Action", "Version"}


@cache
def filter_names(action: str) -> frozenset[str]:
    """Return the filters that the API text of an action lists; empty if it lists none.

    Source: EC2 API reference as botocore ships it.
    """
    members = get_service_model("ec2").operation_model(action).input_shape.members
    shape = members.get("Filters") or members.get("Filter")
    return frozenset(_FILTER_NAME.findall(shape.documentation)) if shape else frozenset()


def _is_known(name: str, names: frozenset[str]) -> bool:
    if name.startswith("tag:") or name in names or name in _UNDOCUMENTED:
        return True
    dashed = re.sub("([A-Z])", r"-\1", name).lower()
    return dashed in names


class CheckedRequests(BaseResponse):
    """Check requests before moto serves them, and cut what it returns into pages."""

    ec2_backend: Any

    def call_action(self) -> Any:
        """Serve a request, or give the answer that its client token has had before."""
        self.ec2_backend.settle()
        action = self._get_action()
        try:
            self._check_rights_only(action)
            self._check_lag(action)
            self._check_filters(action)
            earlier = self._earlier_answer(action)
        except ServiceException as error:
            return self._send(ActionResult(error))
        if earlier is not None:
            return self._send(earlier)
        return super().call_action()

    def serialized(self, action_result: ActionResult) -> Any:
        """Remember what a client token stands for, cut a page, and write the answer."""
        action = self._get_action()
        if not isinstance(action_result.result, Exception):
            if token := self._token():
                self.ec2_backend.remember(action, token, self._fingerprint(), action_result)
            self._forget_tags(action)
            LAG.record(self.ec2_backend)
            try:
                self._cut_page(action, action_result.result)
            except ServiceException as error:
                return super().serialized(ActionResult(error))
        return super().serialized(action_result)

    def _check_rights_only(self, action: str) -> None:
        """Answer a dry run: whoever comes here has the right, and nothing else is looked at.

        Source: EC2 API reference, AssociateTrunkInterface (DryRun); aws/aws-cli issue 1574 and systeminit/si
        pull request 1862 (a dry run passes without what the call itself needs).
        """
        if action in _RIGHTS_ONLY and self._get_bool_param("DryRun"):
            raise DryRunClientError

    def _check_lag(self, action: str) -> None:
        """Refuse an interface that the copy of EC2's state that is asked does not know yet.

        Source: EC2 developer guide, eventual consistency in the Amazon EC2 API.
        """
        if not LAG.refuses(self.headers) or action.startswith("Describe"):
            return
        named = {value for values in self.querystring.values() for value in values}
        fresh = (named & self.ec2_backend.enis.keys()) - LAG.read(self.ec2_backend).interfaces.keys()
        for interface_id in sorted(fresh):
            raise not_found("InvalidNetworkInterfaceID.NotFound", "networkInterface ID", interface_id)

    def _forget_tags(self, action: str) -> None:
        """Let the tags of a deleted resource go with it.

        Source: EC2 user guide, tag your Amazon EC2 resources.
        """
        gone = self._get_param(_DELETED_ID[action], []) if action in _DELETED_ID else []
        for resource_id in [gone] if isinstance(gone, str) else gone:
            self.ec2_backend.tags.pop(resource_id, None)

    def _send(self, result: ActionResult) -> Any:
        status, headers, body = self.serialized(result)
        headers, body = self._enrich_response(headers, body)
        return status, headers, body

    def _check_filters(self, action: str) -> None:
        names = filter_names(action)
        for entry in (self._get_param("Filters", []) or self._get_param("Filter", [])) if names else []:
            if not _is_known(entry.get("Name") or "null", names):
                problem = f"The filter '{entry.get('Name') or 'null'}' is invalid"
                raise ec2_error("InvalidParameterValue", problem)

    def _token(self) -> str:
        return str((self.querystring.get("ClientToken") or [""])[0])

    def _fingerprint(self) -> str:
        return repr(sorted((k, v) for k, v in self.querystring.items() if k not in _NOT_THE_REQUEST))

    def _earlier_answer(self, action: str) -> ActionResult | None:
        """Find the answer to an identical request.

        Source: EC2 API reference, ensuring idempotency; error codes page, IdempotentParameterMismatch.
        """
        known = self.ec2_backend.recall(action, self._token()) if self._token() else None
        if known is None:
            return None
        request, answer = known
        if request != self._fingerprint():
            problem = "The request uses the same client token as a previous, but non-identical request."
            raise ec2_error("IdempotentParameterMismatch", problem)
        return answer  # type: ignore[no-any-return]

    def _cut_page(self, action: str, result: Any) -> None:
        model = get_pagination_model("ec2").get(action)
        if model is None or not isinstance(result, dict) or "NextToken" in result:
            return
        key = model["result_key"]
        size: Any = self._get_int_param("MaxResults")
        start = _start(action, self._get_param("NextToken"))
        if not isinstance(key, str) or (size is None and not start):
            return
        if size is not None and size < _SMALLEST_PAGE:
            problem = (
                f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value greater than 5."
            )
            raise ec2_error("InvalidParameterValue", problem)
        items = list(result.get(key) or [])
        end = start + min(size or _LARGEST_PAGE, _LARGEST_PAGE)
        result[key] = items[start:end]
        if end < len(items):
            result["NextToken"] = urlsafe_b64encode(f"{action}:{end}".encode()).decode()


def _start(action: str, token: str | None) -> int:
    if not token:
        return 0
    try:
        name, _, position = urlsafe_b64decode(token).decode().partition(":")
    except ValueError:
        name, position = "", ""
    if name != action or not position.isdecimal():
        problem = "The specified pagination token is not valid or is expired."
        raise ec2_error("InvalidPaginationToken", problem)
    return int(position)
