"""Host of the components for programs in other languages.

The SDK's own host leaves out keys that it does not know, hands on floats for integers, loses enums inside
lists and answers a refused input with a traceback. This one refuses all keys and values of the wrong shape at
once, and writes names in refusals and in the schema as other languages do.

Source: pulumi 3.272.0, `pulumi/provider/experimental/component.py` (`map_input_properties`) and
`pulumi/provider/server.py` (`Construct`).
"""

import argparse
import asyncio
import contextlib
import json
import os
from collections.abc import Iterable
from typing import Optional

import grpc
import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.analyzer import ComponentDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError, ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import ConstructRequest, ConstructResponse, provider_pb2_grpc

from podsg import __version__
from podsg.errors import INPUT_REFERENCE, InputError
from podsg.resources.component_inputs import InputReader
from podsg.resources.component_schema import public_schema, spelled

PACKAGE = "podsg"
# A killed engine ends nobody: without this the plugin would stay.
PARENT_POLL_SECONDS = 1.0
SCHEMA_REFERENCE = "components/schema.json"


def host(components: Iterable[type[pulumi.ComponentResource]]) -> None:
    """Serve components to the engine until it ends the plugin, or is gone.

    Args:
        components: Classes with an `args` TypedDict each; nothing else is served.
    """
    parser = argparse.ArgumentParser(description="Serve the components of podsg to the Pulumi engine.")
    parser.add_argument("engine", help="address of the engine (host:port)")
    options, _ = parser.parse_known_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(ComponentHost(components), options.engine))


async def _serve(provider: "ComponentHost", engine: str) -> None:
    parent = os.getppid()
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = _Servicer(provider, [], engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)  # noqa: T201 - the engine reads it
    timed_out = True
    while timed_out and os.getppid() == parent:
        timed_out = await server.wait_for_termination(PARENT_POLL_SECONDS)
    await server.stop(None)


class _Servicer(ProviderServicer):
    """Answer a refusal that came while the engine worked like any other."""

    provider: "ComponentHost"

    async def _construct(self, request: ConstructRequest, context: object) -> ConstructResponse:
        try:
            return await super()._construct(request, context)
        except pulumi.RunError as error:
            raise self.provider.refusal(error) from None


class ComponentHost(ComponentProvider):
    """Make components of what the engine hands over.

    Args:
        components: Classes with an `args` TypedDict each.
    """

    def __init__(self, components: Iterable[type[pulumi.ComponentResource]]) -> None:
        super().__init__(list(components), PACKAGE, version=__version__)
        self._reader = InputReader(self._type_defs)
        mappings = [
            *(kind.properties_mapping for kind in self._type_defs.values()),
            *(component.inputs_mapping for component in self._component_defs.values()),
            *(component.outputs_mapping for component in self._component_defs.values()),
        ]
        self._names = {python: name for mapping in mappings for name, python in mapping.items()}
        self.schema = json.dumps(public_schema(json.loads(self.schema or "{}"), self._names))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: Optional[pulumi.ResourceOptions] = None,
    ) -> ConstructResult:
        """Make one component.

        Raises:
            InputPropertiesError: Its inputs do not hold; the text names every problem at once.
        """
        try:
            return super().construct(name, resource_type, inputs, options)
        except InputError as refused:
            raise self.refusal(InputError(refused.problems, name)) from None
        except ComponentInitError as failed:
            if isinstance(failed.inner, pulumi.RunError):
                raise self.refusal(failed.inner) from None
            raise

    def map_inputs(self, inputs: pulumi.Inputs, component_def: ComponentDefinition) -> pulumi.Inputs:
        """Turn what other languages send into what a component takes.

        Raises:
            InputError: A key is unknown or missing, or a value has the wrong shape.
        """
        found, problems = self._reader.read(inputs, component_def.inputs, component_def.inputs_mapping)
        if problems:
            raise InputError(problems, component_def.name)
        return found

    def refusal(self, error: Exception) -> InputPropertiesError:
        """Say in the names of other languages what was refused."""
        text = str(error).replace(INPUT_REFERENCE, SCHEMA_REFERENCE)
        return InputPropertiesError(spelled(text, self._names), [])
