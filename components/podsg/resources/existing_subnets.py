"""Whether subnets that exist already are where an environment needs them."""

from collections.abc import Iterator, Mapping, Sequence

import pulumi
import pulumi_aws as aws

PLACE = "existing_network"


def refuse_misplaced_subnets(
    vpc_id: pulumi.Input[str],
    private_ids: Sequence[pulumi.Input[str]],
    pod_ids: Mapping[str, pulumi.Input[str]],
    component: pulumi.Resource,
) -> None:
    """Refuse subnets of another VPC or zone, all at once and before anything is made.

    Ids that come later are left to AWS, which refuses them while a cluster or database is being made.

    Args:
        vpc_id: The VPC of the environment.
        private_ids: Subnets of nodes and databases.
        pod_ids: Subnets of pods, by their zone.
        component: Component whose provider is asked.

    Raises:
        RunError: A subnet is in another VPC or zone, or a zone of nodes has no subnet for pods.
    """
    if not isinstance(vpc_id, str):
        return
    options = pulumi.InvokeOptions(parent=component)
    there = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc_id]}], opts=options).ids

    def zone_of(subnet_id: str) -> str:
        return aws.ec2.get_subnet(id=subnet_id, opts=options).availability_zone

    places = [
        *((f"{PLACE}.private_subnet_ids[{index}]", found) for index, found in enumerate(private_ids)),
        *((f"{PLACE}.pod_subnet_ids.{zone}", found) for zone, found in pod_ids.items()),
    ]
    known = [(place, found) for place, found in places if isinstance(found, str)]
    problems = [
        f"{place}: found {found}; allowed: a subnet of {vpc_id}"
        for place, found in known
        if found not in there
    ]
    if not problems:
        node_zones = {zone_of(found) for found in private_ids if isinstance(found, str)}
        pod_zones = {zone: zone_of(found) for zone, found in pod_ids.items() if isinstance(found, str)}
        problems = list(_zone_problems(node_zones, pod_zones, pod_ids))
    if problems:
        raise pulumi.RunError("\n".join(problems))


def _zone_problems(
    node_zones: set[str], pod_zones: Mapping[str, str], pod_ids: Mapping[str, object]
) -> Iterator[str]:
    for zone, found in pod_zones.items():
        if found != zone:
            yield f"{PLACE}.pod_subnet_ids.{zone}: found a subnet in {found}; allowed: a subnet in {zone}"
    for zone in sorted(node_zones - pod_ids.keys() if pod_ids else ()):
        yield (
            f"{PLACE}.pod_subnet_ids: found no subnet in {zone}, where nodes start; allowed: one for each "
            "zone of the private subnets"
        )
