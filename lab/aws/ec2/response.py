"""EC2's wire: what API callers may ask, and what they are told."""

from __future__ import annotations

from lab.aws.ec2.deletions import Deletions
from lab.aws.ec2.interface_calls import InterfaceCalls
from lab.aws.ec2.networks import Networks
from lab.aws.ec2.requests import CheckedRequests
from lab.aws.ec2.security_groups import SecurityGroupCalls


class LabEC2Response(CheckedRequests, Deletions, InterfaceCalls, Networks, SecurityGroupCalls):
    """Answer EC2 calls: checks first, then moto's own code."""
