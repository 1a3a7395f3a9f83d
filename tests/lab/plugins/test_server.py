from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import grpc
import pytest
from google.protobuf import empty_pb2
from grpc_status import rpc_status
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc
from typing_extensions import override

from lab.paths import CHECKOUT
from lab.plugins import server, wire
from lab.plugins.server import (
    Checked,
    CheckFailure,
    DiffKind,
    DiffResult,
    InitFailed,
    InvalidInputsError,
    Plugin,
    PluginError,
    ResourceState,
    Urn,
    Values,
)
from lab.plugins.wire import UNKNOWN, Secret

URN = "urn:pulumi:dev::podsg::podsg:index:Network$toy:index/thing:Thing::web::1"


class Toy(Plugin):
    version = "1.2.3"

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.gathered = threading.Barrier(server.WORKERS // 2)

    @override
    def check(self, urn: Urn, olds: Values, news: Values, seed: bytes) -> Checked:
        self.seen = [urn.type, urn.name, olds, news, seed]
        return {**news, "name": "chosen"}, [CheckFailure("size", "99 is too much")]

    @override
    def diff(self, urn: Urn, old: ResourceState, news: Values, ignore: Sequence[str]) -> DiffResult:
        self.seen = [old, news, ignore]
        if news == old.inputs:
            return DiffResult()
        return DiffResult(
            replaces=["a"], delete_before_replace=True, detailed={"a.b[0]": DiffKind.UPDATE_REPLACE}
        )

    @override
    def create(self, urn: Urn, inputs: Values, *, timeout: float, preview: bool) -> tuple[str, Values]:
        self.seen = [inputs, timeout, preview]
        if inputs.get("fail") == "init":
            raise InitFailed("id-1", {**inputs, "big": "x" * 200_000}, inputs, ["not ready", "no luck"])
        if inputs.get("fail") == "wait":
            return ("cancelled" if self.cancelled.wait(20) else "late"), {}
        if inputs.get("fail") == "gather":
            self.gathered.wait(20)
        return "id-1", {**inputs, "extra": Secret("s"), "later": UNKNOWN}

    @override
    def read(self, urn: Urn, old: ResourceState) -> ResourceState | None:
        return None if old.id == "gone" else ResourceState(old.id, old.outputs, old.inputs)

    @override
    def update(self, urn: Urn, old: ResourceState, news: Values, *, timeout: float, preview: bool) -> Values:
        self.seen = [old, news, timeout, preview]
        self.say(urn, "changing", status=True)
        return news

    @override
    def delete(self, urn: Urn, old: ResourceState, *, timeout: float) -> None:
        message = f"{old.id} is in use"
        raise PluginError(message) if old.id == "used" else KeyError(message)

    @override
    def invoke(self, token: str, args: Values, *, preview: bool) -> Values:
        if "bad" in args:
            raise InvalidInputsError([CheckFailure("bad", "not known")])
        return {"token": token, **args}

    @override
    def check_config(self, urn: Urn, olds: Values, news: Values) -> Checked:
        return news, ()


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def stub(toy: Toy) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    running, port = server.start(toy)
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=server.CHANNEL_OPTIONS) as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    running.stop(0).wait()


def test_check_gives_plain_values_and_puts_marks_back(
    toy: Toy, stub: provider_pb2_grpc.ResourceProviderStub
) -> None:
    news = wire.encode({"password": Secret("p"), "group": UNKNOWN})
    response = stub.Check(
        provider_pb2.CheckRequest(urn=URN, olds=wire.encode({"a": 1}), news=news, randomSeed=b"seed")
    )
    assert toy.seen == [
        "toy:index/thing:Thing",
        "web::1",
        {"a": 1},
        {"group": UNKNOWN, "password": "p"},
        b"seed",
    ]
    assert wire.decode(response.inputs) == {"group": UNKNOWN, "name": "chosen", "password": Secret("p")}
    assert [(item.property, item.reason) for item in response.failures] == [("size", "99 is too much")]


def test_diff_answers_in_detail(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    request = provider_pb2.DiffRequest(id="i", urn=URN, news=wire.encode({"a": 2}), ignoreChanges=["z"])
    response = stub.Diff(request)
    assert response.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert (list(response.replaces), list(response.diffs), response.deleteBeforeReplace) == (
        ["a"],
        ["a"],
        True,
    )
    assert response.detailedDiff["a.b[0]"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    same = stub.Diff(provider_pb2.DiffRequest(id="i", urn=URN))
    assert (same.changes, same.hasDetailedDiff) == (provider_pb2.DiffResponse.DIFF_NONE, False)


def test_kinds_know_their_replacing_twin() -> None:
    assert DiffKind.ADD.replacing is DiffKind.ADD_REPLACE
    assert DiffKind.DELETE_REPLACE.replacing is DiffKind.DELETE_REPLACE


def test_create_and_update_keep_secrets_secret(
    toy: Toy, stub: provider_pb2_grpc.ResourceProviderStub
) -> None:
    properties = wire.encode({"password": Secret("p")})
    created = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=properties, timeout=7, preview=True))
    assert toy.seen == [{"password": "p"}, 7.0, True]
    expected = {"password": Secret("p"), "extra": Secret("s"), "later": UNKNOWN}
    assert (created.id, wire.decode(created.properties)) == ("id-1", expected)
    updated = stub.Update(provider_pb2.UpdateRequest(id="i", urn=URN, olds=properties, news=properties))
    assert wire.decode(updated.properties) == {"password": Secret("p")}
    assert toy.seen[0] == ResourceState("i", {"password": "p"}, {})


