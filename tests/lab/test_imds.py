"""The instance metadata that the VPC Resource Controller reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client

from lab.aws.server import ACCOUNT_ID, REGION, Application

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

_DOCUMENT = "/latest/dynamic/instance-identity/document"
_TTL = "X-aws-ec2-metadata-token-ttl-seconds"
_TOKEN = "X-aws-ec2-metadata-token"


@pytest.fixture
def metadata() -> Client:
    return Client(Application())


def _token(metadata: Client, seconds: str = "60", **headers: str) -> TestResponse:
    return metadata.put("/latest/api/token", headers={_TTL: seconds, **headers})


def test_document_names_region_and_account(metadata: Client) -> None:
    answer = _token(metadata)
    assert (answer.status_code, answer.headers[_TTL]) == (200, "60")
    document = metadata.get(_DOCUMENT, headers={_TOKEN: answer.text})
    found = document.get_json(force=True)
    assert (found["region"], found["accountId"]) == (REGION, ACCOUNT_ID)


def test_token_is_required(metadata: Client) -> None:
    assert metadata.get(_DOCUMENT).status_code == 401
    assert metadata.get(_DOCUMENT, headers={_TOKEN: "guessed"}).status_code == 401
    assert metadata.get("/latest/meta-data/instance-id").status_code == 401


@pytest.mark.parametrize("seconds", ["", "0", "21601", "soon"])
def test_token_needs_a_lifetime(metadata: Client, seconds: str) -> None:
    assert _token(metadata, seconds).status_code == 400


def test_token_is_not_given_through_a_proxy(metadata: Client) -> None:
    assert _token(metadata, **{"X-Forwarded-For": "10.0.0.1"}).status_code == 403


def test_token_ends(metadata: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    token = _token(metadata).text
    monkeypatch.setattr("lab.aws.imds.time.monotonic", lambda: float("inf"))
    assert metadata.get(_DOCUMENT, headers={_TOKEN: token}).status_code == 401


def test_nothing_else_is_served(metadata: Client) -> None:
    headers = {_TOKEN: _token(metadata).text}
    assert metadata.get("/latest/meta-data/instance-id", headers=headers).status_code == 404
    assert metadata.post(_DOCUMENT, headers=headers).status_code == 405
    assert metadata.get("/latest/api/token", headers=headers).status_code == 405
