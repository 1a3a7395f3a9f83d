"""What EC2 does when it is asked too often, too early, by the wrong caller, or only tentatively."""

from __future__ import annotations

import uuid
from typing import Any

from lab.faults import Disturbance

from .ec2_trunk_rows import Trunk
from .row import Clients, Row, eventually, refused
from .scene import Scene

_MISSING = "eni-0123456789abcdef0"
_TYPICAL_LAG_SECONDS = 60


def lag_hides_what_is_new(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    old_id = scene.interface(subnet_id)
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]
    with Disturbance(clients.endpoint_url).during() as lab:
        # given: reads that lag so far behind that they see nothing of what follows
        lab.lag(120, shortest=_TYPICAL_LAG_SECONDS)
        scene.describe_interface(old_id)
        new_id = scene.interface(subnet_id, Description="new")
        clients.ec2.create_tags(Resources=[old_id], Tags=[{"Key": "colour", "Value": "red"}])

        # then: the new interface is not found, and the old one has no tag
        with refused("InvalidNetworkInterfaceID.NotFound"):
            scene.describe_interface(new_id)
        assert scene.describe_interface(old_id)["TagSet"] == []

        # when: the old one is deleted; then: reads still see it, a deletion does not
        clients.ec2.delete_network_interface(NetworkInterfaceId=old_id)
        found = clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        assert [item["NetworkInterfaceId"] for item in found] == [old_id]
        with refused("InvalidNetworkInterfaceID.NotFound"):
            clients.ec2.delete_network_interface(NetworkInterfaceId=old_id)
    assert scene.describe_interface(new_id)["Description"] == "new"


