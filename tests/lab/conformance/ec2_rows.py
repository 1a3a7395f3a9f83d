"""What holds for EC2 as a whole: filters, pages, actions, templates and the lab's caller."""

from __future__ import annotations

import urllib.error
import urllib.request
import uuid

from .row import Clients, Row, refused
from .scene import Scene, from_cidr


def unknown_filter(clients: Clients) -> None:
    filters = [{"Name": "no-such-filter", "Values": ["x"]}]
    for call in (
        clients.ec2.describe_network_interfaces,
        clients.ec2.describe_security_groups,
        clients.ec2.describe_nat_gateways,
        clients.ec2.describe_vpcs,
        clients.ec2.describe_internet_gateways,
    ):
        with refused("InvalidParameterValue", "The filter 'no-such-filter' is invalid"):
            call(Filters=filters)


def unserved_action(clients: Clients) -> None:
    with refused("UnsupportedOperation"):
        clients.ec2.describe_stale_security_groups(VpcId="vpc-0123456789abcdef0")


def unserved_action_of_iam(clients: Clients) -> None:
    with refused("UnsupportedOperation"):
        clients.iam.simulate_principal_policy(
            PolicySourceArn="arn:aws:iam::123456789012:role/x", ActionNames=["ec2:DescribeVpcs"]
        )


def unserved_action_of_kms(clients: Clients) -> None:
    with refused("UnsupportedOperation"):
        clients.kms.describe_custom_key_stores()


def _pages(call: object, key: str, **request: object) -> list[int]:
    sizes: list[int] = []
    token: dict[str, object] = {}
    while not sizes or token:
        answer = call(MaxResults=5, **request, **token)  # type: ignore[operator]
        sizes.append(len(answer[key]))
        token = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else {}
    return sizes


def pages_of_interfaces(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    for _ in range(12):
        scene.interface(subnet_id)
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    assert _pages(clients.ec2.describe_network_interfaces, "NetworkInterfaces", Filters=filters) == [5, 5, 2]


def pages_of_groups_and_rules(clients: Clients) -> None:
    scene = Scene(clients)
    groups = [scene.group(f"group-{number}") for number in range(6)]
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    assert _pages(clients.ec2.describe_security_groups, "SecurityGroups", Filters=filters) == [5, 2]
    for number in range(6):
        scene.allow(groups[0], port=8000 + number, **from_cidr("10.0.0.0/16"))
    filters = [{"Name": "group-id", "Values": [groups[0]]}]
    assert _pages(clients.ec2.describe_security_group_rules, "SecurityGroupRules", Filters=filters) == [5, 2]


def pages_of_subnets(clients: Clients) -> None:
    scene = Scene(clients)
    for number in range(6):
        scene.subnet(f"10.0.{number}.0/24")
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    assert _pages(clients.ec2.describe_subnets, "Subnets", Filters=filters) == [5, 1]


def ids_and_pages(clients: Clients) -> None:
    scene = Scene(clients)
    interface_id = scene.interface(scene.subnet())
    with refused("InvalidParameterCombination"):
        clients.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id], MaxResults=5)


def deleted_template(clients: Clients) -> None:
    data = {"InstanceType": "m5.large"}
    made = clients.ec2.create_launch_template(LaunchTemplateName=uuid.uuid4().hex, LaunchTemplateData=data)
    template_id = made["LaunchTemplate"]["LaunchTemplateId"]
    clients.ec2.delete_launch_template(LaunchTemplateId=template_id)
    with refused("InvalidLaunchTemplateId.NotFound"):
        clients.ec2.delete_launch_template(LaunchTemplateId=template_id)
    with refused("InvalidLaunchTemplateId.NotFound"):
        clients.ec2.describe_launch_templates(LaunchTemplateIds=[template_id])


def opt_in_zones(clients: Clients) -> None:
    filters = [{"Name": "opt-in-status", "Values": ["opt-in-not-required"]}]
    zones = clients.ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]
    assert len(zones) >= 3
    assert {zone["State"] for zone in zones} == {"available"}
    filters = [{"Name": "opt-in-status", "Values": ["not-opted-in"]}]
    assert clients.ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"] == []


