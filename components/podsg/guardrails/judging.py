"""All guardrails over one scene."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podsg.guardrails.record import Applied, Guardrail, Outcome, Scene, Verdict
from podsg.guardrails.registry import GUARDRAILS
from podsg.model.snapshot import NotKnownError, Place


def judge(scene: Scene, guardrails: Iterable[Guardrail] = GUARDRAILS) -> tuple[Outcome, ...]:
    """Check every object of a scene that a guardrail is about.

    Args:
        scene: The environment, and what it was before.
        guardrails: What to check. Default: all.

    Returns: One outcome for each guardrail and object, in the order of the guardrails; none where a guardrail
        does not apply. What does not hold for want of knowledge is undecided, and never passed.

    Example:
        >>> from podsg.model.snapshot import Snapshot
        >>> {outcome.verdict.value for outcome in judge(Scene(Snapshot()))}
        {'undecided'}
    """
    return tuple(outcome for guardrail in guardrails for outcome in _outcomes(guardrail, scene))


def _outcomes(guardrail: Guardrail, scene: Scene) -> Iterator[Outcome]:
    try:
        applied = list(guardrail.applies(scene))
    except NotKnownError as error:
        yield _undecided(guardrail, Place("the environment"), error)
        return
    for one in applied:
        yield _outcome(guardrail, one)


def _outcome(guardrail: Guardrail, applied: Applied) -> Outcome:
    place = applied.subject.place
    try:
        failure = applied.check()
    except NotKnownError as error:
        return _undecided(guardrail, place, error)
    if failure is None:
        return Outcome(guardrail, place, Verdict.PASSED)
    return Outcome(guardrail, place, Verdict.FAILED, failure)


def _undecided(guardrail: Guardrail, place: Place, error: NotKnownError) -> Outcome:
    return Outcome(guardrail, place, Verdict.UNDECIDED, missing=error.subject, unknown=error.unknown)
