"""What a gate looks up before it does anything: account, VPC, cluster, API, groups."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from podsg.errors import AccessDeniedError, AwsError, StateError, WrongAccountError
from podsg.lifecycle.interfaces import SecurityGroup
from podsg.provider import gate_account
from podsg.provider.clock import MachineClock
from podsg.provider.gate_account import GateAccount, say, target_of
from podsg.provider.target import Target
from tests.provider.gate_inputs import DRAIN, GATES, SWEEP, Aws, refused

GONE = refused("ResourceNotFoundException")


def _account(aws: Aws) -> GateAccount:
    anything: Any = aws
    return GateAccount(DRAIN, anything, anything, MachineClock())


@pytest.mark.parametrize("kind", GATES)
def test_a_vpc_that_is_not_there_is_an_error_for_every_gate(kind: str) -> None:
    with pytest.raises(StateError, match="does not know it"):
        GateAccount.of(GATES[kind], lambda _: Aws(vpc_ids=()))


@pytest.mark.parametrize("kind", GATES)
def test_another_account_is_an_error_for_every_gate_before_anything_else_is_asked(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given credentials of another account
    sts: Any = boto3.client(
        "sts", region_name="us-west-2", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    asked: list[str] = []
    gate_account._connected.cache_clear()

    class Session:
        def client(self, service: str, **_: Any) -> Any:
            asked.append(service)
            return sts

    monkeypatch.setattr(Target, "_session", lambda _: Session())
    with Stubber(sts) as stubber:
        stubber.add_response("get_caller_identity", {"Account": "999999990000"})

        with pytest.raises(WrongAccountError):
            GateAccount.of(GATES[kind])
    assert asked == ["sts"]


def test_the_right_account_with_the_vpc_is_fine() -> None:
    targets = []

    def connected(target: Target) -> Any:
        targets.append(target)
        return Aws()

    account = GateAccount.of({**DRAIN, "profile": "ops", "role_arn": "arn:x"}, connected)

    assert targets == [Target("us-west-2", "123456789012", "ops", "arn:x")]
    assert account.timeout_seconds == 600.0
    assert target_of(account.inputs) == targets[0]


def test_what_has_no_vpc_of_its_own_asks_for_none() -> None:
    inputs = {key: value for key, value in DRAIN.items() if key != "vpc_id"}

    assert GateAccount.without_vpc(inputs, lambda _: Aws(vpc_ids=())).inputs == inputs


def test_a_cluster_is_there_or_gone() -> None:
    assert _account(Aws({"name": "dev"})).cluster() == {"name": "dev"}
    assert _account(Aws(GONE)).cluster() is None


def test_a_cluster_that_nobody_may_see_is_not_gone() -> None:
    with pytest.raises(AccessDeniedError, match="podsg enis iam"):
        _account(Aws(refused("AccessDeniedException"))).cluster()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refused("ThrottlingException"), "ThrottlingException"),
        (refused("ServerException"), "ServerException"),
        (EndpointConnectionError(endpoint_url="https://eks"), "https://eks"),
    ],
)
def test_a_cluster_of_which_eks_does_not_tell_is_not_gone(error: Exception, said: str) -> None:
    with pytest.raises(AwsError, match=said) as caught:
        _account(Aws(error)).cluster()
    assert not isinstance(caught.value, AccessDeniedError)


def test_an_account_is_looked_at_once_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Target] = []

    def client(target: Target) -> Any:
        looked.append(target)
        return Aws()

    monkeypatch.setattr(Target, "client", client)
    gate_account._connected.cache_clear()
    for inputs in (DRAIN, SWEEP, {**SWEEP, "profile": "ops"}):
        GateAccount.of(inputs)
    gate_account._connected.cache_clear()

    assert [target.profile for target in looked] == ["", "ops"]


def test_the_api_is_that_of_the_kubeconfig(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []
    api = object()

    def connect(kubeconfig: str) -> object:
        connected.append(kubeconfig)
        return api

    monkeypatch.setattr(gate_account, "connect", connect)

    found: Any = _account(Aws()).kubernetes()
    assert found is api
    assert connected == ["{}"]
    assert _account(Aws(GONE)).kubernetes() is None
    assert connected == ["{}"]


def test_the_stacks_groups_are_found_by_their_tag() -> None:
    aws = Aws(
        groups=[
            SecurityGroup("sg-1", "a", "vpc", {"podsg:owner": "demo/dev"}),
            SecurityGroup("sg-2", "b", "vpc", {"podsg:owner": "demo/prod"}),
            SecurityGroup("sg-3", "c", "vpc"),
        ]
    )

    assert _account(aws).own_group_ids() == {"sg-1"}
    assert aws.asked == [{"tag:podsg:owner": ["demo/dev"], "vpc-id": [DRAIN["vpc_id"]]}]


def test_what_is_said_is_there_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    say("draining")

    assert capfd.readouterr().out == "draining\n"


def test_time_passes_and_never_goes_back() -> None:
    clock = MachineClock()
    before = clock.now()
    clock.sleep(0.01)
    clock.sleep(-1)

    assert clock.now() > before
