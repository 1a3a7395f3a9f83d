"""Sessions that the lab starts itself: the VPC Resource Controller's and those of nodes."""

from __future__ import annotations

import json
import uuid
from urllib.parse import urlencode

import pytest
from moto.iam.models import iam_backends

from lab.aws.authorization import controller_session, refusal, role_session

_ACCOUNT = "111122223333"
_TRUNK_CALLS = ("AssociateTrunkInterface", "DisassociateTrunkInterface")


@pytest.fixture
def role_arn() -> str:
    backend = iam_backends[_ACCOUNT]["aws"]
    name = f"cluster-{uuid.uuid4().hex[:8]}"
    role = backend.create_role(name, "{}", "/", None, "", [], "3600")
    statement = {"Effect": "Allow", "Action": "ec2:CreateNetworkInterface", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    backend.put_role_policy(name, "own", document)
    return role.arn


def _code(keys: dict[str, str], action: str, **parameters: str) -> str:
    scope = f"{keys['AWS_ACCESS_KEY_ID']}/20260101/us-west-2/ec2/aws4_request"
    environ = {"HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
    answer = refusal(environ, "ec2", action, urlencode({"Action": action, **parameters}).encode())
    return "" if answer is None else answer.body.decode().partition("<Code>")[2].partition("<")[0]


def test_controller_makes_the_trunk_calls_and_what_the_role_allows(role_arn: str) -> None:
    keys = controller_session(_ACCOUNT, role_arn, "shop")
    assert [_code(keys, action) for action in _TRUNK_CALLS] == ["", ""]
    assert _code(keys, "CreateNetworkInterface", SubnetId="subnet-0123456789abcdef0") == ""
    assert _code(keys, "DeleteNetworkInterface") == "UnauthorizedOperation"


def test_node_makes_what_the_role_allows_and_no_trunk_call(role_arn: str) -> None:
    keys = role_session(_ACCOUNT, role_arn, "i-0123456789abcdef0")
    assert [_code(keys, action) for action in _TRUNK_CALLS] == ["UnauthorizedOperation"] * 2
    assert _code(keys, "CreateNetworkInterface", SubnetId="subnet-0123456789abcdef0") == ""
    assert _code(keys, "DescribeInstances") == "UnauthorizedOperation"


def test_session_of_a_deleted_role_may_do_nothing(role_arn: str) -> None:
    keys = controller_session(_ACCOUNT, role_arn, "shop")
    backend = iam_backends[_ACCOUNT]["aws"]
    name = role_arn.rpartition("/")[2]
    backend.delete_role_policy(name, "own")
    backend.delete_role(name)
    assert _code(keys, "CreateNetworkInterface") == "UnauthorizedOperation"


def test_callers_without_a_session_are_not_judged() -> None:
    assert _code({"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}, "DeleteNetworkInterface") == ""
    assert refusal({}, "", "", b"") is None
