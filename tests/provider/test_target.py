"""Which account is reached, by which credentials, and what is said if it is the wrong one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from podsg.errors import AccessDeniedError, WrongAccountError
from podsg.provider.target import Target

HOME, OTHER = "123456789012", "999999990000"
ROLE = f"arn:aws:iam::{HOME}:role/sweeper"
IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASSUMED{number}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>{expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
REFUSED = """<ErrorResponse><Error><Code>ExpiredToken</Code><Message>the token is too old</Message></Error>
</ErrorResponse>"""
LATER = "2999-01-01T00:00:00Z"


class Sts:
    """STS over no network; keeps what it was asked, and by which key."""

    def __init__(self) -> None:
        self.account, self.status, self.expiration = HOME, 200, LATER
        self.asked: list[tuple[str, str]] = []

    def send(self, request: Any, **_: Any) -> AWSResponse:
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        action = body.partition("Action=")[2].partition("&")[0]
        key = str(request.headers["Authorization"]).partition("Credential=")[2].partition("/")[0]
        self.asked.append((action, key.removeprefix("b'")))
        number = sum(one == "AssumeRole" for one, _ in self.asked)
        answers = {
            "GetCallerIdentity": IDENTITY.format(account=self.account),
            "AssumeRole": ASSUMED.format(number=number, expiration=self.expiration),
        }
        text = answers[action] if self.status == 200 else REFUSED
        return _Answer(request.url, self.status, text)


class _Answer(AWSResponse):
    def __init__(self, url: str, status: int, text: str) -> None:
        super().__init__(url, status, HTTPHeaders(), None)
        self._content = text.encode()


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sts:
    """A shell with the key SHELL and the profile ops with the key OPS, and an STS."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"):
        monkeypatch.delenv(name, raising=False)
    credentials = tmp_path / "credentials"
    credentials.write_text("[ops]\naws_access_key_id = OPS\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SHELL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    made = Sts()
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", lambda _, request: made.send(request))
    return made


def test_the_shells_credentials_are_looked_at_once(sts: Sts) -> None:
    client = Target("us-west-2", HOME).client()

    assert sts.asked == [("GetCallerIdentity", "SHELL")]
    assert client("ec2") is client("ec2")
    assert client("ec2").meta.region_name == "us-west-2"


def test_clients_are_bounded(sts: Sts) -> None:
    config = Target("us-west-2", HOME).client()("ec2").meta.config

    assert (config.connect_timeout, config.read_timeout) == (10, 60)


@pytest.mark.parametrize(("service", "tries"), [("ec2", 1), ("eks", 5), ("rds", 5)])
def test_ec2_is_tried_once_as_the_operations_try_again(sts: Sts, service: str, tries: int) -> None:
    config = Target("us-west-2", HOME).client()(service).meta.config

    assert config.retries["total_max_attempts"] == tries


def test_a_profile_is_taken(sts: Sts) -> None:
    Target("us-west-2", HOME, "ops").client()

    assert sts.asked == [("GetCallerIdentity", "OPS")]


def test_a_role_is_assumed_again_when_it_ends(sts: Sts) -> None:
    # given a role whose credentials end in less than the time in which they have to be renewed
    sts.expiration = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    client = Target("us-west-2", HOME, role_arn=ROLE).client()
    client("sts").get_caller_identity()

    assert [key for action, key in sts.asked if action == "GetCallerIdentity"] == ["ASSUMED1", "ASSUMED2"]
    assert {key for action, key in sts.asked if action == "AssumeRole"} == {"SHELL"}


def test_the_calls_are_made_as_the_role(sts: Sts) -> None:
    client = Target("us-west-2", HOME, role_arn=ROLE).client()
    client("sts").get_caller_identity()

    assert sts.asked == [
        ("AssumeRole", "SHELL"),
        ("GetCallerIdentity", "ASSUMED1"),
        ("GetCallerIdentity", "ASSUMED1"),
    ]


def test_any_account_is_fine_where_none_is_expected(sts: Sts) -> None:
    sts.account = OTHER
    Target("us-west-2", "").client()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target("us-west-2", HOME), "AWS_PROFILE"),
        (Target("us-west-2", HOME, "ops"), "the profile ops"),
        (Target("us-west-2", HOME, "ops", ROLE), "aws:assumeRoles"),
    ],
    ids=["shell", "profile", "role"],
)
def test_another_account_is_an_error_that_says_where_to_look(sts: Sts, target: Target, said: str) -> None:
    sts.account = OTHER

    with pytest.raises(WrongAccountError, match=said) as caught:
        target.client()
    assert "…9012" in str(caught.value)
    assert "0000" in str(caught.value)
    assert [one for one in (HOME, OTHER) if one in str(caught.value)] == []


def test_credentials_that_are_refused_are_an_error(sts: Sts) -> None:
    sts.status = 403

    with pytest.raises(AccessDeniedError, match="the token is too old") as caught:
        Target("us-west-2", HOME).client()
    assert "AWS_PROFILE" in str(caught.value)


@pytest.mark.parametrize("role_arn", ["", ROLE])
def test_no_credentials_are_an_error(sts: Sts, monkeypatch: pytest.MonkeyPatch, role_arn: str) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    with pytest.raises(AccessDeniedError, match="AWS does not accept them"):
        Target("us-west-2", HOME, role_arn=role_arn).client()
    assert sts.asked == []


def test_a_profile_that_is_not_there_is_an_error(sts: Sts) -> None:
    with pytest.raises(AccessDeniedError, match="nobody"):
        Target("us-west-2", HOME, "nobody").client()
