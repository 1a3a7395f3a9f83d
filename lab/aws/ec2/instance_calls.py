"""Calls about instances: what EC2 refuses, and what a launch template adds."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import VPCIdNotSpecifiedError
from moto.ec2.responses import EC2Response
from moto.ec2.utils import generic_filter

from lab.aws.ec2.errors import ec2_error
from lab.aws.ec2.instances import ENDING
from lab.aws.ec2.launching import check_launch

_FROM_TEMPLATE = (
    "DisableApiStop",
    "EbsOptimized",
    "IamInstanceProfile",
    "ImageId",
    "InstanceInitiatedShutdownBehavior",
    "InstanceMarketOptions",
    "InstanceType",
    "KeyName",
    "MetadataOptions",
    "Monitoring",
    "NetworkInterfaces",
    "Placement",
    "SecurityGroupIds",
    "SecurityGroups",
)
_INTERFACE_FILTER = "network-interface."
_DEFAULT_TYPE = "m1.small"


class InstanceCalls(EC2Response):
    """Check calls about instances before moto serves them."""

    def run_instances(self) -> ActionResult:
        """Start instances with exactly the interfaces that the request or its launch template names.

        Source: EC2 API reference, RunInstances.
        """
        self._add_template()
        specs = self._interface_specs()
        count = int(self._get_param("MaxCount") or 1)
        check_launch(self.ec2_backend, self._get_param("InstanceType") or _DEFAULT_TYPE, specs, count)
        self.params["NetworkInterfaces"] = specs
        self.params["MinCount"] = count
        for name in ("SubnetId", "SecurityGroupIds", "PrivateIpAddress"):
            self.params.pop(name, None)
        tags = self._parse_tag_specification().get("network-interface", {})
        result = super().run_instances()
        reservation: Any = result.result
        for instance in reservation.instances:
            for interface in instance.new_interfaces:
                interface.add_tags(tags)
        return result

    def _add_template(self) -> None:
        """Take from the launch template what the request does not name itself; moto takes the user data.

        Source: EC2 API reference, RunInstances (LaunchTemplate).
        """
        wanted = self._get_param("LaunchTemplate")
        if not wanted:
            return
        data = self.ec2_backend._get_template_from_args(wanted).data  # noqa: SLF001  moto has no public way
        for name in _FROM_TEMPLATE:
            if data.get(name) and not self._get_param(name):
                self.params[name] = data[name]
        merged: dict[str, dict[str, str]] = {}
        for spec in [*(data.get("TagSpecifications") or []), *self._get_param("TagSpecifications", [])]:
            tags = {tag["Key"]: tag["Value"] for tag in spec.get("Tags", [])}
            merged.setdefault(spec["ResourceType"], {}).update(tags)
        self.params["TagSpecifications"] = [
            {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            for kind, tags in merged.items()
        ]

    def _interface_specs(self) -> list[dict[str, Any]]:
        """Return the interfaces in the order of their device indices.

        Source: aws/aws-cli issues 518 (subnet), 2453 (names of groups); saltstack/salt issue 25569 (groups).
        """
        subnet_id, group_ids = self._get_param("SubnetId"), self._get_param("SecurityGroupIds", [])
        specs = [dict(spec) for spec in self._get_param("NetworkInterfaces", [])]
        names = self._get_param("SecurityGroups", [])
        if names and (subnet_id or specs):
            problem = "The parameter groupName cannot be used with the parameter subnet"
            raise ec2_error("InvalidParameterCombination", problem)
        for what, given in (("subnet ID", subnet_id), ("security groups", group_ids)):
            if specs and given:
                problem = f"Network interfaces and an instance-level {what} may not be specified"
                raise ec2_error("InvalidParameterCombination", f"{problem} on the same request")
        address = self._get_param("PrivateIpAddress")
        group_ids = group_ids + [self.ec2_backend.get_security_group_by_name_or_id(each).id for each in names]
        alone = {"DeviceIndex": 0, "Groups": group_ids, "PrivateIpAddress": address}
        specs = specs or [{**alone, "SubnetId": subnet_id, "Description": "Primary network interface"}]
        for spec in specs:
            if not spec.get("SubnetId") and not spec.get("NetworkInterfaceId"):
                spec["SubnetId"] = self._default_subnet_id()
        return sorted(specs, key=lambda spec: int(spec.get("DeviceIndex") or 0))

    def _default_subnet_id(self) -> str:
        zone = self._get_param("Placement.AvailabilityZone") or f"{self.region}a"
        subnet = self.ec2_backend.get_default_subnets().get(zone)
        if subnet is None:
            raise VPCIdNotSpecifiedError
        return str(subnet.id)

    def describe_instances(self) -> ActionResult:
        """Return instances; an id may stand twice, and interfaces can be filtered too.

        Source: EC2 API reference, DescribeInstances (InstanceIds, MaxResults, Filters).
        """
        self.error_on_dryrun()
        ids = list(dict.fromkeys(self._get_param("InstanceIds", [])))
        if ids and self._get_param("MaxResults"):
            problem = "The parameter instancesSet cannot be used with the parameter maxResults"
            raise ec2_error("InvalidParameterCombination", problem)
        filters = self._filters_from_querystring()
        of_interfaces = {
            name.removeprefix(_INTERFACE_FILTER): filters.pop(name)
            for name in list(filters)
            if name.startswith(_INTERFACE_FILTER) and name != "network-interface.private-dns-name"
        }
        if ids:
            found = self.ec2_backend.get_reservations_by_instance_ids(ids, filters=filters)
        else:
            found = self.ec2_backend.describe_instances(filters=filters)
        if of_interfaces:
            for reservation in found:
                reservation.instances = [
                    each
                    for each in reservation.instances
                    if generic_filter(of_interfaces, each.network_interfaces)
                ]
        return ActionResult({"Reservations": [each for each in found if each.instances]})

    def modify_instance_attribute(self) -> ActionResult:
        """Refuse foreign or unknown groups.

        Source: EC2 API reference, ModifyInstanceAttribute (GroupId); hashicorp/terraform issue 3372.
        """
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        self.ec2_backend.check_interface_groups(instance.vpc_id, self._get_param("Groups", []))
        return super().modify_instance_attribute()

    def start_instances(self) -> ActionResult:
        """Refuse instances that end or have ended."""
        self._check_alive("started")
        return super().start_instances()

    def stop_instances(self) -> ActionResult:
        """Refuse instances that end or have ended."""
        self._check_alive("stopped")
        return super().stop_instances()

    def reboot_instances(self) -> ActionResult:
        """Refuse instances that end or have ended."""
        self._check_alive("rebooted")
        return super().reboot_instances()

    def _check_alive(self, change: str) -> None:
        """Refuse to change an instance that is on its way out.

        Source: EC2 error codes page, IncorrectInstanceState; cloud-custodian/cloud-custodian pull request
        6014.
        """
        for instance_id in self._get_param("InstanceIds", []):
            if self.ec2_backend.get_instance(instance_id).state in ENDING:
                problem = f"The instance '{instance_id}' is not in a state from which it can be {change}."
                raise ec2_error("IncorrectInstanceState", problem)

    def terminate_instances(self) -> ActionResult:
        """Answer the state that each instance has now.

        Source: EC2 API reference, TerminateInstances (an instance that has ended stays as it is).
        """
        self.params["InstanceIds"] = list(dict.fromkeys(self._get_param("InstanceIds", [])))
        result = super().terminate_instances()
        shown: Any = result.result
        for entry in shown["TerminatingInstances"]:
            entry["CurrentState"] = self.ec2_backend.get_instance(entry["InstanceId"]).instance_state
        return result
