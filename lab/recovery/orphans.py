"""Plugins of an engine that was killed: they end by themselves, and that is waited for."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

PLUGIN_MODULE = "lab.plugins."
DYNAMIC_MODULE = "pulumi.dynamic"
END_SECONDS = 30.0
DYNAMIC_END_SECONDS = 5.0
"""The SDK's host of dynamic resources does not look after its engine: one that works ends by podsg's own
watch, one that is idle never does."""


def await_orphans(backend_url: str) -> int:
    """Wait until no plugin of a dead engine works any more; end the ones that do not end by themselves.

    Args:
        backend_url: Where the engine keeps its record: only plugins of this lab are looked at.

    Returns: How many there were.
    """
    plugins = list(_orphans(PLUGIN_MODULE, backend_url))
    hosts = list(_orphans(DYNAMIC_MODULE, backend_url))
    for orphans, seconds in ((hosts, DYNAMIC_END_SECONDS), (plugins, END_SECONDS)):
        _, alive = psutil.wait_procs(orphans, timeout=seconds)
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=END_SECONDS)
    return len(plugins) + len(hosts)


def _orphans(module: str, backend_url: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if (
                any(part.startswith(module) for part in process.cmdline())
                and process.environ().get("PULUMI_BACKEND_URL") == backend_url
                and not _has_engine(process)
            ):
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def _has_engine(process: psutil.Process) -> bool:
    parent = process.parent()
    return parent is not None and parent.name() == "pulumi"
