"""A whole environment from one description."""

from typing import Any, Optional, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from podsg.model import EnvironmentSpec, created_namespaces, database_port
from podsg.resources.addon import install_addon
from podsg.resources.cluster import Cluster
from podsg.resources.cluster_access import caller_principal_arn, warn_of_missing_access
from podsg.resources.cooldown import set_branch_eni_cooldown
from podsg.resources.database import Database
from podsg.resources.network import Network
from podsg.resources.node_group import NodeGroup
from podsg.resources.owner import ENVIRONMENT_TAG, Owner
from podsg.resources.security_groups_for_pods import KUBERNETES_LABELS, SecurityGroupsForPods
from podsg.resources.specification import environment_specification
from podsg.resources.workload_rules import callers_of


class EnvironmentArgs(TypedDict):
    """Inputs of an environment."""

    spec: Any
    """The description of the environment, as under `podsg:environment` in a stack file."""


class Environment(pulumi.ComponentResource):
    """Make a VPC, an EKS cluster with nodes, databases, and security groups for the pods of each workload.

    The component has the name of the environment. All security groups are its own children, are made before
    the cluster and go in by id; nothing depends on a component. Another workload brings its own parts and
    changes none of the others.
    """

    cluster_name: pulumi.Output[str]
    """Name of the EKS cluster."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig with a login command and without a token."""
    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    database_endpoints: pulumi.Output[dict[str, str]]
    """`address:port` of each database, by name."""
    pod_security_group_ids: pulumi.Output[dict[str, str]]
    """Id of the security group of the pods of each workload, by name."""
    oidc_provider_arn: pulumi.Output[str]
    """ARN of the IAM OpenID Connect provider that roles for service accounts (IRSA) trust."""
    read_secrets_policies: pulumi.Output[dict[str, str]]
    """IAM policy (JSON) that allows reading the database secrets of a workload, by its name.

    For a role of its service account (IRSA); none for a workload without databases."""

    def __init__(
        self, name: str, args: EnvironmentArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        super().__init__("podsg:index:Environment", name, None, opts)
        self._spec = _specification_of(name, args["spec"])
        self._tags = {**self._spec.tags, ENVIRONMENT_TAG: name}
        self._owner = Owner.of(self, name, self._tags)

        self._network = Network(
            self._owner.child("network"),
            {"spec": self._spec.network, "tags": self._tags},
            self._owner.options(),
        )
        self._make_groups()
        self._databases = self._make_databases()
        cluster = self._make_cluster()
        nodes = self._make_nodes(cluster)
        workloads = self._make_workloads(cluster, nodes)

        self.vpc_id = self._network.vpc_id
        self.cluster_name = cluster.cluster_name
        self.kubeconfig = cluster.kubeconfig
        self.database_endpoints = _by_name({key: made.endpoint for key, made in self._databases.items()})
        self.pod_security_group_ids = _by_name({key: group.id for key, group in self._pod_groups.items()})
        self.oidc_provider_arn = cluster.oidc_provider_arn
        self.read_secrets_policies = _by_name(
            {key: made.read_secrets_policy for key, made in workloads.items()}
        )
        # For a program that exports them all.
        self.outputs: dict[str, pulumi.Output[Any]] = {
            "vpc_id": self.vpc_id,
            "cluster_name": self.cluster_name,
            "kubeconfig": self.kubeconfig,
            "database_endpoints": self.database_endpoints,
            "pod_security_group_ids": self.pod_security_group_ids,
            "oidc_provider_arn": self.oidc_provider_arn,
            "read_secrets_policies": self.read_secrets_policies,
        }
        self.register_outputs(self.outputs)

    def _make_groups(self) -> None:
        """Make every security group, before the cluster: their rules come later, one by one."""
        name = self._owner.name
        self._node_group = self._make_group("node", f"Nodes of {name}")
        self._pod_groups = {
            workload: self._make_group(f"pod-{workload}", f"Pods of {workload} in {name}")
            for workload in self._spec.workloads
        }
        self._database_groups = {
            database: self._make_group(f"database-{database}", f"Database {database} in {name}")
            for database in self._spec.databases
        }

    def _make_group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            self._owner.child(role),
            description=description,
            vpc_id=self._network.vpc_id,
            tags=self._owner.tagged(role),
            opts=self._owner.options(),
        )

    def _make_databases(self) -> dict[str, Database]:
        return {
            key: Database(
                self._owner.child(key),
                {
                    "spec": spec,
                    "subnet_ids": self._network.private_subnet_ids,
                    "security_group_id": self._database_groups[key].id,
                    "tags": self._tags,
                },
                self._owner.options(),
            )
            for key, spec in self._spec.databases.items()
        }

    def _make_cluster(self) -> Cluster:
        caller = caller_principal_arn(self)
        administrators = self._spec.cluster.admin_principal_arns or [caller]
        warn_of_missing_access(self, caller, administrators)
        return Cluster(
            self._owner.child("cluster"),
            {
                "spec": self._spec.cluster,
                "subnet_ids": self._network.private_subnet_ids,
                "admin_principal_arns": administrators,
                "tags": self._tags,
            },
            self._owner.options(),
        )

    def _make_nodes(self, cluster: Cluster) -> list[pulumi.Resource]:
        """Make the node groups, then CoreDNS, which would stay DEGRADED without nodes."""
        nodes: list[pulumi.Resource] = [
            NodeGroup(
                self._owner.child(key),
                {
                    "spec": spec,
                    "version": self._spec.cluster.version,
                    "cluster_name": cluster.cluster_name,
                    "subnet_ids": self._network.private_subnet_ids,
                    "cluster_security_group_id": cluster.cluster_security_group_id,
                    "node_security_group_id": self._node_group.id,
                    "tags": self._tags,
                },
                self._owner.options(*cluster.before_nodes, *self._network.ways_out),
            ).nodes
            for key, spec in self._spec.node_groups.items()
        ]
        install_addon(self._owner, "coredns", cluster.cluster_name, opts=self._owner.options(*nodes))
        return nodes

    def _make_provider(self, cluster: Cluster, nodes: list[pulumi.Resource]) -> kubernetes.Provider:
        """Make the provider after the nodes, which take minutes.

        It asks the API once, when it is configured, and takes a refusal for an unreachable cluster in the
        whole run; rights work only seconds after they are given.

        Source: pulumi-kubernetes, `provider/pkg/provider/provider.go`, Configure.
        """
        return kubernetes.Provider(
            self._owner.child("kubernetes"),
            kubeconfig=cluster.kubeconfig,
            opts=self._owner.options(*cluster.access, *nodes),
        )

    def _make_workloads(
        self, cluster: Cluster, nodes: list[pulumi.Resource]
    ) -> dict[str, SecurityGroupsForPods]:
        provider = self._make_provider(cluster, nodes)
        cooldown_seconds = self._spec.cluster.vpc_cni.branch_eni_cooldown_seconds
        if cooldown_seconds is not None:
            set_branch_eni_cooldown(self._owner, cooldown_seconds, provider, cluster.vpc_cni)
        namespaces = self._make_namespaces(provider, nodes)
        return {
            key: self._make_workload(key, cluster, namespaces, provider, nodes)
            for key in self._spec.workloads
        }

    def _make_namespaces(
        self, provider: kubernetes.Provider, nodes: list[pulumi.Resource]
    ) -> dict[str, pulumi.Output[str]]:
        """Make each namespace once, however many workloads live in it; return their names as outputs."""
        options = pulumi.ResourceOptions.merge(
            self._owner.options(*nodes), pulumi.ResourceOptions(provider=provider)
        )
        return {
            namespace: kubernetes.core.v1.Namespace(
                self._owner.child(f"namespace-{namespace}"),
                metadata={"name": namespace, "labels": KUBERNETES_LABELS},
                opts=options,
            ).metadata.apply(lambda metadata: str(metadata["name"]))
            for namespace in created_namespaces(self._spec)
        }

    def _make_workload(
        self,
        key: str,
        cluster: Cluster,
        namespaces: dict[str, pulumi.Output[str]],
        provider: kubernetes.Provider,
        nodes: list[pulumi.Resource],
    ) -> SecurityGroupsForPods:
        spec = self._spec.workloads[key]
        return SecurityGroupsForPods(
            self._owner.child(key),
            {
                "workload": key,
                "spec": spec,
                "namespace": namespaces.get(spec.namespace, spec.namespace),
                "pod_security_group_id": self._pod_groups[key].id,
                "cluster_security_group_id": cluster.cluster_security_group_id,
                "node_security_group_id": self._node_group.id,
                "databases": {
                    database: {
                        "security_group_id": self._database_groups[database].id,
                        "port": database_port(self._spec.databases[database]),
                        "secret_arn": self._databases[database].secret_arn,
                    }
                    for database in spec.databases
                },
                "workload_security_group_ids": {
                    other: group.id for other, group in self._pod_groups.items() if other != key
                },
                "callers": callers_of(key, self._spec.workloads),
                "tags": self._tags,
            },
            pulumi.ResourceOptions.merge(
                self._owner.options(*nodes), pulumi.ResourceOptions(providers=[provider])
            ),
        )


def _specification_of(name: str, raw: object) -> EnvironmentSpec:
    spec = environment_specification(raw)
    if spec.name != name:
        raise pulumi.RunError(
            f"name: found {name}, the name of the component; allowed: {spec.name}, the name in its spec"
        )
    return spec


def _by_name(values: dict[str, Any]) -> pulumi.Output[dict[str, str]]:
    """Return an output of what is there, by name; `Output.all` of nothing would be a list."""
    return pulumi.Output.from_input(values).apply(
        lambda found: {key: value for key, value in found.items() if value is not None}
    )
