"""Typed inputs of the components: what a description may hold, field by field.

Generated from components/podsg/model by `python tools/typed_args.py`. Do not edit.
"""

from typing import TYPE_CHECKING, Literal, NotRequired, Optional, TypeAlias, TypedDict

import pulumi

from podsg.model.database import Engine
from podsg.model.network import InterfaceEndpoint, NatMode
from podsg.model.removal import OnRemove
from podsg.model.vpc_cni import EnforcingMode

if TYPE_CHECKING:
    from podsg.model.cluster import ClusterSpec
    from podsg.model.database import DatabaseSpec
    from podsg.model.environment import EnvironmentSpec
    from podsg.model.network import NetworkSpec
    from podsg.model.node_group import NodeGroupSpec
    from podsg.model.workload import WorkloadSpec

    # Type checkers take the text too; the schema has one type for a value.
    EnforcingModeValue: TypeAlias = EnforcingMode | Literal["strict", "standard"]
    EngineValue: TypeAlias = Engine | Literal["mysql", "postgres", "aurora-mysql", "aurora-postgresql"]
    InterfaceEndpointValue: TypeAlias = (
        InterfaceEndpoint
        | Literal[
            "autoscaling",
            "ec2",
            "ecr.api",
            "ecr.dkr",
            "eks",
            "eks-auth",
            "elasticloadbalancing",
            "kms",
            "logs",
            "secretsmanager",
            "ssm",
            "sts",
        ]
    )
    NatModeValue: TypeAlias = NatMode | Literal["single", "per_zone", "none"]
    OnRemoveValue: TypeAlias = OnRemove | Literal["restart", "wait", "fail"]
else:
    EnforcingModeValue = EnforcingMode
    EngineValue = Engine
    InterfaceEndpointValue = InterfaceEndpoint
    NatModeValue = NatMode
    OnRemoveValue = OnRemove


class NetworkSpecArgs(TypedDict):
    """One VPC with a private and a public subnet in each zone."""

    cidr: str
    """IPv4 network of the VPC, /16 to /20, without host bits. A change replaces the VPC."""
    zone_count: NotRequired[int]
    """Availability zones in use (count, 2 to 6).

    Adding a zone keeps all subnets but replaces the node groups: a node group's subnets cannot change.

    Default: 3."""
    zones: NotRequired[Optional[list[str]]]
    """Names of the zones in use (2 to 6), all of the region of the stack. Default: the first `zone_count`.

    Subnets have the number of their zone here: add zones at the end, and take them away from there."""
    nat: NotRequired[NatModeValue]
    """NAT gateways: `single` is cheaper, `per_zone` survives the loss of a zone, `none` has no way out.
    Default: `single`."""
    flow_log_retention_days: NotRequired[int]
    """How long the VPC flow log is kept (days, one of the values of CloudWatch Logs). Allowed: 1, 3, 5, 7,
    14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653.
    Default: 365."""
    flow_log_group_arn: NotRequired[Optional[pulumi.Input[str]]]
    """ARN of a log group that exists already, for the flow log. Default: one is made."""
    flow_log_role_arn: NotRequired[Optional[pulumi.Input[str]]]
    """ARN of a role that exists already, for the flow log. Default: one is made."""
    private_prefix: NotRequired[Optional[int]]
    """Size of a private subnet (prefix length, 17 to 28). Default: three more than the VPC's."""
    public_prefix: NotRequired[Optional[int]]
    """Size of a public subnet (prefix length, 17 to 28). Default: eight more than the VPC's."""
    private_cidrs: NotRequired[Optional[list[str]]]
    """Networks of the private subnets, one for each zone, in the VPC. Default: cut by `private_prefix`."""
    public_cidrs: NotRequired[Optional[list[str]]]
    """Networks of the public subnets, one for each zone, inside the VPC; an empty list makes none.

    Default: cut by `public_prefix`."""
    pod_cidr: NotRequired[Optional[str]]
    """IPv4 network for pods alone, /16 to /24, which the VPC gets as a second one (custom networking).

    Default: none, then pods live in the private subnets."""
    interface_endpoints: NotRequired[list[InterfaceEndpointValue]]
    """AWS services that are reached inside the VPC, not through NAT. Default: S3 alone, which is free."""


