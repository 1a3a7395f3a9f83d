"""EKS add-ons."""

from typing import Optional

import pulumi
import pulumi_aws as aws

from podsg.resources.owner import Owner


def install_addon(
    owner: Owner,
    addon: str,
    cluster_name: pulumi.Input[str],
    values: Optional[str] = None,
    opts: Optional[pulumi.ResourceOptions] = None,
) -> aws.eks.Addon:
    """Install an EKS add-on in the version that EKS recommends for the cluster.

    Args:
        owner: Component that the add-on belongs to.
        addon: Name that EKS knows, for example `vpc-cni`.
        cluster_name: Cluster to install it in.
        values: All of its settings, as JSON; they win over what was changed by hand. Default: EKS decides.
        opts: Options, with what it waits for. Default: it waits for nothing but the cluster.
    """
    return aws.eks.Addon(
        owner.child(addon),
        cluster_name=cluster_name,
        addon_name=addon,
        configuration_values=values,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        tags=owner.tagged(addon),
        opts=opts or owner.options(),
    )
