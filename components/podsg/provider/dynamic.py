"""The providers of dynamic resources: stored in the state by module and name, which never change."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar, Final

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from podsg.errors import PodsgError
from podsg.lifecycle.vlans import HIGHEST_VLAN
from podsg.provider import branch_enis, gates
from podsg.provider.checks import UNKNOWN, problems
from podsg.provider.gate_account import GateAccount

_PARENT_POLL_SECONDS: Final = 1.0
_HOST: Final = "pulumi.dynamic.__main__"
_prepared = threading.Event()

Values = dict[str, Any]


class _Gate(ResourceProvider):
    """A resource that works when it is deleted, and only looks before."""

    serialize_as_secret_always = False
    kind: ClassVar[str]
    replacing: ClassVar[Sequence[str]] = ("cluster_identity",)
    observed: ClassVar[Sequence[str]] = ()
    """Outputs that a look finds."""

    def check(self, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        """Refuse inputs that cannot be right; nothing is asked."""
        _prepare_process()
        return CheckResult(dict(news), list(_failures(_with_sentinels(news))))

    def diff(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
        """Replace for another cluster, which is deleted first; change everything else in place.

        What a refresh has found is a change until an update takes note of it: only so the engine shows it.
        """
        inputs = {key for key in news if not key.startswith("__") and key not in self.observed}
        changed = {key for key in inputs if olds.get(key) != news[key]}
        changed |= {key for key in self.observed if olds.get(key)}
        replaces = sorted(changed.intersection(self.replacing))
        return DiffResult(
            changes=bool(changed), replaces=replaces, delete_before_replace="cluster_identity" in replaces
        )

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        """Look whether the account is right, and has the VPC."""
        GateAccount.of(props)
        return CreateResult(f"{props['cluster_name']}/{self._name(props)}", self._outputs(props))

    def update(self, _id: str, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> UpdateResult:
        """Take new inputs over."""
        return UpdateResult(self._outputs(news))

    def read(self, id_: str, props: Mapping[str, Any]) -> ReadResult:
        """Look at the interfaces of the cluster."""
        _prepare_process()
        return ReadResult(id_, {**props, **self._found(props)})

    def delete(self, _id: str, props: Mapping[str, Any]) -> None:
        """Do the work of the gate."""
        _prepare_process()
        self._work(props)

    def _outputs(self, props: Mapping[str, Any]) -> Values:
        return {**props, **{key: [] for key in self.observed}}

    def _name(self, _props: Mapping[str, Any]) -> str:
        return self.kind

    def _found(self, _props: Mapping[str, Any]) -> Values:
        return {}

    def _work(self, props: Mapping[str, Any]) -> None:
        raise NotImplementedError


class DrainGateProvider(_Gate):
    """Drain the cluster before anything of it goes."""

    kind = "drain"
    observed = ("drifted", "leaked")

    def _found(self, props: Mapping[str, Any]) -> Values:
        return dict(gates.found_by_drain_gate(props))

    def _work(self, props: Mapping[str, Any]) -> None:
        gates.drain_gate(props)


class SweepGateProvider(_Gate):
    """Sweep what the cluster leaves behind."""

    kind = "sweep"
    observed = ("leaked",)

    def _name(self, props: Mapping[str, Any]) -> str:
        return f"{self.kind}-{props['stage']}"

    def _found(self, props: Mapping[str, Any]) -> Values:
        return dict(gates.found_by_sweep_gate(props))

    def _work(self, props: Mapping[str, Any]) -> None:
        gates.sweep_gate(props)


class WorkloadGateProvider(_Gate):
    """Free the group of a workload before it goes."""

    kind = "workload"
    replacing = ("cluster_identity", "group_ids")

    def _name(self, props: Mapping[str, Any]) -> str:
        return f"{self.kind}-{props['workload']}"

    def _work(self, props: Mapping[str, Any]) -> None:
        gates.workload_gate(props)


class BranchEniProvider(ResourceProvider):
    """Make, change and delete explicit branch ENIs."""

    serialize_as_secret_always = False

    def check(self, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        """Refuse inputs that cannot be right; nothing is asked."""
        _prepare_process()
        known = _with_sentinels(news)
        return CheckResult(dict(news), [*_failures(known), *_branch_eni_failures(known)])

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
        """Replace for another place, the old one first; change everything else in place."""
        news = _with_sentinels(news)
        branch_enis.CLAIMED.add(id_)
        replaces = [key for key in _PLACE if news[key] != olds.get(key) and news[key] not in _AS_IT_IS]
        if news["adopt_eni_id"] == olds.get("eni_id"):
            replaces = [key for key in replaces if key != "adopt_eni_id"]
        changed = [key for key in _IN_PLACE if _compared(news[key]) != _compared(olds.get(key))]
        is_lost = not olds.get("association_id")
        return DiffResult(
            changes=bool(replaces or changed) or is_lost, replaces=replaces, delete_before_replace=True
        )

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        """Make it, or take one over."""
        eni_id, outputs = branch_enis.create(props)
        return CreateResult(eni_id, outputs)

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> UpdateResult:
        """Bring it in line; what others changed comes back."""
        return UpdateResult(branch_enis.update(id_, olds, news))

    def read(self, id_: str, props: Mapping[str, Any]) -> ReadResult:
        """Look at it; gone is no id."""
        _prepare_process()
        found = branch_enis.read(id_, props)
        return ReadResult("", {}) if found is None else ReadResult(id_, found)

    def delete(self, id_: str, props: Mapping[str, Any]) -> None:
        """Delete it."""
        _prepare_process()
        branch_enis.delete(id_, props)


_AS_IT_IS: Final = ("", 0)
"""Inputs that leave a place as it is."""
_PLACE: Final = ("owner", "name", "trunk_eni_id", "subnet_id", "vlan_id", "adopt_eni_id")
_IN_PLACE: Final = (
    "group_ids",
    "description",
    "tags",
    "cooldown_seconds",
    "timeout_minutes",
    "region",
    "account_id",
    "profile",
    "role_arn",
    "podsg_version",
)
_MOST_GROUPS: Final = 16
"""Source: VPC quotas, security groups per network interface (hard limit)."""


def _compared(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


def _branch_eni_failures(news: Mapping[str, Any]) -> Iterator[CheckFailure]:
    groups = news["group_ids"]
    if isinstance(groups, list) and len(groups) > _MOST_GROUPS:
        yield CheckFailure("group_ids", f"found {len(groups)}; allowed: 1 to {_MOST_GROUPS} security groups")
    ids = [("trunk_eni_id", "eni-"), ("subnet_id", "subnet-"), ("adopt_eni_id", "eni-")]
    for key, start in ids:
        value = news[key]
        if value not in {"", UNKNOWN} and not str(value).startswith(start):
            yield CheckFailure(key, f"found {value}; allowed: an id that starts with {start}")
    vlan_id = news["vlan_id"]
    if vlan_id != UNKNOWN and not 0 <= vlan_id <= HIGHEST_VLAN:
        yield CheckFailure("vlan_id", f"found {vlan_id}; allowed: 1 to {HIGHEST_VLAN}, or 0 for any")
    cooldown = news["cooldown_seconds"]
    if cooldown != UNKNOWN and cooldown < 0:
        yield CheckFailure("cooldown_seconds", f"found {cooldown}; allowed: 0 or more seconds")


def _with_sentinels(news: Mapping[str, Any]) -> Values:
    """Return values with the engine's own sign for those that are not known yet, at any depth."""

    def plain(value: object) -> object:
        if isinstance(value, Unknown):
            return UNKNOWN
        if isinstance(value, Mapping):
            return {key: plain(each) for key, each in value.items()}
        return [plain(each) for each in value] if isinstance(value, list) else value

    return {key: plain(value) for key, value in news.items()}


