"""`podsg enis` over an account in memory: output, exit codes and what it deletes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from podsg.cli import enis
from podsg.cli.main import build_app
from podsg.errors import Explanation, NotFoundError
from podsg.lifecycle.interfaces import NetworkInterface
from podsg.provider.any_cluster import AnyCluster

TAGS = {"eks:eni:owner": "eks-vpc-resource-controller", "kubernetes.io/cluster/dev": "owned"}
FILTERED_TAGS = ("tag:eks:eni:owner", "tag:kubernetes.io/cluster/dev", "tag:cluster.k8s.amazonaws.com/name")


def branch(number: int, instance: str, status: str = "available", **tags: str) -> NetworkInterface:
    marks = {**TAGS, "node.k8s.amazonaws.com/instance_id": instance, **tags}
    return NetworkInterface(
        f"eni-{number}", "vpc-1", "subnet-1", status=status, description="aws-k8s-branch-eni", tags=marks
    )


class Clock:
    """Time that passes only in sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)


class Account:
    """EC2 with one live instance."""

    def __init__(self, *interfaces: NetworkInterface) -> None:
        self.interfaces = {one.id: one for one in interfaces}

    def describe_network_interfaces(
        self, *, ids: Collection[str] = (), filters: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[NetworkInterface, ...]:
        assert not ids
        wanted = {name[4:]: set(values) for name, values in (filters or {}).items() if name in FILTERED_TAGS}
        return tuple(
            one
            for one in self.interfaces.values()
            if all(one.tags.get(key) in values for key, values in wanted.items())
        )

    def describe_instances(self, ids: Collection[str]) -> Mapping[str, str]:
        return {one: "running" for one in ids if one == "i-live"}

    def vpc_exists(self, vpc_id: str) -> bool:
        return vpc_id == "vpc-1"

    def delete_network_interface(self, interface_id: str, *, dry_run: bool = False) -> None:
        assert not dry_run
        del self.interfaces[interface_id]


def run(monkeypatch: pytest.MonkeyPatch, account: Account, *arguments: str, note: str = "") -> Result:
    ec2: Any = account
    monkeypatch.setattr(
        enis, "find_cluster", lambda *_, **__: AnyCluster("dev", "vpc-1", ec2, Clock(), None, note)
    )
    return invoke(*arguments)


def invoke(*arguments: str) -> Result:
    words = ["enis", *arguments, *(["--cluster", "dev"] if "--cluster" not in arguments else [])]
    return CliRunner().invoke(build_app(Path.cwd()), words, env={"AWS_REGION": "us-west-2", "COLUMNS": "200"})


def test_a_leak_is_listed_worst_first_with_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Account(branch(1, "i-live", "in-use"), branch(2, "i-gone")), "list")

    assert done.exit_code == 1
    assert done.stdout.index("eni-2") < done.stdout.index("eni-1")
    assert "its instance i-gone is gone" in done.stdout
    assert "1 leaked, 0 drifted, 0 foreign, 1 healthy" in done.stdout


def test_a_healthy_cluster_is_exit_0_and_json_is_alone_on_standard_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(
        monkeypatch, Account(branch(1, "i-live", "in-use")), "list", "--format", "json", note="API is off"
    )

    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert [one["health"] for one in found["interfaces"]] == ["healthy"]
    assert found["kubernetes_api"] == "API is off"
    assert "API is off" in done.stderr


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_sweep_is_a_dry_run_unless_told(monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    account = Account(branch(1, "i-gone"), branch(2, "i-live"), branch(3, "i-live", "in-use"))

    done = run(monkeypatch, account, "sweep", "--format", "json", *options)

    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [one["id"] for one in found["would_delete"]] == ["eni-1"]
    assert [one["id"] for one in found["would_look_again"]] == ["eni-2"]
    assert found["in_use"] == 1
    assert len(account.interfaces) == 3


def test_a_dry_run_tells_people_what_yes_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Account(branch(1, "i-gone"), branch(2, "i-live")), "sweep")

    lines = {line.split()[1]: line for line in done.stdout.splitlines() if "eni-" in line}
    assert "delete it" in lines["eni-1"]
    assert "look again" in lines["eni-2"]
    assert "nothing was deleted" in done.stdout


def test_yes_sweeps_what_is_free_and_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(
        branch(1, "i-gone"),
        branch(2, "i-live"),
        branch(3, "i-live", "in-use"),
        branch(4, "i-gone", **{"eks:eni:owner": "somebody"}),
        branch(5, "i-gone", **{"kubernetes.io/cluster/dev": "shared"}),
    )

    done = run(monkeypatch, account, "sweep", "--yes", "--format", "json")

    assert (done.exit_code, json.loads(done.stdout)["deleted"]) == (0, ["eni-1", "eni-2"])
    assert set(account.interfaces) == {"eni-3", "eni-4", "eni-5"}


def test_a_sweep_of_a_clean_cluster_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(branch(1, "i-live", "in-use"))

    swept = run(monkeypatch, account, "sweep", "--yes")
    looked = run(monkeypatch, account, "sweep")

    assert (swept.exit_code, swept.stdout) == (0, "dev: nothing to sweep in vpc-1\n")
    assert looked.exit_code == 0


def test_progress_of_a_sweep_goes_to_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, Account(branch(1, "i-gone")), "sweep", "--yes")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "swept dev: 1 interfaces deleted (eni-1)" in done.stderr


def test_a_sweep_that_is_late_is_exit_2(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(
        monkeypatch, Account(branch(1, "i-gone", "in-use")), "sweep", "--yes", "--timeout-minutes", "1"
    )

    assert done.exit_code == 2
    assert "eni-1 (in-use)" in done.stderr


@pytest.mark.parametrize("verb", ["list", "sweep"])
def test_what_cannot_be_looked_at_is_exit_2_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def refuses(*_: object, **__: object) -> AnyCluster:
        raise NotFoundError(Explanation("cluster dev", "EKS has none", "-", "name its VPC."))

    monkeypatch.setattr(enis, "find_cluster", refuses)
    done = invoke(verb)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "Fix: name its VPC." in done.stderr
    assert "Traceback" not in done.stderr


def test_the_policy_is_printed_as_json_for_one_cluster() -> None:
    done = invoke("iam")

    statements = {one["Sid"]: one for one in json.loads(done.stdout)["Statement"]}
    condition = statements["DeleteInterfaces"]["Condition"]["StringEquals"]
    assert done.exit_code == 0
    assert condition["aws:ResourceTag/kubernetes.io/cluster/dev"] == "owned"
