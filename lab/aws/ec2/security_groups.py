"""Security groups and their rules: names, duplicates, references and descriptions as EC2 treats them."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import security_groups as stock
from moto.ec2.responses import EC2Response

from lab.aws.ec2.errors import ec2_error, not_found

_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_PORT_PROTOCOLS = {"tcp", "udp", "6", "17"}
_PREFIX_LIST_POSITION = 7
_LAST_PORT = 65535
_TARGETS = ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId")


class SecurityGroupRule(stock.SecurityGroupRule):
    """Keep one description, whatever the rule points at; the class keeps moto's name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build moto's rule and keep the description that it drops for prefix lists."""
        super().__init__(*args, **kwargs)
        prefix_list = kwargs.get("prefix_list_id") or next(iter(args[_PREFIX_LIST_POSITION:]), None) or {}
        self._prefix_list_text: str | None = prefix_list.get("Description")

    @property
    def description(self) -> str | None:
        """Return the description of the range, group or prefix list."""
        if self.prefix_list_id:
            return self._prefix_list_text
        text = (self.source_group or self.ip_range).get("Description")
        return None if text is None else str(text)

    def describe(self, text: str | None) -> None:
        """Set the description where all views of the rule find it; None removes it."""
        if self.prefix_list_id:
            self._prefix_list_text = text
            return
        holder = self.source_group or self.ip_range
        holder.pop("Description", None)
        if text is not None:
            holder["Description"] = text

    @property
    def peer(self) -> str:
        """Return what the rule points at."""
        cidr = self.ip_range.get("CidrIp") or self.ip_range.get("CidrIpv6")
        return str(self.source_group.get("GroupId") or self.prefix_list_id or cidr)

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what makes two rules of one group and direction the same; descriptions do not count."""
        return (self.ip_protocol, self.from_port, self.to_port, self.peer)

    def __eq__(self, other: object) -> bool:
        """Compare by key."""
        return isinstance(other, SecurityGroupRule) and self.key == other.key

    __hash__ = stock.SecurityGroupRule.__hash__


