"""Which calls an IAM role session may make: those that its role's policies allow. IAM users may make all."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.core.utils import get_service_model
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from lab.aws.account import ACCOUNT_ID, USER_NAME
from lab.aws.policies import ANY, Decision, Query, decide
from lab.aws.requested import queries
from lab.aws.wire import WireError, is_known, render_error

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from moto.sts.models import AssumedRole

_PARTITION = "aws"
_REGION_OF_PARTITION = "us-west-2"
_SCOPE_PARTS = 5
_SESSION_NAME = "amazon-vpc-resource-controller-k8s"
_SESSION_SECONDS = 12 * 3600
_ALWAYS = {("sts", "GetCallerIdentity")}
_TRUNK_CALLS = {"AssociateTrunkInterface", "DisassociateTrunkInterface"}

USER = "user"
"""What a caller is called who is no role session: one of the account's IAM users."""


class TrunkCallSwitch:
    """Say whether ordinary callers may associate and disassociate trunk interfaces.

    Left alone, the account's users may and role sessions may not. Open, role sessions may, too, if their
    policies allow it, as the API reference describes the calls. Closed, nobody may but the controllers, as
    in accounts without the private feature.

    Source: EC2 API reference, AssociateTrunkInterface; aws/amazon-vpc-resource-controller-k8s README.
    """

    def __init__(self) -> None:
        """Leave it alone."""
        self.are_open: bool | None = None

    def switch(self, *, are_open: bool | None) -> None:
        """Open or close the calls; None leaves them alone."""
        self.are_open = are_open


TRUNK_CALLS = TrunkCallSwitch()
"""The switch of this server."""

_CONTROLLERS: dict[str, str] = {}
"""Cluster by access key: sessions of cluster roles that the VPC Resource Controller holds."""


def refusal(environ: WSGIEnvironment, service: str, action: str, body: bytes) -> WireError | None:
    """Refuse a call of a role session that its role's policies do not allow.

    Resources and conditions are judged for EC2. What other services' calls are about is not known here:
    there a statement allows its actions whatever its resources, and denies them only on all resources.
    Session policies and permissions boundaries are not looked at.

    Args:
        environ: The request.
        service: Signing name of the service.
        action: Operation as AWS writes it; empty if it is not known.
        body: The request's body.

    Returns:
        The error in the service's protocol; None if the call may be made, or if no role session makes it.

    Source: IAM user guide, policy evaluation logic; STS API reference, GetCallerIdentity (no permission
    needed).
    """
    key_id, region = _signer(environ)
    session = _session(key_id)
    is_trunk_call = service == "ec2" and action in _TRUNK_CALLS
    if session is None and is_trunk_call and TRUNK_CALLS.are_open is False:
        return _refuse_user(region, action, body)
    if session is None or not action or (service, action) in _ALWAYS:
        return None
    if is_trunk_call and not TRUNK_CALLS.are_open:
        return _judge_trunk_call(session, region, action, body)
    documents = _documents(session)
    asked = _queries(session, service, region, action, body)
    for query in asked:
        decision = decide(documents, query)
        if decision is not Decision.ALLOWED:
            return _refuse(session.arn, service, query, decision)
    return None


def caller_of(environ: WSGIEnvironment) -> str:
    """Return the ARN of the role session that makes a call, else `user`."""
    session = _session(_signer(environ)[0])
    return str(session.arn) if session else USER


def controller_session(account_id: str, role_arn: str, cluster_name: str) -> dict[str, str]:
    """Start the session in which a cluster's VPC Resource Controller makes its calls.

    EKS associates and disassociates trunk interfaces with a role of its own and makes every other call with
    the cluster role. The controller of the lab has one set of credentials: the session of the cluster role,
    in which the two calls are let through in the name of EKS's role.

    Args:
        account_id: Account of the cluster.
        role_arn: Cluster role; its policies are read anew for every call.
        cluster_name: Whose controller it is.

    Returns:
        AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.

    Source: aws/amazon-vpc-resource-controller-k8s v1.8.2 pkg/aws/ec2/api/wrapper.go.
    """
    session = _begin(account_id, role_arn, _SESSION_NAME)
    _CONTROLLERS[session.access_key_id] = cluster_name
    return _environment(session)


