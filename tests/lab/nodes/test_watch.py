"""Copies of collections, and the names that wait for work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lab.nodes.api import ApiError, Page
from lab.nodes.pods import node_of_pod
from lab.nodes.watch import Cache, Watcher
from lab.nodes.work import WorkQueue
from tests.lab.nodes.builders import pod


def test_the_newest_state_counts_whatever_comes_last() -> None:
    # given a copy that already has what a write answered
    cache = Cache(node_of_pod)
    cache.put(pod("a", version="9"))

    # when the watch tells what was before, then it changes nothing
    cache.put(pod("a", version="8", node="other"))
    assert [each["metadata"]["resourceVersion"] for each in cache.on(pod()["spec"]["nodeName"])] == ["9"]
    assert cache.on("other") == []


def test_what_is_gone_does_not_come_back_by_an_older_answer() -> None:
    cache = Cache(node_of_pod)
    cache.put(pod("a", version="3"))
    cache.remove(pod("a", version="5"))
    cache.put(pod("a", version="4"))
    assert cache.get("a", "shop") is None
    cache.put(pod("a", version="6"))
    assert cache.get("a", "shop") is not None


def test_a_deletion_of_an_earlier_object_leaves_its_successor() -> None:
    cache = Cache(node_of_pod)
    cache.put(pod("a", version="7"))
    cache.remove(pod("a", version="5"))
    assert cache.get("a", "shop") is not None


def test_a_list_drops_what_it_does_not_hold() -> None:
    cache = Cache(node_of_pod)
    for name, version in (("a", "1"), ("b", "2"), ("c", "99")):
        cache.put(pod(name, version=version))
    lost = cache.replace(Page([pod("b", version="4")], "50"))

    # then what is newer than the list stays
    assert [each["metadata"]["name"] for each in lost] == ["a"]
    assert sorted(each["metadata"]["name"] for each in cache.all()) == ["b", "c"]


def test_a_pod_moves_with_its_node() -> None:
    cache = Cache(node_of_pod)
    unbound = pod("a", version="1")
    del unbound["spec"]["nodeName"]
    cache.put(unbound)
    cache.put(pod("a", version="2", node="n1"))
    assert [each["metadata"]["name"] for each in cache.on("n1")] == ["a"]


def test_a_name_waits_once_and_the_earlier_moment_counts() -> None:
    queue = WorkQueue()
    queue.add("node", 3600)
    queue.add("node")
    queue.add("node", 3600)
    assert queue.take() == "node"


def test_a_name_is_never_worked_on_twice_at_once() -> None:
    # given a name that is worked on and comes again
    queue = WorkQueue()
    queue.add("node")
    queue.take()
    queue.add("node")
    queue.add("other")

    # when somebody else asks for work, then it is not this name
    assert queue.take() == "other"
    taken: list[str] = []
    worker = threading.Thread(target=lambda: taken.append(queue.take()))
    worker.start()
    queue.done("node")
    worker.join(5)
    assert taken == ["node"]


class Recorded:
    """An API server that tells one list and then, watch by watch, what was recorded."""

    def __init__(self, *watches: list[dict[str, Any]]) -> None:
        self.watches, self.versions = list(watches), list[str]()

    def list(self, _: str) -> Page:
        return Page([pod("a", version="1")], "5")

    def watch(self, _: str, version: str) -> Iterator[dict[str, Any]]:
        self.versions.append(version)
        yield from self.watches.pop(0)


def event(kind: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "object": item}


def test_a_watch_goes_on_where_the_last_one_ended_until_the_server_forgets() -> None:
    # given changes in two watches, the second of which ends because its version is too old
    bookmark = {"metadata": {"resourceVersion": "8"}}
    first = [event("ADDED", pod("b", version="6")), event("BOOKMARK", bookmark)]
    second = [
        event("MODIFIED", pod("b", version="9", phase="Running")),
        event("DELETED", pod("a", version="10")),
        event("ERROR", {"code": 410, "message": "too old resource version"}),
    ]
    server, cache, seen = Recorded(first, second), Cache(node_of_pod), list[str]()
    api: Any = server
    watcher = Watcher(api, "/pods", cache, lambda item: seen.append(item["metadata"]["name"]))

    # when it is followed, then the copy holds what was told, and the next list is due
    with pytest.raises(ApiError) as raised:
        watcher.follow()
    assert raised.value.status == 410
    assert server.versions == ["5", "8"]
    assert seen == ["a", "b", "b", "a"]
    assert [(each["metadata"]["name"], each["status"]["phase"]) for each in cache.all()] == [("b", "Running")]
    assert watcher.listed.is_set()
