"""What has to be there before what, and so is destroyed after it."""

from __future__ import annotations

from typing import Final

from podsg.guardrails.record import Guardrail

GUARDRAILS: Final[tuple[Guardrail, ...]] = ()