def tags_go_with_their_resource(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    clients.ec2.create_tags(Resources=[group_id, scene.vpc_id], Tags=[{"Key": "Name", "Value": "mine"}])
    filters = [{"Name": "resource-id", "Values": [group_id, scene.vpc_id]}]
    assert len(clients.ec2.describe_tags(Filters=filters)["Tags"]) == 2
    clients.ec2.delete_security_group(GroupId=group_id)
    clients.ec2.delete_vpc(VpcId=scene.vpc_id)
    assert clients.ec2.describe_tags(Filters=filters)["Tags"] == []


def unknown_vpc(clients: Clients) -> None:
    text = "The vpc ID 'vpc-0123456789abcdef0' does not exist"
    with refused("InvalidVpcID.NotFound", text):
        clients.ec2.describe_vpcs(VpcIds=["vpc-0123456789abcdef0"])
    with refused("InvalidVpcID.NotFound", text):
        clients.ec2.create_subnet(VpcId="vpc-0123456789abcdef0", CidrBlock="10.0.0.0/24")


def unknown_action(clients: Clients) -> None:
    scope = "testing/20260101/us-west-2/ec2/aws4_request"
    request = urllib.request.Request(
        clients.endpoint_url,
        data=b"Action=MakeCoffee&Version=2016-11-15",
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    status, body = 200, b""
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as error:
        with error:
            status, body = error.code, error.read()
    assert status == 400, status
    assert b"<Code>InvalidAction</Code>" in body, body


_REFERENCE = "EC2 API reference, "
_CODES = "EC2 API reference, error codes, "

ROWS = [
    Row(
        "ec2-filter-unknown", "an unknown filter is refused", _CODES + "InvalidParameterValue", unknown_filter
    ),
    Row(
        "ec2-action-unserved",
        "an action that is not served says so in EC2's form",
        _CODES + "UnsupportedOperation",
        unserved_action,
    ),
    Row(
        "iam-action-unserved",
        "an action that is not served says so in IAM's form",
        "botocore, QueryParser",
        unserved_action_of_iam,
    ),
    Row(
        "kms-action-unserved",
        "an action that is not served says so in JSON",
        "botocore, JSONParser",
        unserved_action_of_kms,
    ),
    Row(
        "ec2-pages-interfaces",
        "interfaces come in pages",
        _REFERENCE + "DescribeNetworkInterfaces",
        pages_of_interfaces,
    ),
    Row(
        "ec2-pages-groups",
        "groups and rules come in pages",
        _REFERENCE + "DescribeSecurityGroupRules",
        pages_of_groups_and_rules,
    ),
    Row("ec2-pages-subnets", "subnets come in pages", _REFERENCE + "DescribeSubnets", pages_of_subnets),
    Row(
        "ec2-pages-and-ids",
        "ids and a page size exclude each other",
        _REFERENCE + "DescribeNetworkInterfaces (MaxResults)",
        ids_and_pages,
    ),
    Row(
        "ec2-template-deleted",
        "a deleted launch template is unknown",
        _CODES + "InvalidLaunchTemplateId.NotFound",
        deleted_template,
    ),
    Row(
        "ec2-zones-opt-in",
        "zones are found by opt-in status",
        _REFERENCE + "DescribeAvailabilityZones",
        opt_in_zones,
    ),
    Row(
        "ec2-tags-gone",
        "tags go with their resource",
        "EC2 user guide, tag your Amazon EC2 resources",
        tags_go_with_their_resource,
    ),
    Row("ec2-vpc-unknown", "an unknown VPC is named", _CODES + "InvalidVpcID.NotFound", unknown_vpc),
    Row(
        "ec2-action-unknown",
        "an action that EC2 does not have is refused",
        _CODES + "InvalidAction",
        unknown_action,
    ),
]
