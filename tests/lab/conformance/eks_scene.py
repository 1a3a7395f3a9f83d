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
SETTLE_SECONDS = 90
ANYWHERE = "0.0.0.0/0"
FAILED = {"CREATE_FAILED", "DELETE_FAILED", "UPDATE_FAILED", "Failed", "Cancelled"}
ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
CNI_POLICY = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
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
        """Id of a VPC whose subnets reach the internet by a NAT gateway, if they use the main route table."""
        ec2 = self.clients.ec2
        vpc_id = str(ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])
        gateway_id = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id)
        subnet_id = self.subnet(vpc_id, "10.1.250.0/24", "a")
        self.own_table(vpc_id, subnet_id, GatewayId=gateway_id)
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = ec2.create_nat_gateway(SubnetId=subnet_id, AllocationId=address)["NatGateway"]["NatGatewayId"]
        main = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "association.main", "Values": ["true"]}]
        table = ec2.describe_route_tables(Filters=main)["RouteTables"][0]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, NatGatewayId=nat)
        return vpc_id

    def own_table(self, vpc_id: str, subnet_id: str, **target: str) -> None:
        """Give a subnet a route table of its own, with a default route if there is a target."""
        ec2 = self.clients.ec2
        table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        if target:
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, **target)
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet_id)

    @cached_property
    def closed_subnet_id(self) -> str:
        """Id of a subnet without a way out."""
        subnet_id = self.subnet(self.vpc_id, "10.1.240.0/24", "a")
        self.own_table(self.vpc_id, subnet_id)
        return subnet_id

    @cached_property
    def full_subnet_id(self) -> str:
        """Id of a subnet without a free address."""
        subnet_id = self.subnet(self.vpc_id, "10.1.241.0/28", "a")
        self.clients.ec2.create_network_interface(SubnetId=subnet_id, SecondaryPrivateIpAddressCount=10)
        return subnet_id

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
        """ARN of a role with what aws-node needs."""
        arn = self.role("ec2.amazonaws.com")
        self.clients.iam.attach_role_policy(RoleName=arn.rpartition("/")[2], PolicyArn=CNI_POLICY)
        return arn

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
        return self.send(cluster, token, path, body)[0]

    @cached_property
    def administrator(self) -> Caller:
        """Somebody who may do everything in the main cluster."""
        caller, eks = self.user(), self.clients.eks
        names = {"clusterName": self.main, "principalArn": caller.arn}
        eks.create_access_entry(**names)
        eks.associate_access_policy(**names, policyArn=ADMIN_POLICY, accessScope={"type": "cluster"})
        return caller

    def read(self, path: str) -> Any:
        """Return an object of the main cluster; None if it is not there."""
        status, content = self.send(self.main, self.administrator.token(self.main), path)
        assert status in {200, 404}, content
        return json.loads(content) if status == 200 else None

    def make(self, path: str, body: Any) -> None:
        """Create an object in the main cluster."""
        status, content = self.send(self.main, self.administrator.token(self.main), path, body)
        assert status == 201, content

    def change(self, path: str, data: dict[str, str]) -> None:
        """Change a ConfigMap of the main cluster as a user does with `kubectl patch`."""
        token = self.administrator.token(self.main)
        status, content = self.send(self.main, token, path, {"data": data}, "PATCH")
        assert status == 200, content

    def send(
        self, cluster: str, token: str, path: str, body: Any = None, method: str | None = None
    ) -> tuple[int, bytes]:
        """Return status code and content of a request to a cluster's API."""
        found = self.describe(cluster)
        authority = base64.b64decode(found["certificateAuthority"]["data"]).decode()
        handlers = (
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=authority)),
        )
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        content = None if body is None else json.dumps(body).encode()
        url = found["endpoint"] + path
        request = urllib.request.Request(url, data=content, headers=headers, method=method)
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=10) as answer:
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def wait(self, describe: str, key: str, status: str, **names: str) -> Any:
        """Wait until a node group, an add-on or an update has a status."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while (found := getattr(self.clients.eks, describe)(**names)[key])["status"] != status:
            problem = f"{found['status']}, expected {status}: {found.get('health') or found.get('errors')}"
            assert found["status"] not in FAILED - {status}, problem
            assert time.monotonic() < deadline, problem
            time.sleep(0.1)
        return found

    def update(self, started: Any, cluster: str, **names: str) -> Any:
        """Wait until an update is Successful."""
        return self.wait(
            "describe_update", "update", "Successful", name=cluster, updateId=started["update"]["id"], **names
        )


_SCENES: dict[str, EksScene] = {}


def scene_of(clients: Clients) -> EksScene:
    return _SCENES.setdefault(clients.endpoint_url, EksScene(clients))
