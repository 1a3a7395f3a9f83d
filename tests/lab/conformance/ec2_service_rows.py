"""Flow logs and endpoints: where EC2 meets other services."""

from __future__ import annotations

import uuid

from .row import Clients, Row, eventually, refused
from .scene import Scene


def flow_log_reaches_group(clients: Clients) -> None:
    scene = Scene(clients)
    name = f"/vpc/{uuid.uuid4().hex}"
    clients.logs.create_log_group(logGroupName=name)
    made = clients.ec2.create_flow_logs(
        ResourceIds=[scene.vpc_id],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="cloud-watch-logs",
        LogDestination=f"arn:aws:logs:us-west-2:123456789012:log-group:{name}",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
    )
    (log,) = clients.ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"]
    assert (log["FlowLogStatus"], log["DeliverLogsStatus"]) == ("ACTIVE", "SUCCESS"), log
    assert log["LogGroupName"] == name


def second_flow_log(clients: Clients) -> None:
    scene = Scene(clients)
    name = f"/vpc/{uuid.uuid4().hex}"
    arn = f"arn:aws:logs:us-west-2:123456789012:log-group:{name}"
    request = {
        "ResourceIds": [scene.vpc_id],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flow-logs",
    }
    made = clients.ec2.create_flow_logs(**request, LogDestination=arn)
    text = "Error. There is an existing Flow Log with the same configuration and log destination."
    for place in ({"LogDestination": arn}, {"LogDestination": f"{arn}:*"}, {"LogGroupName": name}):
        with refused("FlowLogAlreadyExists", text):
            clients.ec2.create_flow_logs(**request, **place)
    clients.ec2.create_flow_logs(**request | {"TrafficType": "REJECT"}, LogGroupName=name)
    clients.ec2.create_flow_logs(**request, LogDestination=f"{arn}-other")
    clients.ec2.delete_flow_logs(FlowLogIds=made["FlowLogIds"])
    clients.ec2.create_flow_logs(**request, LogDestination=arn)


def unknown_endpoint(clients: Clients) -> None:
    answer = clients.ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-0123456789abcdef0"])
    assert [item["ResourceId"] for item in answer["Unsuccessful"]] == ["vpce-0123456789abcdef0"]


def deleted_endpoint(clients: Clients) -> None:
    scene = Scene(clients)
    table_id = scene.route_table()
    service = "com.amazonaws.us-west-2.s3"
    made = clients.ec2.create_vpc_endpoint(VpcId=scene.vpc_id, ServiceName=service, RouteTableIds=[table_id])
    clients.ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    eventually(lambda: clients.ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"], [])
    (table,) = clients.ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
    assert len(table["Routes"]) == 1, table["Routes"]


_REFERENCE = "EC2 API reference, "

ROWS = [
    Row(
        "ec2-flow-log-delivery",
        "a flow log to an existing log group delivers",
        _REFERENCE + "FlowLog (deliverLogsStatus)",
        flow_log_reaches_group,
    ),
    Row(
        "ec2-flow-log-second",
        "the same traffic flows to the same place once",
        "EC2 error codes, FlowLogAlreadyExists; VPC user guide, Publish flow logs to CloudWatch Logs",
        second_flow_log,
    ),
    Row(
        "ec2-endpoint-unknown",
        "an unknown endpoint is reported, not ignored",
        _REFERENCE + "DeleteVpcEndpoints",
        unknown_endpoint,
    ),
    Row(
        "ec2-endpoint-deleted",
        "a deleted endpoint goes, and its routes with it",
        _REFERENCE + "DeleteVpcEndpoints",
        deleted_endpoint,
    ),
]
