"""The webhook behind each API server: from a token of `aws eks get-token` to a Kubernetes user.

A token is a pre-signed GetCallerIdentity URL. AWS lets STS check it; the lab checks it here, the signature
included, so that a token for another cluster or with a wrong secret is refused.
Source: kubernetes-sigs/aws-iam-authenticator, pkg/token/token.go; EKS user guide, "Grant IAM users access to
Kubernetes with EKS access entries".
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lab.aws.eks.access_review import PRINCIPAL_KEY, may_enter
from lab.aws.eks.identity import Identity, find_identity

if TYPE_CHECKING:
    from lab.aws.eks.state import Cluster

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
LIFETIME = dt.timedelta(minutes=15)
CLOCK_SKEW = dt.timedelta(minutes=5)
STS_HOST = re.compile(r"sts(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?")
EMPTY_HASH = hashlib.sha256(b"").hexdigest()


class RefusedTokenError(Exception):
    """The token is not valid, with the reason."""


@dataclass(frozen=True)
class SignedUrl:
    """The parts of a pre-signed URL that decide."""

    host: str
    path: str
    query: str
    parameters: dict[str, str]


def review(
    cluster: Cluster | None, account_id: str, server_port: int, body: dict[str, Any]
) -> dict[str, Any]:
    """Answer a TokenReview.

    Args:
        cluster: The cluster whose API server asks; None if it is gone.
        account_id: Account of the cluster.
        server_port: Port of the lab's AWS, the STS host of tokens made in the lab.
        body: TokenReview, `authentication.k8s.io/v1`.

    Returns:
        The TokenReview with its status; a refusal carries the reason.
    """
    token = str(body.get("spec", {}).get("token", ""))
    try:
        status: dict[str, Any] = {
            "authenticated": True,
            "user": _find_user(cluster, token, account_id, server_port),
        }
    except RefusedTokenError as refusal:
        status = {"authenticated": False, "error": str(refusal)}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


def verify(token: str, cluster_name: str, account_id: str, server_port: int) -> Identity:
    """Check a token and return its holder.

    Raises:
        RefusedTokenError: Wrong form, host, action, age, cluster or signature, or nobody's access key.
    """
    url = _decode(token)
    _check_host(url.host, server_port)
    if url.parameters.get("Action") != "GetCallerIdentity":
        raise RefusedTokenError("the token does not sign GetCallerIdentity")
    access_key_id, _, region, service, _ = _scope(url)
    if service != "sts":
        raise RefusedTokenError(f"the token is signed for {service}, not for sts")
    _check_age(url)
    identity = find_identity(account_id, access_key_id)
    if identity is None:
        raise RefusedTokenError("the access key belongs to nobody")
    expected = _signature(url, identity.secret_key, access_key_id, region, cluster_name)
    if not hmac.compare_digest(expected, url.parameters.get("X-Amz-Signature", "")):
        raise RefusedTokenError("the signature does not match this cluster and this access key")
    return identity


def _decode(token: str) -> SignedUrl:
    if not token.startswith(PREFIX):
        raise RefusedTokenError(f"the token does not begin with {PREFIX}")
    encoded = token.removeprefix(PREFIX)
    try:
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
    except ValueError as error:
        raise RefusedTokenError("the token is not base64") from error
    parts = urlsplit(text)
    parameters = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return SignedUrl(parts.netloc, parts.path or "/", parts.query, parameters)


def _check_host(host: str, server_port: int) -> None:
    if host not in {f"127.0.0.1:{server_port}", f"localhost:{server_port}"} and not STS_HOST.fullmatch(host):
        raise RefusedTokenError(f"{host} is not an STS host")


def _scope(url: SignedUrl) -> tuple[str, str, str, str, str]:
    try:
        access_key_id, date, region, service, end = url.parameters.get("X-Amz-Credential", "").split("/")
    except ValueError as error:
        raise RefusedTokenError("the token has no credential scope") from error
    return access_key_id, date, region, service, end


def _check_age(url: SignedUrl) -> None:
    try:
        signed = dt.datetime.strptime(url.parameters["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
        expires = int(url.parameters["X-Amz-Expires"])
    except (KeyError, ValueError) as error:
        raise RefusedTokenError("the token has no valid date and expiry") from error
    if not 0 <= expires <= LIFETIME.total_seconds():
        raise RefusedTokenError(f"the token's expiry is {expires} s, more than 900 s")
    age = dt.datetime.now(dt.UTC) - signed
    if not -CLOCK_SKEW <= age <= LIFETIME:
        raise RefusedTokenError("the token has expired")


def _signature(url: SignedUrl, secret_key: str, access_key_id: str, region: str, cluster_name: str) -> str:
    signed_headers = url.parameters.get("X-Amz-SignedHeaders", "").split(";")
    if CLUSTER_HEADER not in signed_headers:
        raise RefusedTokenError(f"the token does not sign the header {CLUSTER_HEADER}")
    values = {"host": url.host, CLUSTER_HEADER: cluster_name}
    if set(signed_headers) != set(values):
        raise RefusedTokenError("the token signs other headers than host and the cluster's name")
    query = "&".join(sorted(each for each in url.query.split("&") if not each.startswith("X-Amz-Signature=")))
    headers = "".join(f"{name}:{values[name]}\n" for name in sorted(values))
    canonical = "\n".join(("GET", url.path, query, headers, ";".join(sorted(values)), EMPTY_HASH))
    auth = SigV4Auth(Credentials(access_key_id, secret_key), "sts", region)
    request = AWSRequest()
    request.context["timestamp"] = url.parameters["X-Amz-Date"]
    return str(auth.signature(auth.string_to_sign(request, canonical), request))


def _find_user(cluster: Cluster | None, token: str, account_id: str, server_port: int) -> dict[str, Any]:
    """Name the user with the groups of the access entry; policies are the authorizer's part."""
    if cluster is None:
        raise RefusedTokenError("the cluster does not exist")
    identity = verify(token, cluster.name, account_id, server_port)
    if not may_enter(cluster, identity.principal_arn):
        raise RefusedTokenError("the principal has no access entry in this cluster")
    entry = cluster.access_entries.get(identity.principal_arn)
    name = str(entry.description["username"]) if entry else identity.caller_arn
    return {
        "username": name.replace("{{SessionName}}", identity.session_name.replace("@", "-")),
        "uid": identity.user_id,
        "groups": list(entry.description["kubernetesGroups"]) if entry else [],
        "extra": {"arn": [identity.caller_arn], PRINCIPAL_KEY: [identity.principal_arn]},
    }
