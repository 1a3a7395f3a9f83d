"""VPC endpoints, of the gateway and the interface kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.compare import same_json, same_set
from lab.plugins.aws.ec2_calls import find, tagger, tags_of, wait_gone
from lab.plugins.aws.errors import WaitError
from lab.plugins.aws.record import REGION, TAGS, Change, Property, Resource, Timeouts, Values
from lab.plugins.interface import PluginError

_GONE: Final = frozenset({"InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"})
_SETS: Final = {
    "routeTableIds": "RouteTableIds",
    "subnetIds": "SubnetIds",
    "securityGroupIds": "SecurityGroupIds",
}


def _create(call: Call, inputs: Values) -> str:
    answer = call.aws(
        "ec2",
        "create_vpc_endpoint",
        VpcId=inputs["vpcId"],
        ServiceName=inputs["serviceName"],
        VpcEndpointType=inputs["vpcEndpointType"],
        PolicyDocument=inputs.get("policy"),
        PrivateDnsEnabled=bool(inputs.get("privateDnsEnabled")),
        TagSpecifications=tagging.specification("vpc-endpoint", inputs),
        **{parameter: inputs.get(name) for name, parameter in _SETS.items()},
    )
    return str(answer["VpcEndpoint"]["VpcEndpointId"])


def _find(call: Call, resource_id: str) -> dict[str, Any] | None:
    return find(call, "describe_vpc_endpoints", "VpcEndpoints", _GONE, VpcEndpointIds=[resource_id])


def _wait(call: Call, resource_id: str, _: Values) -> None:
    def available() -> tuple[bool, str]:
        endpoint = _find(call, resource_id)
        state = str(endpoint["State"]) if endpoint else "not found"
        if state.lower() in {"failed", "rejected", "expired"}:
            raise WaitError(f"unexpected state {state}")
        return state.lower() == "available", state

    call.until(f"EC2 VPC Endpoint ({resource_id}) create", available)


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    endpoint = _find(call, resource_id)
    if endpoint is None or endpoint["State"].lower() == "deleted":
        return None
    outputs: Values = {
        "arn": call.session.arn("ec2", f"vpc-endpoint/{resource_id}", call.region),
        "ipAddressType": endpoint.get("IpAddressType"),
        "networkInterfaceIds": endpoint.get("NetworkInterfaceIds") or [],
        "ownerId": endpoint.get("OwnerId") or call.session.account,
        "policy": endpoint.get("PolicyDocument"),
        "privateDnsEnabled": endpoint.get("PrivateDnsEnabled", False),
        "requesterManaged": endpoint.get("RequesterManaged", False),
        "routeTableIds": endpoint.get("RouteTableIds") or [],
        "securityGroupIds": [group["GroupId"] for group in endpoint.get("Groups") or ()],
        "serviceName": endpoint["ServiceName"],
        "state": endpoint["State"].lower(),
        "subnetConfigurations": _subnet_configurations(call, endpoint),
        "subnetIds": endpoint.get("SubnetIds") or [],
        "tagsAll": tags_of(endpoint),
        "vpcEndpointType": endpoint["VpcEndpointType"],
        "vpcId": endpoint["VpcId"],
    }
    return outputs | _addresses(call, endpoint)


def _subnet_configurations(call: Call, endpoint: Mapping[str, Any]) -> list[Values]:
    ids = endpoint.get("NetworkInterfaceIds")
    if not ids:
        return []
    found = call.aws("ec2", "describe_network_interfaces", NetworkInterfaceIds=ids)["NetworkInterfaces"]
    return [{"ipv4": item["PrivateIpAddress"], "subnetId": item["SubnetId"]} for item in found]


def _addresses(call: Call, endpoint: Mapping[str, Any]) -> Values:
    """Read the prefix list of the service, which a gateway endpoint routes to."""
    entries = [
        {"dnsName": item.get("DnsName", ""), "hostedZoneId": item.get("HostedZoneId", "")}
        for item in endpoint.get("DnsEntries") or ()
    ]
    if endpoint["VpcEndpointType"] != "Gateway":
        return {"cidrBlocks": [], "dnsEntries": entries}
    name = [{"Name": "prefix-list-name", "Values": [endpoint["ServiceName"]]}]
    try:
        lists = call.aws("ec2", "describe_prefix_lists", Filters=name)["PrefixLists"]
    except PluginError:
        lists = []
    if not lists:
        return {"cidrBlocks": [], "dnsEntries": entries}
    return {
        "cidrBlocks": lists[0].get("Cidrs", []),
        "dnsEntries": entries,
        "prefixListId": lists[0]["PrefixListId"],
    }


def _recomputed(changed: frozenset[str]) -> tuple[str, ...]:
    return ("networkInterfaceIds", "subnetConfigurations") if "subnetIds" in changed else ()


def _update(call: Call, resource_id: str, change: Change) -> None:
    parameters: dict[str, Any] = {}
    for name, parameter in _SETS.items():
        if change.touches(name):
            before, after = set(change.old.get(name) or ()), set(change.new.get(name) or ())
            parameters[f"Add{parameter}"] = sorted(after - before) or None
            parameters[f"Remove{parameter}"] = sorted(before - after) or None
    if change.touches("policy"):
        parameters["PolicyDocument"] = change.new.get("policy")
        parameters["ResetPolicy"] = True if change.new.get("policy") is None else None
    if change.touches("privateDnsEnabled"):
        parameters["PrivateDnsEnabled"] = change.new.get("privateDnsEnabled")
    if parameters:
        call.aws("ec2", "modify_vpc_endpoint", VpcEndpointId=resource_id, **parameters)
        _wait(call, resource_id, change.new)


def _delete(call: Call, resource_id: str, _: Values) -> None:
    answer = call.aws("ec2", "delete_vpc_endpoints", VpcEndpointIds=[resource_id])
    for failed in answer.get("Unsuccessful") or ():
        problem = failed["Error"]
        if problem.get("Code") not in _GONE:
            raise PluginError(f"{problem.get('Code')}: {problem.get('Message')}")
    wait_gone(
        call, f"EC2 VPC Endpoint ({resource_id})", lambda: _find(call, resource_id), "deleted", "Deleted"
    )


RECORDS: Final = (
    Resource(
        type_name="aws:ec2/vpcEndpoint:VpcEndpoint",
        sdk="pulumi_aws.ec2.vpc_endpoint:VpcEndpoint",
        title="EC2 VPC Endpoint",
        source="terraform-provider-aws internal/service/ec2/vpc_endpoint.go",
        properties={
            "policy": Property(computed=True, document=True, same=same_json),
            "privateDnsEnabled": Property(computed=True),
            "region": REGION,
            "routeTableIds": Property(computed=True, same=same_set),
            "securityGroupIds": Property(computed=True, same=same_set),
            "serviceName": Property(replaces=True),
            "subnetIds": Property(computed=True, same=same_set),
            "tags": TAGS,
            "vpcEndpointType": Property(
                replaces=True, default="Gateway", enum="ec2:CreateVpcEndpoint.VpcEndpointType"
            ),
            "vpcId": Property(replaces=True),
        },
        create=_create,
        created=_wait,
        read=_read,
        update=_update,
        delete=_delete,
        tagger=tagger(),
        recomputes=_recomputed,
        timeouts=Timeouts(create=600, update=600, delete=600),
        gone=_GONE,
    ),
)
