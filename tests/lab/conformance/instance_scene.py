"""A fresh VPC with instances in it."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from .row import eventually
from .scene import Scene


class InstanceScene(Scene):
    """Start instances in a VPC that no other row sees."""

    @cached_property
    def subnet_id(self) -> str:
        return self.subnet()

    @cached_property
    def image_id(self) -> str:
        filters = [{"Name": "name", "Values": ["amzn2-ami-hvm-*"]}]
        return str(self.ec2.describe_images(Filters=filters)["Images"][0]["ImageId"])

    def run(self, kind: str = "m5.large", **request: Any) -> str:
        """Start one instance; in the scene's subnet unless the request names interfaces."""
        if not {"NetworkInterfaces", "LaunchTemplate", "SubnetId"} & set(request):
            request["SubnetId"] = self.subnet_id
        if "LaunchTemplate" not in request:
            request = {"ImageId": self.image_id, "InstanceType": kind, **request}
        made = self.ec2.run_instances(MinCount=1, MaxCount=1, **request)
        return str(made["Instances"][0]["InstanceId"])

    def running(self, kind: str = "m5.large", **request: Any) -> str:
        """Start one instance and wait until it runs."""
        instance_id = self.run(kind, **request)
        eventually(lambda: self.state(instance_id), "running")
        return instance_id

    def instance(self, instance_id: str) -> Any:
        found = self.ec2.describe_instances(InstanceIds=[instance_id])
        return found["Reservations"][0]["Instances"][0]

    def state(self, instance_id: str) -> str:
        return str(self.instance(instance_id)["State"]["Name"])

    def primary_id(self, instance_id: str) -> str:
        interfaces = self.instance(instance_id)["NetworkInterfaces"]
        return next(
            str(each["NetworkInterfaceId"]) for each in interfaces if each["Attachment"]["DeviceIndex"] == 0
        )

    def attach(self, instance_id: str, interface_id: str, index: int = 1) -> str:
        """Attach an interface; return the attachment's id."""
        answer = self.ec2.attach_network_interface(
            InstanceId=instance_id, NetworkInterfaceId=interface_id, DeviceIndex=index
        )
        return str(answer["AttachmentId"])

    def delete_with_instance(self, interface_id: str, *, wanted: bool) -> None:
        """Say whether an attached interface goes with its instance."""
        attachment_id = self.describe_interface(interface_id)["Attachment"]["AttachmentId"]
        self.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface_id,
            Attachment={"AttachmentId": attachment_id, "DeleteOnTermination": wanted},
        )

    def terminate(self, instance_id: str) -> None:
        """Terminate an instance and wait for its end."""
        self.ec2.terminate_instances(InstanceIds=[instance_id])
        eventually(lambda: self.state(instance_id), "terminated")

    def group_ids(self, interface_id: str) -> list[str]:
        return [group["GroupId"] for group in self.describe_interface(interface_id)["Groups"]]

    def template(self, data: dict[str, Any]) -> dict[str, str]:
        """Make a launch template; return what names it in a request."""
        made = self.ec2.create_launch_template(
            LaunchTemplateName=f"nodes-{uuid.uuid4().hex}",
            LaunchTemplateData={"ImageId": self.image_id, "InstanceType": "m5.large", **data},
        )
        return {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"], "Version": "$Latest"}

    def free_addresses(self) -> int:
        found = self.ec2.describe_subnets(SubnetIds=[self.subnet_id])["Subnets"][0]
        return int(found["AvailableIpAddressCount"])
