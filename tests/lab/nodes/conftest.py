"""A world for the node agent: the lab's EC2, an API server, and machines that a test tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lab.cluster import vpc_cni
from lab.cluster.control_plane import ControlPlane
from lab.nodes.api import Api, ApiError, path_of
from lab.nodes.objects import NETWORK, POD_IP, READY, Object
from lab.paths import CHECKOUT
from lab.toolchain import crd_folder, tool_folders

REGION = "us-west-2"
CNI_POLICY = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
NOBODY = "http://127.0.0.1:1/lab/token-review/none"


def wait(probe: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.05)


class World:
    """What the agent sees, and what a test asks and changes."""

    def __init__(
        self, plane: ControlPlane, session: boto3.Session, environment: dict[str, str], folder: Path
    ) -> None:
        self.plane, self._session, self._environment, self._folder = plane, session, environment, folder
        self.ec2 = self._client("ec2")
        self.iam, self.sts = self._client("iam"), self._client("sts")
        self.credentials = self.assume(self.role(CNI_POLICY))
        self.api = Api(plane.admin_kubeconfig)
        self.machines: list[dict[str, Any]] = []
        self.broken = False
        self.agent: subprocess.Popen[bytes] | None = None
        self._route = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._route.serve_forever, daemon=True).start()
        self.vpc_id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = {name: self._subnet(name, block) for name, block in (("a", 0), ("b", 1), ("pods", 2))}
        self.groups = {name: self._group(name) for name in ("node", "pods")}

    def _client(self, service: str) -> Any:
        url = self._environment["AWS_ENDPOINT_URL"]
        return self._session.client(service, endpoint_url=url, config=Config(proxies={}))  # type: ignore[call-overload]

    def role(self, *policy_arns: str) -> str:
        """Make a role for instances; return its name."""
        name = f"nodes-{uuid.uuid4().hex[:10]}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        for each in policy_arns:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=each)
        return name

    def allow(self, role: str, *actions: str) -> None:
        """Give a role a policy that allows these actions."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=document)

    def assume(self, role: str) -> dict[str, str]:
        """Return a session of a role as the machines route tells it."""
        arn = self.iam.get_role(RoleName=role)["Role"]["Arn"]
        made = self.sts.assume_role(RoleArn=arn, RoleSessionName="node")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
            "AWS_SESSION_TOKEN": made["SessionToken"],
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        world = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(500 if world.broken else 200)
                self.end_headers()
                self.wfile.write(json.dumps({"machines": world.machines}).encode())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _subnet(self, name: str, block: int) -> str:
        zone = REGION + ("b" if name == "b" else "a")
        made = self.ec2.create_subnet(
            VpcId=self.vpc_id, CidrBlock=f"10.0.{block}.0/24", AvailabilityZone=zone
        )
        return str(made["Subnet"]["SubnetId"])

    def _group(self, name: str) -> str:
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc_id)
        return str(made["GroupId"])

    def start_agent(self) -> None:
        route = f"http://127.0.0.1:{self._route.server_port}/lab/machines/nodes"
        arguments = ["--cluster", "nodes", "--kubeconfig", str(self.plane.admin_kubeconfig)]
        with (self._folder / "agent.log").open("ab") as log:
            self.agent = subprocess.Popen(
                [sys.executable, "-m", "lab.nodes", *arguments, "--machines", route],
                cwd=CHECKOUT,
                env=os.environ | self._environment,
                stdout=log,
                stderr=log,
            )

    def kill_agent(self) -> None:
        assert self.agent is not None
        self.agent.kill()
        self.agent.wait(10)

    def stop(self) -> int:
        self._route.shutdown()
        self._route.server_close()
        if self.agent is None:
            return 0
        self.agent.terminate()
        return self.agent.wait(10)

    def launch(self, subnet: str = "a", **changes: Any) -> dict[str, Any]:
        """Run an instance and, once it runs, tell the agent."""
        made = self.ec2.run_instances(
            ImageId=self.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"],
            InstanceType="m5.large",
            MinCount=1,
            MaxCount=1,
            SubnetId=self.subnets[subnet],
            SecurityGroupIds=[self.groups["node"]],
        )["Instances"][0]
        machine = {
            "instance_id": made["InstanceId"],
            "name": made["PrivateDnsName"],
            "zone": made["Placement"]["AvailabilityZone"],
            "region": REGION,
            "instance_type": "m5.large",
            "private_ip": made["PrivateIpAddress"],
            "subnet_id": self.subnets[subnet],
            "labels": {},
            "taints": [],
            "max_pods": 29,
            "version": "v1.35.4",
            "credentials": self.credentials,
            "reaches_api": True,
        }
        machine |= changes
        wait(lambda: self._is_running(made["InstanceId"]))
        self.machines = [*self.machines, machine]
        return machine

    def _is_running(self, instance_id: str) -> bool:
        found = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
        return bool(found["State"]["Name"] == "running")

    def node(self, machine: dict[str, Any]) -> Object | None:
        return self.find(f"/api/v1/nodes/{machine['name']}")

    def find(self, path: str) -> Object | None:
        try:
            return self.api._ask("GET", path)
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def create_cni_node(self, machine: dict[str, Any]) -> None:
        body = {"apiVersion": "vpcresources.k8s.aws/v1alpha1", "kind": "CNINode"}
        path = "/apis/vpcresources.k8s.aws/v1alpha1/cninodes"
        self.api.create(path, {**body, "metadata": {"name": machine["name"]}, "spec": {}})

    def features(self, machine: dict[str, Any]) -> list[Object]:
        found = self.find(f"/apis/vpcresources.k8s.aws/v1alpha1/cninodes/{machine['name']}") or {}
        return list(found.get("spec", {}).get("features", []))

    def create_pod(self, made: Object) -> Object:
        for drop in ("uid", "resourceVersion"):
            made["metadata"].pop(drop)
        return self.api.create(f"/api/v1/namespaces/{made['metadata']['namespace']}/pods", made)

    def delete_pod(self, made: Object) -> None:
        self.api._ask("DELETE", path_of(made), {"gracePeriodSeconds": 0})

    def address(self, made: Object) -> str | None:
        found = self.find(path_of(made))
        return None if found is None else (found["metadata"].get("annotations") or {}).get(POD_IP)

    def reasons(self, made: Object) -> list[str]:
        events = self.api.list(f"/api/v1/namespaces/{made['metadata']['namespace']}/events").items
        return [each["reason"] for each in events if each["involvedObject"]["uid"] == made["metadata"]["uid"]]

    def network_ready(self, machine: dict[str, Any]) -> bool:
        node = self.node(machine)
        return node is not None and node["metadata"]["annotations"].get(NETWORK) == READY

    def attach_trunk(self, machine: dict[str, Any]) -> str:
        made = self.ec2.create_network_interface(
            SubnetId=machine["subnet_id"], Groups=[self.groups["node"]], InterfaceType="trunk"
        )
        trunk_id = str(made["NetworkInterface"]["NetworkInterfaceId"])
        self.ec2.attach_network_interface(
            DeviceIndex=2, InstanceId=machine["instance_id"], NetworkInterfaceId=trunk_id
        )
        return trunk_id

    def interfaces(self, machine: dict[str, Any]) -> list[dict[str, Any]]:
        """Return an instance's ENIs by place."""
        wanted = [{"Name": "attachment.instance-id", "Values": [machine["instance_id"]]}]
        found = self.ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
        return sorted(found, key=lambda each: int(each["Attachment"]["DeviceIndex"]))


