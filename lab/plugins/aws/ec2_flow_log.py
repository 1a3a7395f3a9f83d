"""Flow logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.plugins.aws import tagging
from lab.plugins.aws.call import Call
from lab.plugins.aws.ec2_calls import find, tagger, tags_of
from lab.plugins.aws.record import REGION, TAGS, Property, Resource, Values
from lab.plugins.interface import PluginError

_GONE: Final = frozenset({"InvalidFlowLogId.NotFound"})
_RESOURCES: Final = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}
_PREFIXES: Final = {"vpc-": "vpcId", "subnet-": "subnetId", "eni-": "eniId"}
_INTERVALS: Final = (60, 600)


def _create(call: Call, inputs: Values) -> str:
    name = next(name for name in _RESOURCES if inputs.get(name))
    answer = call.retry(
        {"InvalidParameter/Unable to assume given IAM role"},
        lambda: call.aws(
            "ec2",
            "create_flow_logs",
            ResourceIds=[inputs[name]],
            ResourceType=_RESOURCES[name],
            TrafficType=inputs.get("trafficType"),
            LogDestinationType=inputs["logDestinationType"],
            LogDestination=inputs.get("logDestination"),
            LogFormat=inputs.get("logFormat"),
            DeliverLogsPermissionArn=inputs.get("iamRoleArn"),
            MaxAggregationInterval=inputs["maxAggregationInterval"],
            TagSpecifications=tagging.specification("vpc-flow-log", inputs),
        ),
        limit=120,
    )
    for failed in answer.get("Unsuccessful") or ():
        problem = failed["Error"]
        raise PluginError(f"{problem.get('Code')}: {problem.get('Message')}")
    return str(answer["FlowLogIds"][0])


def _find(call: Call, resource_id: str) -> dict[str, Any] | None:
    return find(call, "describe_flow_logs", "FlowLogs", _GONE, FlowLogIds=[resource_id])


def _read(call: Call, resource_id: str, _: Values) -> Values | None:
    log = _find(call, resource_id)
    if log is None:
        return None
    return {
        "arn": call.session.arn("ec2", f"vpc-flow-log/{resource_id}", call.region),
        "iamRoleArn": log.get("DeliverLogsPermissionArn"),
        "logDestination": _destination(call, log),
        "logDestinationType": log.get("LogDestinationType", "cloud-watch-logs"),
        "logFormat": log.get("LogFormat"),
        "maxAggregationInterval": log.get("MaxAggregationInterval", _INTERVALS[-1]),
        "tagsAll": tags_of(log),
        "trafficType": log.get("TrafficType"),
        **{
            name: log["ResourceId"]
            for prefix, name in _PREFIXES.items()
            if log["ResourceId"].startswith(prefix)
        },
    }


def _destination(call: Call, log: Mapping[str, Any]) -> str | None:
    if found := log.get("LogDestination"):
        return str(found)
    name = log.get("LogGroupName")
    return call.session.arn("logs", f"log-group:{name}", call.region) if name else None


def _delete(call: Call, resource_id: str, _: Values) -> None:
    answer = call.aws("ec2", "delete_flow_logs", FlowLogIds=[resource_id])
    for failed in answer.get("Unsuccessful") or ():
        problem = failed["Error"]
        if problem.get("Code") not in _GONE:
            raise PluginError(f"{problem.get('Code')}: {problem.get('Message')}")


def _interval(value: Any) -> str | None:
    return None if value in _INTERVALS else f"expected one of {list(_INTERVALS)} seconds, got {value}"


def _one_subject(inputs: Values) -> Iterator[tuple[str, str]]:
    given = sorted(name for name in _RESOURCES if inputs.get(name) is not None)
    if len(given) != 1:
        yield (given or ["vpcId"])[-1], f"exactly one of {sorted(_RESOURCES)} is needed, got {given}"
    if inputs.get("trafficType") is None:
        yield "trafficType", "is needed for a VPC, subnet or network interface"


RECORDS: Final = (
    Resource(
        type_name="aws:ec2/flowLog:FlowLog",
        sdk="pulumi_aws.ec2.flow_log:FlowLog",
        title="Flow Log",
        source="terraform-provider-aws internal/service/ec2/vpc_flow_log.go: everything but tags replaces",
        properties={
            "eniId": Property(replaces=True),
            "iamRoleArn": Property(replaces=True),
            "logDestination": Property(replaces=True, computed=True),
            "logDestinationType": Property(
                replaces=True, default="cloud-watch-logs", enum="ec2:CreateFlowLogs.LogDestinationType"
            ),
            "logFormat": Property(replaces=True, computed=True),
            "maxAggregationInterval": Property(replaces=True, default=600, check=_interval),
            "region": REGION,
            "subnetId": Property(replaces=True),
            "tags": TAGS,
            "trafficType": Property(replaces=True, enum="ec2:CreateFlowLogs.TrafficType"),
            "vpcId": Property(replaces=True),
        },
        create=_create,
        read=_read,
        delete=_delete,
        tagger=tagger(),
        gone=_GONE,
        validate=_one_subject,
    ),
)
