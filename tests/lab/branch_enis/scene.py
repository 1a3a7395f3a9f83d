"""A VPC, clusters and nodes made by calls of AWS alone, and what a user asks them with kubectl."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from lab.paths import admin_kubeconfigs
from lab.status import PodRow, report
from lab.toolchain import tool_folders
from tests.lab.by_hand import CLUSTER_POLICIES, NODE_POLICIES, ByHand

MANIFESTS = Path(__file__).parent / "manifests"
POD_ENI = "vpc.amazonaws.com/pod-eni"
POD_ENI_ON = {"ENABLE_POD_ENI": "true"}
SECONDS = 90.0
"""How long a condition may take before it counts as not coming."""


def until(probe: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """Wait until a probe gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, f"{what}: still {found!r} after {seconds:.0f} s"
        time.sleep(0.3)
    return found


@dataclass
class PodScene(ByHand):
    """A network with a way out, and as many clusters as a test asks for."""

    @cached_property
    def node_role_arn(self) -> str:
        return self.role("nodes", "ec2.amazonaws.com", NODE_POLICIES)

    def attach(self, role: str, policy_arn: str) -> None:
        """Attach a managed policy to a role for the rest of the scene."""
        self._api("iam").attach_role_policy(RoleName=role, PolicyArn=policy_arn)
        self._made("iam", "detach_role_policy", RoleName=role, PolicyArn=policy_arn)

    @contextmanager
    def running(
        self,
        name: str,
        env: dict[str, str] = POD_ENI_ON,
        policies: tuple[str, ...] = CLUSTER_POLICIES,
    ) -> Iterator[PodCluster]:
        """Have a cluster with the add-on vpc-cni for a while.

        Args:
            name: The cluster's name.
            env: Environment of aws-node, as the add-on's configuration values give it.
            policies: AWS managed policies of the cluster's role.
        """
        eks = self._api("eks")
        eks.create_cluster(
            name=name,
            roleArn=self.role(f"cluster-{name}", "eks.amazonaws.com", policies),
            resourcesVpcConfig={"subnetIds": self.subnet_ids},
            accessConfig={"authenticationMode": "API"},
            bootstrapSelfManagedAddons=False,
        )
        eks.get_waiter("cluster_active").wait(name=name, WaiterConfig={"Delay": 1})
        cluster = PodCluster(self, name)
        try:
            eks.create_addon(
                clusterName=name, addonName="vpc-cni", configurationValues=json.dumps({"env": env})
            )
            yield cluster
        finally:
            cluster.remove()


