"""The plugin shows every behaviour of the list."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from lab.plugins import server, wire

from .aws_conformance import AwsEngine, Row, running_aws, urn
from .aws_conformance_rows import ROWS as GENERAL
from .aws_conformance_service_rows import INSTANCE
from .aws_conformance_service_rows import ROWS as SERVICES

ROWS = [*GENERAL, *SERVICES]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsEngine]:
    with running_aws(tmp_path_factory.mktemp("aws")) as aws:
        yield AwsEngine(aws)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_plugin_shows_behaviour(row: Row, engine: AwsEngine) -> None:
    row.check(engine)


def test_rows_are_unique_and_have_sources() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert all(row.source and row.title for row in ROWS)


def test_secrets_keep_their_mark(engine: AwsEngine) -> None:
    """Source: pulumi provider.proto, acceptSecrets."""
    inputs = {
        "identifier": "secret",
        "engine": "mysql",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "username": "podsg",
        "password": wire.Secret("correct horse"),
    }
    running, port = server.start(engine.plugin)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            where = urn(INSTANCE, "secret")
            request = provider_pb2.CheckRequest(urn=where, olds=struct_pb2.Struct(), news=wire.encode(inputs))
            checked = stub.Check(request)
            assert list(checked.failures) == []
            create = provider_pb2.CreateRequest(urn=where, properties=checked.inputs, preview=True)
            planned = wire.decode(stub.Create(create).properties)
    finally:
        running.stop(0).wait()
    assert wire.decode(checked.inputs)["password"] == wire.Secret("correct horse")
    assert planned["password"] == wire.Secret("correct horse")
    assert planned["endpoint"] is wire.UNKNOWN
