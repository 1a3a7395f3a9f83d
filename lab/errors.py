"""The lab's errors: what happened, why it matters, what to do."""

from __future__ import annotations


class LabError(Exception):
    """Say what went wrong in the lab, in the form of every message of this project.

    Args:
        problem: What happened, with the values found.
        why: The consequence.
        fix: What to do, as a command or a setting.
    """

    def __init__(self, problem: str, *, why: str, fix: str) -> None:
        super().__init__(f"{problem}\n  Why: {why}\n  Fix: {fix}")
