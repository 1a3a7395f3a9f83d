"""Clusters that the EKS rows share, one set per endpoint, and callers with their own access keys."""

from __future__ import annotations

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from .row import REGION, Clients

START_SECONDS = 60
ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
VIEW_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def trust(*services: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class Caller:
    """An IAM user or a role's session that presents tokens."""

    arn: str
    credentials: dict[str, Any]
    endpoint_url: str

    def token(self, cluster: str) -> str:
        """Make a token as `aws eks get-token` does."""
        settings = Config(proxies={})
        session = boto3.Session(**self.credentials, region_name=REGION)
        sts: Any = session.client("sts", endpoint_url=self.endpoint_url, config=settings)
        events = sts.meta.events

        def remember(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
            context["cluster"] = params.pop("cluster")

        def add_header(request: Any, **_: object) -> None:
            request.headers["x-k8s-aws-id"] = request.context["cluster"]

        events.register("provide-client-params.sts.GetCallerIdentity", remember)
        events.register("before-sign.sts.GetCallerIdentity", add_header)
        url: str = sts.generate_presigned_url(
            "get_caller_identity", Params={"cluster": cluster}, ExpiresIn=60, HttpMethod="GET"
        )
        return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


@dataclass
class EksScene:
    """One endpoint's VPC, roles and clusters."""

    clients: Clients
    _clusters: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def vpc_id(self) -> str:
        return str(self.clients.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])

    @cached_property
    def subnet_ids(self) -> list[str]:
        return [self.subnet(self.vpc_id, f"10.1.{index}.0/24", zone) for index, zone in enumerate("abc")]

    def subnet(self, vpc_id: str, cidr: str, zone: str) -> str:
        made = self.clients.ec2.create_subnet(
            VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}"
        )
        return str(made["Subnet"]["SubnetId"])

    @cached_property
    def foreign_vpc_id(self) -> str:
        return str(self.clients.ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"])

    @cached_property
    def foreign_subnet_id(self) -> str:
        return self.subnet(self.foreign_vpc_id, "10.2.0.0/24", "b")

    def group(self, vpc_id: str) -> str:
        made = self.clients.ec2.create_security_group(VpcId=vpc_id, GroupName=unique("g"), Description="row")
        return str(made["GroupId"])

    def role(self, *services: str) -> str:
        made = self.clients.iam.create_role(RoleName=unique("r"), AssumeRolePolicyDocument=trust(*services))
        return str(made["Role"]["Arn"])

    @cached_property
    def cluster_role(self) -> str:
        return self.role("eks.amazonaws.com")

    @cached_property
    def node_role(self) -> str:
        return self.role("ec2.amazonaws.com")

    @cached_property
    def pod_role(self) -> str:
        return self.role("pods.eks.amazonaws.com")

    @cached_property
    def key_arn(self) -> str:
        return str(self.clients.kms.create_key()["KeyMetadata"]["Arn"])

    @cached_property
    def extra_group_id(self) -> str:
        return self.group(self.vpc_id)

    def user(self) -> Caller:
        name = unique("u")
        user = self.clients.iam.create_user(UserName=name)["User"]
        key = self.clients.iam.create_access_key(UserName=name)["AccessKey"]
        credentials = {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }
        return Caller(user["Arn"], credentials, self.clients.endpoint_url)

    def session(self) -> Caller:
        arn = self.role("ec2.amazonaws.com")
        made = self.clients.sts.assume_role(RoleArn=arn, RoleSessionName="someone")["Credentials"]
        credentials = {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"],
        }
        return Caller(arn, credentials, self.clients.endpoint_url)

    def request(self, **changes: Any) -> dict[str, Any]:
        """Return a CreateCluster request; changes to `resourcesVpcConfig` are merged."""
        vpc_config = {"subnetIds": self.subnet_ids} | changes.pop("resourcesVpcConfig", {})
        return {
            "name": unique("c"),
            "roleArn": self.cluster_role,
            "resourcesVpcConfig": vpc_config,
        } | changes

    def start(self, **changes: Any) -> Any:
        """Create a cluster and wait until it is ACTIVE; nothing waits on stock moto."""
        request = self.request(**changes)
        self.clients.eks.create_cluster(**request)
        deadline = time.monotonic() + START_SECONDS
        while (found := self.describe(request["name"]))["status"] == "CREATING":
            assert time.monotonic() < deadline, f"still CREATING after {START_SECONDS} s"
            time.sleep(0.1)
        assert found["status"] == "ACTIVE", found["health"]
        return found

    def describe(self, name: str) -> Any:
        return self.clients.eks.describe_cluster(name=name)["cluster"]

    @property
    def main(self) -> str:
        """Name of a cluster with everything set; rows leave it as they found it, but for its version."""
        if "main" not in self._clusters:
            self._clusters["main"] = self.start(
                version="1.33",
                accessConfig={
                    "authenticationMode": "API",
                    "bootstrapClusterCreatorAdminPermissions": False,
                },
                encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": self.key_arn}}],
                logging={"clusterLogging": [{"types": ["audit"], "enabled": True}]},
                resourcesVpcConfig={
                    "securityGroupIds": [self.extra_group_id],
                    "endpointPrivateAccess": True,
                    "endpointPublicAccess": False,
                },
                deletionProtection=True,
                tags={"purpose": "rows"},
            )
        return str(self._clusters["main"]["name"])

    @property
    def plain(self) -> str:
        """Name of a cluster with nothing set that need not be."""
        if "plain" not in self._clusters:
            self._clusters["plain"] = self.start()
        return str(self._clusters["plain"]["name"])

    def ask(self, cluster: str, token: str, path: str = "/api/v1/namespaces", body: Any = None) -> int:
        """Return the status code of a request to the cluster's API."""
        found = self.describe(cluster)
        authority = base64.b64decode(found["certificateAuthority"]["data"]).decode()
        handlers = (
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=authority)),
        )
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(found["endpoint"] + path, data=content, headers=headers)
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def wait(self, describe: str, key: str, status: str, **names: str) -> Any:
        """Wait a few seconds until a node group or add-on has a status."""
        deadline = time.monotonic() + 10
        while (found := getattr(self.clients.eks, describe)(**names)[key])["status"] != status:
            assert time.monotonic() < deadline, f"{found['status']}, expected {status}"
            time.sleep(0.05)
        return found

    def update(self, started: Any, cluster: str, **names: str) -> Any:
        """Wait until an update is Successful."""
        return self.wait(
            "describe_update", "update", "Successful", name=cluster, updateId=started["update"]["id"], **names
        )


_SCENES: dict[str, EksScene] = {}


def scene_of(clients: Clients) -> EksScene:
    return _SCENES.setdefault(clients.endpoint_url, EksScene(clients))