class SecurityGroupCalls(EC2Response):
    """Check calls about security groups before moto serves them."""

    def create_security_group(self) -> ActionResult:
        """Refuse names and descriptions that EC2 refuses.

        Source: EC2 API reference, CreateSecurityGroup; pulumi/pulumi-awsx issue 328 (sg-).
        """
        name, text = self._get_param("GroupName"), self._get_param("Description")
        if str(name).startswith("sg-"):
            found = f"Value ({name}) for parameter GroupName is invalid."
            problem = f"{found} Group names may not be in the format sg-*."
            raise ec2_error("InvalidParameterValue", problem)
        for parameter, value in (("GroupName", name), ("GroupDescription", text)):
            if value and not _TEXT.fullmatch(value):
                problem = f"Value ({value}) for parameter {parameter} is invalid."
                raise ec2_error("InvalidParameterValue", problem)
        vpc_id = self._get_param("VpcId")
        if vpc_id and vpc_id not in self.ec2_backend.vpcs:
            raise not_found("InvalidVpcID.NotFound", "vpc ID", vpc_id)
        if vpc_id is None and self.ec2_backend.get_default_vpc() is None:
            raise ec2_error("VPCIdNotSpecified", "No default VPC for this user")
        return super().create_security_group()

    def describe_security_groups(self) -> ActionResult:
        """Name the first unknown group.

        Source: EC2 error codes page, InvalidGroup.NotFound.
        """
        for group_id in self._get_param("GroupIds", []):
            self._group(group_id)
        return super().describe_security_groups()

    def authorize_security_group_ingress(self) -> ActionResult:
        """Add all rules or none.

        Source: EC2 API reference, AuthorizeSecurityGroupIngress.
        """
        return self._authorize("ingress_rules", self.ec2_backend.authorize_security_group_ingress)

    def authorize_security_group_egress(self) -> ActionResult:
        """Add all rules or none.

        Source: EC2 API reference, AuthorizeSecurityGroupEgress.
        """
        return self._authorize("egress_rules", self.ec2_backend.authorize_security_group_egress)

    def _authorize(self, direction: str, add: Any) -> ActionResult:
        self.error_on_dryrun()
        group = self._group(self._get_param("GroupId") or self._get_param("GroupName"))
        before = list(getattr(group, direction))
        added: list[Any] = []
        try:
            for permission in self._process_rules_from_querystring():
                _check_permission(permission)
                self._check_references(group, permission)
                self._refuse_duplicates(group, direction, permission)
                rules, _ = add(**permission)
                added.extend(rules)
        except Exception:
            setattr(group, direction, before)
            raise
        return ActionResult({"Return": True, "SecurityGroupRules": added})

    def _check_references(self, group: Any, permission: dict[str, Any]) -> None:
        for pair in permission["source_groups"] or []:
            if (group_id := pair.get("GroupId")) and self._group(group_id).vpc_id != group.vpc_id:
                problem = "You have specified two resources that belong to different networks."
                raise ec2_error("InvalidGroup.NotFound", problem)
        for entry in permission["prefix_list_ids"] or []:
            if entry.get("PrefixListId") not in self.ec2_backend.managed_prefix_lists:
                problem = f"The prefix list ID '{entry.get('PrefixListId')}' does not exist"
                raise ec2_error("InvalidPrefixListID.NotFound", problem)

    def _refuse_duplicates(self, group: Any, direction: str, permission: dict[str, Any]) -> None:
        """Refuse a rule that is there already, or twice in the request.

        Source: hashicorp/terraform issue 1874 (there already); input-output-hk/bitte pull request 24 (twice).
        """
        keys: list[tuple[Any, ...]] = []
        for rule in self.ec2_backend.draft_rules(group.id, permission, egress=direction == "egress_rules"):
            if rule in getattr(group, direction):
                raise ec2_error(
                    "InvalidPermission.Duplicate", f'the specified rule "{_spell(rule)}" already exists'
                )
            if rule.key in keys:
                problem = "The same permission must not appear multiple times"
                raise ec2_error("InvalidParameterValue", problem)
            keys.append(rule.key)

    def _group(self, group_id: str) -> Any:
        group = self.ec2_backend.get_security_group_by_name_or_id(group_id)
        if group is None:
            raise not_found("InvalidGroup.NotFound", "security group", group_id)
        return group

    def revoke_security_group_ingress(self) -> ActionResult:
        """Name the first unknown rule id.

        Source: EC2 error codes page, InvalidSecurityGroupRuleId.NotFound.
        """
        self._check_rule_ids(egress=False)
        return super().revoke_security_group_ingress()

    def revoke_security_group_egress(self) -> ActionResult:
        """Name the first unknown rule id.

        Source: EC2 error codes page, InvalidSecurityGroupRuleId.NotFound.
        """
        self._check_rule_ids(egress=True)
        return super().revoke_security_group_egress()

    def _check_rule_ids(self, *, egress: bool) -> None:
        group = self._group(self._get_param("GroupId") or self._get_param("GroupName"))
        known = {rule.id for rule in (group.egress_rules if egress else group.ingress_rules)}
        for rule_id in self._get_param("SecurityGroupRuleIds", []):
            if rule_id not in known:
                raise not_found("InvalidSecurityGroupRuleId.NotFound", "security group rule ID", rule_id)

    def modify_security_group_rules(self) -> ActionResult:
        """Change rules in place; the kind of target of a rule cannot change.

        Source: EC2 API reference, ModifySecurityGroupRules.
        """
        self.error_on_dryrun()
        group = self._group(self._get_param("GroupId"))
        for update in self._get_param("SecurityGroupRules", []):
            rule = self._rule(group, update["SecurityGroupRuleId"])
            self._change(group, rule, update["SecurityGroupRule"])
        return ActionResult({"Return": True})

    def _change(self, group: Any, rule: SecurityGroupRule, wanted: dict[str, Any]) -> None:
        targets = [name for name in _TARGETS if wanted.get(name) is not None]
        if len(targets) != 1:
            problem = f"The request must contain exactly one of: {', '.join(_TARGETS)}"
            raise ec2_error("InvalidParameterValue" if targets else "MissingParameter", problem)
        if targets[0] != _target(rule):
            problem = (
                f"Invalid rule type for security group rule '{rule.id}'. "
                f"You may not specify {targets[0]} for an existing {_target(rule)} rule."
            )
            raise ec2_error("InvalidParameterValue", problem)
        permission = _as_permission(wanted)
        _check_permission(permission)
        self._check_references(group, permission)
        direction = "egress_rules" if rule.is_egress else "ingress_rules"
        others = [other for other in getattr(group, direction) if other.id != rule.id]
        (draft,) = self.ec2_backend.draft_rules(group.id, permission, egress=direction == "egress_rules")
        if draft in others:
            raise ec2_error(
                "InvalidPermission.Duplicate", f'the specified rule "{_spell(draft)}" already exists'
            )
        rule.ip_protocol, rule.from_port, rule.to_port = draft.ip_protocol, draft.from_port, draft.to_port
        rule.ip_range, rule.prefix_list_id = draft.ip_range, draft.prefix_list_id
        rule.source_group = draft.source_group and {**rule.source_group, **draft.source_group}
        rule.describe(wanted.get("Description"))

    def _rule(self, group: Any, rule_id: str) -> SecurityGroupRule:
        for rule in [*group.ingress_rules, *group.egress_rules]:
            if rule.id == rule_id:
                return rule  # type: ignore[no-any-return]
        raise not_found("InvalidSecurityGroupRuleId.NotFound", "security group rule ID", rule_id)

    def update_security_group_rule_descriptions_ingress(self) -> ActionResult:
        """Change descriptions, also by rule id.

        Source: EC2 API reference, UpdateSecurityGroupRuleDescriptionsIngress.
        """
        return self._update_descriptions("ingress_rules")

    def update_security_group_rule_descriptions_egress(self) -> ActionResult:
        """Change descriptions, also by rule id.

        Source: EC2 API reference, UpdateSecurityGroupRuleDescriptionsEgress.
        """
        return self._update_descriptions("egress_rules")

    def _update_descriptions(self, direction: str) -> ActionResult:
        group = self._group(self._get_param("GroupId") or self._get_param("GroupName"))
        for entry in self._get_param("SecurityGroupRuleDescriptions", []):
            self._rule(group, entry["SecurityGroupRuleId"]).describe(entry.get("Description"))
        for permission in self._process_rules_from_querystring() if self._get_param("IpPermissions") else []:
            for draft in self.ec2_backend.draft_rules(
                group.id, permission, egress=direction == "egress_rules"
            ):
                found = [rule for rule in getattr(group, direction) if rule == draft]
                if not found:
                    problem = "The specified rule does not exist in this security group."
                    raise ec2_error("InvalidPermission.NotFound", problem)
                found[0].describe(draft.description)
        return ActionResult({"Return": True})