def role_session(account_id: str, role_arn: str, session_name: str) -> dict[str, str]:
    """Start a session as EC2 does for the instances of a role.

    Args:
        account_id: Account of the role.
        role_arn: The role; its policies are read anew for every call.
        session_name: The instance's id, or another name that callers see in errors.

    Returns:
        AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
    """
    return _environment(_begin(account_id, role_arn, session_name))


def _begin(account_id: str, role_arn: str, session_name: str) -> AssumedRole:
    backend = sts_backends[account_id][_PARTITION]
    return backend.assume_role(
        region_name=_REGION_OF_PARTITION,
        role_session_name=session_name,
        role_arn=role_arn,
        policy="",
        duration=_SESSION_SECONDS,
        external_id="",
    )


def _environment(session: AssumedRole) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
    }


def _signer(environ: WSGIEnvironment) -> tuple[str, str]:
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0].split("/")
    return (scope[0], scope[2]) if len(scope) == _SCOPE_PARTS else ("", "")


def _session(key_id: str) -> AssumedRole | None:
    if not key_id:
        return None
    for partitions in list(sts_backends.values()):
        session = partitions[_PARTITION].get_assumed_role_from_access_key(key_id)
        if session is not None:
            return session
    return None


def _documents(session: AssumedRole) -> list[dict[str, Any]]:
    backend: Any = iam_backends[session.account_id][_PARTITION]
    role = next((item for item in backend.roles.values() if item.arn == session.role_arn), None)
    if role is None:
        return []
    attached = [
        version.document
        for policy in role.managed_policies.values()
        for version in policy.versions
        if version.version_id == policy.default_version_id
    ]
    return [_parsed(text) for text in [*role.policies.values(), *attached]]


@cache
def _parsed(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document


def _queries(session: AssumedRole, service: str, region: str, action: str, body: bytes) -> list[Query]:
    if service == "ec2":
        return queries(session.account_id, region, action, body)
    return [Query(f"{service}:{action}", None, {"aws:requestedregion": [region]})]


def _judge_trunk_call(session: AssumedRole, region: str, action: str, body: bytes) -> WireError | None:
    """Keep the two trunk calls for controllers.

    Source: aws/amazon-vpc-resource-controller-k8s README (the calls are private to EKS); the text of the
    refusal is the lab's own choice.
    """
    if session.access_key_id in _CONTROLLERS:
        return None
    query = queries(session.account_id, region, action, body)[0]
    return _refuse(session.arn, "ec2", query, Decision.SILENT)


def _refuse_user(region: str, action: str, body: bytes) -> WireError:
    query = queries(ACCOUNT_ID, region, action, body)[0]
    return _refuse(f"arn:aws:iam::{ACCOUNT_ID}:user/{USER_NAME}", "ec2", query, Decision.SILENT)


def _refuse(arn: str, service: str, query: Query, decision: Decision) -> WireError:
    """Say who may not do what.

    Source: IAM user guide, troubleshoot access denied error messages; kubernetes-sigs/karpenter issue 2813
    (EC2).
    """
    reason = (
        "with an explicit deny in an identity-based policy"
        if decision is Decision.DENIED
        else f"because no identity-based policy allows the {query.action} action"
    )
    on = f" on resource: {query.resource}" if query.resource not in {None, ANY} else ""
    problem = f"User: {arn} is not authorized to perform: {query.action}{on} {reason}"
    if service == "ec2":
        problem = f"You are not authorized to perform this operation. {problem}"
        return render_error("ec2", "UnauthorizedOperation", problem, HTTPStatus.FORBIDDEN)
    protocol = str(get_service_model(service).metadata["protocol"]) if is_known(service) else "json"
    code = "AccessDeniedException" if "json" in protocol else "AccessDenied"
    status = HTTPStatus.BAD_REQUEST if protocol == "json" else HTTPStatus.FORBIDDEN
    return render_error(service, code, problem, status)
