"""Find out, before a destroy changes anything, why it would not finish.

Reads only: Describe and List calls to AWS, and access reviews, which Kubernetes does not store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pulumi import automation

from lab.errors import LabError
from lab.live import live_facts
from lab.plugins.interface import PluginError, Values
from lab.plugins.kubernetes.api import Api as KubernetesApi
from lab.plugins.kubernetes.api import NoKindError, UnreachableError
from lab.plugins.kubernetes.config import KubeconfigError, Target, settings
from lab.plugins.kubernetes.objects import Kind as ObjectKind
from lab.plugins.kubernetes.objects import kind_of_token
from lab.session import Session
from podsg.lifecycle import Access, Api, Commands, Obstacle, Recorded, obstacles
from podsg.lifecycle.scope import CLUSTER

KUBERNETES_PROVIDER = "pulumi:providers:kubernetes"
LONGEST_DETAIL = 200
ACCESS_REVIEW = ObjectKind("authorization.k8s.io/v1", "SelfSubjectAccessReview")


class DestroyBlockedError(LabError):
    """Say why a destroy would not finish; nothing was changed."""

    def __init__(self, stack: str, found: Sequence[Obstacle]) -> None:
        self.obstacles = tuple(found)
        count = len(found)
        reasons = "\n".join(map(str, found)).replace("\n", "\n  ")
        super().__init__(
            f"destroying {stack} would not finish, for {count} reason{'' if count == 1 else 's'};"
            f" nothing was changed.\n  {reasons}",
            why="a destroy that stops half-way takes away what works and leaves what costs.",
            fix="do what each reason says, then destroy again.",
        )


def refuse_blocked_destroy(
    deployment: automation.Deployment,
    session: Session,
    options: str = "",
    leaving: frozenset[str] = frozenset(),
) -> None:
    """Let a destroy go on only if it would finish.

    Args:
        deployment: The engine's record of the stack.
        session: The running lab.
        options: Options that name the stack to `podsg lab`. Default: `--stack` with its name.
        leaving: Ids of interfaces that go before the engine deletes anything. Default: none.

    Raises:
        DestroyBlockedError: It would not; names every reason at once.
    """
    if found := preflight(deployment, session, options, leaving):
        raise DestroyBlockedError(_names(recorded_resources(deployment))[1], found)


def preflight(
    deployment: automation.Deployment,
    session: Session,
    options: str = "",
    leaving: frozenset[str] = frozenset(),
) -> tuple[Obstacle, ...]:
    """Return every reason why a destroy would not finish, sorted; empty if there is none."""
    recorded = recorded_resources(deployment)
    if not recorded:
        return ()
    project, stack = _names(recorded)
    commands = Commands(
        engine="podsg lab",
        options=options or f"--stack {stack}",
        stack=f"organization/{project}/{stack}",
        prefix="podsg lab exec --",
    )
    facts = live_facts(recorded, session)
    staying = tuple(one for one in facts.interfaces if one.id not in leaving)
    there = frozenset(cluster.name for cluster in facts.clusters)
    live = replace(facts, interfaces=staying, apis=tuple(_apis(recorded, there, session)))
    return obstacles(recorded, live, commands)


def recorded_resources(deployment: automation.Deployment) -> list[Recorded]:
    """Return what the engine has recorded of a stack."""
    return [
        Recorded(
            urn=one["urn"],
            type=one["type"],
            id=one.get("id", ""),
            inputs=one.get("inputs", {}),
            outputs=one.get("outputs", {}),
            provider=one.get("provider", ""),
            is_protected=one.get("protect", False),
            is_deleted=not one.get("external", False) and not one.get("retainOnDelete", False),
        )
        for one in (deployment.deployment or {}).get("resources") or []
    ]


def _names(recorded: Sequence[Recorded]) -> tuple[str, str]:
    """Return the names of project and stack, which every URN holds."""
    stack, project = recorded[0].urn.removeprefix("urn:pulumi:").split("::")[:2]
    return project, stack


def _apis(recorded: Sequence[Recorded], there: frozenset[str], session: Session) -> Iterator[Api]:
    """Ask each Kubernetes API that holds recorded objects, once.

    Not asked: a provider that forgets objects of a cluster that it cannot reach, if that cluster is gone or
    nobody knows, or if the user's environment says so; and one whose kubeconfig the record holds as a secret.
    """
    clusters = {one.text("endpoint"): one.id for one in recorded if one.type == CLUSTER}
    for provider in (one for one in recorded if one.type == KUBERNETES_PROVIDER):
        objects = [one for one in recorded if one.provider.startswith(f"{provider.urn}::") and one.is_deleted]
        try:
            wanted = settings(dict(provider.inputs))
        except KubeconfigError:
            continue
        is_there = clusters.get(wanted.target.cluster["server"]) in there
        is_forgotten = (wanted.delete_unreachable and not is_there) or _says_environment(provider)
        if not objects or is_forgotten:
            continue
        access, detail = _access(_with_lab_login(wanted.target, session), objects)
        shown = detail if len(detail) <= LONGEST_DETAIL else f"{detail[: LONGEST_DETAIL - 1]}…"
        yield Api(provider.urn, wanted.target.cluster["server"], access, shown)


def _says_environment(provider: Recorded) -> bool:
    """Tell whether the user's environment lets a provider forget what it cannot reach."""
    unset = {key: value for key, value in provider.inputs.items() if key != "deleteUnreachable"}
    return settings(unset).delete_unreachable


def _with_lab_login(target: Target, session: Session) -> Target:
    """Let the login command see the lab, whatever this process sees."""
    if "exec" not in target.user:
        return target
    command = target.user["exec"]
    lab = [{"name": name, "value": value} for name, value in session.environment().items()]
    return replace(
        target, user={**target.user, "exec": {**command, "env": [*lab, *(command.get("env") or [])]}}
    )


def _access(target: Target, objects: Iterable[Recorded]) -> tuple[Access, str]:
    try:
        api = KubernetesApi(target)
        refused = sorted({text for one in objects if (text := _refused_deletion(api, one))})
    except UnreachableError as error:
        return Access.UNREACHABLE, str(error)
    except PluginError as error:
        return Access.REFUSED, str(error)
    return (Access.REFUSED, f"it may not {', '.join(refused)}") if refused else (Access.ALLOWED, "")


def _refused_deletion(api: KubernetesApi, one: Recorded) -> str:
    """Return what the caller may not do with an object; empty if it may be deleted, or its kind is gone."""
    kind = kind_of_token(one.type)
    try:
        resource = api.resource(kind)
    except NoKindError:
        return ""
    namespace, _, name = one.id.rpartition("/")
    wanted: Values = {
        "verb": "delete",
        "group": resource.group or "",
        "resource": resource.name,
        "namespace": namespace,
        "name": name,
    }
    review = {
        "apiVersion": ACCESS_REVIEW.api_version,
        "kind": ACCESS_REVIEW.name,
        "spec": {"resourceAttributes": wanted},
    }
    answer = api.call("create", ACCESS_REVIEW, "", body=review)
    return "" if answer["status"]["allowed"] else f"delete {resource.name}"
