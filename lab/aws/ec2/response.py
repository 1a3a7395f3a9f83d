"""EC2's wire: what API callers may ask, and what they are told."""

from __future__ import annotations

from lab.aws.ec2.attachments import AttachmentCalls
from lab.aws.ec2.deletions import Deletions
from lab.aws.ec2.endpoint_calls import EndpointCalls
from lab.aws.ec2.flow_logs import FlowLogCalls
from lab.aws.ec2.instance_calls import InstanceCalls
from lab.aws.ec2.interface_calls import InterfaceCalls
from lab.aws.ec2.networks import Networks
from lab.aws.ec2.requests import CheckedRequests
from lab.aws.ec2.security_groups import SecurityGroupCalls
from lab.aws.ec2.trunk_calls import TrunkCalls
from lab.aws.ec2.vpc_blocks import VpcBlockCalls


class LabEC2Response(
    CheckedRequests,
    TrunkCalls,
    AttachmentCalls,
    Deletions,
    EndpointCalls,
    FlowLogCalls,
    InstanceCalls,
    InterfaceCalls,
    Networks,
    SecurityGroupCalls,
    VpcBlockCalls,
):
    """Answer EC2 calls: checks first, then moto's own code."""