@dataclass
class PodCluster:
    """One cluster, asked and changed as its users do."""

    scene: PodScene
    name: str

    @property
    def eks(self) -> Any:
        return self.scene._api("eks")

    @property
    def ec2(self) -> Any:
        return self.scene._api("ec2")

    def node_group(self, name: str, instance_type: str = "m5.large", count: int = 1, **more: Any) -> None:
        """Make a node group and wait until it is ACTIVE."""
        self.start_node_group(name, instance_type, count, **more)
        found = self.settled(name)
        assert found["status"] == "ACTIVE", found["health"]

    def start_node_group(self, name: str, instance_type: str, count: int, **more: Any) -> None:
        request = {
            "subnets": self.scene.subnet_ids,
            "instanceTypes": [instance_type],
            "scalingConfig": {"minSize": 0, "maxSize": max(count, 1), "desiredSize": count},
        }
        self.eks.create_nodegroup(
            clusterName=self.name, nodegroupName=name, nodeRole=self.scene.node_role_arn, **request | more
        )

    def settled(self, node_group: str) -> Any:
        """Wait until a node group is created or has failed."""

        def found() -> Any:
            described = self.eks.describe_nodegroup(clusterName=self.name, nodegroupName=node_group)
            return described["nodegroup"] if described["nodegroup"]["status"] != "CREATING" else None

        return until(found, f"node group {node_group}", 180)

    def set_environment(self, **env: str) -> None:
        """Change the environment of aws-node by the add-on's configuration values."""
        names = {"clusterName": self.name, "addonName": "vpc-cni"}
        until(lambda: self.eks.describe_addon(**names)["addon"]["status"] != "CREATING", "the add-on")
        self.eks.update_addon(**names, configurationValues=json.dumps({"env": env}))

    def kubectl(self, *arguments: str, document: object = None) -> str:
        """Run kubectl as the administrator; a document is its standard input."""
        done = self.try_kubectl(*arguments, document=document)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def try_kubectl(self, *arguments: str, document: object = None) -> subprocess.CompletedProcess[str]:
        folders = [*map(str, tool_folders()), os.environ.get("PATH", os.defpath)]
        environment = {"PATH": os.pathsep.join(folders), "KUBECONFIG": str(admin_kubeconfigs()[self.name])}
        return subprocess.run(
            ["kubectl", *arguments],
            input=document if isinstance(document, str) else json.dumps(document),
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def apply(self, *documents: Any) -> None:
        """Apply objects, or the text of a manifest."""
        for document in documents:
            self.kubectl("apply", "--filename", "-", document=document)

    def objects(self, kind: str, namespace: str = "", selector: str = "") -> list[dict[str, Any]]:
        where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
        which = ["--selector", selector] if selector else []
        found = json.loads(self.kubectl("get", kind, *where, *which, "--output", "json"))["items"]
        assert isinstance(found, list)
        return found

    def events(self, namespace: str, name: str) -> list[tuple[str, str]]:
        """Return reason and message of the events of one object."""
        return [
            (event["reason"], event["message"])
            for event in self.objects("events", namespace)
            if event["involvedObject"]["name"] == name
        ]

    def until_event(self, namespace: str, name: str, reason: str, text: str = "") -> str:
        """Wait for an event of an object, and return its message."""

        def found() -> str:
            messages = [message for each, message in self.events(namespace, name) if each == reason]
            return next((message for message in messages if text in message), "")

        return str(until(found, f"event {reason} {text!r} of {name}"))

    def interface(self, interface_id: str) -> Any:
        (found,) = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id])[
            "NetworkInterfaces"
        ]
        return found

    def interface_at(self, address: str) -> Any:
        """Return the interface that has a private address."""
        filters = [
            {"Name": "addresses.private-ip-address", "Values": [address]},
            {"Name": "vpc-id", "Values": [self.scene.vpc_id]},
        ]
        (found,) = self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return found

    def process_id(self, program: str) -> int:
        """Return the process id of a part of the control plane."""
        record = admin_kubeconfigs()[self.name].with_name("processes.json")
        return int(json.loads(record.read_text())[program])

    def status_of_pods(self, namespace: str) -> list[PodRow]:
        """Return what `podsg lab status` says of the pods of a namespace."""
        pods = report(self.scene.session)[self.name].pods
        return [pod for pod in pods if pod.namespace == namespace]

    def remove(self) -> None:
        """Delete node groups, what the VPC Resource Controller left behind, and the cluster."""
        for name in self.eks.list_nodegroups(clusterName=self.name)["nodegroups"]:
            self.eks.delete_nodegroup(clusterName=self.name, nodegroupName=name)
        until(lambda: not self.eks.list_nodegroups(clusterName=self.name)["nodegroups"], "node groups", 400)
        until(self._is_swept, "the branch ENIs to go")
        self.eks.delete_cluster(name=self.name)
        self.eks.get_waiter("cluster_deleted").wait(name=self.name, WaiterConfig={"Delay": 1})

    def _is_swept(self) -> bool:
        owner = [{"Name": f"tag:kubernetes.io/cluster/{self.name}", "Values": ["owned"]}]
        left = self.ec2.describe_network_interfaces(Filters=owner)["NetworkInterfaces"]
        for one in left:
            with suppress(ClientError):  # the VPC Resource Controller may delete it first
                self.ec2.delete_network_interface(NetworkInterfaceId=one["NetworkInterfaceId"])
        return not left


def branch_eni(pod: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the annotation of a pod says of its branch ENI; None without one."""
    text = pod["metadata"].get("annotations", {}).get(POD_ENI)
    return json.loads(text)[0] if text else None


def is_running(pod: dict[str, Any]) -> bool:
    return pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]


def group_ids(interface: dict[str, Any]) -> set[str]:
    return {group["GroupId"] for group in interface["Groups"]}
