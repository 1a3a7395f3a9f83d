"""The Kubernetes control plane behind an EKS cluster: it starts, it lets in whom EKS lets in, it ends."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config

from lab.cluster import vpc_cni
from lab.cluster.control_plane import PROGRAMS, ControlPlane
from lab.errors import LabError
from lab.paths import CHECKOUT
from lab.toolchain import crd_folder, tool_folders

REGION = "us-west-2"
CLUSTER = "tokens"
POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
NOBODY = "http://127.0.0.1:1/lab/token-review/none"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def _wait(probe: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.05)


def _path() -> str:
    return os.pathsep.join([*map(str, tool_folders()), os.environ.get("PATH", os.defpath)])


@pytest.fixture(scope="module", autouse=True)
def _tools() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", _path())
        if "PODSG_LAB_CRDS" not in os.environ:
            patch.setenv("PODSG_LAB_CRDS", str(crd_folder()))
        yield


@dataclass(frozen=True)
class Api:
    """An API server and who speaks to it."""

    endpoint: str
    authority: bytes
    token: str

    def ask(self, path: str, method: str = "GET", body: object = None) -> tuple[int, Any]:
        handlers = (
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=self.authority.decode())),
        )
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, content, headers, method=method)
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=10) as answer:
                return int(answer.status), json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, None


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory, _tools: None) -> Iterator[ControlPlane]:
    made = ControlPlane.start("alone", tmp_path_factory.mktemp("plane"), NOBODY)
    yield made
    made.stop()


def _administrator(plane: ControlPlane) -> Api:
    kubeconfig = json.loads(plane.admin_kubeconfig.read_text())
    token = kubeconfig["users"][0]["user"]["token"]
    return Api(plane.endpoint, base64.b64decode(plane.certificate_authority_data), token)


def test_namespaces_come_and_go(plane: ControlPlane) -> None:
    api = _administrator(plane)
    assert api.ask("/api/v1/namespaces", "POST", {"metadata": {"name": "shop"}})[0] == 201
    accounts = "/api/v1/namespaces/shop/serviceaccounts/default"
    _wait(lambda: api.ask(accounts)[0] == 200)
    assert api.ask("/api/v1/namespaces/shop", "DELETE")[0] == 200
    _wait(lambda: api.ask("/api/v1/namespaces/shop")[0] == 404)


def test_definitions_are_established(plane: ControlPlane) -> None:
    api = _administrator(plane)
    found = api.ask("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")[1]["items"]
    established = {
        each["spec"]["names"]["kind"]
        for each in found
        for condition in each["status"]["conditions"]
        if (condition["type"], condition["status"]) == ("Established", "True")
    }
    assert established == {"SecurityGroupPolicy", "CNINode"}


def test_eniconfig_comes_and_goes(plane: ControlPlane) -> None:
    api, path = _administrator(plane), "/apis/crd.k8s.amazonaws.com/v1alpha1/eniconfigs"
    wanted = {"us-west-2a": {"subnet": "subnet-1"}, "us-west-2b": {"subnet": "subnet-2"}}

    # given a control plane that does not know ENIConfig
    assert api.ask(path)[0] == 404

    with plane.administration() as admin:
        # when it is installed again with fewer objects, then those are there, and people's own
        vpc_cni.install(admin, wanted)
        kind = {"apiVersion": "crd.k8s.amazonaws.com/v1alpha1", "kind": "ENIConfig"}
        own = {**kind, "metadata": {"name": "own"}, "spec": {"subnet": "subnet-3"}}
        assert api.ask(path, "POST", own)[0] == 201
        vpc_cni.install(admin, {"us-west-2a": {"subnet": "subnet-4"}})
        found = {each["metadata"]["name"]: each["spec"] for each in api.ask(path)[1]["items"]}
        assert found == {"us-west-2a": {"subnet": "subnet-4"}, "own": {"subnet": "subnet-3"}}

        # when it is removed, then it is unknown, and a second removal is success
        vpc_cni.remove(admin)
        vpc_cni.remove(admin)
    assert api.ask(path)[0] == 404


def test_strangers_are_refused(plane: ControlPlane) -> None:
    administrator = _administrator(plane)
    stranger = Api(administrator.endpoint, administrator.authority, "k8s-aws-v1.made-up")
    assert stranger.ask("/readyz")[0] == 401


def test_secrets_are_private(plane: ControlPlane) -> None:
    assert stat.S_IMODE(plane.folder.stat().st_mode) == 0o700
    for name in ("admin.kubeconfig", "tokens.csv", "server.key", "service-account.key", "processes.json"):
        assert stat.S_IMODE((plane.folder / name).stat().st_mode) == 0o600, name


def test_listeners_are_on_loopback(plane: ControlPlane) -> None:
    recorded = json.loads((plane.folder / "processes.json").read_text())
    assert set(recorded) == set(PROGRAMS)
    for process_id in recorded.values():
        for connection in psutil.Process(process_id).net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN:
                assert connection.laddr.ip == "127.0.0.1"


def test_stop_ends_processes_and_drops_data(tmp_path: Path) -> None:
    plane = ControlPlane.start("short", tmp_path, NOBODY)
    recorded = json.loads((plane.folder / "processes.json").read_text())
    plane.stop()
    plane.stop()
    assert not plane.folder.exists()
    assert not any(psutil.pid_exists(process_id) for process_id in recorded.values())


def test_processes_die_with_their_parent(tmp_path: Path) -> None:
    # given a control plane in a process of its own
    program = (
        "import sys, pathlib; from lab.cluster.control_plane import ControlPlane; "
        f"ControlPlane.start('orphan', pathlib.Path(sys.argv[1]), {NOBODY!r}); print('up', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        recorded = json.loads((tmp_path / "clusters/orphan/processes.json").read_text())
        # when that process is killed
        parent.kill()
    # then nothing of it is left
    _wait(lambda: not any(map(_lives, recorded.values())), 5)


def _lives(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="etcd is not on PATH"):
        ControlPlane.start("none", tmp_path, NOBODY)


def test_missing_definitions_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODSG_LAB_CRDS", str(tmp_path / "none"))
    with pytest.raises(LabError, match="PODSG_LAB_CRDS"):
        ControlPlane.start("none", tmp_path, NOBODY)


def test_program_that_ends_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "kube-apiserver").write_text("#!/bin/sh\necho no such flag\nexit 3\n")
    (broken / "kube-apiserver").chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken}{os.pathsep}{_path()}")
    with pytest.raises(LabError, match="kube-apiserver ended with code 3: no such flag"):
        ControlPlane.start("broken", tmp_path, NOBODY)


class Aws:
    """The lab's AWS in a process of its own, and its caller."""

    def __init__(self, state: Path, process: subprocess.Popen[bytes]) -> None:
        _wait((state / "aws.json").exists, 60)
        self.process = process
        self.record = json.loads((state / "aws.json").read_text())
        self.credentials = {
            "AWS_ACCESS_KEY_ID": self.record["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": self.record["secret_access_key"],
        }

    def client(self, service: str) -> Any:
        session = boto3.Session(
            self.record["access_key_id"], self.record["secret_access_key"], region_name=REGION
        )
        settings = Config(proxies={})
        return session.client(service, endpoint_url=self.record["url"], config=settings)  # type: ignore[call-overload]

    def create_cluster(self) -> Any:
        ec2, eks = self.client("ec2"), self.client("eks")
        role = self.client("iam").create_role(RoleName="cluster", AssumeRolePolicyDocument=json.dumps(TRUST))
        vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet_ids = [
            ec2.create_subnet(
                VpcId=vpc_id, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}"
            )["Subnet"]["SubnetId"]
            for index, zone in enumerate("ab")
        ]
        eks.create_cluster(
            name=CLUSTER,
            roleArn=role["Role"]["Arn"],
            resourcesVpcConfig={"subnetIds": subnet_ids},
            accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
        )
        _wait(lambda: eks.describe_cluster(name=CLUSTER)["cluster"]["status"] != "CREATING", 60)
        return eks.describe_cluster(name=CLUSTER)["cluster"]

    def token(self) -> str:
        """Ask the real AWS command line for a token."""
        command = [str(Path(sys.executable).parent / "aws"), "eks", "get-token", "--cluster-name", CLUSTER]
        done = subprocess.run(
            [*command, "--region", REGION, "--output", "json"],
            env={"PATH": _path(), "AWS_ENDPOINT_URL": self.record["url"], **self.credentials},
            capture_output=True,
            check=True,
        )
        return str(json.loads(done.stdout)["status"]["token"])