def lag_concerns_agents(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    with Disturbance(clients.endpoint_url).during() as lab:
        lab.lag(120, shortest=_TYPICAL_LAG_SECONDS, writes_too=True, agent="another/*")
        clients.ec2.describe_network_interfaces()
        new_id = scene.interface(subnet_id)
        assert scene.describe_interface(new_id)["Status"] == "available"
        clients.ec2.delete_network_interface(NetworkInterfaceId=new_id)


def lag_reaches_writes(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    with Disturbance(clients.endpoint_url).during() as lab:
        lab.lag(120, shortest=_TYPICAL_LAG_SECONDS, writes_too=True)
        scene.clients.ec2.describe_network_interfaces()
        new_id = scene.interface(subnet_id)
        with refused("InvalidNetworkInterfaceID.NotFound"):
            clients.ec2.delete_network_interface(NetworkInterfaceId=new_id)
    clients.ec2.delete_network_interface(NetworkInterfaceId=new_id)


def reads_catch_up(clients: Clients) -> None:
    scene = Scene(clients)
    subnet_id = scene.subnet()
    filters = [{"Name": "vpc-id", "Values": [scene.vpc_id]}]

    def seen() -> int:
        return len(clients.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"])

    with Disturbance(clients.endpoint_url).during() as lab:
        lab.lag(1.0, shortest=1.0)
        assert seen() == 0
        scene.interface(subnet_id)
        eventually(seen, 1)


def buckets(clients: Clients) -> None:
    def describe(**request: Any) -> None:
        clients.ec2.describe_network_interfaces(**request)

    with Disturbance(clients.endpoint_url).during() as lab:
        # given: buckets of a tenth of their size, without refill
        lab.throttle(factor=0.1, refill_factor=0)

        # then: narrowed reads have ten tokens, others five of their own, and other operations are not touched
        for _ in range(10):
            describe(MaxResults=1000)
        with refused("RequestLimitExceeded"):
            describe(MaxResults=1000)
        for _ in range(5):
            describe()
        with refused("RequestLimitExceeded"):
            describe()
        for _ in range(10):
            with refused("InvalidNetworkInterfaceID.NotFound"):
                clients.ec2.delete_network_interface(NetworkInterfaceId=_MISSING)
        with refused("RequestLimitExceeded"):
            clients.ec2.delete_network_interface(NetworkInterfaceId=_MISSING)
        clients.ec2.describe_vpcs()
        assert lab.throttled() == 3
    describe()


def private_trunk_calls(clients: Clients) -> None:
    scene = Trunk(clients)
    branch_id, association_id = scene.branch(1)
    request = {"BranchInterfaceId": branch_id, "TrunkInterfaceId": scene.trunk_id, "VlanId": 2}
    with Disturbance(clients.endpoint_url).during() as lab:
        lab.trunk_calls(are_open=False)
        for dry_run in (True, False):
            with refused("UnauthorizedOperation"):
                clients.ec2.associate_trunk_interface(**request, DryRun=dry_run)
            with refused("UnauthorizedOperation"):
                clients.ec2.disassociate_trunk_interface(AssociationId=association_id, DryRun=dry_run)
        # and: the right is looked at before ids are
        with refused("UnauthorizedOperation"):
            clients.ec2.associate_trunk_interface(**{**request, "BranchInterfaceId": _MISSING}, DryRun=True)
        # but: reading is for everybody
        assert scene.associations() == [association_id]


def dry_run_asks_for_the_right(clients: Clients) -> None:
    ec2, scene = clients.ec2, Scene(clients)
    interface_id = scene.interface(scene.subnet())
    trunk = {"BranchInterfaceId": _MISSING, "TrunkInterfaceId": _MISSING, "VlanId": 1}
    with refused("DryRunOperation"):
        ec2.associate_trunk_interface(**trunk, DryRun=True)
    with refused("DryRunOperation"):
        ec2.disassociate_trunk_interface(AssociationId="trunk-assoc-0123456789abcdef0", DryRun=True)
    for candidate in (interface_id, _MISSING):
        with refused("DryRunOperation"):
            ec2.delete_network_interface(NetworkInterfaceId=candidate, DryRun=True)
    with refused("DryRunOperation"):
        ec2.create_network_interface(SubnetId=scene.subnet("10.0.2.0/24"), DryRun=True)
    assert scene.describe_interface(interface_id)["Status"] == "available"


def dry_run_spends_no_token(clients: Clients) -> None:
    scene, token = Scene(clients), str(uuid.uuid4())
    subnet_id = scene.subnet()
    with refused("DryRunOperation"):
        scene.interface(subnet_id, ClientToken=token, Description="one", DryRun=True)
    scene.interface(subnet_id, ClientToken=token, Description="two")


def token_outlives_its_interface(clients: Clients) -> None:
    scene, token = Scene(clients), str(uuid.uuid4())
    subnet_id = scene.subnet()
    first = scene.interface(subnet_id, ClientToken=token)
    clients.ec2.delete_network_interface(NetworkInterfaceId=first)

    # when: the same request comes again; then: it gets the same answer, and nothing is made
    assert scene.interface(subnet_id, ClientToken=token) == first
    with refused("InvalidNetworkInterfaceID.NotFound"):
        scene.describe_interface(first)


def tokens_of_trunk_calls(clients: Clients) -> None:
    scene, token = Trunk(clients), str(uuid.uuid4())
    branch_id, association_id = scene.branch(1)
    again = {"AssociationId": association_id, "ClientToken": token}
    for _ in range(2):
        assert clients.ec2.disassociate_trunk_interface(**again)["Return"]
    _, other_id = scene.branch(2)
    with refused("IdempotentParameterMismatch"):
        clients.ec2.disassociate_trunk_interface(AssociationId=other_id, ClientToken=token)
    assert scene.associations() == [other_id]
    # and: a token says nothing about another operation
    made = scene.associate(branch_id, VlanId=1, ClientToken=token)
    assert made["AssociationId"] != association_id


def failed_request_spends_no_token(clients: Clients) -> None:
    scene, token = Trunk(clients), str(uuid.uuid4())
    scene.branch(1)
    branch_id = scene.interface(scene.subnet_id)
    with refused("InvalidParameterValue"):
        scene.associate(branch_id, VlanId=1, ClientToken=token)
    assert scene.associate(branch_id, VlanId=2, ClientToken=token)["VlanId"] == 2


_REFERENCE = "EC2 API reference, "
_CONSISTENCY = "EC2 developer guide, eventual consistency in the Amazon EC2 API"
_IDEMPOTENCY = "EC2 developer guide, ensuring idempotency in Amazon EC2 API requests"
_OWN = " (the lab's own choice)"

ROWS = [
    Row(
        "ec2-lag-reads",
        "a describe may miss what is new and show what is gone",
        _CONSISTENCY + "; hashicorp/terraform-provider-aws issue 35568",
        lag_hides_what_is_new,
    ),
    Row(
        "ec2-lag-writes",
        "a call may not find an interface that was just made",
        _CONSISTENCY + "; gardener/gardener-extension-provider-aws issue 1947",
        lag_reaches_writes,
    ),
    Row(
        "ec2-lag-agents",
        "reads of some callers may be up to date while others lag",
        _CONSISTENCY,
        lag_concerns_agents,
    ),
    Row("ec2-lag-ends", "reads catch up", _CONSISTENCY, reads_catch_up),
    Row(
        "ec2-throttle",
        "each operation has a token bucket; reads without filter or page size have a smaller one",
        "EC2 developer guide, request throttling for the Amazon EC2 API (request token bucket sizes)",
        buckets,
    ),
    Row(
        "ec2-trunk-private",
        "accounts without the private feature are refused the trunk calls, dry runs too",
        "aws/amazon-vpc-resource-controller-k8s README",
        private_trunk_calls,
    ),
    Row(
        "ec2-dry-run-right",
        "a dry run asks for the right alone, not for what the request names",
        _REFERENCE
        + "AssociateTrunkInterface (DryRun); aws/aws-cli issue 1574; systeminit/si pull request 1862",
        dry_run_asks_for_the_right,
    ),
    Row(
        "ec2-dry-run-token",
        "a dry run spends no client token",
        "floci-io/floci issue 3598; " + _IDEMPOTENCY,
        dry_run_spends_no_token,
    ),
    Row(
        "ec2-token-gone",
        "a token whose interface is gone gets the earlier answer",
        _IDEMPOTENCY,
        token_outlives_its_interface,
    ),
    Row(
        "ec2-token-trunk-calls",
        "DisassociateTrunkInterface keeps its token, which is apart from that of other operations",
        _REFERENCE + "DisassociateTrunkInterface (ClientToken); " + _IDEMPOTENCY,
        tokens_of_trunk_calls,
    ),
    Row(
        "ec2-token-refused",
        "a refused request spends no token" + _OWN,
        _IDEMPOTENCY,
        failed_request_spends_no_token,
    ),
]