class ExistingNetworkSpecArgs(TypedDict):
    """A VPC that exists already; its routes, NAT and endpoints stay as they are."""

    vpc_id: pulumi.Input[str]
    """Id of the VPC."""
    private_subnet_ids: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Ids of private subnets in two zones or more (at most 30), for a cluster, nodes and databases made
    here.

    Default: none, where none of them is made."""
    pod_subnet_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Ids of subnets for pods alone (zone to id, at most 6), for custom networking of a cluster made here.

    Default: none, then pods live in the subnets of their nodes."""


class EndpointAccessSpecArgs(TypedDict):
    """From where the Kubernetes API can be reached."""

    public_cidrs: NotRequired[list[str]]
    """Public IPv4 networks that may reach the public endpoint (at most 40, each /8 to /32).

    Default: none, then the API can only be reached from inside the VPC."""
    private_cidrs: NotRequired[list[str]]
    """Networks beyond the VPC that may reach the private endpoint, such as a VPN (at most 20, /8 to /32).

    Default: none."""


class VpcCniSpecArgs(TypedDict):
    """What the add-on vpc-cni is told; values set by others are kept, never wiped."""

    enforcing_mode: NotRequired[EnforcingModeValue]
    """`strict`: only the groups of the pod judge its traffic. `standard`: nobody judges traffic on the own
    node, and with `external_snat` off the groups of the node judge what leaves the VPC.

    Running pods keep the mode they started with.

    Default: `strict`."""
    disable_tcp_early_demux: NotRequired[Optional[bool]]
    """Lets the kubelet probe pods over their branch ENI. Default: true in strict mode, else false."""
    external_snat: NotRequired[bool]
    """Leaves address translation to the NAT gateway: the groups of the pod judge what leaves the VPC too.
    Default: true."""
    prefix_delegation: NotRequired[bool]
    """Gives ordinary pods addresses from /28 prefixes. Has no effect on the count of branch ENIs. Default:
    false."""
    custom_networking: NotRequired[Optional[bool]]
    """Gives pods addresses of subnets of their own, by one ENIConfig for each zone.

    An environment makes the ENIConfigs; whoever makes a cluster by itself makes them too, before the
    first node. Default: true where the network of the environment has subnets for pods, else false."""
    branch_eni_cooldown_seconds: NotRequired[Optional[int]]
    """Wait before a branch ENI is deleted after its pod (seconds, 30 to 3600). Default: 60."""
    extra_env: NotRequired[dict[str, str]]
    """Further environment variables of aws-node (name to text, at most 100) without a field here.

    Default: none."""
    extra_init_env: NotRequired[dict[str, str]]
    """Further environment variables of its init container (name to text, at most 100). Default: none."""


class LoginSpecArgs(TypedDict):
    """The command that gets a token for the Kubernetes API; no token is ever stored.

    It uses the ambient AWS credentials of the shell, not those of the AWS provider: with `aws:profile`
    or `assumeRole` in the stack's config, give the same profile or role in `args`.
    """

    command: NotRequired[str]
    """Program that prints an ExecCredential (text, 1 to 4095 characters). Default: `aws`."""
    args: NotRequired[list[str]]
    """Its arguments (at most 100); `{cluster_name}` and `{region}` are filled in.

    Name the profile or role of the stack's config here too, such as `--profile` or `--role-arn`.
    Default: those of `aws eks get-token`."""


class ClusterSpecArgs(TypedDict):
    """One EKS cluster that is set up for pod ENIs."""

    version: NotRequired[str]
    """Kubernetes version (text, "1.30" or newer). Newer versions are reached one minor version at a time.
    Default: "1.35"."""
    endpoint_access: NotRequired[EndpointAccessSpecArgs]
    """From where the Kubernetes API can be reached. Default: from inside the VPC only.

    With no `public_cidrs`, the first `pulumi up` has to run from a network that reaches the VPC; else
    name the public network it runs from in `public_cidrs`."""
    log_retention_days: NotRequired[int]
    """How long control plane logs are kept (days, one of the values of CloudWatch Logs). Allowed: 1, 3, 5,
    7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653.
    Default: 365."""
    admin_principal_arns: NotRequired[list[str]]
    """IAM roles and users that administer the cluster, the one that deploys among them (ARNs, at most
    100).

    Default: whoever deploys. Name them where several deploy, or each takes away the access of another."""
    key_arn: NotRequired[Optional[pulumi.Input[str]]]
    """ARN of a KMS key for the secrets in the cluster. Default: one is made, with rotation."""
    key_deletion_window_days: NotRequired[int]
    """How long a key made here can be saved after its deletion (days, 7 to 30). Default: 30."""
    role_arn: NotRequired[Optional[pulumi.Input[str]]]
    """ARN of a role for the control plane that exists already.

    It must have the policies AmazonEKSClusterPolicy and AmazonEKSVPCResourceController. Default: one is
    made."""
    create_log_group: NotRequired[bool]
    """Makes the log group of the control plane; false for one that exists already. Default: true."""
    node_security_group_id: NotRequired[Optional[pulumi.Input[str]]]
    """Id of a security group for the nodes of the environment that exists already. Default: one is made.

    A cluster by itself has no nodes and does not look at it."""
    vpc_cni: NotRequired[VpcCniSpecArgs]
    """Settings of the VPC CNI. Default: pod ENIs on, strict mode, external SNAT."""
    login: NotRequired[LoginSpecArgs]
    """How to log in to the Kubernetes API. Default: `aws eks get-token`.

    The login command uses the ambient AWS credentials of the shell: with `aws:profile` or `assumeRole`
    in the stack's config, give the same profile or role in `args`."""
    deletion_protection: NotRequired[Optional[bool]]
    """EKS refuses to delete the cluster while this is true.

    Default: as `deletion_protection` of the environment says; a cluster by itself is protected."""


