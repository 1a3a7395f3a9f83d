"""`podsg enis` on a cluster that nobody made with this project: AWS calls and kubectl alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from lab import session
from tests.lab.branch_enis.objects import deployment, namespace, policy
from tests.lab.branch_enis.scene import PodCluster, PodScene, branch_eni, is_running, until

NAME = "byhand"
GONE_INSTANCE = "i-0123456789abcdef0"
OWNER = {"eks:eni:owner": "eks-vpc-resource-controller"}
MARK = {f"kubernetes.io/cluster/{NAME}": "owned"}
OF_NODE = {"node.k8s.amazonaws.com/instance_id": GONE_INSTANCE}
DECOYS = {
    "no tag": {},
    "no owner": {**MARK, **OF_NODE},
    "another owner": {"eks:eni:owner": "somebody", **MARK, **OF_NODE},
    "another cluster": {**OWNER, "kubernetes.io/cluster/other": "owned", **OF_NODE},
    "a prefix of the name": {**OWNER, f"kubernetes.io/cluster/{NAME[:-1]}": "owned", **OF_NODE},
    "shared, not owned": {**OWNER, f"kubernetes.io/cluster/{NAME}": "shared", **OF_NODE},
}


@dataclass
class Shell:
    """Run `podsg enis` as people do."""

    session: session.Session

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).parent / "podsg"), "enis", *arguments],
            env={**os.environ, **self.session.environment()},
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *arguments: str, code: int) -> Any:
        done = self.run(*arguments, "--format", "json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shell(lab_state: Path) -> Shell:
    return Shell(session.start(print))


@pytest.fixture(scope="module")
def cluster(shell: Shell) -> Iterator[PodCluster]:
    scene = PodScene(shell.session, "enis", "10.76")
    try:
        with scene.running(NAME) as running:
            running.node_group("nodes")
            yield running
    finally:
        scene.remove()


@pytest.fixture
def planted(cluster: PodCluster) -> Iterator[dict[str, str]]:
    """A branch ENI that a node left behind, and decoys that are not the cluster's."""
    group = cluster.scene.pod_group_id
    made = {
        name: _interface(cluster, group, tags)
        for name, tags in {"leaked": {**OWNER, **MARK, **OF_NODE}, **DECOYS}.items()
    }
    yield made
    filters = [{"Name": "network-interface-id", "Values": list(made.values())}]
    for one in cluster.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]:
        cluster.ec2.delete_network_interface(NetworkInterfaceId=one["NetworkInterfaceId"])


def _interface(cluster: PodCluster, group: str, tags: dict[str, str]) -> str:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    specification = [{"ResourceType": "network-interface", "Tags": listed}] if listed else []
    made = cluster.ec2.create_network_interface(
        SubnetId=cluster.scene.subnet_ids[0],
        Groups=[group],
        Description="aws-k8s-branch-eni",
        TagSpecifications=specification,
    )
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


def _there(cluster: PodCluster, ids: dict[str, str]) -> dict[str, Any]:
    """Return what EC2 says of interfaces now, by name; those that are gone are not in it."""
    names = {interface: name for name, interface in ids.items()}
    filters = [{"Name": "network-interface-id", "Values": list(names)}]
    found = cluster.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    return {names[one["NetworkInterfaceId"]]: one for one in found}


def _role(cluster: PodCluster, document: str) -> Iterator[str]:
    iam = cluster.scene._api("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(
        RoleName="enis-sweeper",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="enis-sweeper", PolicyName="enis", PolicyDocument=document)
    yield str(arn)
    iam.delete_role_policy(RoleName="enis-sweeper", PolicyName="enis")
    iam.delete_role(RoleName="enis-sweeper")


@pytest.fixture
def role_arn(cluster: PodCluster, shell: Shell) -> Iterator[str]:
    """A role that has what `podsg enis iam` prints, and nothing else."""
    done = shell.run("iam", "--cluster", NAME)
    assert done.returncode == 0, done.stderr
    yield from _role(cluster, done.stdout)


def test_a_leak_is_listed_and_swept_and_nothing_else(
    cluster: PodCluster, shell: Shell, planted: dict[str, str], role_arn: str
) -> None:
    # given a cluster with a live trunk, one leaked branch ENI and decoys
    before = _there(cluster, planted)

    # when it is listed, then the leak is named first and gives exit code 1
    listed = shell.json("list", "--cluster", NAME, code=1)
    rows = {one["interface_id"]: one for one in listed["interfaces"]}
    assert listed["kubernetes_api"] == "asked"
    assert listed["interfaces"][0]["interface_id"] == planted["leaked"]
    assert {one["interface_id"] for one in listed["interfaces"] if one["health"] == "leaked"} == {
        planted["leaked"]
    }
    assert GONE_INSTANCE in rows[planted["leaked"]]["reason"]
    assert {rows[planted[name]]["health"] for name in DECOYS} == {"foreign"}
    assert {one["health"] for one in listed["interfaces"] if one["kind"] == "trunk"} == {"healthy"}

    # and a sweep without a word is a dry run
    dry = shell.json("sweep", "--cluster", NAME, code=1)
    assert [one["id"] for one in dry["would_delete"]] == [planted["leaked"]]
    assert _there(cluster, planted) == before

    # and with --yes it deletes exactly that, with no more rights than `enis iam` prints
    swept = shell.json("sweep", "--cluster", NAME, "--yes", "--role-arn", role_arn, code=0)
    assert swept["deleted"] == [planted["leaked"]]
    assert _there(cluster, planted) == {name: one for name, one in before.items() if name != "leaked"}
    assert shell.json("sweep", "--cluster", NAME, code=0)["would_delete"] == []
    assert shell.run("list", "--cluster", NAME).returncode == 0


