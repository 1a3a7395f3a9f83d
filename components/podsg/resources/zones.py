"""Which availability zones a network spreads over."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

# EKS takes no subnet in these; elsewhere their ids do not occur.
# Source: EKS user guide, "Amazon EKS networking requirements for VPC and subnets".
REFUSED_ZONE_IDS = ("use1-az3", "usw1-az2", "cac1-az3")


def zone_names(component: pulumi.Resource, count: int) -> pulumi.Output[list[str]]:
    """Return the first zones of the region, by name, among those that every account and EKS may use.

    An impaired zone stays in the list: without it the others would move up, and their subnets be replaced.

    Args:
        component: Component whose provider says which region.
        count: How many zones (1 or more).
    """
    zones = aws.get_availability_zones_output(
        exclude_zone_ids=list(REFUSED_ZONE_IDS),
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        opts=pulumi.InvokeOptions(parent=component),
    )
    return zones.names.apply(lambda names: first_zones(names, count))


def first_zones(names: Sequence[str], count: int) -> list[str]:
    """Return the first `count` names in alphabetical order.

    Raises:
        RunError: The region has fewer zones.

    Example:
        >>> first_zones(["us-west-2b", "us-west-2a"], 1)
        ['us-west-2a']
    """
    if len(names) < count:
        raise pulumi.RunError(
            f"network.zone_count: found {count}; allowed: at most {len(names)}, "
            f"the zones of this region that EKS takes ({', '.join(sorted(names))})"
        )
    return sorted(names)[:count]