class ExistingClusterSpecArgs(TypedDict):
    """An EKS cluster that exists already; it gets policies and namespaces, and rules in its groups."""

    name: pulumi.Input[str]
    """Name of the cluster."""
    node_security_group_id: NotRequired[Optional[pulumi.Input[str]]]
    """Id of the security group of its nodes, which the probes of the kubelet come from.

    Default: the cluster security group, which nodes of managed node groups carry."""
    dns_security_group_id: NotRequired[Optional[pulumi.Input[str]]]
    """Id of the security group that CoreDNS is reached through, in which port 53 is opened.

    Default: `node_security_group_id`, as CoreDNS runs on nodes; without it the cluster security group."""
    oidc_provider_arn: NotRequired[Optional[pulumi.Input[str]]]
    """ARN of its IAM OpenID Connect provider, which roles for service accounts trust. Default: none."""
    login: NotRequired[LoginSpecArgs]
    """How to log in to its Kubernetes API. Default: `aws eks get-token`."""


class NodeGroupSpecArgs(TypedDict):
    """Nodes of one kind, in the private subnets."""

    instance_types: list[str]
    """EC2 instance types (1 to 20), all able to carry branch ENIs and of one architecture."""
    desired_count: NotRequired[int]
    """Nodes to start with (count, 0 to 450), from `min_count` to `max_count`. Default: 2."""
    min_count: NotRequired[int]
    """Fewest nodes (count, 0 to 450). Default: 1."""
    max_count: NotRequired[int]
    """Most nodes (count, 1 to 450). Default: 4."""
    disk_gib: NotRequired[int]
    """Encrypted root disk of a node (GiB, 20 to 16384). Default: 50."""
    max_pods: NotRequired[Optional[int]]
    """Most pods per node (pods, 1 to 3922), counting those with branch ENIs.

    Default: EKS decides by type without counting branch ENIs."""
    role_arn: NotRequired[Optional[pulumi.Input[str]]]
    """ARN of a role for the nodes that exists already.

    It must have the policies AmazonEKSWorkerNodePolicy, AmazonEKS_CNI_Policy and
    AmazonEC2ContainerRegistryPullOnly. Default: one is made."""


