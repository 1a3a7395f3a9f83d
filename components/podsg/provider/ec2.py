"""The EC2 port over boto3."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name of it
    HTTPClientError,
    IncompleteReadError,
)
from botocore.parsers import ResponseParserError

from podsg.errors import Ec2CallError
from podsg.lifecycle.interfaces import NetworkInterface, NewInterface, SecurityGroup, TrunkAssociation
from podsg.lifecycle.retries import NO_ANSWER
from podsg.provider.target import masked

PAGE: Final = 1000
"""Source: EC2 API reference, DescribeNetworkInterfaces, DescribeInstances (MaxResults)."""
_DRY_RUN: Final = "DryRunOperation"
_NO_INTERFACE: Final = "InvalidNetworkInterfaceID.NotFound"
_UNANSWERED: Final = (HTTPClientError, ConnectionError, IncompleteReadError, ResponseParserError)
"""No answer to a request that may have arrived; whatever else botocore raises, it raises before that."""


class BotoEc2:
    """Make EC2 calls, each once; lists are read to their last page.

    Args:
        client: boto3 client of EC2.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 makes its clients at run time
        """Keep the client."""
        self._client = client

    def describe_network_interfaces(
        self, *, ids: Collection[str] = (), filters: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[NetworkInterface, ...]:
        """List interfaces; ids are asked for by a filter, as EC2 takes no page size together with ids.

        A request with neither a filter nor a page size would come from a smaller request bucket.
        """
        call, wanted = "DescribeNetworkInterfaces", dict(filters or {})
        if ids:
            wanted["network-interface-id"] = sorted(ids)
        asked: dict[str, Any] = {"MaxResults": PAGE} | ({"Filters": _filters(wanted)} if wanted else {})
        found = tuple(_interface(one) for one in self._pages(call, "NetworkInterfaces", asked))
        if not filters and (unknown := set(ids) - {one.id for one in found}):
            raise Ec2CallError(call, _NO_INTERFACE, f"EC2 lists no {', '.join(sorted(unknown))}")
        return found

    def describe_trunk_associations(self, *, ids: Collection[str] = ()) -> tuple[TrunkAssociation, ...]:
        """List associations of branches by VLAN; those by GRE key are none of ours."""
        asked = {"AssociationIds": sorted(ids)} if ids else {}
        pages = self._pages("DescribeTrunkInterfaceAssociations", "InterfaceAssociations", asked)
        return tuple(_association(one) for one in pages if one.get("VlanId") is not None)

    def describe_instances(self, ids: Collection[str]) -> Mapping[str, str]:
        """Return the states of instances; by a filter, which leaves out what EC2 has forgotten."""
        asked = {"Filters": _filters({"instance-id": sorted(ids)}), "MaxResults": PAGE}
        reservations = self._pages("DescribeInstances", "Reservations", asked)
        return {one["InstanceId"]: one["State"]["Name"] for each in reservations for one in each["Instances"]}

    def describe_security_groups(self, *, filters: Mapping[str, Sequence[str]]) -> tuple[SecurityGroup, ...]:
        """List security groups."""
        asked = {"Filters": _filters(filters), "MaxResults": PAGE}
        return tuple(
            SecurityGroup(one["GroupId"], one["GroupName"], one.get("VpcId", ""), _tags(one.get("Tags")))
            for one in self._pages("DescribeSecurityGroups", "SecurityGroups", asked)
        )

    def describe_subnets(self, *, filters: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """List the ids of subnets."""
        asked = {"Filters": _filters(filters), "MaxResults": PAGE}
        return tuple(one["SubnetId"] for one in self._pages("DescribeSubnets", "Subnets", asked))

    def vpc_exists(self, vpc_id: str) -> bool:
        """Tell whether the account has a VPC; by a filter, which is no error where it has not."""
        return any(self._pages("DescribeVpcs", "Vpcs", {"Filters": _filters({"vpc-id": [vpc_id]})}))

    def create_network_interface(self, wanted: NewInterface) -> NetworkInterface:
        """Create an interface, with its tags."""
        tags = [{"Key": key, "Value": value} for key, value in sorted(wanted.tags.items())]
        answer = self._call(
            "CreateNetworkInterface",
            SubnetId=wanted.subnet_id,
            Groups=list(wanted.group_ids),
            Description=wanted.description,
            ClientToken=wanted.token,
            TagSpecifications=[{"ResourceType": "network-interface", "Tags": tags}],
        )
        return _interface(answer["NetworkInterface"])

    def associate_trunk_interface(
        self, *, branch_id: str, trunk_id: str, vlan_id: int, token: str, dry_run: bool = False
    ) -> TrunkAssociation:
        """Hang a branch on a trunk."""
        answer = self._call(
            "AssociateTrunkInterface",
            dry_run=dry_run,
            BranchInterfaceId=branch_id,
            TrunkInterfaceId=trunk_id,
            VlanId=vlan_id,
            ClientToken=token,
        )
        if dry_run:
            return TrunkAssociation("", branch_id, trunk_id, vlan_id)
        return _association(answer["InterfaceAssociation"])

    def disassociate_trunk_interface(self, association_id: str, *, token: str) -> None:
        """Take a branch from its trunk."""
        self._call("DisassociateTrunkInterface", AssociationId=association_id, ClientToken=token)

    def modify_network_interface(
        self, interface_id: str, *, group_ids: Sequence[str] | None = None, description: str | None = None
    ) -> None:
        """Change groups or description."""
        asked: dict[str, Any] = {"NetworkInterfaceId": interface_id}
        if group_ids is not None:
            asked["Groups"] = list(group_ids)
        if description is not None:
            asked["Description"] = {"Value": description}
        self._call("ModifyNetworkInterfaceAttribute", **asked)

    def create_tags(self, resource_id: str, tags: Mapping[str, str]) -> None:
        """Add or change tags."""
        listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        self._call("CreateTags", Resources=[resource_id], Tags=listed)

    def delete_tags(self, resource_id: str, keys: Collection[str]) -> None:
        """Remove tags."""
        self._call("DeleteTags", Resources=[resource_id], Tags=[{"Key": key} for key in sorted(keys)])

    def delete_network_interface(self, interface_id: str, *, dry_run: bool = False) -> None:
        """Delete an interface."""
        self._call("DeleteNetworkInterface", dry_run=dry_run, NetworkInterfaceId=interface_id)

    def delete_security_group(self, group_id: str) -> None:
        """Delete a security group."""
        self._call("DeleteSecurityGroup", GroupId=group_id)

    def _call(self, call: str, *, dry_run: bool = False, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
        if dry_run:
            asked["DryRun"] = True
        method = getattr(self._client, xform_name(call))
        return _answered(call, lambda: method(**asked))

    def _pages(self, call: str, key: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        method, more = getattr(self._client, xform_name(call)), dict(asked)
        while True:
            answer = _answered(call, lambda: method(**more))
            yield from answer[key]
            if not (token := answer.get("NextToken")):
                return
            more["NextToken"] = token


def _answered(call: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return ask()
    except ClientError as error:
        found = error.response.get("Error", {})
        code, message = str(found.get("Code", "")), str(found.get("Message", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == _DRY_RUN:
            return {}
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not code.startswith("RequestLimit"):
            code = code if code in {"InternalError", "ServiceUnavailable", "Unavailable"} else "InternalError"
        raise Ec2CallError(call, code, masked(message)) from None
    except _UNANSWERED as error:
        raise Ec2CallError(call, NO_ANSWER, masked(str(error))) from None
    except BotoCoreError as error:
        raise Ec2CallError(call, type(error).__name__, masked(str(error))) from None


def _filters(filters: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": list(values)} for name, values in filters.items()]


def _interface(one: Mapping[str, Any]) -> NetworkInterface:
    return NetworkInterface(
        id=one["NetworkInterfaceId"],
        vpc_id=one.get("VpcId", ""),
        subnet_id=one.get("SubnetId", ""),
        zone=one.get("AvailabilityZone", ""),
        status=one.get("Status", ""),
        interface_type=one.get("InterfaceType", "interface"),
        description=one.get("Description", ""),
        group_ids=frozenset(group["GroupId"] for group in one.get("Groups", [])),
        tags=_tags(one.get("TagSet")),
        private_ip=one.get("PrivateIpAddress", ""),
        mac_address=one.get("MacAddress", ""),
        instance_id=one.get("Attachment", {}).get("InstanceId") or "",
        is_requester_managed=bool(one.get("RequesterManaged")),
    )


def _association(one: Mapping[str, Any]) -> TrunkAssociation:
    return TrunkAssociation(
        one["AssociationId"], one["BranchInterfaceId"], one["TrunkInterfaceId"], int(one["VlanId"])
    )


def _tags(tags: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or ()}
