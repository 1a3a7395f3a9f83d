"""Errors on the wire: the form in which each AWS protocol carries a code and a text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_service_model

_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")


@dataclass(frozen=True)
class WireError:
    """Hold a rendered error.

    Args:
        status: HTTP status code.
        headers: Response headers.
        body: Response body.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def render_error(service: str, code: str, message: str, status: int = 400) -> WireError:
    """Render an error as the service's protocol wants it.

    Source: botocore `parsers.py` (EC2QueryParser, QueryParser, BaseJSONParser).
    """
    protocol = _protocol(service)
    if "json" in protocol:
        body = json.dumps({"__type": code, "message": message})
        headers = [("Content-Type", "application/json"), ("x-amzn-errortype", code)]
        return WireError(status, headers, body.encode())
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if protocol == "ec2":
        body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>lab</RequestID></Response>"
    else:
        kind = "Sender" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
        error = f"<Error><Type>{kind}</Type>{error}</Error>"
        body = f"<ErrorResponse>{error}<RequestId>lab</RequestId></ErrorResponse>"
    return WireError(status, [("Content-Type", "text/xml")], body.encode())


def error_code(status: int, headers: list[tuple[str, str]], body: bytes) -> str:
    """Return the error code of an answer; empty for a success."""
    if status < HTTPStatus.BAD_REQUEST:
        return ""
    for name, value in headers:
        if name.lower() == "x-amzn-errortype":
            return value.partition(":")[0]
    if found := _XML_CODE.search(body):
        return found.group(1).decode()
    try:
        return str(json.loads(body).get("__type", "")).rpartition("#")[2] or str(status)
    except (ValueError, AttributeError):
        return str(status)


def is_known(service: str) -> bool:
    """Tell whether the service has a model."""
    try:
        get_service_model(service)
    except UnknownServiceError:
        return False
    return True


def names_action(service: str, action: str) -> bool:
    """Tell whether AWS itself has the action."""
    try:
        return action in get_service_model(service).operation_names
    except UnknownServiceError:
        return False


def _protocol(service: str) -> str:
    try:
        return str(get_service_model(service).metadata["protocol"])
    except UnknownServiceError:
        return "json"
