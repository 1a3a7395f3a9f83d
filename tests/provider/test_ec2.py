"""Each EC2 call as boto3 sends it, and what comes back of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.stub import Stubber

from podsg.errors import Ec2CallError
from podsg.lifecycle.interfaces import NetworkInterface, NewInterface, SecurityGroup, TrunkAssociation
from podsg.provider.ec2 import PAGE, BotoEc2

LISTED = {
    "NetworkInterfaceId": "eni-1",
    "VpcId": "vpc-1",
    "SubnetId": "subnet-1",
    "AvailabilityZone": "us-west-2a",
    "Status": "in-use",
    "InterfaceType": "branch",
    "Description": "aws-k8s-branch-eni",
    "Groups": [{"GroupId": "sg-1", "GroupName": "a"}, {"GroupId": "sg-2", "GroupName": "b"}],
    "TagSet": [{"Key": "a", "Value": "b"}],
    "PrivateIpAddress": "10.0.0.7",
    "MacAddress": "02:00:00:00:00:01",
    "Attachment": {"InstanceId": "i-1"},
    "RequesterManaged": True,
}
SEEN = NetworkInterface(
    "eni-1",
    "vpc-1",
    "subnet-1",
    "us-west-2a",
    "in-use",
    "branch",
    "aws-k8s-branch-eni",
    frozenset({"sg-1", "sg-2"}),
    {"a": "b"},
    "10.0.0.7",
    "02:00:00:00:00:01",
    "i-1",
    is_requester_managed=True,
)
HUNG = {"AssociationId": "trunk-assoc-1", "BranchInterfaceId": "eni-1", "TrunkInterfaceId": "eni-9"}
SPECIFIED = [{"ResourceType": "network-interface", "Tags": [{"Key": "a", "Value": "1"}]}]
WANTED = NewInterface("subnet-1", ("sg-1",), "one", {"a": "1"}, "token")


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    client = boto3.client(
        "ec2", region_name="us-west-2", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    with Stubber(client) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


@pytest.fixture
def ec2(stubber: Stubber) -> BotoEc2:
    return BotoEc2(stubber.client)


def _filter(name: str, *values: str) -> dict[str, Any]:
    return {"Name": name, "Values": list(values)}


def test_interfaces_are_read_to_the_last_page(stubber: Stubber, ec2: BotoEc2) -> None:
    asked = {"MaxResults": PAGE, "Filters": [_filter("vpc-id", "vpc-1")]}
    bare = {"NetworkInterfaceId": "eni-2", "Attachment": {}}
    stubber.add_response(
        "describe_network_interfaces", {"NetworkInterfaces": [LISTED], "NextToken": "more"}, asked
    )
    stubber.add_response(
        "describe_network_interfaces", {"NetworkInterfaces": [bare]}, {**asked, "NextToken": "more"}
    )

    found = ec2.describe_network_interfaces(filters={"vpc-id": ["vpc-1"]})

    assert found == (SEEN, NetworkInterface("eni-2", "", "", status=""))


def test_interfaces_by_id_are_asked_by_a_filter_and_one_that_is_not_listed_is_not_found(
    stubber: Stubber, ec2: BotoEc2
) -> None:
    asked = {"MaxResults": PAGE, "Filters": [_filter("network-interface-id", "eni-1", "eni-2")]}
    second = {**LISTED, "NetworkInterfaceId": "eni-2"}
    for listed in ([LISTED, second], [LISTED]):
        stubber.add_response("describe_network_interfaces", {"NetworkInterfaces": listed}, asked)

    assert ec2.describe_network_interfaces(ids={"eni-2", "eni-1"}) == (SEEN, replace(SEEN, id="eni-2"))
    with pytest.raises(Ec2CallError, match="eni-2") as caught:
        ec2.describe_network_interfaces(ids={"eni-2", "eni-1"})
    assert caught.value.code == "InvalidNetworkInterfaceID.NotFound"


@pytest.mark.parametrize(
    ("ids", "asked"), [((), {}), (("b", "a"), {"AssociationIds": ["a", "b"]})], ids=["all", "by id"]
)
def test_associations_are_those_with_a_vlan(
    stubber: Stubber, ec2: BotoEc2, ids: tuple[str, ...], asked: dict[str, Any]
) -> None:
    listed = [{**HUNG, "VlanId": 7}, {**HUNG, "GreKey": 5}]
    stubber.add_response("describe_trunk_interface_associations", {"InterfaceAssociations": listed}, asked)

    assert ec2.describe_trunk_associations(ids=ids) == (
        TrunkAssociation("trunk-assoc-1", "eni-1", "eni-9", 7),
    )


def test_instances_are_asked_by_a_filter(stubber: Stubber, ec2: BotoEc2) -> None:
    asked = {"Filters": [_filter("instance-id", "i-1", "i-2")], "MaxResults": PAGE}
    one = {"InstanceId": "i-1", "State": {"Code": 16, "Name": "running"}}
    stubber.add_response("describe_instances", {"Reservations": [{"Instances": [one]}]}, asked)

    assert ec2.describe_instances(["i-2", "i-1"]) == {"i-1": "running"}


def test_security_groups_and_subnets_are_asked_by_filters(stubber: Stubber, ec2: BotoEc2) -> None:
    asked = {"Filters": [_filter("tag:podsg:owner", "demo/dev")], "MaxResults": PAGE}
    group = {"GroupId": "sg-1", "GroupName": "a", "VpcId": "vpc-1", "Tags": [{"Key": "a", "Value": "b"}]}
    stubber.add_response("describe_security_groups", {"SecurityGroups": [group]}, asked)
    stubber.add_response("describe_subnets", {"Subnets": [{"SubnetId": "subnet-1"}]}, asked)
    filters = {"tag:podsg:owner": ["demo/dev"]}

    assert ec2.describe_security_groups(filters=filters) == (SecurityGroup("sg-1", "a", "vpc-1", {"a": "b"}),)
    assert ec2.describe_subnets(filters=filters) == ("subnet-1",)


@pytest.mark.parametrize("there", [True, False])
def test_a_vpc_is_asked_by_a_filter(stubber: Stubber, ec2: BotoEc2, *, there: bool) -> None:
    vpcs = [{"VpcId": "vpc-1"}] if there else []
    stubber.add_response("describe_vpcs", {"Vpcs": vpcs}, {"Filters": [_filter("vpc-id", "vpc-1")]})

    assert ec2.vpc_exists("vpc-1") is there


def test_an_interface_is_made_with_its_tags_and_token(stubber: Stubber, ec2: BotoEc2) -> None:
    asked = {
        "SubnetId": "subnet-1",
        "Groups": ["sg-1"],
        "Description": "one",
        "ClientToken": "token",
        "TagSpecifications": SPECIFIED,
    }
    stubber.add_response("create_network_interface", {"NetworkInterface": LISTED}, asked)

    assert ec2.create_network_interface(WANTED) == SEEN


def test_a_branch_is_hung_on_a_trunk(stubber: Stubber, ec2: BotoEc2) -> None:
    asked = {"BranchInterfaceId": "eni-1", "TrunkInterfaceId": "eni-9", "VlanId": 7, "ClientToken": "token"}
    stubber.add_response("associate_trunk_interface", {"InterfaceAssociation": {**HUNG, "VlanId": 7}}, asked)

    found = ec2.associate_trunk_interface(branch_id="eni-1", trunk_id="eni-9", vlan_id=7, token="token")

    assert found == TrunkAssociation("trunk-assoc-1", "eni-1", "eni-9", 7)


Write = tuple[str, dict[str, Any], Callable[[BotoEc2], Any]]
WRITES: list[Write] = [
    (
        "disassociate_trunk_interface",
        {"AssociationId": "trunk-assoc-1", "ClientToken": "token"},
        lambda ec2: ec2.disassociate_trunk_interface("trunk-assoc-1", token="token"),
    ),
    (
        "modify_network_interface_attribute",
        {"NetworkInterfaceId": "eni-1", "Groups": ["sg-1"]},
        lambda ec2: ec2.modify_network_interface("eni-1", group_ids=("sg-1",)),
    ),
    (
        "modify_network_interface_attribute",
        {"NetworkInterfaceId": "eni-1", "Description": {"Value": ""}},
        lambda ec2: ec2.modify_network_interface("eni-1", description=""),
    ),
    (
        "create_tags",
        {"Resources": ["eni-1"], "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
        lambda ec2: ec2.create_tags("eni-1", {"b": "2", "a": "1"}),
    ),
    (
        "delete_tags",
        {"Resources": ["eni-1"], "Tags": [{"Key": "a"}, {"Key": "b"}]},
        lambda ec2: ec2.delete_tags("eni-1", ["b", "a"]),
    ),
    (
        "delete_network_interface",
        {"NetworkInterfaceId": "eni-1"},
        lambda ec2: ec2.delete_network_interface("eni-1"),
    ),
    ("delete_security_group", {"GroupId": "sg-1"}, lambda ec2: ec2.delete_security_group("sg-1")),
]


@pytest.mark.parametrize(
    ("method", "asked", "call"), WRITES, ids=[f"{one[0]}-{n}" for n, one in enumerate(WRITES)]
)
def test_each_write_sends_exactly_what_it_was_told(
    stubber: Stubber, ec2: BotoEc2, method: str, asked: dict[str, Any], call: Callable[[BotoEc2], Any]
) -> None:
    stubber.add_response(method, {}, asked)

    assert call(ec2) is None


def test_a_dry_run_that_would_have_worked_returns(stubber: Stubber, ec2: BotoEc2) -> None:
    for method in ("delete_network_interface", "associate_trunk_interface"):
        stubber.add_client_error(method, "DryRunOperation", http_status_code=412)

    ec2.delete_network_interface("eni-1", dry_run=True)
    hung = ec2.associate_trunk_interface(branch_id="b", trunk_id="t", vlan_id=1, token="x", dry_run=True)

    assert hung == TrunkAssociation("", "b", "t", 1)


def test_a_dry_run_is_asked_as_one(stubber: Stubber, ec2: BotoEc2) -> None:
    asked = {"NetworkInterfaceId": "eni-1", "DryRun": True}
    stubber.add_client_error("delete_network_interface", "UnauthorizedOperation", expected_params=asked)

    with pytest.raises(Ec2CallError) as caught:
        ec2.delete_network_interface("eni-1", dry_run=True)
    assert caught.value.code == "UnauthorizedOperation"


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, "DependencyViolation", "DependencyViolation"),
        (503, "RequestLimitExceeded", "RequestLimitExceeded"),
        (503, "Unavailable", "Unavailable"),
        (500, "InternalError", "InternalError"),
        (502, "502", "InternalError"),
    ],
)
def test_an_error_keeps_the_code_by_which_callers_decide(
    stubber: Stubber, ec2: BotoEc2, status: int, code: str, told: str
) -> None:
    stubber.add_client_error("delete_security_group", code, "because", status)

    with pytest.raises(Ec2CallError, match="because") as caught:
        ec2.delete_security_group("sg-1")
    assert (caught.value.call, caught.value.code) == ("DeleteSecurityGroup", told)


@pytest.mark.parametrize(
    "failure",
    [ReadTimeoutError(endpoint_url="https://ec2"), EndpointConnectionError(endpoint_url="https://ec2")],
    ids=["timeout", "no connection"],
)
def test_no_answer_has_a_code_of_its_own(failure: Exception) -> None:
    class Silent:
        def describe_vpcs(self, **_: Any) -> Any:
            raise failure

    with pytest.raises(Ec2CallError, match="https://ec2") as caught:
        BotoEc2(Silent()).vpc_exists("vpc-1")
    assert (caught.value.call, caught.value.code) == ("DescribeVpcs", "RequestTimeout")


def test_a_call_that_was_never_sent_has_its_own_code() -> None:
    class Nobody:
        def describe_vpcs(self, **_: Any) -> Any:
            raise NoCredentialsError

    with pytest.raises(Ec2CallError, match="Unable to locate credentials") as caught:
        BotoEc2(Nobody()).vpc_exists("vpc-1")
    assert caught.value.code == "NoCredentialsError"


def test_no_account_id_is_told(stubber: Stubber, ec2: BotoEc2) -> None:
    stubber.add_client_error(
        "delete_security_group", "UnauthorizedOperation", "arn:aws:iam::123456789012:role/x may not"
    )

    with pytest.raises(Ec2CallError, match="…9012:role/x may not") as caught:
        ec2.delete_security_group("sg-1")
    assert "123456789012" not in str(caught.value)
