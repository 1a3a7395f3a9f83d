"""The host of dynamic resources in a process of its own, driven over its protocol as the engine does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import psutil
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from podsg.provider.dynamic import BranchEniProvider

from .scene import Scene

URN = "urn:pulumi:dev::explicit::pulumi-python:dynamic/podsg:BranchEni::one"
Values = dict[str, Any]


@dataclass
class Host:
    """Make the calls of an engine, one at a time."""

    process: psutil.Process
    stub: provider_pb2_grpc.ResourceProviderStub

    def create(self, props: Values) -> tuple[str, Values]:
        answer = self.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=_struct(props)))
        return answer.id, _plain(answer.properties)

    def read(self, eni_id: str, props: Values) -> tuple[str, Values]:
        answer = self.stub.Read(provider_pb2.ReadRequest(id=eni_id, urn=URN, properties=_struct(props)))
        return answer.id, _plain(answer.properties)

    def changes(self, eni_id: str, olds: Values, news: Values) -> bool:
        request = provider_pb2.DiffRequest(id=eni_id, urn=URN, olds=_struct(olds), news=_struct(news))
        return bool(self.stub.Diff(request).changes == provider_pb2.DiffResponse.DIFF_SOME)

    def update(self, eni_id: str, olds: Values, news: Values) -> Values:
        request = provider_pb2.UpdateRequest(id=eni_id, urn=URN, olds=_struct(olds), news=_struct(news))
        return _plain(self.stub.Update(request).properties)

    def delete(self, eni_id: str, props: Values) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(id=eni_id, urn=URN, properties=_struct(props)))

    def check(self, props: Values) -> list[str]:
        answer = self.stub.Check(provider_pb2.CheckRequest(urn=URN, olds=_struct({}), news=_struct(props)))
        return [failure.property for failure in answer.failures]


@contextmanager
def started_host(**variables: str) -> Iterator[Host]:
    """Start the host as the engine does, with more variables, and end it."""
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
    environment = {**os.environ, **variables}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            try:
                stub.Configure(provider_pb2.ConfigureRequest())
                yield Host(psutil.Process(process.pid), stub)
            finally:
                process.kill()


def current_provider() -> str:
    """Return what a program of today puts into the state for the provider."""
    return str(serialize_provider(BranchEniProvider()))


def inputs_of(enis: Scene, **more: Any) -> Values:
    """Return the inputs of a branch ENI as the engine has them when all is known."""
    return {
        "__provider": current_provider(),
        "region": "us-west-2",
        "account_id": "123456789012",
        "profile": "",
        "role_arn": "",
        "podsg_version": "0.0.0",
        "owner": enis.owner,
        "name": "one",
        "trunk_eni_id": enis.node.trunk_id,
        "subnet_id": "",
        "vlan_id": 0,
        "group_ids": [enis.node.group("pods")],
        "description": "one",
        "tags": {},
        "cooldown_seconds": 0,
        "adopt_eni_id": "",
        "timeout_minutes": 15,
        **more,
    }


def _struct(values: Values) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def _plain(found: struct_pb2.Struct) -> Values:
    plain: Values = MessageToDict(found)
    return plain
