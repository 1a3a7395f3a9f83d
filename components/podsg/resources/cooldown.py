"""How long the VPC Resource Controller waits before it deletes a branch ENI."""

import pulumi
import pulumi_kubernetes as kubernetes

from podsg.resources.owner import Owner


def set_branch_eni_cooldown(
    owner: Owner, seconds: int, provider: kubernetes.Provider, vpc_cni: pulumi.Resource
) -> pulumi.Resource:
    """Write the cool-down into the ConfigMap that the controller reads.

    The ConfigMap belongs to the add-on, so it is patched, and keeps everything else that is in it.

    Args:
        owner: Environment that the patch belongs to.
        seconds: Cool-down (seconds, 30 or more).
        provider: Provider of the cluster.
        vpc_cni: Add-on that makes the ConfigMap.

    Source: amazon-vpc-resource-controller-k8s, `pkg/provider/branch/cooldown/cooldown.go`.
    """
    return kubernetes.core.v1.ConfigMapPatch(
        owner.child("branch-eni-cooldown"),
        metadata={
            "name": "amazon-vpc-cni",
            "namespace": "kube-system",
            "annotations": {"pulumi.com/patchForce": "true"},
        },
        data={"branch-eni-cooldown": str(seconds)},
        opts=pulumi.ResourceOptions.merge(owner.options(vpc_cni), pulumi.ResourceOptions(provider=provider)),
    )