@contextmanager
def process(folder: Path, name: str, *arguments: str) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", name, *arguments],
            cwd=CHECKOUT,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        started.terminate()
        started.wait(60)


@contextmanager
def control_plane(folder: Path) -> Iterator[ControlPlane]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([*map(str, tool_folders()), os.environ["PATH"]]))
        patch.setenv("PODSG_LAB_CRDS", str(crd_folder()))
        plane = ControlPlane.start("nodes", folder, NOBODY)
    try:
        with plane.administration() as admin:
            vpc_cni.install(admin, {})
        yield plane
    finally:
        plane.stop()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One API server and one EC2 for all tests: each test has machines of its own."""
    folder = tmp_path_factory.mktemp("nodes")
    with process(folder, "lab.aws", "--state-dir", str(folder)), control_plane(folder) as plane:
        wait((folder / "aws.json").exists)
        made = _world(plane, json.loads((folder / "aws.json").read_text()), folder)
        try:
            made.start_agent()
            yield made
        finally:
            code = made.stop()
        assert code == 0


def _world(plane: ControlPlane, record: dict[str, str], folder: Path) -> World:
    environment = {
        "AWS_ENDPOINT_URL": record["url"],
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": record["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": record["secret_access_key"],
    }
    session = boto3.Session(record["access_key_id"], record["secret_access_key"], region_name=REGION)
    made = World(plane, session, environment, folder)
    made.api.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    for namespace in ("shop", "kube-system"):
        accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        wait(partial(_has_items, made.api, accounts))
    return made


def _has_items(api: Api, path: str) -> bool:
    return any(each["metadata"]["name"] == "default" for each in api.list(path).items)


@pytest.fixture
def world(base: World) -> Iterator[World]:
    yield base
    base.machines = []
    wait(lambda: not base.api.list("/api/v1/nodes").items)
    for each in base.api.list("/api/v1/pods").items:
        base.delete_pod(each)
