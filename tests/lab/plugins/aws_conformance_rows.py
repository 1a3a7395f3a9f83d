"""What programs notice of the provider besides the life of single types, each with its source."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import Any

import pytest

from lab.plugins.interface import DiffKind, InvalidInputsError, ResourceState
from lab.plugins.wire import UNKNOWN

from .aws_conformance import AwsEngine, Row, fails_with, urn
from .aws_conformance_scene import GROUP, ROLE, SUBNET, VPC, Scene, trust, unique

RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
CLUSTER = "aws:eks/cluster:Cluster"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE = "aws:rds/instance:Instance"
BRIDGE = "pulumi-terraform-bridge pkg/tfbridge"
TERRAFORM = "terraform-provider-aws internal/service"


def _autoname(engine: AwsEngine) -> None:
    first = engine.checked(ROLE, {"assumeRolePolicy": trust("ec2.amazonaws.com")}, name="nodes")
    assert re.fullmatch(r"nodes-[0-9a-f]{7}", first["name"])
    assert first["__defaults"] == ["forceDetachPolicies", "maxSessionDuration", "name", "path"]
    again, _ = engine.check(ROLE, {"assumeRolePolicy": "{}"}, olds=first, name="nodes", seed=b"other")
    assert again["name"] == first["name"], "an update keeps the name that was made up"
    other, _ = engine.check(ROLE, {"assumeRolePolicy": "{}"}, name="nodes", seed=b"other")
    assert other["name"] != first["name"], "the name follows the seed"
    fixed, _ = engine.check(ROLE, {"assumeRolePolicy": "{}", "name": "fixed"}, olds=first)
    assert fixed["name"] == "fixed"
    assert engine.checked("aws:kms/alias:Alias", {"targetKeyId": "k"}, name="a")["name"].startswith(
        "alias/a-"
    )


def _autoname_too_long(engine: AwsEngine) -> None:
    _, failures = engine.check(ROLE, {"assumeRolePolicy": "{}"}, name="r" * 57)
    assert [failure.property for failure in failures] == ["name"]
    assert "longer than 64 characters" in failures[0].reason


def _missing(engine: AwsEngine) -> None:
    _, failures = engine.check(SUBNET, {})
    assert [failure.property for failure in failures] == ["vpcId"]
    _, failures = engine.check(CLUSTER, {"roleArn": "arn", "vpcConfig": {}})
    assert [failure.property for failure in failures] == ["vpcConfig.subnetIds"]


def _unmapped(engine: AwsEngine) -> None:
    _, failures = engine.check(VPC, {"ipv4IpamPoolId": "pool"})
    assert [failure.reason for failure in failures] == [
        "the lab does not know property ipv4IpamPoolId of aws:ec2/vpc:Vpc yet"
    ]
    _, failures = engine.check("aws:s3/bucket:Bucket", {})
    assert "does not know the resource type aws:s3/bucket:Bucket yet" in failures[0].reason


def _types(engine: AwsEngine) -> None:
    checked = engine.checked(VPC, {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": "true"})
    assert checked["enableDnsHostnames"] is True
    _, failures = engine.check(VPC, {"cidrBlock": ["10.0.0.0/16"], "enableDnsHostnames": "yes"})
    assert sorted(failure.property for failure in failures) == ["cidrBlock", "enableDnsHostnames"]


def _values(engine: AwsEngine) -> None:
    _, failures = engine.check(VPC, {"cidrBlock": "10.0.0.1/16", "instanceTenancy": "shared"})
    assert [failure.property for failure in failures] == ["cidrBlock", "instanceTenancy"]
    assert "one of [" in failures[1].reason
    assert "dedicated" in failures[1].reason
    _, failures = engine.check(LOG_GROUP, {"retentionInDays": 100})
    assert [failure.property for failure in failures] == ["retentionInDays"]
    metadata = {"metadataOptions": {"httpTokens": "requird"}}
    _, failures = engine.check(TEMPLATE, metadata)
    assert [failure.property for failure in failures] == ["metadataOptions.httpTokens"]
    _, failures = engine.check(
        CLUSTER, {"roleArn": "a", "vpcConfig": {"subnetIds": []}, "enabledClusterLogTypes": ["x"]}
    )
    assert [failure.property for failure in failures] == ["enabledClusterLogTypes"]


def _combinations(engine: AwsEngine) -> None:
    rule = {
        "securityGroupId": "sg-1",
        "ipProtocol": "tcp",
        "cidrIpv4": "10.0.0.0/8",
        "referencedSecurityGroupId": "sg-2",
    }
    _, failures = engine.check(RULE, rule | {"fromPort": 1, "toPort": 1})
    assert "exactly one of" in failures[0].reason
    _, failures = engine.check(
        "aws:ec2/route:Route", {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"}
    )
    assert "exactly one target" in failures[0].reason


def _unknown_inputs(engine: AwsEngine) -> None:
    planned = engine.preview(
        RULE,
        {"securityGroupId": UNKNOWN, "cidrIpv4": UNKNOWN, "ipProtocol": "tcp", "fromPort": 1, "toPort": 1},
    )
    assert planned["securityGroupId"] is UNKNOWN
    assert planned["id"] is UNKNOWN
    assert planned["fromPort"] == 1
    cluster = engine.preview(CLUSTER, {"roleArn": UNKNOWN, "vpcConfig": {"subnetIds": UNKNOWN}})
    assert cluster["vpcConfig"]["clusterSecurityGroupId"] is UNKNOWN
    assert cluster["vpcConfig"]["endpointPublicAccess"] is True
    assert cluster["certificateAuthority"] is UNKNOWN


def _default_tags(engine: AwsEngine) -> None:
    tagged = AwsEngine(
        engine.aws, defaultTags=json.dumps({"tags": {"podsg:owner": "p/dev", "Name": "default"}})
    )
    group = tagged.up(LOG_GROUP, {"name": unique("tags"), "tags": {"Name": "own"}})
    assert group.inputs["tagsAll"] == {"podsg:owner": "p/dev", "Name": "own"}
    assert group.outputs["tags"] == {"Name": "own"}
    assert group.outputs["tagsAll"] == group.inputs["tagsAll"]
    refreshed = tagged.refresh(LOG_GROUP, group)
    assert refreshed is not None
    assert refreshed.outputs == group.outputs
    moved = AwsEngine(engine.aws, defaultTags=json.dumps({"tags": {"podsg:owner": "p/prod"}}))
    verdict = moved.diff(LOG_GROUP, group, {"name": group.id, "tags": {"Name": "own"}})
    assert verdict.detailed == {"tagsAll.podsg:owner": DiffKind.UPDATE}
    tagged.delete(LOG_GROUP, group)


def _region(engine: AwsEngine) -> None:
    checked = engine.checked(VPC, {"cidrBlock": "10.0.0.0/16"})
    assert checked["region"] == "us-west-2"
    elsewhere = engine.up(VPC, {"cidrBlock": "10.0.0.0/16", "region": "eu-west-1"})
    assert ":eu-west-1:" in elsewhere.outputs["arn"]
    assert engine.diff(VPC, elsewhere, {"cidrBlock": "10.0.0.0/16"}).replaces == ["region"]
    engine.delete(VPC, elsewhere)
    assert "region" not in engine.checked(ROLE, {"assumeRolePolicy": "{}"})


def _drift(engine: AwsEngine) -> None:
    inputs = {"name": unique("drift"), "retentionInDays": 30}
    group = engine.up(LOG_GROUP, inputs)
    engine.client("logs").put_retention_policy(logGroupName=group.id, retentionInDays=7)
    found = engine.refresh(LOG_GROUP, group)
    assert found is not None
    assert found.inputs["retentionInDays"] == 7
    assert engine.diff(LOG_GROUP, found, inputs).detailed == {"retentionInDays": DiffKind.UPDATE}
    mended = engine.up(LOG_GROUP, inputs, found)
    assert mended.outputs["retentionInDays"] == 30
    engine.client("logs").delete_log_group(logGroupName=group.id)
    assert engine.refresh(LOG_GROUP, mended) is None


def _ignored(engine: AwsEngine) -> None:
    inputs = {"name": unique("ignore"), "retentionInDays": 30, "tags": {"a": "1"}}
    group = engine.up(LOG_GROUP, inputs)
    changed = inputs | {"retentionInDays": 7, "tags": {"a": "2"}}
    verdict = engine.diff(LOG_GROUP, group, changed, "retentionInDays", "tags", "tagsAll")
    assert not verdict.changed
    engine.delete(LOG_GROUP, group)


def _fixed_name(engine: AwsEngine) -> None:
    scene = Scene(engine)
    named = {"name": unique("fixed"), "vpcId": scene.vpc_id}
    group = engine.up(GROUP, named)
    assert engine.diff(GROUP, group, named | {"description": "x"}).delete_before_replace
    free = engine.up(GROUP, {"vpcId": scene.vpc_id})
    assert not engine.diff(GROUP, free, {"vpcId": scene.vpc_id, "description": "x"}).delete_before_replace


def _detailed(engine: AwsEngine) -> None:
    template = {
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "tags": {"a": "1"},
    }
    made = engine.up(TEMPLATE, template)
    changed = {
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2},
        "tags": {"b": "1"},
    }
    assert engine.diff(TEMPLATE, made, changed).detailed == {
        "metadataOptions.httpPutResponseHopLimit": DiffKind.UPDATE,
        "tags.a": DiffKind.DELETE,
        "tags.b": DiffKind.ADD,
        "tagsAll.a": DiffKind.DELETE,
        "tagsAll.b": DiffKind.ADD,
    }
    engine.delete(TEMPLATE, made)


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


def _final_snapshot(engine: AwsEngine) -> None:
    state = {"identifier": "none", "skipFinalSnapshot": False}
    with fails_with("final_snapshot_identifier is required when skip_final_snapshot is false"):
        engine.delete(INSTANCE, ResourceState("db-NONE", state, {}))


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
    wanted = {"state": "available", "filters": [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]}
    zones = engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", **wanted)
    assert zones["names"][:3] == ["us-west-2a", "us-west-2b", "us-west-2c"]
    assert len(zones["zoneIds"]) == len(zones["names"])


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
    Row("aws-autoname", "a name is made up and kept", "pulumi-aws provider/autonaming.go", _autoname),
    Row(
        "aws-autoname-length",
        "a name may not grow too long",
        "pulumi-aws provider/resource_overrides.go",
        _autoname_too_long,
    ),
    Row("aws-required", "what is required must be there", "pulumi-aws SDK, required arguments", _missing),
    Row("aws-unmapped", "what the lab does not do is said", "design of the lab", _unmapped),
    Row(
        "aws-types",
        "scalars are converted, the rest is refused",
        f"{BRIDGE}/schema.go MakeTerraformInput",
        _types,
    ),
    Row(
        "aws-values",
        "values that AWS refuses fail the check",
        "botocore service models; Terraform ValidateFunc",
        _values,
    ),
    Row("aws-combinations", "inputs that exclude each other", f"{TERRAFORM}/ec2 ExactlyOneOf", _combinations),
    Row(
        "aws-unknown",
        "a preview knows what is known",
        f"{BRIDGE}/provider.go Create with preview",
        _unknown_inputs,
    ),
    Row("aws-default-tags", "default tags and tagsAll", "pulumi-aws provider/tags.go", _default_tags),
    Row("aws-region", "each resource has a region", "pulumi-aws provider/region.go", _region),
    Row("aws-drift", "a refresh sees what changed and what is gone", f"{BRIDGE}/provider.go Read", _drift),
    Row("aws-ignore-changes", "ignored paths make no difference", f"{BRIDGE}/provider.go Diff", _ignored),
    Row(
        "aws-delete-before-replace",
        "a fixed name cannot be there twice",
        f"{BRIDGE}/provider.go nameRequiresDeleteBeforeReplace",
        _fixed_name,
    ),
    Row("aws-detailed-diff", "differences have paths", f"{BRIDGE}/detailed_diff.go", _detailed),
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
        "aws-final-snapshot",
        "a database needs a final snapshot or a waiver",
        f"{TERRAFORM}/rds/instance.go Delete",
        _final_snapshot,
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
]
