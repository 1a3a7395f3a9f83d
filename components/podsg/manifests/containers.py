"""Containers of a pod, with the probes that the kubelet makes over the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from podsg.manifests.fields import FieldError, Fields
from podsg.model.snapshot import Container, Maybe, Probe, Unknown

_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS: Final = (("httpGet", "http"), ("tcpSocket", "tcp"), ("grpc", "grpc"))
_LAST_PORT: Final = 65535


def containers(pod: Fields) -> tuple[Container, ...]:
    """Return the containers of a pod spec, then its init containers.

    A probe that names a host is left out: it is not made to the pod.

    Raises:
        FieldError: A field is not of its type.
    """
    return tuple(_container(one) for key in ("containers", "initContainers") for one in pod.mappings(key))


def _container(fields: Fields) -> Container:
    name = fields.text("name")
    ports = fields.mappings("ports")
    by_name = {port.text("name"): _port(port, "containerPort") for port in ports}
    resources = fields.mapping("resources")
    return Container(
        name,
        tuple(_port(port, "containerPort") for port in ports),
        tuple(_probes(fields, name, by_name)),
        {**_quantities(resources, "limits"), **_quantities(resources, "requests")},
    )


def _probes(container: Fields, name: str, ports: Mapping[str, int]) -> Iterator[Probe]:
    for kind in _PROBES:
        probe = container.mapping(kind)
        for key, protocol in _HANDLERS:
            handler = probe.mapping(key)
            if probe.has(key) and not handler.text("host"):
                yield Probe(protocol, _probe_port(handler, name, ports))


def _probe_port(handler: Fields, container: str, ports: Mapping[str, int]) -> Maybe[int]:
    """Return a port that is a number, the name of a port, or a number in quotes, as the kubelet takes it."""
    port = handler.values.get("port")
    if not isinstance(port, str):
        return _port(handler, "port")
    if port in ports:
        return ports[port]
    if port.isdecimal():
        return _port(Fields({"port": int(port)}, handler.path), "port")
    return Unknown(f"no port of container {container} is named {port}")


def _port(fields: Fields, key: str) -> int:
    number = fields.values.get(key)
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= _LAST_PORT:
        raise FieldError(fields.at(key), number, f"1 to {_LAST_PORT}")
    return number


def _quantities(resources: Fields, key: str) -> dict[str, str]:
    found = resources.mapping(key)
    for name, value in found.values.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise FieldError(found.at(name), value, "a quantity")
    return {name: str(value) for name, value in found.values.items()}
