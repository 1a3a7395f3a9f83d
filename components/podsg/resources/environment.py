"""A whole environment from one description."""

from typing import Any, Optional, TypedDict, cast

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from podsg.model import ClusterSpec, created_namespaces, database_ports, has_pod_subnets, protected
from podsg.model.kubeconfig import cluster_of
from podsg.resources.addon import install_addon
from podsg.resources.aws_access import AwsAccess
from podsg.resources.cluster import Cluster
from podsg.resources.cooldown import set_branch_eni_cooldown
from podsg.resources.database import Database
from podsg.resources.eni_config import make_eni_configs
from podsg.resources.environment_gates import EnvironmentGates
from podsg.resources.existing import ClusterInUse, NetworkInUse
from podsg.resources.guardrail_check import check_guardrails
from podsg.resources.location import Location
from podsg.resources.network import Network
from podsg.resources.node_group import NodeGroup
from podsg.resources.output_by_value import by_value
from podsg.resources.owner import ENVIRONMENT_TAG, KUBERNETES_LABELS, Owner
from podsg.resources.reachable_api import EXISTING_CLUSTER, OWN_CLUSTER, when_reachable
from podsg.resources.security_groups_for_pods import GrantedDatabaseArgs, SecurityGroupsForPods
from podsg.resources.spec_args import EnvironmentSpecInput
from podsg.resources.specification import described_environment, engine_errors
from podsg.resources.workload_rules import callers_of


class EnvironmentArgs(TypedDict):
    """Inputs of an environment."""

    spec: EnvironmentSpecInput
    """The description of the environment, as under `podsg:environment` in a stack file."""


