"""A Kubernetes API that cannot be reached is one error, which names both ways out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import yaml

from lab.paths import admin_kubeconfigs
from tests.lab.by_hand import ByHand
from tests.lab.conftest import Lab

FAILED = 1


@pytest.fixture
def silent(lab: Lab) -> Iterator[ByHand]:
    """A cluster whose API server is gone."""
    made = ByHand(lab.running(), "silent", "10.61")
    assert made.cluster
    folder = admin_kubeconfigs()["silent"].parent
    # What has ended stays so while this file is there.
    (folder / "kube-apiserver.hold").touch()
    api = psutil.Process(json.loads((folder / "processes.json").read_text())["kube-apiserver"])
    api.kill()
    # Whoever started it may not have asked for its end yet.
    while api.is_running() and api.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)
    yield made
    made.remove()


def environment(silent: ByHand) -> dict[str, Any]:
    workloads = {name: {"namespace": name, "pod_selector": {"app": name}} for name in ("one", "two")}
    return {
        "name": "quiet",
        "existing_network": {"vpc_id": silent.vpc_id},
        "existing_cluster": {"name": silent.cluster},
        "workloads": workloads,
    }


def test_it_is_one_error_that_names_both_ways(lab: Lab, silent: ByHand) -> None:
    # given a stack with several objects for that cluster
    config = {"config": {"aws:region": "us-west-2", "podsg:environment": environment(silent)}}
    (lab.project / "stacks" / "Pulumi.quiet.yaml").write_text(yaml.safe_dump(config))

    # when it is brought up
    done = lab.run("up", "--stack", "quiet", "--project", str(lab.project))

    # then it fails with one error, and says what to do
    assert done.returncode == FAILED, done.stderr
    assert "Traceback" not in done.stderr
    _, _, report = done.stderr.partition("up failed.")
    assert report.count("cannot be reached from here") == 1, done.stderr
    assert "public access CIDRs" in report
    assert "run from a network that reaches its VPC" in report
    assert "unreachable" not in report

    # and what was made can be destroyed without the cluster
    lab.json("destroy", "--stack", "quiet")