def test_read_marks_by_inputs_and_by_state(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    request = provider_pb2.ReadRequest(
        id="i",
        urn=URN,
        properties=wire.encode({"a": Secret(1), "b": 2}),
        inputs=wire.encode({"b": Secret(2)}),
    )
    response = stub.Read(request)
    assert wire.decode(response.properties) == {"a": Secret(1), "b": Secret(2)}
    assert wire.decode(response.inputs) == {"b": Secret(2)}
    assert stub.Read(provider_pb2.ReadRequest(id="gone", urn=URN)).id == ""


@pytest.mark.parametrize(
    ("resource_id", "text"), [("used", "used is in use"), ("other", "KeyError: 'other is in use'")]
)
def test_an_error_is_its_text_and_no_traceback(
    stub: provider_pb2_grpc.ResourceProviderStub, resource_id: str, text: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Delete(provider_pb2.DeleteRequest(id=resource_id, urn=URN))
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.UNKNOWN, text)


def test_a_failed_initialisation_keeps_the_resource(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    properties = wire.encode({"fail": "init", "password": Secret("p")})
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(urn=URN, properties=properties))
    status = rpc_status.from_call(cast("grpc.Call", caught.value))
    assert status is not None
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons), status.message) == (
        "id-1",
        ["not ready", "no luck"],
        "not ready; no luck",
    )
    assert wire.decode(detail.properties)["password"] == Secret("p")
    assert wire.decode(detail.inputs) == {"fail": "init", "password": Secret("p")}


def test_cancel_wakes_a_waiting_call(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=wire.encode({"fail": "wait"}))
    pending = stub.Create.future(request)
    stub.Cancel(empty_pb2.Empty())
    assert pending.result(timeout=10).id == "cancelled"


def test_many_calls_run_at_once(toy: Toy, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=wire.encode({"fail": "gather"}))
    with ThreadPoolExecutor(toy.gathered.parties) as pool:
        done = list(pool.map(stub.Create, [request] * toy.gathered.parties))
    assert {item.id for item in done} == {"id-1"}


def test_invoke_answers_or_refuses(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    answer = stub.Invoke(provider_pb2.InvokeRequest(tok="toy:index:f", args=wire.encode({"a": 1})))
    assert wire.decode(getattr(answer, "return")) == {"token": "toy:index:f", "a": 1}
    refused = stub.Invoke(provider_pb2.InvokeRequest(tok="toy:index:f", args=wire.encode({"bad": 1})))
    assert [(item.property, item.reason) for item in refused.failures] == [("bad", "not known")]


def test_it_announces_what_it_understands(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    shake = stub.Handshake(provider_pb2.ProviderHandshakeRequest())
    configured = stub.Configure(provider_pb2.ConfigureRequest())
    assert (shake.accept_secrets, configured.acceptSecrets, configured.supportsPreview) == (True, True, True)
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
    assert stub.GetSchema(provider_pb2.GetSchemaRequest()).schema == "{}"
    checked = stub.CheckConfig(provider_pb2.CheckRequest(urn=URN, news=wire.encode({"key": Secret("k")})))
    assert wire.decode(checked.inputs) == {"key": Secret("k")}


def test_what_is_not_there_is_unimplemented(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as unimplemented:
        stub.Construct(provider_pb2.ConstructRequest())
    with pytest.raises(grpc.RpcError) as abstract:
        stub.DiffConfig(provider_pb2.DiffRequest(urn=URN))
    assert {unimplemented.value.code(), abstract.value.code()} == {grpc.StatusCode.UNIMPLEMENTED}


def test_messages_reach_the_engine(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    class Engine(engine_pb2_grpc.EngineServicer):
        messages: list[tuple[str, str, bool]] = []  # noqa: RUF012 - one engine a test

        @override
        def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
            self.messages.append((request.urn, request.message, request.ephemeral))
            return empty_pb2.Empty()

    engine = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), engine)
    port = engine.add_insecure_port("127.0.0.1:0")
    engine.start()
    stub.Attach(plugin_pb2.PluginAttach(address=f"127.0.0.1:{port}"))
    stub.Update(provider_pb2.UpdateRequest(id="i", urn=URN))
    engine.stop(0).wait()
    assert Engine.messages == [(URN, "changing", True)]
    stub.Update(provider_pb2.UpdateRequest(id="i", urn=URN))


SERVING = textwrap.dedent(
    """
    from lab.plugins.server import Plugin, serve

    class Noisy(Plugin):
        def configure(self, args):
            print("noise on standard output")

    serve(Noisy())
    """
)
STARTER = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[1]]); time.sleep(60)"
)


def started(*command: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.Popen(
        [sys.executable, "-c", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )


def test_the_first_line_is_the_port_and_the_only_one() -> None:
    with started(SERVING) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            provider_pb2_grpc.ResourceProviderStub(channel).Configure(provider_pb2.ConfigureRequest())
        process.terminate()
        assert process.stdout.read() == ""
        assert process.wait(10) == 0


def test_a_plugin_ends_when_its_parent_is_killed() -> None:
    with started(STARTER, SERVING) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        process.kill()
    deadline = time.monotonic() + 10
    while answers(port):
        assert time.monotonic() < deadline, f"the plugin still listens on {port}"
        time.sleep(0.1)


def answers(port: int) -> bool:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty(), timeout=2)
        except grpc.RpcError:
            return False
        return True
