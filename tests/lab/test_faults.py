"""Faults on order: what the caller is told, what has happened, and which calls a seed chooses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

from lab.aws.faults import DROPPED, Kind, Rule
from lab.aws.throttling import Throttle
from lab.errors import LabError
from lab.faults import Disturbance
from lab.paths import CHECKOUT
from tests.lab.conformance.row import REGION, Clients, eventually, refused
from tests.lab.conformance.scene import Scene

CREATE = "CreateNetworkInterface"
START_SECONDS = 60


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """An AWS of these tests alone."""
    state = tmp_path_factory.mktemp("faults")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    environment = {**kept, "PYTHONPATH": str(CHECKOUT), "AWS_EC2_METADATA_DISABLED": "true"}
    with (state / "server.log").open("w") as log:
        command = [sys.executable, "-m", "lab.aws", "--state-dir", str(state)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, text=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (state / "aws.json").exists():
            assert process.poll() is None, (state / "server.log").read_text()
            assert time.monotonic() < deadline, "the lab's AWS does not answer"
            time.sleep(0.05)
        record = json.loads((state / "aws.json").read_text())
        yield Clients(record["url"], record["access_key_id"], record["secret_access_key"])
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture
def lab(clients: Clients) -> Iterator[Disturbance]:
    with Disturbance(clients.endpoint_url).during() as disturbance:
        yield disturbance


class Network(Scene):
    """One subnet, and what is in it."""

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.subnet_id = self.subnet()

    def make(self, **more: Any) -> str:
        return self.interface(self.subnet_id, **more)

    def count(self) -> int:
        filters = [{"Name": "subnet-id", "Values": [self.subnet_id]}]
        return len(self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"])


@pytest.fixture
def network(clients: Clients, lab: Disturbance) -> Network:
    return Network(clients)


def answered(lab: Disturbance, action: str) -> list[str]:
    """Return the error codes of an action's calls, oldest first."""
    with urllib.request.urlopen(f"{lab.url}/lab/calls", timeout=10) as answer:
        return [call["error"] for call in json.load(answer) if call["action"] == action]


