"""Security groups for the pods of one workload."""

from collections.abc import Container, Mapping
from typing import Any, NotRequired, Optional, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from podsg.model import WorkloadSpec, policy_name
from podsg.resources.aws_access import AwsAccess
from podsg.resources.owner import KUBERNETES_LABELS, Owner, handed_on
from podsg.resources.secret_policy import read_secrets_policy
from podsg.resources.spec_args import WorkloadSpecInput
from podsg.resources.specification import described
from podsg.resources.workload_gate import PodClusterArgs, WorkloadGate
from podsg.resources.workload_rules import (
    CLUSTER,
    NODES,
    PODS,
    Direction,
    Rule,
    database_group,
    workload_group,
    workload_rules,
)

# EKS deletes the security group of a cluster with it, unless a rule of another group still names it.
_FREES_THE_CLUSTER_GROUP = pulumi.ResourceOptions(
    delete_before_replace=True, replace_on_changes=["referencedSecurityGroupId"]
)


class GrantedDatabaseArgs(TypedDict):
    """A database that the workload may reach."""

    security_group_id: pulumi.Input[str]
    """Id of the security group of the database."""
    port: int
    """TCP port of the database (1 to 65535)."""
    secret_arn: NotRequired[pulumi.Input[Optional[str]]]
    """ARN of the secret with the administrator's password of the database. Default: none."""


