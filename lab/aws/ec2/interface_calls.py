"""Calls about network interfaces and NAT gateways: what EC2 refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.responses import EC2Response
from moto.ec2.utils import generic_filter

from lab.aws.ec2.errors import ec2_error, not_found
from lab.aws.ec2.launching import check_address_count
from lab.aws.ec2.limits import limits_of
from lab.aws.ec2.read_lag import LAG

if TYPE_CHECKING:
    from collections.abc import Mapping


class InterfaceCalls(EC2Response):
    """Check calls about interfaces before moto serves them."""

    def create_network_interface(self) -> ActionResult:
        """Refuse foreign or unknown groups and addresses that cannot be had.

        Source: hashicorp/terraform issue 3372 (group); pulumi/pulumi issue 10923 (address in use);
        JamesWoolfenden/terraform-aws-cassandra issue 18 (address outside).
        """
        subnet = self.ec2_backend.get_subnet(self._get_param("SubnetId"))
        self.ec2_backend.check_interface_groups(subnet.vpc_id, self._get_param("Groups", []))
        if subnet.pool is not None:
            wanted = [entry.get("PrivateIpAddress") for entry in self._get_param("PrivateIpAddresses", [])]
            for address in filter(None, [self._get_param("PrivateIpAddress"), *wanted]):
                subnet.pool.check(address)
        return super().create_network_interface()

    def describe_network_interfaces(self) -> ActionResult:
        """Refuse ids together with a page size; an id may stand twice.

        Source: EC2 API reference, DescribeNetworkInterfaces (MaxResults).
        """
        ids = list(dict.fromkeys(self._get_param("NetworkInterfaceIds", [])))
        if ids and self._get_param("MaxResults"):
            problem = "The parameter NetworkInterfaceIds cannot be used with the parameter MaxResults"
            raise ec2_error("InvalidParameterCombination", problem)
        table = LAG.read(self.ec2_backend).interfaces if LAG.concerns(self.headers) else self.ec2_backend.enis
        found = [_find(table, interface_id) for interface_id in ids] or list(table.values())
        return ActionResult({"NetworkInterfaces": generic_filter(self._filters_from_querystring(), found)})

    def delete_network_interface(self) -> ActionResult:
        """Refuse an interface in use, also one that an AWS service holds.

        Source: aws/amazon-vpc-cni-k8s issue 1399.
        """
        interface_id = self._get_param("NetworkInterfaceId")
        if self.ec2_backend.get_network_interface(interface_id).status == "in-use":
            problem = f"Network interface '{interface_id}' is currently in use."
            raise ec2_error("InvalidParameterValue", problem)
        self.error_on_dryrun()
        self.ec2_backend.remove_interface(interface_id)
        return EmptyResult()

    def modify_network_interface_attribute(self) -> ActionResult:
        """Refuse foreign or unknown groups, and interfaces that AWS services manage.

        Source: EC2 API reference, ModifyNetworkInterfaceAttribute; EC2 error codes page, AuthFailure.
        """
        interface: Any = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
        groups = self._get_param("Groups", [])
        if interface.requester_managed:
            raise ec2_error("AuthFailure", "You do not have permission to access the specified resource.")
        self.ec2_backend.check_interface_groups(interface.subnet.vpc_id, groups)
        return super().modify_network_interface_attribute()

    def assign_private_ip_addresses(self) -> ActionResult:
        """Return only the new addresses; refuse more than an instance's interface has.

        Source: EC2 API reference, AssignPrivateIpAddresses (assignedPrivateIpAddressesSet).
        """
        interface_id = self._get_param("NetworkInterfaceId")
        interface = self.ec2_backend.get_network_interface(interface_id)
        addresses = self._get_param("PrivateIpAddresses", [])
        count = self._get_int_param("SecondaryPrivateIpAddressCount", 0)
        if interface.instance is not None:
            held = len(interface.private_ip_addresses) + len(addresses) + count
            check_address_count(held, limits_of(interface.instance.instance_type))
        _, new = self.ec2_backend.assign_private_ip_addresses(interface_id, addresses, count)
        assigned = [{"PrivateIpAddress": address} for address in new]
        return ActionResult({"NetworkInterfaceId": interface_id, "AssignedPrivateIpAddresses": assigned})

    def create_nat_gateway(self) -> ActionResult:
        """Create a NAT gateway; it fails later where EC2's does, and is refused where EC2 refuses.

        Source: VPC user guide, troubleshoot NAT gateways; openshift/installer pull request 6379;
        kubernetes-sigs/cluster-api-provider-aws issue 1418.
        """
        backend = self.ec2_backend
        subnet = backend.get_subnet(self._get_param("SubnetId"))
        allocation_id = self._get_param("AllocationId")
        public = self._get_param("ConnectivityType", "public") == "public"
        if public and not allocation_id:
            raise ec2_error("MissingParameter", "The request must contain the parameter AllocationId")
        address = next((item for item in backend.addresses if item.allocation_id == allocation_id), None)
        if public and address is None:
            raise not_found("InvalidElasticIpID.NotFound", "elasticIp ID", allocation_id)
        problem = None
        if public and address is not None and (address.eni or address.instance):
            problem = (
                "Resource.AlreadyAssociated",
                f"Elastic IP address [{allocation_id}] is already associated",
            )
            self.params["AllocationId"] = None
        elif public and not backend.gateway_of(subnet.vpc_id):
            problem = ("Gateway.NotAttached", f"Network {subnet.vpc_id} has no Internet gateway attached")
        result = super().create_nat_gateway()
        if problem:
            result.result["NatGateway"].fail(*problem)  # type: ignore[index]
        return result

    def delete_nat_gateway(self) -> ActionResult:
        """Refuse an unknown gateway.

        Source: botocore, EC2 waiter NatGatewayDeleted (NatGatewayNotFound).
        """
        self._check_nat_gateways([self._get_param("NatGatewayId")])
        return super().delete_nat_gateway()

    def describe_nat_gateways(self) -> ActionResult:
        """Refuse unknown ids.

        Source: botocore, EC2 waiter NatGatewayAvailable (NatGatewayNotFound).
        """
        self._check_nat_gateways(self._get_param("NatGatewayIds", []))
        return super().describe_nat_gateways()

    def _check_nat_gateways(self, ids: list[str]) -> None:
        for gateway_id in ids:
            if gateway_id not in self.ec2_backend.nat_gateways:
                raise ec2_error("NatGatewayNotFound", f"The Nat gateway {gateway_id} was not found")


def _find(table: Mapping[str, Any], interface_id: str) -> Any:
    if interface_id not in table:
        raise not_found("InvalidNetworkInterfaceID.NotFound", "networkInterface ID", interface_id)
    return table[interface_id]
