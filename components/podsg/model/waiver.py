"""Findings of guardrails that a platform team decided to live with, for a while."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from podsg.model.addresses import refused
from podsg.model.spec import Spec


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise refused("a day of the calendar: year, month and day, such as 2026-12-31") from None
    return text


GuardrailId = Annotated[
    str,
    Field(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=100,
        json_schema_extra={"patternErrorMessage": "the id of a guardrail, such as pod-eni-enabled"},
        examples=["pod-eni-enabled"],
    ),
]
Words = Annotated[
    str,
    Field(
        pattern="[^ ]",
        max_length=500,
        json_schema_extra={"patternErrorMessage": "words in quotes, at most 500 characters"},
    ),
]
Day = Annotated[
    str,
    Field(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        json_schema_extra={"patternErrorMessage": "a day in quotes: year-month-day, such as 2026-12-31"},
        examples=["2026-12-31"],
    ),
    AfterValidator(_day),
]


class WaiverSpec(Spec):
    """One finding that is left standing until a day; one that covers nothing is a finding itself."""

    guardrail: GuardrailId
    """Id of the guardrail, as its message shows it (1 to 100 characters)."""
    subject: Words = Field(examples=["node_groups.workers"])
    """The object, as the message shows it (1 to 500 characters)."""
    reason: Words = Field(examples=["a bigger node type comes next month"])
    """Why it is left standing, for whoever reads it later (1 to 500 characters)."""
    until: Day
    """Last day on which it is left standing, such as 2026-12-31."""