def _failures(news: Mapping[str, Any]) -> list[CheckFailure]:
    return [CheckFailure(*problem) for problem in problems(news)]


def _prepare_process(leave: Callable[[int], Any] = os._exit) -> None:
    """Prepare the engine's process for dynamic resources, once."""
    if _prepared.is_set():
        return
    _prepared.set()
    _tell_errors_plainly(sys.modules["__main__"])
    parent = os.getppid()

    def end_with_the_engine() -> None:
        """End when the engine is gone: an operation must not go on by itself."""
        while os.getppid() == parent:
            time.sleep(_PARENT_POLL_SECONDS)
        leave(1)

    threading.Thread(target=end_with_the_engine, name="engine", daemon=True).start()


def _tell_errors_plainly(host: ModuleType) -> None:
    """Let what podsg raises on purpose reach the user as its text: the host shows a traceback of everything.

    Source: PyPI `pulumi` 3.272.0, pulumi/dynamic/__main__.py (`_abort_with_traceback`).
    """
    if getattr(host.__spec__, "name", "") != _HOST:
        return
    with_traceback = traceback.format_exc

    def told(*arguments: Any, **options: Any) -> str:  # noqa: ANN401 - those of the function in its place
        error = sys.exc_info()[1]
        return str(error) if isinstance(error, PodsgError) else with_traceback(*arguments, **options)

    traceback.format_exc = told
