"""Serve a provider plugin to the engine over its protocol.

Source: pulumi/pulumi `proto/pulumi/provider.proto`, SDK 3.272.
"""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import code_pb2, status_pb2
from grpc_status import rpc_status
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

from lab.plugins import wire
from lab.plugins.interface import (
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

__all__ = [
    "CheckFailure",
    "Checked",
    "DiffKind",
    "DiffResult",
    "InitFailed",
    "InvalidInputsError",
    "Plugin",
    "PluginError",
    "ResourceState",
    "Urn",
    "Values",
    "serve",
    "start",
]

MESSAGE_LIMIT_BYTES: Final = 400 * 1024 * 1024
METADATA_LIMIT_BYTES: Final = 16 * 1024 * 1024
"""Error details travel as metadata and hold a whole resource."""
WORKERS: Final = 64
PARENT_POLL_SECONDS: Final = 0.5
STOP_GRACE_SECONDS: Final = 2.0
MESSAGE_TIMEOUT_SECONDS: Final = 5.0

CHANNEL_OPTIONS: Final = (
    ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_metadata_size", METADATA_LIMIT_BYTES),
)

_log = logging.getLogger(__name__)

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
Handler = Callable[["Servicer", RequestT, grpc.ServicerContext], ResponseT]


def _guarded(handler: Callable[[Any, RequestT], ResponseT]) -> Handler[RequestT, ResponseT]:
    """Turn whatever a handler raises into a remote error that holds the message and no traceback."""

    @functools.wraps(handler)
    def call(self: Servicer, request: RequestT, context: grpc.ServicerContext) -> ResponseT:
        try:
            return handler(self, request)
        except NotImplementedError as error:
            text = str(error) or f"{handler.__name__} is not implemented"
            context.abort(grpc.StatusCode.UNIMPLEMENTED, text)
        except Exception as error:  # noqa: BLE001 - the border: nothing may escape unformatted
            _log.debug("%s failed", handler.__name__, exc_info=error)
            _abort(context, error)

    return call


def _abort(context: grpc.ServicerContext, error: Exception) -> NoReturn:
    text = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
    status = status_pb2.Status(code=code_pb2.UNKNOWN, message=text)
    if isinstance(error, InitFailed):
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=error.state.id,
                properties=wire.encode(error.state.outputs),
                inputs=wire.encode(error.state.inputs),
                reasons=error.reasons,
            )
        )
        status.details.append(detail)
    context.abort_with_status(rpc_status.to_status(status))


@contextmanager
def _remarking(marked: Values) -> Iterator[None]:
    """Put the secret marks back on what a failed initialisation reports."""
    try:
        yield
    except InitFailed as error:
        state = error.state
        error.state = ResourceState(
            state.id, wire.remark(state.outputs, marked), wire.remark(state.inputs, marked)
        )
        raise


def _plain(struct: Any) -> Values:
    values: Values = wire.plain(wire.decode(struct))
    return values


def _check_response(checked: Checked, marked: Values) -> provider_pb2.CheckResponse:
    inputs, failures = checked
    return provider_pb2.CheckResponse(
        inputs=wire.encode(wire.remark(inputs, marked)), failures=_failures(failures)
    )


def _failures(failures: Sequence[CheckFailure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=item.property, reason=item.reason) for item in failures]


