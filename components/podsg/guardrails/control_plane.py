"""The cluster: its role, its version, its add-ons, and who makes its nodes."""

from __future__ import annotations

from typing import Final

from podsg.guardrails.record import Guardrail

GUARDRAILS: Final[tuple[Guardrail, ...]] = ()