class DatabaseSpecArgs(TypedDict):
    """One encrypted RDS instance or Aurora cluster in the private subnets.

    Its password is kept by RDS in Secrets Manager.
    """

    engine: EngineValue
    """Database engine, of RDS or Aurora. A change replaces the database. Allowed: mysql, postgres, aurora-
    mysql or aurora-postgresql."""
    version: str
    """Engine version (text), or a patch release of it.

    mysql and aurora-mysql: "8.0" or "8.4"; postgres and aurora-postgresql: "14" to "18"."""
    instance_class: str
    """RDS instance class; for Aurora one of an r or x family, or medium or large of a t family."""
    storage_gib: NotRequired[Optional[int]]
    """Storage at the start (GiB, 20 to 65536); not for Aurora, whose storage grows by itself. Default: 20."""
    instance_count: NotRequired[Optional[int]]
    """Instances of an Aurora cluster (count, 1 to 16): one writes, all read. Default: 2.

    Not for other engines."""
    port: NotRequired[Optional[int]]
    """TCP port (1150 to 65535). Default: 3306 for MySQL, 5432 for PostgreSQL."""
    multi_az: NotRequired[Optional[bool]]
    """Keeps a standby in a second zone; not for Aurora, which has `instance_count`. Default: true."""
    security_group_id: NotRequired[Optional[pulumi.Input[str]]]
    """Id of a security group for the database that exists already; grants bring their rules into it.

    Default: an environment makes one."""
    key_arn: NotRequired[Optional[pulumi.Input[str]]]
    """ARN of a KMS key for storage and snapshots.

    Default: the RDS key of the account, which outlives the stack and so keeps the final snapshot
    readable."""
    backup_retention_days: NotRequired[int]
    """How long automatic backups are kept (days, 1 to 35). Default: 7."""
    deletion_protection: NotRequired[Optional[bool]]
    """RDS refuses to delete the database while this is true.

    Default: as `deletion_protection` of the environment says; a database by itself is protected."""
    final_snapshot: NotRequired[bool]
    """Takes a snapshot before the database is deleted. Default: true."""
    apply_immediately: NotRequired[bool]
    """Changes that interrupt, such as class or version, are made at once and not in the maintenance
    window. Default: false."""
    log_retention_days: NotRequired[int]
    """How long exported database logs are kept (days, one of the values of CloudWatch Logs). Allowed: 1,
    3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or
    3653. Default: 365."""
    create_log_groups: NotRequired[bool]
    """Makes the log groups of the exported logs; false for those that exist already. Default: true."""
    database_name: NotRequired[Optional[str]]
    """Database made inside the instance (letters, digits, underscores, at most 63). Default: none."""


class ExistingDatabaseSpecArgs(TypedDict):
    """A database that exists already; grants bring rules into its security group, and nothing else."""

    address: pulumi.Input[str]
    """DNS name of the database, without port."""
    port: int
    """TCP port (1 to 65535)."""
    security_group_id: pulumi.Input[str]
    """Id of its security group."""
    secret_arn: NotRequired[Optional[pulumi.Input[str]]]
    """ARN of the secret with its password. Default: none."""


class PeerSpecArgs(TypedDict):
    """The other side of a flow: exactly one of workload, cidr and security_group_id, and its TCP ports."""

    workload: NotRequired[Optional[str]]
    """Name of a workload of this environment. Default: none."""
    cidr: NotRequired[Optional[str]]
    """IPv4 network (/0 to /32), without host bits. Default: none."""
    security_group_id: NotRequired[Optional[str]]
    """Security group that exists outside this environment. Default: none."""
    ports: list[int]
    """TCP ports of the side that is reached (1 to 60, each 1 to 65535)."""


