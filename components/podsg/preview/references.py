"""What refers to what among the resources of a stack: by id, or by where an unknown id comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from podsg.model.snapshot import Maybe, Unknown
from podsg.preview.resources import Resource, has_unknown


class References:
    """Resolve ids that are not known yet, by the resources that they come from.

    A resource that is not there yet goes by its name in the program.

    Args:
        resources: All resources of the stack.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        """Index the resources."""
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self._by_urn: dict[str, Resource] = {}
        for one in resources:
            self._by_type[one.type].append(one)
            self._by_urn[one.urn] = one

    def of_type(self, type_: str) -> Sequence[Resource]:
        """Return the resources of a type, in the order of the stack."""
        return self._by_type[type_]

    def id_of(self, resource: Resource) -> str:
        """Return its id, or its name if it has none yet."""
        return resource.id or resource.name

    def names_before(self, resource: Resource) -> frozenset[str]:
        """Return names of all that has to be there before a resource, through however many others."""
        seen: set[str] = set()
        still = [resource]
        while still:
            one = still.pop()
            sources = {*one.dependencies, *(urn for urns in one.comes_from.values() for urn in urns)}
            for urn in sources - seen:
                seen.add(urn)
                still += [self._by_urn[urn]] if urn in self._by_urn else []
        return frozenset(urn.rpartition("::")[2] for urn in seen)

    def one(self, resource: Resource, key: str, type_: str) -> Maybe[Any]:
        """Return the id that an input holds; None if it is not set.

        Args:
            resource: What has the input.
            key: Name of the input.
            type_: Type of what the id may belong to.
        """
        value = resource.value(key)
        found = self._sources(resource, key, type_) if isinstance(value, Unknown) else []
        return found[0] if len(found) == 1 else value

    def several(self, resource: Resource, key: str, type_: str) -> Maybe[tuple[Maybe[str], ...]]:
        """Return the ids that an input holds; none if it is not set.

        Args:
            resource: What has the input.
            key: Name of the input.
            type_: Type of what the ids may belong to.
        """
        items = resource.inputs.get(key) or []
        if not isinstance(items, list):
            return resource.unknown(key)
        ids = tuple(resource.unknown(key) if has_unknown(one) else str(one) for one in items)
        return self.resolved(resource, key, type_, ids)

    def resolved(
        self, resource: Resource, key: str, type_: str, ids: tuple[Maybe[str], ...]
    ) -> tuple[Maybe[str], ...]:
        """Return ids with those that are not known resolved, if there are as many sources as them.

        Args:
            resource: What has the input.
            key: Name of the input that holds them.
            type_: Type of what the ids may belong to.
            ids: What the input holds.
        """
        known = tuple(one for one in ids if not isinstance(one, Unknown))
        sources = tuple(one for one in self._sources(resource, key, type_) if one not in known)
        return (*known, *sources) if len(known) + len(sources) == len(ids) else ids

    def _sources(self, resource: Resource, key: str, type_: str) -> list[str]:
        found = (self._by_urn.get(urn) for urn in resource.comes_from.get(key, ()))
        return [self.id_of(one) for one in found if one is not None and one.type == type_]


def mapping(value: object) -> Mapping[str, Any]:
    """Return a mapping; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}
