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

    It keeps that version until somebody moves it, also when the cluster gets a newer one: the version is no
    input, so that a change of what EKS recommends changes nothing by itself. To move it after an upgrade of
    the cluster, run `aws eks update-addon --cluster-name <cluster> --addon-name <add-on> --addon-version
    <version> --resolve-conflicts PRESERVE`; `aws eks describe-addon-versions` lists the versions.

    An add-on with `values` preserves what else is in the cluster: the values are sent with each update, and
    `OVERWRITE` would reset settings that others own, such as the cool-down in the ConfigMap of vpc-cni. One
    without `values` goes back to what EKS ships.

    Args:
        owner: Component that the add-on belongs to.
        addon: Name that EKS knows, for example `vpc-cni`.
        cluster_name: Cluster to install it in.
        values: Its settings, as JSON; whoever owns others keeps them. Default: EKS decides on all.
        opts: Options, with what it waits for. Default: it waits for nothing but the cluster.

    Source: EKS API, UpdateAddon, resolveConflicts; EKS user guide, "Update an Amazon EKS add-on".
    """
    return aws.eks.Addon(
        owner.child(addon),
        cluster_name=cluster_name,
        addon_name=addon,
        configuration_values=values,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE" if values is None else "PRESERVE",
        tags=owner.tagged(addon),
        opts=opts or owner.options(),
    )