class WorkloadSpecArgs(TypedDict):
    """Pods of one kind: their selectors, and the flows they need."""

    namespace: str
    """Kubernetes namespace of the pods."""
    create_namespace: NotRequired[bool]
    """Makes the namespace; false for one that exists already, such as default. Default: true."""
    pod_selector: NotRequired[dict[str, str]]
    """Labels a pod must carry (key to value, at most 50).

    Default: none, then a service account selector is needed."""
    service_account_selector: NotRequired[dict[str, str]]
    """Labels the service account of a pod must carry (key to value, at most 50); both selectors must
    match.

    Default: none."""
    ports: NotRequired[list[int]]
    """TCP ports the pods listen on, opened to the kubelet's probes (at most 60, each 1 to 65535).

    Default: none."""
    replicas: NotRequired[int]
    """Pods that run at the same time (count, 0 to 5000); each needs one branch ENI. Default: 1."""
    databases: NotRequired[list[str]]
    """Names of the databases these pods may reach (at most 40). Default: none."""
    ingress_from: NotRequired[list[PeerSpecArgs]]
    """Who may reach these pods (at most 60). Default: nobody but the kubelet's probes."""
    egress_to: NotRequired[list[PeerSpecArgs]]
    """Whom these pods may reach, besides DNS and their databases (at most 60). Default: nobody."""
    security_group_ids: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Ids of security groups for these pods that exist already (at most 5); the first gets the rules.

    Default: none, then an environment makes one."""
    policy_name: NotRequired[Optional[str]]
    """Name of the SecurityGroupPolicy. Default: the name of the workload and `-security-groups`."""
    on_remove: NotRequired[OnRemoveValue]
    """What happens to running pods when the workload, or its security group, is removed. Allowed: restart,
    wait or fail. Default: `restart`."""
    on_remove_timeout_minutes: NotRequired[int]
    """How long they may then take to let go of the security group (minutes, 1 to 1440). Default: 20."""


class DestroySpecArgs(TypedDict):
    """How an environment is destroyed."""

    drain_timeout_minutes: NotRequired[int]
    """How long pods with branch ENIs may take to go, disruption budgets respected (minutes, 1 to 1440).
    Default: 30."""
    sweep_timeout_minutes: NotRequired[int]
    """How long network interfaces of the cluster and its databases may take to go (minutes, 1 to 1440).
    Default: 30."""
    allow_foreign: NotRequired[bool]
    """Goes on although others have policies, pods with branch ENIs or nodes in a cluster that this
    environment made; the pods are evicted too. Set it, run `pulumi up`, then `pulumi destroy`. Default:
    false."""


class WaiverSpecArgs(TypedDict):
    """One finding that is left standing until a day; one that covers nothing is a finding itself."""

    guardrail: str
    """Id of the guardrail, as its message shows it (1 to 100 characters)."""
    subject: str
    """The object, as the message shows it (1 to 500 characters)."""
    reason: str
    """Why it is left standing, for whoever reads it later (1 to 500 characters)."""
    until: str
    """Last day on which it is left standing, such as 2026-12-31."""


class EnvironmentSpecArgs(TypedDict):
    """One environment: network, cluster, nodes, databases and workloads, made here or used as they exist."""

    name: str
    """Name of the environment, start of every physical name (1 to 20 characters). A change replaces all."""
    network: NotRequired[Optional[NetworkSpecArgs]]
    """VPC, subnets, NAT. Default: none, then `existing_network` is needed."""
    existing_network: NotRequired[Optional[ExistingNetworkSpecArgs]]
    """VPC that exists already, instead of `network`. Default: none."""
    cluster: NotRequired[Optional[ClusterSpecArgs]]
    """EKS cluster with its VPC CNI. Default: none, then `existing_cluster` is needed."""
    existing_cluster: NotRequired[Optional[ExistingClusterSpecArgs]]
    """EKS cluster that exists already, instead of `cluster`. Default: none."""
    node_groups: NotRequired[dict[str, NodeGroupSpecArgs]]
    """Managed node groups by name (at most 30; at least one for a cluster made here). Default: none."""
    databases: NotRequired[dict[str, DatabaseSpecArgs]]
    """RDS databases by name (at most 40). Default: none."""
    existing_databases: NotRequired[dict[str, ExistingDatabaseSpecArgs]]
    """Databases that exist already, by name (at most 40); no name is in `databases` too. Default: none."""
    workloads: NotRequired[dict[str, WorkloadSpecArgs]]
    """Workloads with security groups of their own, by name (at most 2500). Default: none."""
    deletion_protection: NotRequired[bool]
    """AWS refuses to delete cluster and databases while this is true; a part may say otherwise for itself.

    To destroy an environment: set it to false, run `pulumi up`, then `pulumi destroy`.

    Default: true."""
    destroy: NotRequired[DestroySpecArgs]
    """How it is destroyed. Default: 30 minutes for pods, 30 for network interfaces, nothing of others."""
    waivers: NotRequired[list[WaiverSpecArgs]]
    """Findings of guardrails that are left standing for a while (at most 100). Default: none."""
    tags: NotRequired[dict[str, str]]
    """Tags of everything that takes tags (key to value, at most 40). Default: none but ours."""


if TYPE_CHECKING:
    # Programs may hand on what they parsed.
    ClusterSpecInput: TypeAlias = ClusterSpecArgs | ClusterSpec
    DatabaseSpecInput: TypeAlias = DatabaseSpecArgs | DatabaseSpec
    EnvironmentSpecInput: TypeAlias = EnvironmentSpecArgs | EnvironmentSpec
    NetworkSpecInput: TypeAlias = NetworkSpecArgs | NetworkSpec
    NodeGroupSpecInput: TypeAlias = NodeGroupSpecArgs | NodeGroupSpec
    WorkloadSpecInput: TypeAlias = WorkloadSpecArgs | WorkloadSpec
else:
    ClusterSpecInput = ClusterSpecArgs
    DatabaseSpecInput = DatabaseSpecArgs
    EnvironmentSpecInput = EnvironmentSpecArgs
    NetworkSpecInput = NetworkSpecArgs
    NodeGroupSpecInput = NodeGroupSpecArgs
    WorkloadSpecInput = WorkloadSpecArgs