@pytest.fixture
def start_aws(tmp_path: Path) -> Iterator[Callable[..., Aws]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(**variables: str) -> Aws:
        with (tmp_path / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "lab.aws", "--state-dir", str(tmp_path)],
                cwd=CHECKOUT,
                env=os.environ | variables,
                stdout=log,
                stderr=log,
            )
        started.append(process)
        return Aws(tmp_path, process)

    yield start
    for process in started:
        process.terminate()
        process.wait(60)


def test_real_token_opens_the_cluster_while_the_entry_exists(
    start_aws: Callable[..., Aws], tmp_path: Path
) -> None:
    # given a cluster without access entries, and a token of the AWS command line
    aws = start_aws()
    cluster = aws.create_cluster()
    assert cluster["status"] == "ACTIVE", cluster["health"]
    eks, arn = aws.client("eks"), aws.client("sts").get_caller_identity()["Arn"]
    api = Api(cluster["endpoint"], base64.b64decode(cluster["certificateAuthority"]["data"]), aws.token())
    namespaces = "/api/v1/namespaces"
    assert api.ask(namespaces)[0] == 401

    # when the caller gets an access entry with the administrator's policy, the token opens the cluster
    names = {"clusterName": CLUSTER, "principalArn": arn}
    eks.create_access_entry(**names)
    eks.associate_access_policy(**names, policyArn=POLICY, accessScope={"type": "cluster"})
    status, found = api.ask(namespaces)
    assert status == 200
    assert "kube-system" in {each["metadata"]["name"] for each in found["items"]}

    # when the entry is gone, it does not, within a second
    eks.delete_access_entry(**names)
    _wait(lambda: api.ask(namespaces)[0] in {401, 403}, 1)

    # when the server is ended, nothing of the cluster is left
    recorded = json.loads((tmp_path / "clusters" / CLUSTER / "processes.json").read_text())
    aws.process.send_signal(signal.SIGTERM)
    assert aws.process.wait(60) == 0
    assert not any(map(_lives, recorded.values()))
    assert not (tmp_path / "clusters" / CLUSTER).exists()


def test_cluster_fails_with_the_reason(start_aws: Callable[..., Aws]) -> None:
    aws = start_aws(PATH=os.defpath)
    cluster = aws.create_cluster()
    assert cluster["status"] == "FAILED"
    (issue,) = cluster["health"]["issues"]
    assert "etcd is not on PATH" in issue["message"]
    aws.client("eks").delete_cluster(name=CLUSTER)
