"""The dev environment with running pods, and destroys by the engine alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psutil
from pulumi.automation import Deployment

from lab.engine import Engine, Outcome
from lab.paths import admin_kubeconfigs
from lab.status import client
from tests.lab.branch_enis.scene import PodCluster, PodScene, until
from tests.lab.conftest import Lab

COOLDOWN_SECONDS = 30
"""The shortest that the VPC Resource Controller accepts."""
GIVE_UP_SECONDS = 5
FAILED = 1
DRAIN, NODE_SWEEP, LAST_SWEEP, WORKLOAD = "dev-drain", "dev-node-sweep", "dev-last-sweep", "dev-catalog-gate"
_NETWORK = {
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/internetGateway:InternetGateway",
}


@dataclass
class Scene:
    """One stack of the reference environment, with pods that hold branch ENIs."""

    lab: Lab
    lines: list[str] = field(default_factory=list)
    """What the engine and its plugins said."""

    def up(self, edit: Callable[[dict[str, Any]], None] = lambda _: None, *options: str) -> dict[str, Any]:
        """Bring the environment up with its pods, after an edit of its description."""

        def prepared(environment: dict[str, Any]) -> None:
            cni = environment["cluster"].setdefault("vpc_cni", {})
            cni.setdefault("branch_eni_cooldown_seconds", COOLDOWN_SECONDS)
            edit(environment)

        self.lab.change(prepared)
        return self.lab.json("up", *(options or ("--pods",)))

    def refused_up(self, edit: Callable[[dict[str, Any]], None]) -> str:
        """Bring a changed environment up in a process of its own, and return why it failed."""
        self.lab.change(edit)
        done = self.lab.run("up", "--project", str(self.lab.project))
        assert done.returncode == FAILED, done.stderr
        return done.stderr

    @property
    def engine(self) -> Engine:
        return Engine("dev", self.lines.append, self.lab.project)

    def destroy(self) -> Outcome:
        """Destroy as `pulumi destroy --yes --skip-preview` does: the engine alone, without a program."""
        return self.engine.destroy()

    @cached_property
    def cluster(self) -> PodCluster:
        return PodCluster(PodScene(self.lab.running(), "gates", "10.99"), "dev-cluster")

    def api(self, service: str) -> Any:
        return client(self.lab.running(), service)

    def branch_enis(self) -> list[dict[str, Any]]:
        return self.interfaces("aws-k8s-branch-eni")

    def interfaces(self, description: str) -> list[dict[str, Any]]:
        filters = [{"Name": "description", "Values": [description]}]
        found = self.api("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return list(found)

    def cluster_groups(self) -> list[str]:
        """Return the security groups that EKS makes with a cluster, also those that outlived theirs."""
        filters = [{"Name": "group-name", "Values": ["eks-cluster-sg-dev-cluster-*"]}]
        found = self.api("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
        return [group["GroupId"] for group in found]

    def leak(self, *, on_live_node: bool = False) -> str:
        """Leave a branch ENI without a pod, which holds the security group of the cluster.

        Args:
            on_live_node: It hangs on the trunk of a live node, else it is free, and of a node that is gone.
        """
        ec2 = self.api("ec2")
        trunk = self.interfaces("aws-k8s-trunk-eni")[0]
        instance_id = trunk["Attachment"]["InstanceId"] if on_live_node else "i-0123456789abcdef0"
        tags = {
            "eks:eni:owner": "eks-vpc-resource-controller",
            "kubernetes.io/cluster/dev-cluster": "owned",
            "node.k8s.amazonaws.com/instance_id": instance_id,
        }
        made = ec2.create_network_interface(
            SubnetId=trunk["SubnetId"],
            Groups=self.cluster_groups(),
            Description="aws-k8s-branch-eni",
            TagSpecifications=[
                {
                    "ResourceType": "network-interface",
                    "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                }
            ],
        )
        eni_id = str(made["NetworkInterface"]["NetworkInterfaceId"])
        if on_live_node:
            ec2.associate_trunk_interface(
                BranchInterfaceId=eni_id, TrunkInterfaceId=trunk["NetworkInterfaceId"], VlanId=100
            )
        return eni_id

    def pods(self, namespace: str = "catalog") -> list[dict[str, Any]]:
        return self.cluster.objects("pods", namespace)

    def total(self) -> int:
        """Count what is left in the account."""
        total = self.lab.json("status")["total"]
        assert isinstance(total, int)
        return total

    def assert_nothing_left(self) -> None:
        status = self.lab.json("status")
        assert status["total"] == 0, status["counts"]
        assert status["recorded"] == 0
        filters = [{"Name": "tag-key", "Values": ["eks:eni:owner"]}]
        assert not self.api("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]

    def evictions(self) -> int:
        """Count the evictions that the API server has served."""
        metrics = self.cluster.kubectl("get", "--raw", "/metrics")
        lines = [line for line in metrics.splitlines() if line.startswith("apiserver_request_total{")]
        return sum(int(float(line.rpartition(" ")[2])) for line in lines if 'subresource="eviction"' in line)

    def delete_node_groups(self) -> None:
        """Delete them as somebody with the console does."""
        eks = self.api("eks")
        for name in eks.list_nodegroups(clusterName="dev-cluster")["nodegroups"]:
            eks.delete_nodegroup(clusterName="dev-cluster", nodegroupName=name)
        until(lambda: not eks.list_nodegroups(clusterName="dev-cluster")["nodegroups"], "the nodes", 300)

    def delete_cluster(self) -> None:
        """Delete node groups and cluster as somebody with the console does."""
        self.delete_node_groups()
        eks = self.api("eks")
        eks.delete_cluster(name="dev-cluster")
        until(lambda: not eks.list_clusters()["clusters"], "the cluster", 120)

    def hold(self, program: str) -> None:
        """Keep a part of the control plane down."""
        folder = admin_kubeconfigs()["dev-cluster"].parent
        (folder / f"{program}.hold").touch()
        process = psutil.Process(json.loads((folder / "processes.json").read_text())[program])
        process.kill()
        until(
            lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE,
            f"{program} to end",
        )

    def release(self, program: str) -> None:
        """Let a part of the control plane come back."""
        (admin_kubeconfigs()["dev-cluster"].parent / f"{program}.hold").unlink()
        until(lambda: self.cluster.try_kubectl("get", "--raw", "/readyz").returncode == 0, "the API", 120)

    def resources(self) -> list[dict[str, Any]]:
        deployment = self.engine.export().deployment
        assert deployment is not None
        found = deployment["resources"]
        assert isinstance(found, list)
        return found

    def change_record(self, edit: Callable[[list[dict[str, Any]]], Iterable[dict[str, Any]]]) -> None:
        """Rewrite the engine's record of the stack."""
        engine = self.engine
        deployment = engine.export().deployment
        assert deployment is not None
        changed = {**deployment, "resources": list(edit(deployment["resources"]))}
        engine.import_state(Deployment(version=3, deployment=changed))

    def without(self, *gates: str) -> None:
        """Take gates out of the engine's record, with every edge to and from them; nothing is deleted.

        Groups and subnets then give up soon, not after a quarter of an hour.
        """

        def edited(resources: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
            gone = {one["urn"]: one for one in resources if one["urn"].rpartition("::")[2] in gates}
            assert len(gone) == len(gates), f"{gates}: {sorted(gone)}"
            for one in resources:
                if one["urn"] in gone:
                    continue
                if one["type"] in _NETWORK:
                    one["customTimeouts"] = {"delete": GIVE_UP_SECONDS}
                # What a gate ordered stays ordered by nothing.
                one["dependencies"] = [urn for urn in one.get("dependencies", []) if urn not in gone]
                yield one

        self.change_record(edited)
