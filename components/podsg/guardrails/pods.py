"""Pods that do not get, or do not keep, the groups that a policy gives them."""

from __future__ import annotations

from typing import Final

from podsg.guardrails.record import Guardrail

GUARDRAILS: Final[tuple[Guardrail, ...]] = ()
