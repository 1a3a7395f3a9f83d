"""What programs notice of the provider besides the life of single types, each with its source."""

from __future__ import annotations

import json
import re

from lab.plugins.interface import DiffKind
from lab.plugins.wire import UNKNOWN

from .aws_conformance import AwsEngine, Row
from .aws_conformance_scene import GROUP, ROLE, SUBNET, VPC, Scene, trust, unique

RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
CLUSTER = "aws:eks/cluster:Cluster"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
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
]
