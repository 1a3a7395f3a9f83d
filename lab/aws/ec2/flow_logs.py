"""Flow logs: which may be made, and whether they reach their log group."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import FlowLogAlreadyExists
from moto.ec2.responses import EC2Response

_GROUP_MARK = ":log-group:"


class FlowLogCalls(EC2Response):
    """Check calls about flow logs before moto serves them."""

    def create_flow_logs(self) -> ActionResult:
        """Refuse a second flow log of the same traffic to the same place; settle the delivery of the others.

        The log group is the destination, whether it is named or given by ARN.

        Source: EC2 API reference, CreateFlowLogs (logDestination) and FlowLog (deliverLogsStatus); error
        codes page, FlowLogAlreadyExists; VPC user guide, "Publish flow logs to CloudWatch Logs" (accepted and
        rejected traffic may go to one log group).
        """
        if name := self._get_param("LogGroupName"):
            backend = self.ec2_backend
            area = f"arn:{backend.partition}:logs:{backend.region_name}:{backend.account_id}"
            self.params |= {"LogDestination": f"{area}{_GROUP_MARK}{name}", "LogGroupName": None}
        self._refuse_second()
        known = set(self.ec2_backend.flow_logs)
        result = super().create_flow_logs()
        for log_id, log in self.ec2_backend.flow_logs.items():
            if log_id not in known and log.log_destination_type == "cloud-watch-logs":
                _settle_delivery(self.ec2_backend, log)
        return result

    def _refuse_second(self) -> None:
        wanted = (self._get_param("TrafficType"), _place(self._get_param("LogDestination")))
        subjects = self._get_param("ResourceIds", [])
        for log in self.ec2_backend.flow_logs.values():
            if log.resource_id in subjects and (log.traffic_type, _place(log.log_destination)) == wanted:
                raise FlowLogAlreadyExists


def _place(destination: str | None) -> str:
    return (destination or "").removesuffix(":*")


def _settle_delivery(backend: Any, log: Any) -> None:
    from moto.logs.models import logs_backends  # noqa: PLC0415  an optional service of moto

    log.log_group_name = _place(log.log_destination).partition(_GROUP_MARK)[2]
    groups = logs_backends[backend.account_id][backend.region_name].groups
    found = log.log_group_name in groups
    log.deliver_logs_status = "SUCCESS" if found else "FAILED"
    log.deliver_logs_error_message = None if found else "Access error"
