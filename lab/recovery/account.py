"""What exists in the lab's AWS account, asked as the listing of unrecorded objects needs it."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.session import Session
from lab.status import client
from podsg.lifecycle.tokens import OWNER_TAG

Item = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """Hold one object that exists.

    Args:
        id: Its id, as the engine would record it.
        name: What people call it.
        command: Shell line that deletes it and ends when it is gone.
    """

    id: str
    name: str
    command: str


def lab_command(*words: str, cluster: str = "") -> str:
    """Return a shell line that runs a tool against the lab.

    Args:
        words: The tool and its arguments; the first one may hold several words.
        cluster: EKS cluster whose API server is meant.

    Example:
        >>> lab_command("aws ec2 delete-vpc --vpc-id", "vpc-1")
        'podsg lab exec -- aws ec2 delete-vpc --vpc-id vpc-1'
    """
    on_cluster = f"--cluster {shlex.quote(cluster)} " if cluster else ""
    first, *rest = words
    return f"podsg lab exec {on_cluster}-- {' '.join([first, *map(shlex.quote, rest)])}"


@dataclass(frozen=True)
class Account:
    """Answer what the owner has in the account.

    Args:
        session: The running lab.
        owner: Value of the owner tag, `<project>/<stack>`.
        recorded: Type and id of what the engine records.
    """

    session: Session
    owner: str
    recorded: frozenset[tuple[str, str]]
    _answers: dict[str, list[Item]] = field(default_factory=dict)

    def afresh(self) -> Account:
        """Return the same account with nothing remembered."""
        return Account(self.session, self.owner, self.recorded)

    def call(self, service: str, operation: str, **parameters: Any) -> Item:
        """Make one call."""
        answer: Item = getattr(client(self.session, service), operation)(**parameters)
        return answer

    def all(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """Return what a listing call has under `key`, all pages; without parameters it is asked once."""
        name = f"{service}.{operation}.{key}"
        if not parameters and name in self._answers:
            return self._answers[name]
        api = client(self.session, service)
        if api.can_paginate(operation):
            items = list(api.get_paginator(operation).paginate(**parameters).search(f"{key}[]"))
        else:
            items = list(getattr(api, operation)(**parameters)[key])
        if not parameters:
            self._answers[name] = items
        return items

    def has(self, type_name: str, resource_id: str) -> bool:
        """Say whether the engine records a resource."""
        return (type_name, resource_id) in self.recorded

    def owns(self, tags: Mapping[str, str]) -> bool:
        """Say whether these are the tags of something of the owner."""
        return tags.get(OWNER_TAG) == self.owner

    def own_ec2(self, operation: str, key: str) -> Iterator[Item]:
        """Return the owner's items of one kind of EC2 resource."""
        for item in self.all("ec2", operation, key):
            if self.owns(pairs(item.get("Tags"))):
                yield item

    def own_rds(self, operation: str, key: str) -> Iterator[Item]:
        """Return the owner's items of one kind of RDS resource; RDS's own, `default…`, are nobody's."""
        arn, name = f"{key.removesuffix('s')}Arn", f"{key.removesuffix('s')}Name"
        for item in self.all("rds", operation, key):
            if item.get(name, "").startswith("default"):
                continue
            tags = item.get("TagList")
            if tags is None:
                tags = self.call("rds", "list_tags_for_resource", ResourceName=item[arn])["TagList"]
            if self.owns(pairs(tags)):
                yield item

    def clusters(self) -> list[Item]:
        """Return every EKS cluster, the owner's and others'."""
        names = self.all("eks", "list_clusters", "clusters")
        return [self.call("eks", "describe_cluster", name=name)["cluster"] for name in names]

    def own_on_clusters(
        self, list_operation: str, list_key: str, describe: Callable[[str, str], Item]
    ) -> Iterator[tuple[str, Item]]:
        """Return the owner's parts of every cluster with the cluster's name.

        Args:
            list_operation: EKS call that lists them.
            list_key: Where its answer holds them.
            describe: Returns one part of a cluster, given the cluster's name and what the list holds.
        """
        for cluster in self.all("eks", "list_clusters", "clusters"):
            for name in self.all("eks", list_operation, list_key, clusterName=cluster):
                item = describe(cluster, name)
                if self.owns(item.get("tags") or {}):
                    yield cluster, item

    @functools.cached_property
    def own_roles(self) -> list[str]:
        """The names of the owner's roles."""
        return [
            role["RoleName"]
            for role in self.all("iam", "list_roles", "Roles")
            if self.owns(pairs(self.all("iam", "list_role_tags", "Tags", RoleName=role["RoleName"])))
        ]


def pairs(tags: list[dict[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Read tags from a list of pairs; None counts as none.

    Example:
        >>> pairs([{"Key": "Name", "Value": "dev"}])
        {'Name': 'dev'}
    """
    return {item[key]: item[value] for item in tags or ()}


def name_of(item: Item) -> str:
    """Return the `Name` tag of an EC2 resource, `-` without one."""
    return pairs(item.get("Tags")).get("Name", "-")
