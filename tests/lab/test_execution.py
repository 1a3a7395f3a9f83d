"""`podsg lab exec` runs any tool against the lab, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from lab import session
from tests.lab.conftest import Lab


def test_a_command_sees_the_lab_in_the_callers_folder(lab: Lab) -> None:
    # given a shell with somebody's own account and cluster
    mine = {"AWS_PROFILE": "mine", "KUBECONFIG": "/mine", "PULUMI_ACCESS_TOKEN": "mine"}

    # when a command is run
    script = "import json, os; print(json.dumps([dict(os.environ), os.getcwd()]))"
    done = lab.run("exec", "--", "python3", "-c", script, **mine)

    # then it has the lab's variables and none of those, and has not moved
    variables, folder = json.loads(done.stdout)
    assert variables["AWS_ENDPOINT_URL"] == lab.running().url
    assert mine.keys().isdisjoint(variables)
    assert Path(folder) == Path.cwd()


def test_tools_of_the_lab_are_found(lab: Lab) -> None:
    # when the three tools of the lab are asked
    buckets = lab.run("exec", "--", "aws", "ec2", "describe-vpcs", "--output", "json")
    version = lab.run("exec", "--", "kubectl", "version", "--client", "--output", "json")
    stacks = lab.run("exec", "--", "pulumi", "stack", "ls", "--all", "--json")

    # then they answer, with options that are theirs
    assert "Vpcs" in json.loads(buckets.stdout)
    assert json.loads(version.stdout)["clientVersion"]["minor"] == "35"
    assert isinstance(json.loads(stacks.stdout), list)


def test_the_exit_code_is_passed_on(lab: Lab) -> None:
    assert lab.run("exec", "--", "sh", "-c", "exit 7").returncode == 7
    assert lab.run("exec", "--", "sh", "-c", "kill -9 $$").returncode == 137


def test_what_is_not_there_is_a_clear_error(lab: Lab, tmp_path: Path) -> None:
    unknown = lab.run("exec", "--", "no-such-tool")
    cluster = lab.run("exec", "--cluster", "none", "--", "kubectl", "get", "pods")
    stopped = lab.run("exec", "--", "true", PODSG_LAB_STATE=str(tmp_path))

    assert (unknown.returncode, cluster.returncode, stopped.returncode) == (2, 2, 2)
    assert "no-such-tool is not on PATH" in unknown.stderr
    assert "no EKS cluster 'none'" in cluster.stderr
    assert "the lab of this checkout is not running" in stopped.stderr


def test_the_administrators_access_is_handed_over(lab: Lab) -> None:
    # given a cluster's kubeconfig in the lab's state
    kubeconfig = lab.state / "aws" / "clusters" / "made-up" / "admin.kubeconfig"
    kubeconfig.parent.mkdir(parents=True)
    kubeconfig.touch()
    try:
        # when that cluster is named, then KUBECONFIG names it
        done = lab.run("exec", "--cluster", "made-up", "--", "printenv", "KUBECONFIG")
        assert done.stdout.strip() == str(kubeconfig)
    finally:
        kubeconfig.unlink()
        kubeconfig.parent.rmdir()
    assert session.running() is not None
