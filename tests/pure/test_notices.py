"""Notices about a change of the enforcing mode."""

from __future__ import annotations

from typing import Any

import pytest

from podsg.preview.notices import InputChange, enforcing_mode_notices

ADDON = "aws:eks/addon:Addon"


def values(mode: str) -> dict[str, Any]:
    return {"configurationValues": f'{{"env": {{"POD_SECURITY_GROUP_ENFORCING_MODE": "{mode}"}}}}'}


@pytest.mark.parametrize(
    "change",
    [
        InputChange(ADDON, values("strict"), values("strict")),
        InputChange(ADDON, {}, values("strict")),
        InputChange(ADDON, values("strict"), {}),
        InputChange(ADDON, values("strict"), {"configurationValues": "no JSON"}),
        InputChange(ADDON, values("strict"), {"configurationValues": None}),
        InputChange(ADDON, values("strict"), {"configurationValues": '{"env": {}}'}),
        InputChange(
            ADDON,
            values("strict"),
            {"configurationValues": '{"env": {"POD_SECURITY_GROUP_ENFORCING_MODE": 1}}'},
        ),
        InputChange("aws:eks/cluster:Cluster", values("strict"), values("standard")),
    ],
)
def test_other_changes_give_no_notice(change: InputChange) -> None:
    # given a change that leaves the mode or is none of an add-on, when asked, then there is nothing to say
    assert enforcing_mode_notices([change]) == []


def test_a_new_mode_gives_one_notice_per_add_on() -> None:
    # given an add-on that goes from standard to strict, when asked
    notices = enforcing_mode_notices([InputChange(ADDON, values("standard"), values("strict"))])

    # then running pods are named with the mode they keep
    assert notices == [
        "enforcing mode standard -> strict: running pods keep standard until they are restarted."
    ]
