"""Copies of collections that follow the API server: list, watch, and list again when the thread is lost."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from http import HTTPStatus

from lab.nodes.api import Api, ApiError, Page
from lab.nodes.objects import Object

LOG = logging.getLogger(__name__)
RETRY_SECONDS = 0.5
Key = tuple[str, str]
"""Namespace, empty for what has none, and name."""


def key_of(item: Object) -> Key:
    """Return the key of an object."""
    return str(item["metadata"].get("namespace") or ""), str(item["metadata"]["name"])


def version_of(item: Object) -> int:
    """Return an object's version; of two, the greater one is newer.

    Source: Kubernetes API concepts, "Resource versions" (comparable as integers since 1.35).
    """
    return int(item["metadata"]["resourceVersion"])


class Cache:
    """Keep the newest known state of one collection; threads may share it.

    Args:
        node_of: Says which node an object belongs to, None if to none.
    """

    def __init__(self, node_of: Callable[[Object], str | None]) -> None:
        self._node_of = node_of
        self._lock = threading.Lock()
        self._items: dict[Key, Object] = {}
        self._gone: dict[Key, int] = {}
        self._on_node: defaultdict[str, set[Key]] = defaultdict(set)

    def get(self, name: str, namespace: str = "") -> Object | None:
        """Return one object, None if there is none."""
        with self._lock:
            return self._items.get((namespace, name))

    def all(self) -> list[Object]:
        """Return every object."""
        with self._lock:
            return list(self._items.values())

    def on(self, node: str) -> list[Object]:
        """Return the objects of a node, sorted by key."""
        with self._lock:
            return [self._items[key] for key in sorted(self._on_node.get(node, ()))]

    def put(self, item: Object) -> None:
        """Take a newer state of an object; an older one changes nothing."""
        key, version = key_of(item), version_of(item)
        with self._lock:
            known = self._items.get(key)
            if version <= self._gone.get(key, -1) or (known is not None and version <= version_of(known)):
                return
            self._drop(key)
            self._items[key] = item
            if node := self._node_of(item):
                self._on_node[node].add(key)

    def remove(self, item: Object) -> None:
        """Take the last state of an object that is gone."""
        key = key_of(item)
        with self._lock:
            known = self._items.get(key)
            if known is None or version_of(known) <= version_of(item):
                self._drop(key)
            self._gone[key] = version_of(item)

    def replace(self, page: Page) -> list[Object]:
        """Take a whole list and return what was there before and is in it no more."""
        listed = {key_of(item) for item in page.items}
        with self._lock:
            lost = [item for key, item in self._items.items() if key not in listed]
            lost = [item for item in lost if version_of(item) <= int(page.version)]
            for item in lost:
                self._drop(key_of(item))
            self._gone.clear()
        for item in page.items:
            self.put(item)
        return lost

    def _drop(self, key: Key) -> None:
        if (known := self._items.pop(key, None)) is not None and (node := self._node_of(known)):
            self._on_node[node].discard(key)


class Watcher:
    """Follow one collection in a thread.

    Args:
        path: The collection's path.
        cache: What it fills.
        changed: Called with every object that came, changed or went.
        optional: The collection's definition may be missing: then it is empty.
    """

    def __init__(
        self, api: Api, path: str, cache: Cache, changed: Callable[[Object], None], *, optional: bool = False
    ) -> None:
        self._api, self._path, self._cache, self._changed = api, path, cache, changed
        self._optional = optional
        self._problem = ""
        self.listed = threading.Event()

    def start(self) -> None:
        """Start to follow."""
        threading.Thread(target=self._run, name=self._path, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.follow()
            except ApiError as error:
                missing = self._optional and error.status == HTTPStatus.NOT_FOUND
                if missing:
                    self._notify(self._cache.replace(Page([], str(2**62))))
                    self.listed.set()
                elif error.status != HTTPStatus.GONE and str(error) != self._problem:
                    self._problem = str(error)
                    LOG.warning("%s: %s", self._path, error)
                time.sleep(RETRY_SECONDS)

    def follow(self) -> None:
        """List once, then take changes until the server forgets where this stands.

        Raises:
            ApiError: The server refused or went away.
        """
        page = self._api.list(self._path)
        self._notify(self._cache.replace(page))
        self._notify(page.items)
        self._problem = ""
        self.listed.set()
        version = page.version
        while True:
            for event in self._api.watch(self._path, version):
                version = self._take(event)

    def _take(self, event: Object) -> str:
        kind, item = event["type"], event["object"]
        if kind == "ERROR":
            raise ApiError(int(item.get("code") or 0), str(item.get("message")))
        if kind == "DELETED":
            self._cache.remove(item)
        elif kind != "BOOKMARK":
            self._cache.put(item)
        if kind != "BOOKMARK":
            self._changed(item)
        return str(item["metadata"]["resourceVersion"])

    def _notify(self, items: Iterable[Object]) -> None:
        for item in items:
            self._changed(item)
