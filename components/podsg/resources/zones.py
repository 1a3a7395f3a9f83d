"""Which availability zones a network spreads over."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from podsg.errors import InputError, Problem
from podsg.model import NetworkSpec
from podsg.model.location import path_text
from podsg.model.wording import shown
from podsg.resources.specification import engine_errors

# EKS takes no subnet in these; elsewhere their ids do not occur.
# Source: EKS user guide, "Amazon EKS networking requirements for VPC and subnets".
REFUSED_ZONE_IDS = ("use1-az3", "usw1-az2", "cac1-az3")


def zone_names(component: pulumi.Resource, spec: NetworkSpec) -> list[str]:
    """Return the zones of a network, by name: those that it names, else the first ones of the region.

    Only zones that every account and EKS may use count. An impaired zone stays among them: without it the
    others would move up, and their subnets be replaced. They are read at once, not as an output, so that a
    refusal comes before anything is made.

    Args:
        component: Component whose provider says which region.
        spec: The network.

    Raises:
        RunError: The region has fewer zones, or not those that are named.
    """
    names = aws.get_availability_zones(
        exclude_zone_ids=list(REFUSED_ZONE_IDS),
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        opts=pulumi.InvokeOptions(parent=component),
    ).names
    return first_zones(names, spec.zone_count) if spec.zones is None else named_zones(names, spec.zones)


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
            f"network.zone_count: found {count}; allowed: at most {len(names)}, {_region_text(names)}"
        )
    return sorted(names)[:count]


def named_zones(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the wanted zones, in their order.

    Args:
        names: Zones of the region.
        wanted: Names of zones.

    Raises:
        RunError: One is of another region, or none that EKS takes; the text names all of them at once.

    Example:
        >>> named_zones(["us-west-2a", "us-west-2b"], ["us-west-2b", "us-west-2a"])
        ['us-west-2b', 'us-west-2a']
    """
    problems = [
        Problem(path_text(("zones", index)), shown(zone), _region_text(names))
        for index, zone in enumerate(wanted)
        if zone not in names
    ]
    if problems:
        with engine_errors():
            raise InputError(problems, "network")
    return list(wanted)


def _region_text(names: Sequence[str]) -> str:
    return f"the zones of this region that EKS takes ({', '.join(sorted(names))})"
