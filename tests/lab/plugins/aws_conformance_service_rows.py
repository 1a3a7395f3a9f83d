"""Behaviours of single services, of functions and of the provider's configuration, each with its source."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from lab.plugins.interface import InitFailed, InvalidInputsError, ResourceState
from lab.plugins.wire import UNKNOWN

from .aws_conformance import AwsEngine, Row, fails_with, urn
from .aws_conformance_aurora_rows import ROWS as AURORA
from .aws_conformance_lookup_rows import ROWS as LOOKUPS
from .aws_conformance_scene import GROUP, ROLE, VPC, Scene, trust, unique

RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
BRIDGE = "pulumi-terraform-bridge pkg/tfbridge"
TERRAFORM = "terraform-provider-aws internal/service"


def _template_versions(engine: AwsEngine) -> None:
    inputs = {"updateDefaultVersion": True, "metadataOptions": {"httpTokens": "required"}}
    made = engine.up(TEMPLATE, inputs)
    changed = inputs | {"metadataOptions": {"httpTokens": "optional"}}
    planned = engine.preview(TEMPLATE, changed, made)
    assert planned["latestVersion"] is UNKNOWN
    assert planned["arn"] == made.outputs["arn"]
    updated = engine.up(TEMPLATE, changed, made)
    assert (updated.outputs["latestVersion"], updated.outputs["defaultVersion"]) == (2, 2)
    retagged = engine.preview(TEMPLATE, changed | {"tags": {"a": "1"}}, updated)
    assert retagged["latestVersion"] == 2
    engine.delete(TEMPLATE, updated)


def _no_default_egress(engine: AwsEngine) -> None:
    scene = Scene(engine)
    group = engine.up(GROUP, {"vpcId": scene.vpc_id})
    assert group.inputs["description"] == "Managed by Pulumi"
    live = engine.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    assert live["IpPermissionsEgress"] == []


def _default_group(engine: AwsEngine) -> None:
    scene = Scene(engine)
    default = scene.make(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", vpcId=scene.vpc_id, tags={"a": "b"}
    )
    live = engine.client("ec2").describe_security_groups(GroupIds=[default.id])["SecurityGroups"][0]
    assert (live["GroupName"], live["IpPermissions"], live["IpPermissionsEgress"]) == ("default", [], [])
    assert live["Tags"] == [{"Key": "a", "Value": "b"}]


def _in_use(engine: AwsEngine) -> None:
    scene = Scene(engine)
    other = engine.up(GROUP, {"vpcId": scene.vpc_id}, name="other")
    group = engine.up(GROUP, {"vpcId": scene.vpc_id})
    rule = scene.make(
        RULE,
        securityGroupId=other.id,
        referencedSecurityGroupId=group.id,
        ipProtocol="tcp",
        fromPort=1,
        toPort=2,
    )
    started = time.monotonic()
    with fails_with("deleting Security Group", "DependencyViolation"):
        engine.delete(GROUP, group, timeout=1)
    assert 0.9 < time.monotonic() - started < 5
    later = threading.Timer(0.5, lambda: engine.delete(RULE, rule))
    later.start()
    engine.delete(GROUP, group, timeout=20)
    later.join()


def _revokes(engine: AwsEngine) -> None:
    scene = Scene(engine)
    other = engine.up(GROUP, {"vpcId": scene.vpc_id}, name="other")
    group = engine.up(GROUP, {"vpcId": scene.vpc_id, "revokeRulesOnDelete": True})
    ports: dict[str, Any] = {"ipProtocol": "tcp", "fromPort": 1, "toPort": 2}
    rule = scene.make(RULE, securityGroupId=other.id, referencedSecurityGroupId=group.id, **ports)
    scene.make(RULE, securityGroupId=group.id, cidrIpv4="10.0.0.0/8", **ports)
    engine.delete(GROUP, group, timeout=2)
    assert engine.refresh(RULE, rule) is None


def _role_in_use(engine: AwsEngine) -> None:
    scene = Scene(engine)
    role = scene.role("ec2.amazonaws.com", "AmazonEKS_CNI_Policy")
    with fails_with("deleting IAM Role", "DeleteConflict"):
        engine.delete(ROLE, role, timeout=0.3)
    forced = ResourceState(role.id, role.outputs | {"forceDetachPolicies": True}, role.inputs)
    engine.delete(ROLE, forced)


def _key_deletion(engine: AwsEngine) -> None:
    key = engine.up("aws:kms/key:Key", {"deletionWindowInDays": 7})
    engine.delete("aws:kms/key:Key", key)
    live = engine.client("kms").describe_key(KeyId=key.id)["KeyMetadata"]
    assert live["KeyState"] == "PendingDeletion"
    assert engine.refresh("aws:kms/key:Key", key) is None


def _policy_spelling(engine: AwsEngine) -> None:
    document = json.loads(trust("ec2.amazonaws.com"))
    made = engine.up(ROLE, {"assumeRolePolicy": document})
    assert isinstance(made.inputs["assumeRolePolicy"], str)
    spaced = json.dumps(document, indent=2)
    assert not engine.diff(ROLE, made, {"assumeRolePolicy": spaced}).changed
    _, failures = engine.check(ROLE, {"assumeRolePolicy": "{"})
    assert "invalid JSON" in failures[0].reason
    engine.delete(ROLE, made)


def _upgrade(engine: AwsEngine) -> None:
    scene = Scene(engine)
    old, new = (scene.make(PARAMETERS, family=f"mysql{line}") for line in ("8.0", "8.4"))
    inputs = {
        "identifier": unique("line"),
        "engine": "mysql",
        "engineVersion": "8.0",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "username": "podsg",
        "manageMasterUserPassword": True,
        "dbSubnetGroupName": scene.database_subnets,
        "parameterGroupName": old.id,
        "skipFinalSnapshot": True,
    }
    made = engine.up(INSTANCE, inputs)
    wanted = inputs | {"engineVersion": "8.4", "parameterGroupName": new.id}
    with fails_with("AllowMajorVersionUpgrade"):
        engine.up(INSTANCE, wanted, made)
    wanted |= {"allowMajorVersionUpgrade": True}
    later = engine.up(INSTANCE, wanted, made)
    assert later.outputs["engineVersionActual"].startswith("8.0.")
    assert later.outputs["parameterGroupName"] == old.id
    assert engine.diff(INSTANCE, later, wanted).replaces == []
    with fails_with("InvalidDBParameterGroupState"):
        engine.delete(PARAMETERS, old, timeout=0.3)
    wanted |= {"applyImmediately": True}
    done = engine.up(INSTANCE, wanted, later)
    assert done.outputs["engineVersionActual"].startswith("8.4.")
    assert done.outputs["parameterGroupName"] == new.id
    assert not engine.diff(INSTANCE, done, wanted).changed
    engine.delete(PARAMETERS, old)
    engine.delete(INSTANCE, done)


def _final_snapshot(engine: AwsEngine) -> None:
    state = {"identifier": "none", "skipFinalSnapshot": False}
    with fails_with("final_snapshot_identifier is required when skip_final_snapshot is false"):
        engine.delete(INSTANCE, ResourceState("db-NONE", state, {}))


def _init_failed(engine: AwsEngine) -> None:
    scene = Scene(engine)
    inputs = {
        "identifier": unique("late"),
        "engine": "mysql",
        "engineVersion": "8.4",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "username": "podsg",
        "manageMasterUserPassword": True,
        "dbSubnetGroupName": scene.database_subnets,
        "skipFinalSnapshot": True,
    }
    with pytest.raises(InitFailed) as failed:
        engine.up(INSTANCE, inputs, timeout=0.001)
    state = failed.value.state
    assert state.id.startswith("db-")
    assert state.outputs["identifier"] == inputs["identifier"]
    assert "timeout while waiting (last state: 'creating'" in failed.value.reasons[0]
    again = engine.up(INSTANCE, inputs, state)
    engine.delete(INSTANCE, again)


def _identity(engine: AwsEngine) -> None:
    caller = engine.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    assert caller["arn"] == f"arn:aws:iam::{caller['accountId']}:user/podsg-lab"
    assert engine.invoke("aws:index/getPartition:getPartition") == {
        "dnsSuffix": "amazonaws.com",
        "id": "aws",
        "partition": "aws",
        "reverseDnsPrefix": "com.amazonaws",
    }
    region = engine.invoke("aws:index/getRegion:getRegion")
    assert (region["region"], region["description"]) == ("us-west-2", "US West (Oregon)")
    with pytest.raises(InvalidInputsError) as refused:
        engine.invoke("aws:index/getPartition:getPartition", nme="x")
    assert [failure.property for failure in refused.value.failures] == ["nme"]
    with fails_with("does not know the function aws:ec2/getAmi:getAmi yet"):
        engine.invoke("aws:ec2/getAmi:getAmi")


def _zones(engine: AwsEngine) -> None:
    token = "aws:index/getAvailabilityZones:getAvailabilityZones"
    wanted = {"filters": [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]}
    zones = engine.invoke(token, **wanted)
    assert zones["names"][:3] == ["us-west-2a", "us-west-2b", "us-west-2c"]
    assert len(zones["zoneIds"]) == len(zones["names"])
    assert engine.invoke(token, **wanted, state="available")["names"] == zones["names"]
    fewer = engine.invoke(token, **wanted, excludeZoneIds=[zones["zoneIds"][0], "use1-az3"])
    assert (fewer["names"], fewer["zoneIds"]) == (zones["names"][1:], zones["zoneIds"][1:])


def _session_context(engine: AwsEngine) -> None:
    token = "aws:iam/getSessionContext:getSessionContext"
    user = "arn:aws:iam::123456789012:user/podsg-lab"
    assert engine.invoke(token, arn=user)["issuerArn"] == user
    role = Scene(engine).role("ec2.amazonaws.com").outputs
    session = f"arn:aws:sts::123456789012:assumed-role/{role['name']}/me"
    found = engine.invoke(token, arn=session)
    assert (found["issuerArn"], found["sessionName"]) == (role["arn"], "me")


def _configuration(engine: AwsEngine) -> None:
    where = urn("pulumi:providers:aws", "default")
    checked, failures = engine.plugin.check_config(
        where, {}, {"regio": "eu-west-1", "version": "7.51.1", "insecure": "x"}
    )
    assert [failure.property for failure in failures] == ["regio", "insecure"]
    assert "'region'" in failures[0].reason
    assert checked["version"] == "7.51.1"
    changed = engine.plugin.diff_config(
        where, {"region": "a", "version": "1"}, {"region": "b", "version": "2"}
    )
    assert (list(changed.detailed), changed.replaces) == (["region"], ())


def _accounts(engine: AwsEngine) -> None:
    AwsEngine(engine.aws, allowedAccountIds=json.dumps(["123456789012"]))
    with fails_with("AWS account ID not allowed: 123456789012"):
        AwsEngine(engine.aws, allowedAccountIds=json.dumps(["999999999999"]))


def _loopback(engine: AwsEngine) -> None:
    for address in ("https://ec2.us-west-2.amazonaws.com", "http://192.0.2.1:5000", ""):
        with fails_with("lab-endpoint", "Fix:"):
            AwsEngine({**engine.aws, "url": address})
    with fails_with("lab-endpoint", "the provider's endpoint of ec2"):
        AwsEngine(engine.aws, endpoints=json.dumps([{"ec2": "https://ec2.us-west-2.amazonaws.com"}]))


def _cancelled(engine: AwsEngine) -> None:
    own = AwsEngine(engine.aws)
    scene = Scene(own)
    assert scene.subnet()
    vpc = own.refresh(VPC, ResourceState(scene.vpc_id, {}, {}))
    assert vpc is not None
    threading.Timer(0.3, own.plugin.cancelled.set).start()
    started = time.monotonic()
    with fails_with("cancelled"):
        own.delete(VPC, vpc, timeout=60)
    assert time.monotonic() - started < 10


ROWS = [
    *LOOKUPS,
    Row(
        "aws-template-versions",
        "a change is a new version",
        f"{TERRAFORM}/ec2/ec2_launch_template.go",
        _template_versions,
    ),
    Row(
        "aws-group-egress",
        "a new group lets nothing out",
        f"{TERRAFORM}/ec2/vpc_security_group.go Create",
        _no_default_egress,
    ),
    Row(
        "aws-default-group",
        "the default group is adopted and emptied",
        f"{TERRAFORM}/ec2/vpc_default_security_group.go",
        _default_group,
    ),
    Row(
        "aws-dependency-retry",
        "a group in use is tried until the timeout",
        f"{TERRAFORM}/ec2/vpc_security_group.go Delete",
        _in_use,
    ),
    Row(
        "aws-revoke-rules",
        "rules go with the group if asked for",
        f"{TERRAFORM}/ec2/vpc_security_group.go forceRevokeSecurityGroupRules",
        _revokes,
    ),
    Row("aws-role-in-use", "attached policies keep a role", f"{TERRAFORM}/iam/role.go Delete", _role_in_use),
    Row("aws-key-deletion", "a key's deletion is scheduled", f"{TERRAFORM}/kms/key.go Delete", _key_deletion),
    Row(
        "aws-policy-spelling",
        "policies compare by content",
        "pulumi-aws TransformJSONDocument",
        _policy_spelling,
    ),
    Row(
        "aws-major-upgrade",
        "a new version line needs leave, and waits for the window with its parameter group",
        f"{TERRAFORM}/rds/instance.go Update; RDS user guide, Upgrading a DB instance engine version",
        _upgrade,
    ),
    Row(
        "aws-final-snapshot",
        "a database needs a final snapshot or a waiver",
        f"{TERRAFORM}/rds/instance.go Delete",
        _final_snapshot,
    ),
    Row(
        "aws-init-failed",
        "what exists is kept when waiting for it fails",
        "pulumi provider.proto ErrorResourceInitFailed",
        _init_failed,
    ),
    Row("aws-identity", "account, partition and region", f"{TERRAFORM}/sts, {TERRAFORM}/meta", _identity),
    Row("aws-zones", "zones of the region", f"{TERRAFORM}/ec2/ec2_availability_zones_data_source.go", _zones),
    Row(
        "aws-session-context",
        "the role behind a session",
        f"{TERRAFORM}/iam/session_context_data_source.go",
        _session_context,
    ),
    Row(
        "aws-configuration",
        "unknown provider keys are refused",
        f"{BRIDGE}/provider.go CheckConfig",
        _configuration,
    ),
    Row("aws-accounts", "only allowed accounts", "terraform-provider-aws allowed_account_ids", _accounts),
    Row("aws-loopback", "nothing but loopback is spoken to", "design of the lab", _loopback),
    Row(
        "aws-cancel", "a wait ends when the engine wants to stop", "pulumi provider.proto Cancel", _cancelled
    ),
    *AURORA,
]