def test_the_rights_that_iam_prints_delete_no_decoy(
    cluster: PodCluster, shell: Shell, planted: dict[str, str], role_arn: str
) -> None:
    # given the credentials of a role with the printed policy
    sts = cluster.scene._api("sts")
    found = sts.assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    limited = boto3.client(
        "ec2",
        endpoint_url=shell.session.url,
        region_name="us-west-2",
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
    )

    # when each decoy is deleted by hand, then EC2 refuses
    for name in DECOYS:
        with pytest.raises(limited.exceptions.ClientError, match="UnauthorizedOperation"):
            limited.delete_network_interface(NetworkInterfaceId=planted[name])
    assert set(_there(cluster, planted)) == set(planted)


def test_a_branch_eni_with_other_groups_than_its_policy_gives_is_drifted(
    cluster: PodCluster, shell: Shell
) -> None:
    # given a pod with a branch ENI, whose groups somebody changes by hand
    group, other = cluster.scene.pod_group_id, cluster.scene.node_group_id
    cluster.apply(namespace("shop"), policy("shop", [group]), deployment("shop"))

    def running() -> list[dict[str, Any]]:
        return [pod for pod in cluster.objects("pods", "shop") if is_running(pod) and branch_eni(pod)]

    (pod,) = until(running, "the pod to run")
    eni = branch_eni(pod)
    assert eni is not None
    healthy = shell.json("list", "--cluster", NAME, code=0)["interfaces"]
    (row,) = [one for one in healthy if one["interface_id"] == eni["eniId"]]
    assert (row["health"], row["policies"]) == ("healthy", ["shop/policy"])
    assert row["pod"] == f"shop/{pod['metadata']['name']}"
    assert row["node"] == pod["spec"]["nodeName"]
    cluster.ec2.modify_network_interface_attribute(NetworkInterfaceId=eni["eniId"], Groups=[other])

    # when it is listed, then it is drifted, by both groups; and no sweep touches it
    listed = shell.json("list", "--cluster", NAME, code=1)["interfaces"]
    assert (listed[0]["interface_id"], listed[0]["health"]) == (eni["eniId"], "drifted")
    assert group in listed[0]["reason"]
    assert other in listed[0]["reason"]
    assert shell.json("sweep", "--cluster", NAME, code=0)["would_delete"] == []
    cluster.kubectl("delete", "namespace", "shop")


def test_an_api_that_does_not_let_the_caller_in_is_said_and_ec2_alone_is_listed(
    cluster: PodCluster, shell: Shell, planted: dict[str, str], role_arn: str
) -> None:
    done = shell.run("list", "--cluster", NAME, "--role-arn", role_arn, "--format", "json")

    assert done.returncode == 1
    assert "pods, policies and drift are not known" in done.stderr
    assert "Traceback" not in done.stderr
    listed = json.loads(done.stdout)
    assert listed["kubernetes_api"] != "asked"
    assert listed["interfaces"][0]["interface_id"] == planted["leaked"]


def test_a_cluster_that_is_gone_needs_its_vpc(
    cluster: PodCluster, shell: Shell, planted: dict[str, str]
) -> None:
    # when a cluster that is gone is listed without its VPC, then that is an error without a traceback
    refused = shell.run("list", "--cluster", "other")
    assert refused.returncode == 2
    assert "--vpc-id" in refused.stderr
    assert "Traceback" not in refused.stderr

    # and with it, the interface is found
    listed = shell.json("list", "--cluster", "other", "--vpc-id", cluster.scene.vpc_id, code=1)
    leaked = [one["interface_id"] for one in listed["interfaces"] if one["health"] == "leaked"]
    assert leaked == [planted["another cluster"]]


def test_a_vpc_that_is_not_there_is_never_clean(cluster: PodCluster, shell: Shell) -> None:
    wrong = shell.run("sweep", "--cluster", NAME, "--vpc-id", "vpc-0123456789abcdef0", "--yes")

    assert wrong.returncode == 2
    assert "EC2 in this account and region does not know it" in wrong.stderr
