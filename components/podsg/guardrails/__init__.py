"""Best practices of security groups for pods, checked before anything is built; standard library only."""

from podsg.guardrails.judging import judge
from podsg.guardrails.record import (
    Applied,
    Failure,
    Fix,
    Guardrail,
    Outcome,
    Scene,
    Severity,
    Verdict,
)
from podsg.guardrails.registry import GUARDRAILS

__all__ = [
    "GUARDRAILS",
    "Applied",
    "Failure",
    "Fix",
    "Guardrail",
    "Outcome",
    "Scene",
    "Severity",
    "Verdict",
    "judge",
]
