"""A managed node group for pods with branch ENIs."""

from collections.abc import Sequence
from typing import NotRequired, Optional, TypedDict

import pulumi
import pulumi_aws as aws

from podsg.model import NodeGroupSpec, architecture
from podsg.resources.location import Location
from podsg.resources.node_configuration import node_user_data
from podsg.resources.owner import Owner, handed_on
from podsg.resources.role import attach_policies
from podsg.resources.spec_args import NodeGroupSpecInput
from podsg.resources.specification import described
from podsg.resources.trust import service_trust

ROLE_POLICIES = {
    "worker-node": "AmazonEKSWorkerNodePolicy",
    "cni": "AmazonEKS_CNI_Policy",
    "registry": "AmazonEC2ContainerRegistryPullOnly",
}
# Source: EKS API, CreateNodegroup, amiType.
IMAGE_TYPES = {"x86_64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}
ROOT_DEVICE = "/dev/xvda"  # Source: EKS user guide, Amazon Linux 2023 images.


class NodeGroupArgs(TypedDict):
    """Inputs of a node group."""

    spec: NodeGroupSpecInput
    """Instance types, counts and disk: the fields of one of `node_groups` in an environment."""
    cluster_name: pulumi.Input[str]
    """Name of the cluster that the nodes join."""
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Private subnets that the nodes start in."""
    cluster_security_group_id: pulumi.Input[str]
    """Id of the cluster security group: nodes and control plane meet in it, pods reach CoreDNS through it."""
    node_security_group_id: pulumi.Input[str]
    """Id of the node security group: the probes of the kubelet come from it."""
    version: NotRequired[Optional[str]]
    """Kubernetes version of the nodes (text, such as "1.35"), not newer than the cluster's; another one
    replaces the nodes one at a time. Default: the cluster's at the start, and never another."""
    tags: NotRequired[dict[str, str]]
    """Tags of the node group, its instances, disks and interfaces, besides name and owner. Default: none."""


class NodeGroup(pulumi.ComponentResource):
    """Make a managed node group with encrypted disks and with instance metadata that pods cannot read.

    What the resource option `depends_on` names (add-ons, NAT gateways, routes) is there before the first node
    and goes after the last one.
    """

    node_group_name: pulumi.Output[str]
    """Name of the node group."""
    role_arn: pulumi.Output[str]
    """ARN of the role of the nodes."""

    def __init__(self, name: str, args: NodeGroupArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("podsg:index:NodeGroup", name, None, opts)
        self._described = described(NodeGroupSpec, args["spec"], name)
        self._spec = self._described.spec
        self._owner = Owner.of(self, name, args.get("tags"))
        role_arn, attachments = self._role()
        template = self._make_template(args)
        # For `depends_on` of what needs nodes.
        self.nodes = aws.eks.NodeGroup(
            self._owner.child("nodes"),
            cluster_name=args["cluster_name"],
            node_role_arn=role_arn,
            subnet_ids=args["subnet_ids"],
            version=args.get("version"),
            ami_type=IMAGE_TYPES[architecture(self._spec.instance_types[0])],
            instance_types=list(self._spec.instance_types),
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            scaling_config={
                "desired_size": self._spec.desired_count,
                "min_size": self._spec.min_count,
                "max_size": self._spec.max_count,
            },
            update_config={"max_unavailable": 1},
            tags=self._owner.tagged(),
            opts=handed_on(self._owner.options(*attachments), opts),
        )
        self.node_group_name = self.nodes.node_group_name
        self.role_arn = pulumi.Output.from_input(role_arn)
        self.register_outputs({"node_group_name": self.node_group_name, "role_arn": self.role_arn})

    def _role(self) -> tuple[pulumi.Input[str], list[pulumi.Resource]]:
        """Return the ARN of the role of the nodes, and the attachments they wait for."""
        given = self._described.given("role_arn")
        if given is not None:
            return given, []
        location = Location.of(self)
        role = aws.iam.Role(
            self._owner.child("role"),
            description=f"Lets the nodes of {self._owner.name} join their cluster",
            assume_role_policy=service_trust("ec2.amazonaws.com", location),
            tags=self._owner.tagged("role"),
            opts=self._owner.options(),
        )
        return role.arn, attach_policies(self._owner, role, ROLE_POLICIES, location)

    def _make_template(self, args: NodeGroupArgs) -> aws.ec2.LaunchTemplate:
        max_pods = self._spec.max_pods
        return aws.ec2.LaunchTemplate(
            self._owner.child("template"),
            description=f"Nodes of {self._owner.name}",
            update_default_version=True,
            vpc_security_group_ids=pulumi.Output.all(
                args["cluster_security_group_id"], args["node_security_group_id"]
            ).apply(lambda ids: list(dict.fromkeys(ids))),
            user_data=None if max_pods is None else node_user_data(max_pods),
            # One hop ends at the node itself: pods in a network namespace of their own are one hop further.
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            block_device_mappings=[
                {
                    "device_name": ROOT_DEVICE,
                    "ebs": {
                        "volume_size": self._spec.disk_gib,
                        "volume_type": "gp3",
                        "encrypted": "true",
                        "delete_on_termination": "true",
                    },
                }
            ],
            tag_specifications=[
                {"resource_type": kind, "tags": self._owner.tagged()}
                for kind in ("instance", "volume", "network-interface")
            ],
            tags=self._owner.tagged("template"),
            opts=self._owner.options(),
        )
