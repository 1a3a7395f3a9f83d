"""Parts of the AWS plugin that need no AWS: types from the SDK, comparisons, tags, errors, conversions."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from lab.paths import CHECKOUT
from lab.plugins.aws import records, tagging
from lab.plugins.aws.compare import same_json, same_network, same_set, same_text
from lab.plugins.aws.errors import AwsError
from lab.plugins.aws.record import Property, Resource
from lab.plugins.aws.session import loopback_endpoint
from lab.plugins.aws.shape import Field, Shape, signature
from lab.plugins.interface import PluginError


@pytest.mark.parametrize("module", ["compare", "tagging"])
def test_examples(module: str) -> None:
    found = doctest.testmod(importlib.import_module(f"lab.plugins.aws.{module}"))
    assert found.attempted
    assert not found.failed


def test_shape_follows_the_sdk() -> None:
    cluster = signature("pulumi_aws.eks.cluster:Cluster")
    assert cluster.inputs["roleArn"] == Field(Shape("string"), required=True)
    assert cluster.inputs["enabledClusterLogTypes"].shape == Shape("list", element=Shape("string"))
    assert cluster.inputs["tags"].shape == Shape("map", element=Shape("string"))
    assert cluster.inputs["vpcConfig"].shape.fields["subnetIds"].required
    assert "certificateAuthority" in cluster.outputs
    assert "certificateAuthority" not in cluster.inputs
    role = signature("pulumi_aws.iam.role:Role")
    assert role.inputs["assumeRolePolicy"].shape.kind == "document"


@pytest.mark.parametrize("type_name", sorted(records.TOKENS))
def test_records_map_only_what_the_sdk_has(type_name: str) -> None:
    record = records.find(type_name)
    assert isinstance(record, Resource)
    assert record.source
    declared = signature(record.sdk)
    _check_fields(record.properties, declared.inputs)
    assert record.tagged == (record.tagger is not None)
    assert record.regional == ("region" in declared.inputs)
    if record.autoname:
        assert record.autoname.property in record.properties


def _check_fields(known: dict[str, Property] | object, declared: object) -> None:
    assert isinstance(known, dict)
    assert set(known) <= set(declared), sorted(set(known) - set(declared))  # type: ignore[call-overload]
    for name, item in known.items():
        shape = declared[name].shape  # type: ignore[index]
        shape = shape.element if shape.kind == "list" else shape
        assert (item.fields is not None) == (shape.kind == "object"), name
        if item.fields:
            _check_fields(dict(item.fields), shape.fields)


def test_unknown_type_has_no_record() -> None:
    assert records.find("aws:s3/bucket:Bucket") is None


def test_comparisons() -> None:
    assert same_set(["b", "a"], ["a", "b", "a"])
    assert not same_set(["a"], ["a", "b"])
    assert same_set([{"a": 1, "b": None}], [{"a": 1}])
    assert same_json('{"Action": "a", "Effect": "Allow"}', '{"Effect":"Allow","Action":["a"]}')
    assert not same_json('{"Action": "a"}', '{"Action": "b"}')
    assert not same_json("no json", "{}")
    assert same_text("MySQL", "mysql")
    assert same_network("2001:db8::/32", "2001:0db8::/32")
    assert not same_network("10.0.0.0/8", "10.0.0.0/16")
    assert not same_network("anywhere", "10.0.0.0/16")


def test_errors_match_by_code_and_text() -> None:
    answer = {
        "Error": {"Code": "InUse", "Message": "update in progress"},
        "ResponseMetadata": {"HTTPStatusCode": 409},
    }
    error = AwsError.of(ClientError(answer, "DeleteCluster"), "EKS")  # type: ignore[arg-type]
    assert error.matches({"Other", "InUse"})
    assert error.matches({"InUse/in progress"})
    assert not error.matches({"InUse/attached", "Other"})
    assert str(error.during("deleting it")).startswith("deleting it: operation error EKS: DeleteCluster, ")
    assert "StatusCode: 409" in str(error)


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000"])
def test_loopback_is_accepted(url: str) -> None:
    assert loopback_endpoint(url, "test") == url


@pytest.mark.parametrize(
    "url", [None, "", "nonsense", "https://ec2.us-west-2.amazonaws.com", "http://10.0.0.1"]
)
def test_anything_else_is_refused(url: str | None) -> None:
    with pytest.raises(PluginError, match="lab-endpoint: test is"):
        loopback_endpoint(url, "test")


def test_tags_round_trip() -> None:
    tags = {"Name": "dev", "podsg:owner": "podsg/dev"}
    assert tagging.from_list(tagging.to_list(tags)) == tags
    assert tagging.from_list(tagging.to_list(tags, "TagKey", "TagValue"), "TagKey", "TagValue") == tags
    assert tagging.specification("vpc", {"tagsAll": {}}) is None


_AT_ONCE = """
import sys, threading
from lab.plugins.aws import records, shape
sys.setswitchinterval(1e-6)
found = [records.find(token) for token in sorted(records.TOKENS)]
start, failed = threading.Barrier(len(found)), []
def read(record):
    start.wait()
    try:
        shape.signature(record.sdk)
    except BaseException as error:
        failed.append(error)
threads = [threading.Thread(target=read, args=(record,)) for record in found]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.exit(str(failed[0]) if failed else 0)
"""


def test_types_can_be_read_first_by_many_threads() -> None:
    # given a fresh process, when all types are read at once, then no import waits for another for ever
    command = [sys.executable, "-c", _AT_ONCE]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
