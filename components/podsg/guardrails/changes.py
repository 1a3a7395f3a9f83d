"""Changes that running pods and nodes do not follow."""

from __future__ import annotations

from typing import Final

from podsg.guardrails.record import Guardrail

GUARDRAILS: Final[tuple[Guardrail, ...]] = ()
