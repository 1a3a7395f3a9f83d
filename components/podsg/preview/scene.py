"""What the guardrails judge of a stack."""

from __future__ import annotations

from typing import Any

from podsg.errors import InputError, Problem
from podsg.guardrails import Scene
from podsg.preview.resources import before_preview, of_export, of_preview
from podsg.preview.snapshot import snapshot_of_stack


def scene_of(document: Any, subject: str) -> Scene:  # noqa: ANN401 - whatever JSON holds
    """Return the scene that an export or a preview of a stack tells.

    Of a preview it has both sides, so that guardrails about changes apply.

    Args:
        document: What `pulumi stack export` or `pulumi preview --json` wrote.
        subject: Name of the document, for a refusal.

    Raises:
        InputError: It is neither of them.

    Example:
        >>> scene_of({"deployment": {"resources": []}}, "export.json").now.policies
        ()
    """
    try:
        if "steps" in document:
            return Scene(snapshot_of_stack(of_preview(document)), snapshot_of_stack(before_preview(document)))
        if "deployment" in document:
            return Scene(snapshot_of_stack(of_export(document)))
    except (AttributeError, KeyError, TypeError) as error:
        allowed = "a document as the engine writes it"
        raise InputError([Problem("", f"what cannot be read ({error!r})", allowed)], subject) from None
    allowed = "what `pulumi stack export` or `pulumi preview --json` writes"
    raise InputError([Problem("", "neither steps nor a deployment", allowed)], subject)
