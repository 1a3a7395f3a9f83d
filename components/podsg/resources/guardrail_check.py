"""The guardrails over a described environment, before anything of it is made."""

from datetime import UTC, datetime

import pulumi

from podsg.errors import GuardrailError
from podsg.guardrails import Scene, judge
from podsg.guardrails.waivers import Waiver, settle
from podsg.model import EnvironmentSpec, spec_snapshot
from podsg.report.check_report import CheckReport


def check_guardrails(spec: EnvironmentSpec, component: pulumi.Resource) -> None:
    """Refuse an environment that would break pods, and warn of what may hurt later.

    What the description alone does not tell is left to the checks of the preview and of the live cluster.

    Args:
        spec: The environment.
        component: Resource that warnings are shown at.

    Raises:
        GuardrailError: Some guardrails fail; the text names all findings at once.
    """
    today = datetime.now(UTC).date()
    waivers = [Waiver.written(**one.model_dump()) for one in spec.waivers]
    settled = settle(judge(Scene(spec_snapshot(spec))), waivers, today)
    report = CheckReport(settled.outcomes, settled.waived)
    if report.errors:
        raise GuardrailError(map(str, report.errors), spec.name)
    for outcome in report.warnings:
        pulumi.log.warn(str(outcome), component)
