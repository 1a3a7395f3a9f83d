"""Security groups and their rules."""

from __future__ import annotations

from typing import Any

from .row import Clients, Row, refused
from .scene import Scene, from_cidr, from_group


def group_on_interface(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    interface_id = scene.interface(scene.subnet(), group_id)
    with refused("DependencyViolation", f"resource {group_id} has a dependent object"):
        clients.ec2.delete_security_group(GroupId=group_id)
    clients.ec2.delete_network_interface(NetworkInterfaceId=interface_id)
    clients.ec2.delete_security_group(GroupId=group_id)


def group_in_a_rule(clients: Clients) -> None:
    scene = Scene(clients)
    named, naming = scene.group("named"), scene.group("naming")
    scene.allow(naming, **from_group(named))
    with refused("DependencyViolation", f"resource {named} has a dependent object"):
        clients.ec2.delete_security_group(GroupId=named)
    clients.ec2.delete_security_group(GroupId=naming)
    clients.ec2.delete_security_group(GroupId=named)


def group_in_its_own_rule(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    scene.allow(group_id, **from_group(group_id))
    clients.ec2.delete_security_group(GroupId=group_id)


def default_group(clients: Clients) -> None:
    scene = Scene(clients)
    with refused("CannotDelete"):
        clients.ec2.delete_security_group(GroupId=scene.default_group_id)


def unknown_group(clients: Clients) -> None:
    with refused("InvalidGroup.NotFound", "The security group 'sg-0123456789abcdef0' does not exist"):
        clients.ec2.describe_security_groups(GroupIds=["sg-0123456789abcdef0"])


def reserved_name(clients: Clients) -> None:
    scene = Scene(clients)
    text = "Value (sg-pods) for parameter GroupName is invalid. Group names may not be in the format sg-*."
    with refused("InvalidParameterValue", text):
        scene.group("sg-pods")


def duplicate_name(clients: Clients) -> None:
    scene = Scene(clients)
    scene.group("pods")
    with refused("InvalidGroup.Duplicate"):
        scene.group("pods")


def description_characters(clients: Clients) -> None:
    scene = Scene(clients)
    with refused("InvalidParameterValue"):
        scene.group("pods", "pods → database")


def rule_description_characters(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    with refused("InvalidParameterValue"):
        scene.allow(group_id, **from_cidr("10.0.0.0/16", "pods → database"))


def duplicate_range(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    scene.allow(group_id, **from_cidr("10.0.0.0/16"))
    text = 'the specified rule "peer: 10.0.0.0/16, TCP, from port: 8080, to port: 8080, ALLOW" already exists'
    with refused("InvalidPermission.Duplicate", text):
        scene.allow(group_id, **from_cidr("10.0.0.0/16", "with a description"))


def duplicate_reference(clients: Clients) -> None:
    scene = Scene(clients)
    group_id, peer = scene.group("one"), scene.group("two")
    scene.allow(group_id, **from_group(peer, "first"))
    text = f'the specified rule "peer: {peer}, TCP, from port: 8080, to port: 8080, ALLOW" already exists'
    with refused("InvalidPermission.Duplicate", text):
        scene.allow(group_id, **from_group(peer, "second"))
    assert len(scene.rules(group_id)) == 1


def twice_in_a_request(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    ranges = [{"CidrIp": "10.0.0.0/16"}, {"CidrIp": "10.0.0.0/16"}]
    with refused("InvalidParameterValue", "The same permission must not appear multiple times"):
        scene.allow(group_id, IpRanges=ranges)
    assert scene.rules(group_id) == []


def all_or_none(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    scene.allow(group_id, **from_cidr("10.0.0.0/16"))
    ranges = [{"CidrIp": "10.1.0.0/16"}, {"CidrIp": "10.0.0.0/16"}]
    with refused("InvalidPermission.Duplicate"):
        scene.allow(group_id, IpRanges=ranges)
    assert len(scene.rules(group_id)) == 1


def reference_to_unknown(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    with refused("InvalidGroup.NotFound"):
        scene.allow(group_id, **from_group("sg-0123456789abcdef0"))


def reference_to_another_vpc(clients: Clients) -> None:
    scene, other = Scene(clients), Scene(clients)
    text = "You have specified two resources that belong to different networks."
    with refused("InvalidGroup.NotFound", text):
        scene.allow(scene.group(), **from_group(other.group()))


def reference_description(clients: Clients) -> None:
    scene = Scene(clients)
    group_id, peer = scene.group("one"), scene.group("two")
    answer = scene.allow(group_id, **from_group(peer, "two to one on 8080"))
    assert answer["SecurityGroupRules"][0]["Description"] == "two to one on 8080"
    (rule,) = scene.rules(group_id)
    assert (rule["Description"], rule["ReferencedGroupInfo"]["GroupId"]) == ("two to one on 8080", peer)


def _texts(scene: Scene, group_id: str) -> tuple[Any, Any]:
    (rule,) = scene.rules(group_id)
    (group,) = scene.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    (permission,) = group["IpPermissions"]
    (entry,) = permission["UserIdGroupPairs"] or permission["IpRanges"]
    return rule.get("Description"), entry.get("Description")


def modified_rule(clients: Clients) -> None:
    scene = Scene(clients)
    group_id, peer = scene.group("one"), scene.group("two")
    rule_id = scene.allow(group_id, **from_group(peer, "old"))["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    wanted = {
        "IpProtocol": "tcp",
        "FromPort": 9090,
        "ToPort": 9091,
        "ReferencedGroupId": peer,
        "Description": "new",
    }
    update = {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": wanted}
    clients.ec2.modify_security_group_rules(GroupId=group_id, SecurityGroupRules=[update])
    assert _texts(scene, group_id) == ("new", "new")
    (rule,) = scene.rules(group_id)
    assert (rule["SecurityGroupRuleId"], rule["FromPort"], rule["ToPort"]) == (rule_id, 9090, 9091)


def modified_range(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    made = scene.allow(group_id, **from_cidr("10.0.0.0/16", "old"))
    wanted = {"IpProtocol": "-1", "CidrIpv4": "10.2.0.0/16", "Description": "new"}
    rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    update = {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": wanted}
    clients.ec2.modify_security_group_rules(GroupId=group_id, SecurityGroupRules=[update])
    (rule,) = scene.rules(group_id)
    assert (rule["CidrIpv4"], rule["IpProtocol"], rule["FromPort"]) == ("10.2.0.0/16", "-1", -1)
    assert _texts(scene, group_id) == ("new", "new")


def modified_kind(clients: Clients) -> None:
    scene = Scene(clients)
    group_id, peer = scene.group("one"), scene.group("two")
    made = scene.allow(group_id, **from_cidr("10.0.0.0/16"))
    rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    wanted = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "ReferencedGroupId": peer}
    update = {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": wanted}
    with refused("InvalidParameterValue"):
        clients.ec2.modify_security_group_rules(GroupId=group_id, SecurityGroupRules=[update])


def described_by_rule_id(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    made = scene.allow(group_id, **from_cidr("10.0.0.0/16", "old"))
    rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    clients.ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group_id,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule_id, "Description": "new"}],
    )
    assert _texts(scene, group_id) == ("new", "new")


def malformed_range(clients: Clients) -> None:
    scene = Scene(clients)
    with refused("InvalidParameterValue", "CIDR block 10.0.0/16 is malformed"):
        scene.allow(scene.group(), **from_cidr("10.0.0/16"))


def canonical_range(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    scene.allow(group_id, **from_cidr("100.68.0.18/18"))
    (rule,) = scene.rules(group_id)
    assert rule["CidrIpv4"] == "100.68.0.0/18"


def port_range(clients: Clients) -> None:
    scene = Scene(clients)
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 80, **from_cidr("10.0.0.0/16")}
    with refused("InvalidParameterValue"):
        clients.ec2.authorize_security_group_ingress(GroupId=scene.group(), IpPermissions=[permission])


def all_rules_returned(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    permissions = [
        {"IpProtocol": protocol, "FromPort": 53, "ToPort": 53, **from_cidr("10.0.0.0/16")}
        for protocol in ("tcp", "udp")
    ]
    answer = clients.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=permissions)
    assert sorted(rule["IpProtocol"] for rule in answer["SecurityGroupRules"]) == ["tcp", "udp"]


def revoked_by_rule_id(clients: Clients) -> None:
    scene = Scene(clients)
    group_id = scene.group()
    (egress,) = scene.rules(group_id, egress=True)
    ids = [egress["SecurityGroupRuleId"]]
    clients.ec2.revoke_security_group_egress(GroupId=group_id, SecurityGroupRuleIds=ids)
    assert scene.rules(group_id, egress=True) == []
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        clients.ec2.revoke_security_group_egress(GroupId=group_id, SecurityGroupRuleIds=ids)


_REFERENCE = "EC2 API reference, "
_CODES = "EC2 API reference, error codes, "

ROWS = [
    Row(
        "ec2-sg-delete-in-use",
        "a group of an interface stays",
        "hashicorp/terraform-provider-aws issue 1671",
        group_on_interface,
    ),
    Row(
        "ec2-sg-delete-referenced",
        "a group in another group's rule stays",
        "gruntwork-io/cloud-nuke issue 316",
        group_in_a_rule,
    ),
    Row(
        "ec2-sg-delete-self-reference",
        "a rule that names its own group does not hold it",
        _REFERENCE + "DeleteSecurityGroup",
        group_in_its_own_rule,
    ),
    Row("ec2-sg-delete-default", "the default group stays", _CODES + "CannotDelete", default_group),
    Row("ec2-sg-unknown", "an unknown group is named", _CODES + "InvalidGroup.NotFound", unknown_group),
    Row(
        "ec2-sg-reserved-name",
        "a name in the format of an id is refused",
        "pulumi/pulumi-awsx issue 328",
        reserved_name,
    ),
    Row(
        "ec2-sg-duplicate-name",
        "a name exists once in a VPC",
        _CODES + "InvalidGroup.Duplicate",
        duplicate_name,
    ),
    Row(
        "ec2-sg-description",
        "a description has plain characters only",
        _REFERENCE + "CreateSecurityGroup",
        description_characters,
    ),
    Row(
        "ec2-sgr-description",
        "a rule's description has plain characters only",
        _REFERENCE + "IpRange",
        rule_description_characters,
    ),
    Row(
        "ec2-sgr-duplicate-range",
        "a range is allowed once, whatever its description",
        "terraform-aws-modules/terraform-aws-security-group issue 351",
        duplicate_range,
    ),
    Row(
        "ec2-sgr-duplicate-reference",
        "a group is allowed once, whatever its description",
        "hashicorp/terraform issue 1874",
        duplicate_reference,
    ),
    Row(
        "ec2-sgr-duplicate-in-request",
        "a request holds a rule once",
        "input-output-hk/bitte pull request 24",
        twice_in_a_request,
    ),
    Row(
        "ec2-sgr-all-or-none",
        "a refused request adds nothing",
        _REFERENCE + "AuthorizeSecurityGroupIngress",
        all_or_none,
    ),
    Row(
        "ec2-sgr-unknown-reference",
        "a rule names an existing group",
        _CODES + "InvalidGroup.NotFound",
        reference_to_unknown,
    ),
    Row(
        "ec2-sgr-foreign-reference",
        "a rule names a group of its own network",
        "ansible/ansible-modules-core issue 1987; philips-software/terraform-provider-hsdp issue 68",
        reference_to_another_vpc,
    ),
    Row(
        "ec2-sgr-reference-description",
        "the description of a group reference is shown",
        _REFERENCE + "SecurityGroupRule (description)",
        reference_description,
    ),
    Row(
        "ec2-sgr-modify-reference",
        "a changed rule reads the same everywhere",
        _REFERENCE + "ModifySecurityGroupRules",
        modified_rule,
    ),
    Row(
        "ec2-sgr-modify-range",
        "range and protocol of a rule can change",
        _REFERENCE + "ModifySecurityGroupRules",
        modified_range,
    ),
    Row(
        "ec2-sgr-modify-kind",
        "the kind of a rule's peer cannot change",
        _REFERENCE + "ModifySecurityGroupRules",
        modified_kind,
    ),
    Row(
        "ec2-sgr-describe-by-id",
        "a description is changed by rule id",
        _REFERENCE + "UpdateSecurityGroupRuleDescriptionsIngress",
        described_by_rule_id,
    ),
    Row("ec2-sgr-malformed-range", "a malformed range is refused", "aws/aws-cli issue 2428", malformed_range),
    Row(
        "ec2-sgr-canonical-range",
        "host bits of a range are cleared",
        _REFERENCE + "AuthorizeSecurityGroupIngress (CidrIp)",
        canonical_range,
    ),
    Row(
        "ec2-sgr-port-range", "a port range goes upwards", _REFERENCE + "IpPermission (FromPort)", port_range
    ),
    Row(
        "ec2-sgr-all-returned",
        "all new rules are returned",
        _REFERENCE + "AuthorizeSecurityGroupIngress (securityGroupRuleSet)",
        all_rules_returned,
    ),
    Row(
        "ec2-sgr-revoke-by-id",
        "a rule is revoked once by its id",
        _CODES + "InvalidSecurityGroupRuleId.NotFound",
        revoked_by_rule_id,
    ),
]