def _check_permission(permission: dict[str, Any]) -> None:
    """Check ranges, ports and descriptions, and bring ranges into canonical form.

    Source: EC2 API reference, IpRange and IpPermission; aws/aws-cli issue 2428 (malformed range).
    """
    for entry in permission["ip_ranges"] or []:
        for name, kind in (("CidrIp", IPv4Network), ("CidrIpv6", IPv6Network)):
            if name in entry:
                entry[name] = _canonical(entry[name], kind)
    entries = [*(permission[key] or [] for key in ("ip_ranges", "source_groups", "prefix_list_ids"))]
    for text in (entry.get("Description") for group in entries for entry in group):
        if text and not _TEXT.fullmatch(text):
            problem = (
                "Invalid rule description. Valid descriptions are strings less than 256 characters from the "
                "following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
            )
            raise ec2_error("InvalidParameterValue", problem)
    _check_ports(permission["ip_protocol"], permission["from_port"], permission["to_port"])


def _check_ports(protocol: str | None, first: Any, last: Any) -> None:
    if str(protocol).lower() not in _PORT_PROTOCOLS:
        return
    if first is None or last is None:
        problem = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
        raise ec2_error("InvalidParameterValue", problem)
    if not 0 <= int(first) <= int(last) <= _LAST_PORT:
        raise ec2_error(
            "InvalidParameterValue", f"Invalid {str(protocol).upper()} port range ({first}:{last})"
        )


def _canonical(text: str, kind: type[IPv4Network | IPv6Network]) -> str:
    try:
        network = kind(text, strict=False)
    except ValueError:
        network = None
    if network is None or "/" not in text:
        raise ec2_error("InvalidParameterValue", f"CIDR block {text} is malformed")
    return str(network)


def _as_permission(wanted: dict[str, Any]) -> dict[str, Any]:
    names = {"CidrIpv4": "CidrIp", "CidrIpv6": "CidrIpv6"}
    ranges = [{key: wanted[name]} for name, key in names.items() if wanted.get(name)]
    group_id, prefix_list_id = wanted.get("ReferencedGroupId"), wanted.get("PrefixListId")
    described = {"Description": wanted["Description"]} if wanted.get("Description") else {}
    return {
        "ip_protocol": wanted.get("IpProtocol"),
        "from_port": wanted.get("FromPort"),
        "to_port": wanted.get("ToPort"),
        "ip_ranges": [{**entry, **described} for entry in ranges],
        "source_groups": [{"GroupId": group_id, **described}] if group_id else [],
        "prefix_list_ids": [{"PrefixListId": prefix_list_id, **described}] if prefix_list_id else [],
    }


def _target(rule: SecurityGroupRule) -> str:
    if rule.source_group:
        return "ReferencedGroupId"
    if rule.prefix_list_id:
        return "PrefixListId"
    return "CidrIpv6" if "CidrIpv6" in rule.ip_range else "CidrIpv4"


def _spell(rule: SecurityGroupRule) -> str:
    protocol = "ALL" if rule.ip_protocol == "-1" else str(rule.ip_protocol).upper()
    if rule.from_port is None:
        return f"peer: {rule.peer}, {protocol}, ALLOW"
    return f"peer: {rule.peer}, {protocol}, from port: {rule.from_port}, to port: {rule.to_port}, ALLOW"
