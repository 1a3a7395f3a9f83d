"""The EKS cluster of an environment."""

from collections.abc import Sequence
from typing import Any, NotRequired, Optional, TypedDict

import pulumi
import pulumi_aws as aws

from podsg.model import ClusterSpec, configuration_values
from podsg.resources.addon import install_addon
from podsg.resources.cluster_access import administrators, grant_administration, open_private_endpoint
from podsg.resources.cluster_key import make_cluster_key
from podsg.resources.kubernetes_login import cluster_kubeconfig
from podsg.resources.location import Location
from podsg.resources.owner import Owner, handed_on
from podsg.resources.role import attach_policies
from podsg.resources.spec_args import ClusterSpecInput
from podsg.resources.specification import described
from podsg.resources.trust import service_trust

AUDIENCE = "sts.amazonaws.com"  # Source: EKS user guide, "IAM roles for service accounts".
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
ROLE_POLICIES = {
    "cluster-policy": "AmazonEKSClusterPolicy",
    # The VPC Resource Controller makes and deletes branch ENIs with it.
    "vpc-resource-controller": "AmazonEKSVPCResourceController",
}


class ClusterArgs(TypedDict):
    """Inputs of a cluster."""

    spec: ClusterSpecInput
    """Version, API access, login and VPC CNI: the fields of `cluster` in an environment."""
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Private subnets in at least two zones, for the interfaces of the control plane."""
    tags: NotRequired[dict[str, str]]
    """Tags of everything in the cluster, besides name and owner. Default: none."""


class Cluster(pulumi.ComponentResource):
    """Make an EKS cluster whose VPC CNI is set up for pod ENIs before the first node comes.

    Its name is the component's. Secrets are encrypted under an own key, all control plane logs are kept, and
    access entries alone give access; IAM trusts the tokens of its service accounts. Not in here: nodes, and
    CoreDNS, which needs them.

    A newer cluster does not move its add-ons: each keeps the version that it was installed with until
    `aws eks update-addon --resolve-conflicts PRESERVE --addon-version <version>` moves it.
    """

    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    cluster_security_group_id: pulumi.Output[str]
    """Id of the cluster security group, which EKS makes; CoreDNS is reached through it."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig with a login command and without a token."""
    oidc_provider_arn: pulumi.Output[str]
    """ARN of the IAM OpenID Connect provider that roles for service accounts (IRSA) trust."""

    def __init__(self, name: str, args: ClusterArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("podsg:index:Cluster", name, None, opts)
        self._described = described(ClusterSpec, args["spec"], name)
        self._spec = self._described.spec
        self._owner = Owner.of(self, name, args.get("tags"))
        self._location = Location.of(self)

        self._control_plane = self._make_control_plane(args, opts)
        # What tells it from another of its name: that one is made later.
        self.identity = self._control_plane.created_at
        self.cluster_name = self._control_plane.name
        # Unknown at the preview of a new cluster; then nothing is looked up.
        self.cluster_security_group_id = self._control_plane.vpc_config.apply(
            lambda config: told(config.cluster_security_group_id, name, "cluster security group")
        )
        self.kubeconfig = cluster_kubeconfig(
            self.cluster_name,
            self._control_plane.endpoint,
            self._control_plane.certificate_authority.apply(
                lambda found: told(found.data, name, "certificate")
            ),
            self._location.region,
            self._spec.login,
        )
        self.oidc_provider_arn = self._make_oidc_provider().arn
        # Without these no API call gets through, or is allowed.
        self.ways_in = open_private_endpoint(
            self._owner, self.cluster_security_group_id, self._spec.endpoint_access.private_cidrs
        )
        self.access = grant_administration(
            self._owner, self.cluster_name, administrators(self, self._spec), self._location
        )
        self.vpc_cni = self._install("vpc-cni", configuration_values(self._spec.vpc_cni))
        # What has to be there before the first node.
        others = [self._install(addon) for addon in ("kube-proxy", "eks-pod-identity-agent")]
        self.before_nodes = [self.vpc_cni, *others]
        names = ("cluster_name", "cluster_security_group_id", "kubeconfig", "oidc_provider_arn")
        self.register_outputs({output: getattr(self, output) for output in names})

    def _install(self, addon: str, values: Optional[str] = None) -> aws.eks.Addon:
        """Install an add-on after access was given: rights work only seconds later, which it takes too."""
        return install_addon(self._owner, addon, self.cluster_name, values, self._owner.options(*self.access))

    def _make_control_plane(
        self, args: ClusterArgs, opts: Optional[pulumi.ResourceOptions]
    ) -> aws.eks.Cluster:
        role_arn, attachments = self._role()
        protection = self._spec.deletion_protection
        options = pulumi.ResourceOptions(delete_before_replace=True)
        return aws.eks.Cluster(
            self._owner.child("control-plane"),
            name=self._owner.name,
            version=self._spec.version,
            role_arn=role_arn,
            access_config={
                "authentication_mode": "API",
                "bootstrap_cluster_creator_admin_permissions": False,
            },
            bootstrap_self_managed_addons=False,
            deletion_protection=True if protection is None else protection,
            enabled_cluster_log_types=list(LOG_TYPES),
            encryption_config={"provider": {"key_arn": self._key_arn()}, "resources": ["secrets"]},
            vpc_config=self._vpc_config(args["subnet_ids"]),
            tags=self._owner.tagged(),
            opts=pulumi.ResourceOptions.merge(
                handed_on(self._owner.options(*attachments, *self._make_log_group()), opts), options
            ),
        )

    def _role(self) -> tuple[pulumi.Input[str], list[pulumi.Resource]]:
        """Return the ARN of the role of the control plane, and the attachments it waits for."""
        given = self._described.given("role_arn")
        if given is not None:
            return given, []
        role = self._make_role()
        return role.arn, attach_policies(self._owner, role, ROLE_POLICIES, self._location)

    def _make_role(self) -> aws.iam.Role:
        source = self._location.arn("arn:{partition}:eks:{region}:{account_id}:cluster/" + self._owner.name)
        return aws.iam.Role(
            self._owner.child("role"),
            description=f"Lets EKS run the control plane of {self._owner.name}",
            assume_role_policy=service_trust("eks.amazonaws.com", self._location, source),
            tags=self._owner.tagged("role"),
            opts=self._owner.options(),
        )

    def _make_log_group(self) -> list[pulumi.Resource]:
        if not self._spec.create_log_group:
            return []
        return [
            aws.cloudwatch.LogGroup(
                self._owner.child("log-group"),
                name=f"/aws/eks/{self._owner.name}/cluster",
                retention_in_days=self._spec.log_retention_days,
                tags=self._owner.tagged("log-group"),
                opts=self._owner.options(),
            )
        ]

    def _key_arn(self) -> pulumi.Input[str]:
        given: Optional[pulumi.Input[str]] = self._described.given("key_arn")
        if given is not None:
            return given
        return make_cluster_key(self._owner, self._spec.key_deletion_window_days, self._location)

    def _vpc_config(
        self, subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    ) -> "aws.eks.ClusterVpcConfigArgsDict":
        public_cidrs = list(self._spec.endpoint_access.public_cidrs)
        config: aws.eks.ClusterVpcConfigArgsDict = {
            "subnet_ids": subnet_ids,
            "endpoint_private_access": True,
            "endpoint_public_access": bool(public_cidrs),
        }
        if public_cidrs:
            config["public_access_cidrs"] = public_cidrs
        return config

    def _make_oidc_provider(self) -> aws.iam.OpenIdConnectProvider:
        """Let IAM trust the tokens of the cluster; without thumbprints, as IAM looks the certificate up."""
        name = self._owner.name
        return aws.iam.OpenIdConnectProvider(
            self._owner.child("oidc-provider"),
            url=self._control_plane.identities.apply(lambda found: told(issuer(found), name, "issuer")),
            client_id_lists=[AUDIENCE],
            tags=self._owner.tagged("oidc-provider"),
            opts=self._owner.options(),
        )


def issuer(identities: Sequence[Any]) -> Optional[str]:
    """Return the URL of the issuer of a cluster's tokens; None if EKS tells none."""
    return next((oidc.issuer for identity in identities for oidc in identity.oidcs or ()), None)


def told(value: Optional[str], cluster: str, part: str) -> str:
    """Return what EKS tells of a cluster that is there.

    Args:
        value: What it tells.
        cluster: Name of the cluster.
        part: What is looked for.

    Raises:
        RunError: EKS does not tell it.
    """
    if value:
        return value
    raise pulumi.RunError(
        f"{cluster}: EKS tells no {part} of this cluster.\n"
        "  Why: nodes, rules and roles are made with it, and would be wrong without it.\n"
        f"  Fix: look at it with `aws eks describe-cluster --name {cluster}`, then run `pulumi refresh`."
    )
