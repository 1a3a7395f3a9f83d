"""The main job: the dev environment comes up, is changed, and is destroyed with nothing left."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.client import ApiException, VersionApi

from lab.paths import CHECKOUT
from lab.status import client, kubernetes_api
from tests.lab.conftest import Lab

UNCHANGED = 0


@contextmanager
def foreign_cluster(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A kubeconfig of somebody else, whose API server counts what it is asked."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            requests.append(str(self.client_address))
            super().handle_one_request()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kubeconfig = folder / "foreign.kubeconfig"
    cluster = {"server": f"http://127.0.0.1:{server.server_port}"}
    kubeconfig.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "foreign",
                "clusters": [{"name": "foreign", "cluster": cluster}],
                "users": [{"name": "foreign", "user": {}}],
                "contexts": [{"name": "foreign", "context": {"cluster": "foreign", "user": "foreign"}}],
            }
        )
    )
    try:
        yield str(kubeconfig), requests
    finally:
        server.shutdown()
        server.server_close()


def policy_group_ids(lab: Lab, namespace: str, name: str) -> list[str]:
    (kubeconfig,) = (lab.state / "aws" / "clusters").glob("*/admin.kubeconfig")
    api = kubernetes_api(kubeconfig)
    policies = api.resources.get(api_version="vpcresources.k8s.aws/v1beta1", kind="SecurityGroupPolicy")
    found = policies.get(namespace=namespace, name=name)
    return list(found.spec.securityGroups.groupIds)


def group_id(lab: Lab, name_prefix: str) -> str:
    ec2 = client(lab.running(), "ec2")
    filters = [{"Name": "group-name", "Values": [f"{name_prefix}*"]}]
    (group,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    return str(group["GroupId"])


def add_orders(environment: dict[str, Any]) -> None:
    environment["workloads"]["orders"] = {
        "namespace": "orders",
        "pod_selector": {"app.kubernetes.io/name": "orders"},
        "ports": [8080],
        "databases": ["catalog"],
    }


def use_standard_mode(environment: dict[str, Any]) -> None:
    environment["cluster"].setdefault("vpc_cni", {})["enforcing_mode"] = "standard"


def kinds_created(digest: dict[str, Any]) -> list[str]:
    return sorted(
        step["urn"].split("::")[2].rsplit("$", 1)[-1].rsplit(":", 1)[-1]
        for step in digest["steps"]
        if step["op"] == "create"
    )


def checkout_changes() -> str:
    command = ["git", "status", "--porcelain", "--ignored=no"]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Somebody else's cluster as the current one of this shell; what it is asked, it counts."""
    with foreign_cluster(tmp_path) as (kubeconfig, requests):
        with pytest.raises(ApiException):
            VersionApi(config.new_client_from_config(kubeconfig)).get_code()
        assert requests, "the counter does not count"
        requests.clear()
        monkeypatch.setenv("KUBECONFIG", kubeconfig)
        yield requests


def test_dev_lives_its_whole_life(lab: Lab, foreign: list[str]) -> None:
    # given a clean account
    before = checkout_changes()

    # when the environment is created, created again, refreshed, and created again
    first = lab.json("up")
    second = lab.json("up")
    refreshed = lab.json("refresh")
    third = lab.json("up")

    # then it is there, and nothing changes after that
    assert first["changes"]["create"] > 60
    assert [run["steps"] for run in (second, refreshed, third)] == [[], [], []]
    assert (second["changed"], refreshed["changed"], third["changed"]) == (UNCHANGED,) * 3
    assert first["access"] == [
        {
            "workload": "catalog",
            "namespace": "catalog",
            "selector_text": "app.kubernetes.io/component=service,app.kubernetes.io/name=catalog",
            "database": "catalog",
            "protocol": "tcp",
            "port": 3306,
        }
    ]

    # and the policy holds the group that EC2 knows
    assert policy_group_ids(lab, "catalog", "catalog-rds-access") == [group_id(lab, "dev-pod-catalog")]

    # when a workload with a grant is added
    lab.change(add_orders)
    digest = lab.json("preview")
    added = lab.json("up")

    # then exactly its group, rules, namespace, policy and gate are created
    assert {change for change in added["changes"] if change != "same"} == {"create"}
    created = kinds_created(digest)
    assert {kind for kind in created if kind != "SecurityGroupsForPods"} == {
        "Namespace",
        "SecurityGroup",
        "SecurityGroupEgressRule",
        "SecurityGroupIngressRule",
        "SecurityGroupPolicy",
        "WorkloadGate",
    }
    assert {created.count(kind) for kind in ("Namespace", "SecurityGroup", "SecurityGroupPolicy")} == {1}

    # when the mode is switched
    lab.change(use_standard_mode)
    previewed = lab.run("preview", "--project", str(lab.project))
    switched = lab.json("up")

    # then the add-on alone is updated, in place, and running pods are spoken of
    assert {kind: count for kind, count in switched["changes"].items() if kind != "same"} == {"update": 1}
    notice = "enforcing mode strict -> standard: running pods keep strict until they are restarted."
    assert switched["notices"] == [notice]
    assert notice in previewed.stdout

    # when all is destroyed
    lab.json("destroy")

    # then nothing is left
    left = lab.json("status")
    assert (left["running"], left["total"], left["recorded"]) == (True, 0, 0), left["counts"]

    # and neither the foreign cluster nor the checkout has seen anything of it
    assert foreign == []
    assert checkout_changes() == before
