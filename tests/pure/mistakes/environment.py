"""Mistakes at the environment itself: its name, its tags, its parts."""

from __future__ import annotations

from tests.pure.mistakes.mistake import MISSING, mistake

ENVIRONMENT_MISTAKES = (
    mistake("no name", ("name",), MISSING, "lower-case letters, digits and single hyphens"),
    mistake("number for text", ("name",), 5, "lower-case letters, digits and single hyphens"),
    mistake("bad characters", ("name",), "Dev_1", "lower-case letters, digits and single hyphens"),
    mistake("double hyphen", ("name",), "dev--one", "single hyphens, a letter first, no hyphen last"),
    mistake("long environment name", ("name",), "d" * 21, "at most 20 characters"),
    mistake("name of a group id", ("name",), "sg-shop", "a name whose groups do not start with sg-"),
    mistake(
        "misspelt part", ("netwrok",), {}, "network, the nearest of name, network,", found="an unknown key"
    ),
    mistake("text for protection", ("deletion_protection",), "no", "true or false"),
    mistake(
        "AWS tag", ("tags", "aws:team"), "x", "a key that is not Name", 'tags["aws:team"]', found='"aws:team"'
    ),
    mistake(
        "tag of the controller",
        ("tags", "eks:eni:owner"),
        "x",
        "a key that is not Name",
        'tags["eks:eni:owner"]',
        found='"eks:eni:owner"',
    ),
    mistake("name tag", ("tags", "Name"), "x", "a key that is not Name", found='the key "Name"'),
    mistake("number for tag", ("tags", "cost"), 5, "a tag value in quotes"),
    mistake("long tag", ("tags", "cost"), "x" * 257, "at most 256 letters"),
    mistake("bad tag key", ("tags", "a*b"), "x", "a tag key", 'tags["a*b"]', found='the key "a*b"'),
    mistake(
        "too many tags",
        ("tags",),
        {f"tag-{number}": "x" for number in range(41)},
        "a mapping of 0 to 40 entries",
    ),
    mistake("no end of a waiver", ("waivers", 0, "until"), MISSING, "a day in quotes"),
    mistake("waiver until no day", ("waivers", 0, "until"), "2026-02-30", "a day of the calendar"),
    mistake("waiver until a word", ("waivers", 0, "until"), "forever", "a day in quotes"),
    mistake("waiver without reason", ("waivers", 0, "reason"), "", "words in quotes"),
    mistake("sentence for a guardrail", ("waivers", 0, "guardrail"), "Pod ENI", "the id of a guardrail"),
)