def begin(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Start a call in a thread; what it returns or raises comes into the list."""
    ended: list[object] = []

    def run() -> None:
        try:
            ended.append(call())
        except (ClientError, BotoCoreError) as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ended


def test_the_nth_call_fails_without_an_effect(lab: Disturbance, network: Network) -> None:
    # given: the second and third creation fail
    lab.inject(Rule(Kind.ERROR, CREATE, nth=2, count=2, code="InsufficientFreeAddressesInSubnet"))

    # when: four are made
    network.make()
    for _ in range(2):
        with refused("InsufficientFreeAddressesInSubnet"):
            network.make()
    network.make()

    # then: two are there, and the rule has counted
    assert network.count() == 2
    assert [(rule["matched"], rule["hit"]) for rule in lab.rules()] == [(4, 2)]


def test_an_error_after_the_effect_leaves_the_effect(lab: Disturbance, network: Network) -> None:
    # given: a creation that is done and told as failed
    lab.inject(Rule(Kind.ERROR_AFTER, CREATE, code="InternalError"))
    with refused("InternalError"):
        network.make(ClientToken="once")

    # then: it is there, and the same token finds it
    assert network.count() == 1
    network.make(ClientToken="once")
    assert network.count() == 1


@pytest.mark.parametrize(("kind", "effects"), [(Kind.DROP, 0), (Kind.DROP_AFTER, 1)])
def test_a_lost_connection_gives_no_answer(
    kind: Kind, effects: int, lab: Disturbance, network: Network
) -> None:
    lab.inject(Rule(kind, CREATE))
    with pytest.raises(ConnectionClosedError):
        network.make()
    assert network.count() == effects
    assert answered(lab, CREATE)[-1] == DROPPED
    network.make()


@pytest.mark.parametrize(("kind", "before"), [(Kind.HOLD, 0), (Kind.HOLD_AFTER, 1)])
def test_a_held_call_waits_until_it_is_released(
    kind: Kind, before: int, lab: Disturbance, network: Network
) -> None:
    # given: a call that is held
    lab.inject(Rule(kind, CREATE))
    thread, ended = begin(network.make)
    held = lab.await_held()
    assert (held["service"], held["action"]) == ("ec2", CREATE)

    # then: other calls are served meanwhile, and it has its effect or not
    assert network.count() == before
    assert ended == []

    # when: it is released; then: it ends well
    lab.release(held["id"])
    thread.join()
    assert isinstance(ended[0], str)
    assert network.count() == 1
    assert lab.held() == []


@pytest.mark.parametrize(("kind", "effects"), [(Kind.HOLD, 0), (Kind.HOLD_AFTER, 1)])
def test_a_caller_is_killed_at_exactly_its_call(
    kind: Kind, effects: int, lab: Disturbance, network: Network, clients: Clients
) -> None:
    # given: a process in the middle of its call
    lab.inject(Rule(kind, CREATE))
    key = clients._session.get_credentials()
    assert key is not None
    program = (
        f"import boto3; boto3.client('ec2', '{REGION}', endpoint_url='{lab.url}')"
        f".create_network_interface(SubnetId='{network.subnet_id}')"
    )
    variables = {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key}
    with subprocess.Popen([sys.executable, "-c", program], env={**os.environ, **variables}) as process:
        lab.await_held()

        # when: it is killed, and its call is lost
        process.kill()
        assert process.wait() == -signal.SIGKILL
    lab.release(lost=True)

    # then: what was held before its effect never has it
    eventually(lambda: answered(lab, CREATE)[-1], DROPPED)
    assert network.count() == effects


def test_calm_lets_held_calls_go_on(lab: Disturbance, network: Network) -> None:
    lab.inject(Rule(Kind.HOLD, CREATE))
    thread, ended = begin(network.make)
    lab.await_held()
    lab.calm()
    thread.join()
    assert isinstance(ended[0], str)
    assert lab.rules() == []


def outcomes(lab: Disturbance, clients: Clients, seed: int) -> str:
    """Return which of forty calls fail, with other calls between them."""
    lab.inject(Rule(Kind.ERROR, "DescribeVpcs", count=0, chance=0.5), seed=seed)
    found = ""
    for number in range(40):
        if number % 3 == seed % 3:
            clients.ec2.describe_subnets()
        try:
            clients.ec2.describe_vpcs()
            found += "."
        except ClientError:
            found += "x"
    return found


def test_the_same_seed_chooses_the_same_calls(lab: Disturbance, clients: Clients) -> None:
    first = outcomes(lab, clients, 7)
    assert set(first) == {".", "x"}
    assert outcomes(lab, clients, 7) == first
    assert outcomes(lab, clients, 8) != first


def test_rules_choose_by_text_agent_and_caller(lab: Disturbance, network: Network) -> None:
    chosen, other = network.make(), network.make()
    delete = network.ec2.delete_network_interface
    for rule in (
        Rule(Kind.ERROR, "Delete*", text=chosen),
        Rule(Kind.ERROR, "Delete*", text=chosen, caller="user", agent="Boto3/*"),
    ):
        lab.inject(rule)
        with refused("InternalError"):
            delete(NetworkInterfaceId=chosen)
    for rule in (
        Rule(Kind.ERROR, "Delete*", caller="arn:*:assumed-role/*"),
        Rule(Kind.ERROR, "Delete*", agent="curl/*"),
        Rule(Kind.ERROR, "Delete*", service="rds"),
        Rule(Kind.ERROR, "Delete*", text=chosen),
    ):
        lab.inject(rule)
        interface_id = network.make()
        delete(NetworkInterfaceId=interface_id)
    delete(NetworkInterfaceId=other)


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def test_a_role_session_is_a_caller_of_its_own(lab: Disturbance, clients: Clients) -> None:
    # given: a rule for one role
    trust = policy(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
    arn = clients.iam.create_role(RoleName="faulty", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    allowed = policy(Action="*", Resource="*")
    clients.iam.put_role_policy(RoleName="faulty", PolicyName="all", PolicyDocument=allowed)
    keys = clients.sts.assume_role(RoleArn=arn, RoleSessionName="somebody")["Credentials"]
    session = Clients(clients.endpoint_url, keys["AccessKeyId"], keys["SecretAccessKey"])
    lab.inject(Rule(Kind.ERROR, "DescribeVpcs", caller="*:assumed-role/faulty/*", code="Unavailable"))

    # then: it meets that role alone
    clients.ec2.describe_vpcs()
    with refused("Unavailable"):
        session.ec2.describe_vpcs()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"kind": "error", "action": "*", "when": 1}, "a rule has no when"),
        ({"kind": "explode", "action": "*"}, "'explode' is not a valid Kind"),
        ({"kind": "error"}, "a rule needs a kind and an action"),
        ({"kind": "error", "action": "*", "nth": 0}, "nth >= 1"),
        ({"kind": "error", "action": "*", "chance": 2}, "a chance of 0 to 1"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(content: dict[str, Any], text: str, lab: Disturbance) -> None:
    with pytest.raises(LabError, match=text):
        lab._send("faults", {"rules": [content]})
    assert lab.rules() == []


def test_settings_out_of_range_are_refused(lab: Disturbance) -> None:
    with pytest.raises(LabError, match="0 to 120 s"):
        lab.lag(121)
    with pytest.raises(LabError, match="nap is not one of"):
        lab.delay({"nap": 1.0})


def test_buckets_fill_again() -> None:
    # given: throttling on a clock of ours
    now = 0.0
    throttle = Throttle(lambda: now)
    throttle.switch(on=True)

    def granted(action: str, calls: int = 1000) -> int:
        return sum(throttle.refusal(action, b"") is None for _ in range(calls))

    # then: a full bucket has its published size, and gets its published refill
    assert granted(CREATE) == 100
    assert granted("AssociateTrunkInterface") == 50
    now += 3
    assert granted(CREATE) == 15
    assert granted("AssociateTrunkInterface") == 15
    now += 3600
    assert granted(CREATE) == 100

    # and: switched off, it counts nothing
    throttle.switch(on=False)
    assert granted(CREATE) == 1000