class Environment(pulumi.ComponentResource):
    """Make a VPC, an EKS cluster with nodes, databases, and security groups for the pods of each workload.

    Whatever of them exists already is used as it is: the description names it instead.

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
    oidc_provider_arn: pulumi.Output[Optional[str]]
    """ARN of the IAM OpenID Connect provider that roles for service accounts (IRSA) trust.

    Left out if the cluster exists already and the description names none."""
    read_secrets_policies: pulumi.Output[dict[str, str]]
    """IAM policy (JSON) that allows reading the database secrets of a workload, by its name.

    For a role of its service account (IRSA); none for a workload without databases."""

    def __init__(
        self, name: str, args: EnvironmentArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        super().__init__("podsg:index:Environment", name, None, opts)
        self._described = described_environment(args["spec"])
        self._spec = self._described.spec
        _refuse_other_name(name, self._spec.name)
        with engine_errors():
            check_guardrails(self._spec, self)
        self._tags = {**self._spec.tags, ENVIRONMENT_TAG: name}
        self._owner = Owner.of(self, name, self._tags)

        # All that it makes: a destroy passes the drain gate before anything of it goes.
        self._made: list[pulumi.Resource] = []
        self._network = self._use_network()
        found = self._find_cluster()
        groups = self._make_groups()
        self._gates = self._gates_of(found)
        self._last_sweep = self._gates.last_sweep(*self._network.subnets, *groups)
        self._databases = self._make_databases()
        # The model refuses an environment with neither.
        self._cluster = found or self._make_cluster(cast("ClusterSpec", self._spec.cluster))
        self._kubernetes = self._make_provider()
        self._nodes = self._make_nodes()
        workloads = self._make_workloads()
        self._gates.drain(self._cluster, self._databases, *self._made)

        self.vpc_id = pulumi.Output.from_input(self._network.vpc_id)
        self.cluster_name = self._cluster.name
        self.kubeconfig = self._cluster.kubeconfig
        self.database_endpoints = _by_name(self._endpoints())
        self.pod_security_group_ids = _by_name(
            {key: made.pod_security_group_id for key, made in workloads.items()}
        )
        self.oidc_provider_arn = pulumi.Output.from_input(self._cluster.oidc_provider_arn)
        self.read_secrets_policies = _by_name(
            {key: made.read_secrets_policy for key, made in workloads.items()}
        )
        self.register_outputs(self.outputs())

    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """Return all outputs by name, for a program that exports them."""
        return {
            "vpc_id": self.vpc_id,
            "cluster_name": self.cluster_name,
            "kubeconfig": self.kubeconfig,
            "database_endpoints": self.database_endpoints,
            "pod_security_group_ids": self.pod_security_group_ids,
            "oidc_provider_arn": self.oidc_provider_arn,
            "read_secrets_policies": self.read_secrets_policies,
        }

    def _use_network(self) -> NetworkInUse:
        if self._spec.network is None:
            return NetworkInUse.found(self._described, self)
        network = Network(
            self._owner.child("network"),
            {"spec": self._described.part("network"), "tags": self._tags},
            self._owner.options(),
        )
        self._made.append(network)
        return NetworkInUse.made(network)

    def _gates_of(self, existing_cluster: Optional[ClusterInUse]) -> EnvironmentGates:
        return EnvironmentGates(
            self._owner,
            self._spec.destroy,
            AwsAccess.of(self),
            self._network.vpc_id,
            existing_cluster.name if existing_cluster else self._owner.child("cluster"),
            is_own_cluster=existing_cluster is None,
        )

    def _make_groups(self) -> list[pulumi.Resource]:
        """Make the security groups that do not exist, before the cluster: their rules come later."""
        name = self._owner.name
        given = self._described.given
        if self._spec.cluster is not None:
            self._node_group_id: pulumi.Input[str] = given("cluster", "node_security_group_id") or (
                self._make_group("node", f"Nodes of {name}")
            )
        self._pod_group_ids: dict[str, pulumi.Input[str]] = {}
        for key in self._spec.workloads:
            ids = given("workloads", key, "security_group_ids") or None
            self._pod_group_ids[key] = (
                self._make_group(f"pod-{key}", f"Pods of {key} in {name}") if ids is None else ids[0]
            )
        self._database_group_ids: dict[str, pulumi.Input[str]] = {
            key: given("databases", key, "security_group_id")
            or self._make_group(f"database-{key}", f"Database {key} in {name}")
            for key in self._spec.databases
        }
        return [one for one in self._made if isinstance(one, aws.ec2.SecurityGroup)]

    def _make_group(self, role: str, description: str) -> pulumi.Output[str]:
        group = aws.ec2.SecurityGroup(
            self._owner.child(role),
            description=description,
            vpc_id=self._network.vpc_id,
            tags=self._owner.tagged(role),
            opts=self._owner.options(),
        )
        self._made.append(group)
        return group.id

    def _make_databases(self) -> dict[str, Database]:
        databases = {
            key: Database(
                self._owner.child(key),
                {
                    "spec": self._described.part(
                        "databases", key, deletion_protection=protected(self._spec, spec)
                    ),
                    "subnet_ids": self._network.private_subnet_ids,
                    "security_group_id": self._database_group_ids[key],
                    "tags": self._tags,
                },
                self._owner.options(self._last_sweep),
            )
            for key, spec in self._spec.databases.items()
        }
        self._made += databases.values()
        return databases

    def _find_cluster(self) -> Optional[ClusterInUse]:
        """Look an existing cluster up before anything is made."""
        spec = self._spec.existing_cluster
        if spec is None:
            return None
        return ClusterInUse.found(self._described, spec, self, Location.of(self).region)

    def _make_cluster(self, spec: ClusterSpec) -> ClusterInUse:
        settings = {
            **self._described.written["cluster"].get("vpc_cni", {}),
            "custom_networking": has_pod_subnets(self._spec),
        }
        cluster = Cluster(
            self._owner.child("cluster"),
            {
                "spec": self._described.part(
                    "cluster", vpc_cni=settings, deletion_protection=protected(self._spec, spec)
                ),
                "subnet_ids": self._network.private_subnet_ids,
                "tags": self._tags,
            },
            self._owner.options(self._last_sweep),
        )
        self._made.append(cluster)
        return ClusterInUse.made(cluster, spec.version, self._node_group_id)

    def _make_provider(self) -> kubernetes.Provider:
        """Make the provider after the add-ons, which take a while.

        It asks the API once, when it is configured, and takes a refusal for an unreachable cluster in the
        whole run; rights work only seconds after they are given. The objects in a cluster of the environment
        go with it: where it is gone, they are forgotten; where it is only out of reach, no update and no
        destroy gets that far.

        Source: pulumi-kubernetes, `provider/pkg/provider/provider.go`, Configure.
        """
        cluster = self._cluster
        is_own = self._spec.cluster is not None
        ways_out = OWN_CLUSTER if is_own else EXISTING_CLUSTER
        kubeconfig = when_reachable(cluster.kubeconfig, self, cluster.ways_in, ways_out)
        provider = kubernetes.Provider(
            self._owner.child("kubernetes"),
            kubeconfig=by_value(kubeconfig) if is_own else kubeconfig,
            cluster=kubeconfig.apply(cluster_of) if is_own else None,
            delete_unreachable=True if is_own else None,
            # A plugin that asks for the replacement itself is ended before the objects of the old cluster are
            # deleted through it. Source: pulumi/pulumi issue 14650.
            cluster_identifier=self._owner.child("cluster") if is_own else None,
            opts=pulumi.ResourceOptions.merge(
                self._owner.options(*cluster.before_kubernetes),
                pulumi.ResourceOptions(replace_on_changes=["cluster"] if is_own else None),
            ),
        )
        self._made.append(provider)
        return provider

    def _make_nodes(self) -> list[pulumi.Resource]:
        """Make the node groups, then CoreDNS, which would stay DEGRADED without nodes."""
        cluster, network = self._cluster, self._network
        eni_configs = make_eni_configs(self._owner, network.pod_subnets, cluster, self._kubernetes)
        sweep = [] if self._spec.cluster is None else [self._gates.node_sweep(cluster)]
        groups = [
            NodeGroup(
                self._owner.child(key),
                {
                    "spec": self._described.part("node_groups", key),
                    "version": cluster.version,
                    "cluster_name": cluster.name,
                    "subnet_ids": network.private_subnet_ids,
                    "cluster_security_group_id": cluster.cluster_security_group_id,
                    "node_security_group_id": cluster.node_security_group_id,
                    "tags": self._tags,
                },
                self._owner.options(*cluster.before_nodes, *network.ways_out, *eni_configs, *sweep),
            )
            for key in self._spec.node_groups
        ]
        nodes: list[pulumi.Resource] = [group.nodes for group in groups]
        self._made += [*eni_configs, *groups]
        if self._spec.cluster is not None:
            options = self._owner.options(*nodes)
            self._made.append(install_addon(self._owner, "coredns", cluster.name, opts=options))
        return nodes

    def _make_workloads(self) -> dict[str, SecurityGroupsForPods]:
        if self._spec.cluster is not None:
            cooldown_seconds = self._spec.cluster.vpc_cni.branch_eni_cooldown_seconds
            if cooldown_seconds is not None:
                cooldown = set_branch_eni_cooldown(
                    self._owner, cooldown_seconds, self._kubernetes, *self._cluster.vpc_cni
                )
                self._made.append(cooldown)
        namespaces = self._make_namespaces()
        workloads = {key: self._make_workload(key, namespaces) for key in self._spec.workloads}
        self._made += workloads.values()
        return workloads

    def _make_namespaces(self) -> dict[str, pulumi.Output[str]]:
        """Make each namespace once, however many workloads live in it; return their names as outputs."""
        options = pulumi.ResourceOptions.merge(
            self._owner.options(*self._nodes), pulumi.ResourceOptions(provider=self._kubernetes)
        )
        made = {
            namespace: kubernetes.core.v1.Namespace(
                self._owner.child(f"namespace-{namespace}"),
                metadata={
                    "name": namespace,
                    "labels": KUBERNETES_LABELS,
                    "annotations": self._owner.annotations,
                },
                opts=options,
            )
            for namespace in created_namespaces(self._spec)
        }
        self._made += made.values()
        return {
            key: namespace.metadata.apply(lambda metadata: str(metadata["name"]))
            for key, namespace in made.items()
        }

    def _make_workload(self, key: str, namespaces: dict[str, pulumi.Output[str]]) -> SecurityGroupsForPods:
        spec = self._spec.workloads[key]
        return SecurityGroupsForPods(
            self._owner.child(key),
            {
                "workload": key,
                "spec": self._described.part("workloads", key),
                "namespace": namespaces.get(spec.namespace, spec.namespace),
                "pod_security_group_id": self._pod_group_ids[key],
                "cluster_security_group_id": self._cluster.dns_security_group_id,
                "node_security_group_id": self._cluster.node_security_group_id,
                "databases": {database: self._granted(database) for database in spec.databases},
                "workload_security_group_ids": {
                    other: group_id for other, group_id in self._pod_group_ids.items() if other != key
                },
                "callers": callers_of(key, self._spec.workloads),
                "cluster": {
                    "vpc_id": self._network.vpc_id,
                    "name": self._cluster.name,
                    "identity": self._cluster.identity,
                    "kubeconfig": self._cluster.kubeconfig,
                },
                "tags": self._tags,
            },
            pulumi.ResourceOptions.merge(
                self._owner.options(*self._nodes, self._last_sweep),
                pulumi.ResourceOptions(providers=[self._kubernetes]),
            ),
        )

    def _granted(self, database: str) -> GrantedDatabaseArgs:
        """Return what a workload needs to know of a database, made here or not."""
        port = database_ports(self._spec)[database]
        if database in self._databases:
            group_id = self._database_group_ids[database]
            secret_arn = self._databases[database].secret_arn
            return {"security_group_id": group_id, "port": port, "secret_arn": secret_arn}
        place = ("existing_databases", database)
        return {
            "security_group_id": self._described.given(*place, "security_group_id"),
            "port": port,
            "secret_arn": self._described.given(*place, "secret_arn"),
        }

    def _endpoints(self) -> dict[str, pulumi.Input[str]]:
        found = {
            key: pulumi.Output.format(
                "{}:{}", self._described.given("existing_databases", key, "address"), spec.port
            )
            for key, spec in self._spec.existing_databases.items()
        }
        return {**{key: made.endpoint for key, made in self._databases.items()}, **found}


def _refuse_other_name(name: str, described: str) -> None:
    if described != name:
        raise pulumi.RunError(
            f"name: found {name}, the name of the component; allowed: {described}, the name in its spec"
        )


def _by_name(values: dict[str, Any]) -> pulumi.Output[dict[str, str]]:
    """Return an output of what is there, by name; `Output.all` of nothing would be a list."""
    return pulumi.Output.from_input(values).apply(
        lambda found: {key: value for key, value in found.items() if value is not None}
    )
