"""The instance metadata service as far as the VPC Resource Controller asks it: version 2, one document."""

from __future__ import annotations

import json
import secrets
import threading
import time
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

PREFIX = "/latest/"
_SESSION_PATH = "/latest/api/token"
_DOCUMENT_PATH = "/latest/dynamic/instance-identity/document"
_TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
_SESSION_HEADER = "X-aws-ec2-metadata-token"
_LONGEST_SECONDS = 21_600


class MetadataService:
    """Answer requests below `/latest/`.

    The instance is the one that EKS runs the control plane on.

    Source: EC2 user guide, use the instance metadata service, instance identity documents.
    """

    def __init__(self, account_id: str, region: str) -> None:
        """Know what the identity document says."""
        self._document = _identity_document(account_id, region)
        self._tokens: dict[str, float] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == _SESSION_PATH:
            return self._give_token(request)
        if request.method != "GET":
            return _refused(HTTPStatus.METHOD_NOT_ALLOWED)
        if not self._is_valid(request.headers.get(_SESSION_HEADER, "")):
            return _refused(HTTPStatus.UNAUTHORIZED)
        if request.path == _DOCUMENT_PATH:
            return Response(json.dumps(self._document, indent=2), mimetype="text/plain")
        return _refused(HTTPStatus.NOT_FOUND)

    def _give_token(self, request: Request) -> Response:
        if request.method != "PUT":
            return _refused(HTTPStatus.METHOD_NOT_ALLOWED)
        if request.headers.get("X-Forwarded-For"):
            return _refused(HTTPStatus.FORBIDDEN)
        wanted = request.headers.get(_TTL_HEADER, "")
        if not wanted.isdecimal() or not 1 <= int(wanted) <= _LONGEST_SECONDS:
            return _refused(HTTPStatus.BAD_REQUEST)
        token = secrets.token_urlsafe(40)
        now = time.monotonic()
        with self._lock:
            self._tokens = {key: end for key, end in self._tokens.items() if end > now}
            self._tokens[token] = now + int(wanted)
        return Response(token, mimetype="text/plain", headers={_TTL_HEADER: wanted})

    def _is_valid(self, token: str) -> bool:
        with self._lock:
            return self._tokens.get(token, 0) > time.monotonic()


def _refused(status: HTTPStatus) -> Response:
    return Response(f"{status.value} - {status.phrase}", status=status, mimetype="text/plain")


def _identity_document(account_id: str, region: str) -> dict[str, object]:
    return {
        "accountId": account_id,
        "architecture": "x86_64",
        "availabilityZone": f"{region}a",
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": "ami-0123456789abcdef0",
        "instanceId": "i-0123456789abcdef0",
        "instanceType": "m5.large",
        "kernelId": None,
        "pendingTime": "2026-01-01T00:00:00Z",
        "privateIp": "10.255.0.10",
        "ramdiskId": None,
        "region": region,
        "version": "2017-09-30",
    }
