"""A row of the conformance list, and what its check speaks to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-west-2"


class Clients:
    """Clients of one AWS endpoint, made when first used; nothing is retried."""

    def __init__(self, endpoint_url: str, access_key_id: str, secret_access_key: str) -> None:
        self.endpoint_url = endpoint_url
        self._session = boto3.Session(access_key_id, secret_access_key, region_name=REGION)

    def _client(self, service: str) -> Any:
        settings = Config(retries={"total_max_attempts": 1}, read_timeout=60, proxies={})
        return self._session.client(service, endpoint_url=self.endpoint_url, config=settings)  # type: ignore[call-overload]

    @cached_property
    def ec2(self) -> Any:
        return self._client("ec2")

    @cached_property
    def eks(self) -> Any:
        return self._client("eks")

    @cached_property
    def rds(self) -> Any:
        return self._client("rds")

    @cached_property
    def iam(self) -> Any:
        return self._client("iam")

    @cached_property
    def kms(self) -> Any:
        return self._client("kms")

    @cached_property
    def logs(self) -> Any:
        return self._client("logs")

    @cached_property
    def sts(self) -> Any:
        return self._client("sts")

    @cached_property
    def secretsmanager(self) -> Any:
        return self._client("secretsmanager")


@dataclass(frozen=True)
class Row:
    """One behaviour: `check` raises if the endpoint does not show it."""

    id: str
    title: str
    source: str
    check: Callable[[Clients], None]


@contextmanager
def refused(code: str, text: str | None = None) -> Iterator[None]:
    """Expect AWS to refuse what happens inside, with this code and, if given, this very text."""
    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, f"expected {code}, got {found['Code']}: {found['Message']}"
        assert text is None or found["Message"] == text, f"expected {text!r}, got {found['Message']!r}"
    else:
        raise AssertionError(f"expected {code}, but it was accepted")


def eventually(probe: Callable[[], Any], wanted: object, seconds: float = 10) -> None:
    """Wait until a probe gives the wanted value."""
    deadline = time.monotonic() + seconds
    while (found := probe()) != wanted:
        assert time.monotonic() < deadline, f"still {found!r} after {seconds} s, expected {wanted!r}"
        time.sleep(0.05)