class SecurityGroupsForPodsArgs(TypedDict):
    """Inputs of the security groups of one workload."""

    workload: str
    """Name of the workload."""
    spec: WorkloadSpecInput
    """Selectors, ports and grants: the fields of one of `workloads` in an environment."""
    namespace: NotRequired[pulumi.Input[str]]
    """Name of the namespace, as an output of the one that is made with it. Default: that of `spec`."""
    pod_security_group_id: NotRequired[pulumi.Input[str]]
    """Id of the security group of the pods. Default: the groups that `spec` names."""
    cluster_security_group_id: pulumi.Input[str]
    """Id of the group that CoreDNS is reached through: port 53 is opened in it."""
    node_security_group_id: pulumi.Input[str]
    """Id of the group that the probes of the kubelet come from."""
    databases: NotRequired[dict[str, GrantedDatabaseArgs]]
    """The databases that `spec` names, by name. Default: none."""
    workload_security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Ids of the groups of the workloads that call this one, by name. Default: none."""
    callers: NotRequired[dict[str, list[int]]]
    """TCP ports by name of the workloads that call this one, besides what `spec` names. Default: none."""
    cluster: NotRequired[PodClusterArgs]
    """Where its pods run: if it is removed, they let go of `pod_security_group_id` first, as `spec` says.
    Default: the group cannot be deleted before somebody restarts the pods."""
    tags: NotRequired[dict[str, str]]
    """Tags of the rules, besides name and owner. Default: none."""


class SecurityGroupsForPods(pulumi.ComponentResource):
    """Open to the pods of one workload what they need and nothing else, and give them their security group.

    DNS to CoreDNS, probes from the nodes, the granted databases and peers; each rule is its own resource.
    What the resource option `depends_on` names (the nodes) is there before the policy and goes after it.
    Running pods keep the groups that they started with.

    A grant opens the network and hands no password out: attach `read_secrets_policy` to a role for the
    service account of the pods (IRSA) that trusts the OpenID Connect provider of the cluster. EKS Pod
    Identity does not work in strict mode: the agent on the node cannot be reached from these pods.

    Source: EKS user guide, "Set up the Amazon EKS Pod Identity Agent" (security groups for pods).
    """

    policy_name: pulumi.Output[str]
    """Name of the SecurityGroupPolicy."""
    pod_security_group_id: pulumi.Output[str]
    """Id of the security group of the pods."""
    database_secret_arns: pulumi.Output[dict[str, str]]
    """ARN of the secret of each granted database, by name; empty without a grant."""
    read_secrets_policy: pulumi.Output[Optional[str]]
    """IAM policy (JSON) that allows reading these secrets and nothing else, for a role of the service account
    (IRSA); none without a grant. EKS Pod Identity does not work in strict mode."""

    def __init__(
        self, name: str, args: SecurityGroupsForPodsArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        super().__init__("podsg:index:SecurityGroupsForPods", name, None, opts)
        description = described(WorkloadSpec, args["spec"], name)
        self._spec = description.spec
        self._owner = Owner.of(self, name, args.get("tags"))
        self._group_ids = _pod_group_ids(name, args, description.given("security_group_ids"))

        earlier = [*self._make_rules(args), *self._make_gate(args, opts)]
        self._make_policy(args, handed_on(self._owner.options(*earlier), opts))
        self.policy_name = pulumi.Output.from_input(policy_name(args["workload"], self._spec))
        self.pod_security_group_id = pulumi.Output.from_input(self._group_ids[0])
        self.database_secret_arns = _secret_arns(args.get("databases", {}))
        self.read_secrets_policy = self.database_secret_arns.apply(
            lambda arns: read_secrets_policy(arns.values())
        )
        self.register_outputs(
            {
                "policy_name": self.policy_name,
                "pod_security_group_id": self.pod_security_group_id,
                "database_secret_arns": self.database_secret_arns,
                "read_secrets_policy": self.read_secrets_policy,
            }
        )

    def _make_rules(self, args: SecurityGroupsForPodsArgs) -> list[pulumi.Resource]:
        databases = args.get("databases", {})
        others = args.get("workload_security_group_ids", {})
        _refuse_missing(self._owner.name, args["workload"], self._spec, databases, others)
        group_ids: dict[str, pulumi.Input[str]] = {
            PODS: self._group_ids[0],
            CLUSTER: args["cluster_security_group_id"],
            NODES: args["node_security_group_id"],
            **{database_group(key): granted["security_group_id"] for key, granted in databases.items()},
            **{workload_group(key): group_id for key, group_id in others.items()},
        }
        ports = {key: granted["port"] for key, granted in databases.items()}
        rules = workload_rules(args["workload"], self._spec, ports, args.get("callers", {}))
        return [self._make_rule(rule, group_ids) for rule in rules]

    def _make_rule(self, rule: Rule, group_ids: Mapping[str, pulumi.Input[str]]) -> pulumi.Resource:
        kind = (
            aws.vpc.SecurityGroupIngressRule
            if rule.direction is Direction.INGRESS
            else aws.vpc.SecurityGroupEgressRule
        )
        peer = rule.peer.group
        return kind(
            self._owner.child(rule.key),
            security_group_id=group_ids[rule.group],
            referenced_security_group_id=None if peer is None else group_ids.get(peer, peer),
            cidr_ipv4=rule.peer.cidr,
            ip_protocol=rule.protocol,
            from_port=rule.port,
            to_port=rule.port,
            description=rule.description,
            tags=self._owner.tagged(rule.key),
            opts=pulumi.ResourceOptions.merge(
                self._owner.options(), _FREES_THE_CLUSTER_GROUP if peer == CLUSTER else None
            ),
        )

    def _make_gate(
        self, args: SecurityGroupsForPodsArgs, opts: Optional[pulumi.ResourceOptions]
    ) -> list[pulumi.Resource]:
        """Make the gate between policy and group; a group that exists already stays, and needs none."""
        group_id, cluster = args.get("pod_security_group_id"), args.get("cluster")
        if cluster is None or group_id is None or self._spec.security_group_ids:
            return []
        gate = WorkloadGate(
            self._owner.child("gate"),
            {
                "access": AwsAccess.of(self),
                "owner": self._owner.identity,
                "cluster": cluster,
                "workload": args["workload"],
                "namespace": args.get("namespace", self._spec.namespace),
                "group_id": group_id,
                "on_remove": self._spec.on_remove,
                "timeout_minutes": self._spec.on_remove_timeout_minutes,
            },
            handed_on(self._owner.options(), opts),
        )
        return [gate]

    def _make_policy(self, args: SecurityGroupsForPodsArgs, opts: pulumi.ResourceOptions) -> None:
        spec: dict[str, Any] = {"securityGroups": {"groupIds": self._group_ids}}
        if self._spec.pod_selector:
            spec["podSelector"] = {"matchLabels": dict(self._spec.pod_selector)}
        if self._spec.service_account_selector:
            spec["serviceAccountSelector"] = {"matchLabels": dict(self._spec.service_account_selector)}
        kubernetes.apiextensions.CustomResource(
            self._owner.child("policy"),
            api_version="vpcresources.k8s.aws/v1beta1",
            kind="SecurityGroupPolicy",
            metadata={
                "name": policy_name(args["workload"], self._spec),
                "namespace": args.get("namespace", self._spec.namespace),
                "labels": KUBERNETES_LABELS,
                "annotations": self._owner.annotations,
            },
            spec=spec,
            opts=opts,
        )


def _refuse_missing(
    name: str, workload: str, spec: WorkloadSpec, databases: Container[str], others: Container[str]
) -> None:
    """Refuse grants and peers whose group is not handed in, all at once."""
    callers = [peer.workload for peer in spec.ingress_from if peer.workload not in (None, workload)]
    missing = [
        f"{name}.{key}.{wanted}: found nothing; allowed: {allowed}"
        for key, names, given, allowed in (
            ("databases", spec.databases, databases, "group and port of a database that the spec names"),
            ("workload_security_group_ids", callers, others, "group of a workload that the spec names"),
        )
        for wanted in names
        if wanted not in given
    ]
    if missing:
        raise pulumi.RunError("\n".join(missing))


def _pod_group_ids(
    name: str, args: SecurityGroupsForPodsArgs, described_ids: Optional[list[pulumi.Input[str]]]
) -> list[pulumi.Input[str]]:
    """Return the ids of the groups that the pods get; the first takes the rules."""
    if described_ids:
        return described_ids
    made = args.get("pod_security_group_id")
    if made is None:
        raise pulumi.RunError(
            f"{name}.pod_security_group_id: found nothing; allowed: the id of a security group, or ids in "
            f"{name}.spec.security_group_ids"
        )
    return [made]


def _secret_arns(databases: Mapping[str, GrantedDatabaseArgs]) -> pulumi.Output[dict[str, str]]:
    given = pulumi.Output.all(*(granted.get("secret_arn") for granted in databases.values()))
    return given.apply(lambda arns: {key: arn for key, arn in zip(databases, arns, strict=True) if arn})