def _diff_response(result: DiffResult) -> provider_pb2.DiffResponse:
    some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some if result.changed else none,
        replaces=result.replaces,
        deleteBeforeReplace=result.delete_before_replace,
        diffs=sorted({path.split(".")[0].split("[")[0] for path in result.detailed}),
        detailedDiff={
            path: provider_pb2.PropertyDiff(
                kind=provider_pb2.PropertyDiff.Kind.Value(kind.name), inputDiff=result.input_diff
            )
            for path, kind in result.detailed.items()
        },
        hasDetailedDiff=bool(result.detailed),
    )


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Translate the protocol's calls into calls of a `Plugin`; what it does not have is unimplemented."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def connect(self, address: str) -> None:
        """Let the plugin's messages go to the engine at this address."""
        if not address:
            return
        engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=CHANNEL_OPTIONS))

        def say(urn: str, text: str, warning: bool, status: bool) -> None:  # noqa: FBT001
            severity = engine_pb2.WARNING if warning else engine_pb2.INFO
            request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=status)
            try:
                engine.Log(request, timeout=MESSAGE_TIMEOUT_SECONDS)
            except grpc.RpcError as error:
                _log.debug("the engine did not take a message", exc_info=error)

        self._plugin.engine = say

    @_guarded
    def Handshake(self, request: Any) -> provider_pb2.ProviderHandshakeResponse:  # noqa: N802
        """Announce what the plugin understands."""
        self.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @_guarded
    def Attach(self, request: plugin_pb2.PluginAttach) -> empty_pb2.Empty:  # noqa: N802
        """Take the address of an engine that did not start this process."""
        self.connect(request.address)
        return empty_pb2.Empty()

    @_guarded
    def Cancel(self, _request: empty_pb2.Empty) -> empty_pb2.Empty:  # noqa: N802
        """Make waits end early; the calls in flight still report what they did."""
        self._plugin.cancelled.set()
        return empty_pb2.Empty()

    @_guarded
    def GetPluginInfo(self, _request: empty_pb2.Empty) -> plugin_pb2.PluginInfo:  # noqa: N802
        """Tell the plugin's version."""
        return plugin_pb2.PluginInfo(version=self._plugin.version)

    @_guarded
    def GetSchema(self, _request: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:  # noqa: N802
        """Answer an empty schema: the programs' SDKs bring their own."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    @_guarded
    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:  # noqa: N802
        """Check the provider's own inputs."""
        news = wire.decode(request.news)
        checked = self._plugin.check_config(Urn(request.urn), _plain(request.olds), wire.plain(news))
        return _check_response(checked, news)

    @_guarded
    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:  # noqa: N802
        """Compare the provider's own inputs."""
        olds = _plain(request.old_inputs) or _plain(request.olds)
        return _diff_response(self._plugin.diff_config(Urn(request.urn), olds, _plain(request.news)))

    @_guarded
    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:  # noqa: N802
        """Hand the provider's inputs to the plugin."""
        self._plugin.configure(_plain(request.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_guarded
    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:  # noqa: N802
        """Check a resource's inputs."""
        news = wire.decode(request.news)
        urn, olds = Urn(request.urn), _plain(request.olds)
        return _check_response(self._plugin.check(urn, olds, wire.plain(news), request.randomSeed), news)

    @_guarded
    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:  # noqa: N802
        """Compare a stored resource with its new inputs."""
        old = ResourceState(request.id, _plain(request.olds), _plain(request.old_inputs))
        ignore = tuple(request.ignoreChanges)
        return _diff_response(self._plugin.diff(Urn(request.urn), old, _plain(request.news), ignore))

    @_guarded
    def Create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:  # noqa: N802
        """Create a resource."""
        marked = wire.decode(request.properties)
        with _remarking(marked):
            resource_id, outputs = self._plugin.create(
                Urn(request.urn), wire.plain(marked), timeout=request.timeout, preview=request.preview
            )
        return provider_pb2.CreateResponse(
            id=resource_id, properties=wire.encode(wire.remark(outputs, marked))
        )

    @_guarded
    def Read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:  # noqa: N802
        """Read a resource; an empty id in the answer means that it is gone."""
        state, inputs = wire.decode(request.properties), wire.decode(request.inputs)
        old = ResourceState(request.id, wire.plain(state), wire.plain(inputs))
        with _remarking(inputs):
            found = self._plugin.read(Urn(request.urn), old)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=wire.encode(wire.remark(wire.remark(found.outputs, inputs), state)),
            inputs=wire.encode(wire.remark(found.inputs, inputs)),
        )

    @_guarded
    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:  # noqa: N802
        """Change a resource in place."""
        marked = wire.decode(request.news)
        old = ResourceState(request.id, _plain(request.olds), _plain(request.old_inputs))
        with _remarking(marked):
            outputs = self._plugin.update(
                Urn(request.urn), old, wire.plain(marked), timeout=request.timeout, preview=request.preview
            )
        return provider_pb2.UpdateResponse(properties=wire.encode(wire.remark(outputs, marked)))

    @_guarded
    def Delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:  # noqa: N802
        """Delete a resource."""
        old = ResourceState(request.id, _plain(request.properties), _plain(request.old_inputs))
        self._plugin.delete(Urn(request.urn), old, timeout=request.timeout)
        return empty_pb2.Empty()

    @_guarded
    def Invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:  # noqa: N802
        """Answer a function."""
        try:
            answer = self._plugin.invoke(request.tok, _plain(request.args), preview=request.preview)
        except InvalidInputsError as error:
            return provider_pb2.InvokeResponse(failures=_failures(error.failures))
        return provider_pb2.InvokeResponse(**{"return": wire.encode(answer)})


def start(plugin: Plugin, engine_address: str = "") -> tuple[grpc.Server, int]:
    """Serve a plugin on a free loopback port and return the server and the port."""
    servicer = Servicer(plugin)
    servicer.connect(engine_address)
    server = grpc.server(ThreadPoolExecutor(max_workers=WORKERS), options=CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve(plugin: Plugin) -> None:
    """Serve a plugin until the engine ends it or goes away; does not return.

    Prints the port as the only line of standard output; whatever is printed later goes to standard
    error. The first argument of the process, if there is one, is the engine's address.
    """
    parent = os.getppid()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server, port = start(plugin, next(iter(sys.argv[1:]), ""))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while os.getppid() == parent and not ended.wait(PARENT_POLL_SECONDS):
        pass
    plugin.cancelled.set()
    server.stop(STOP_GRACE_SECONDS).wait()
    os._exit(0)
