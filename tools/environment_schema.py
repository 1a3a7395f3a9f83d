"""Write the JSON Schema of a stack file, so that editors complete and check it.

Usage: python tools/environment_schema.py [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "components"))

from podsg.model import EnvironmentSpec, input_schema  # noqa: E402 - the checkout's own package, installed or not
from podsg.model.references import REFERENCE  # noqa: E402 - as above

TARGET = ROOT / "stacks" / "stack.schema.json"
COMMAND = "python tools/environment_schema.py"


def stack_schema() -> dict[str, object]:
    """Describe a whole stack file; keys that podsg does not know are left to others."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": f"Generated from components/podsg/model by `{COMMAND}`. Do not edit.",
        "title": "Stack file of podsg",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "description": "Configuration of the stack; keys of other packages are allowed.",
                "type": "object",
                "required": ["podsg:environment"],
                "properties": {
                    "podsg:environment": _for_editors(input_schema(EnvironmentSpec)),
                    "aws:region": {
                        "description": "AWS region of everything in the stack.",
                        "type": "string",
                        "pattern": "^[a-z]{2,}(-[a-z]+)+-[0-9]$",
                        "patternErrorMessage": "an AWS region, such as us-west-2",
                        "examples": ["us-west-2"],
                    },
                },
                "additionalProperties": True,
            }
        },
        "additionalProperties": True,
    }


def _for_editors(node: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    """Leave out what only generators of code read: strict validators refuse keys that they do not know."""
    if isinstance(node, dict):
        return {key: _for_editors(value) for key, value in node.items() if key != REFERENCE}
    return [_for_editors(value) for value in node] if isinstance(node, list) else node


def main(arguments: list[str] | None = None) -> int:
    """Write the schema, or say whether the committed one differs."""
    parser = argparse.ArgumentParser(description="Write the JSON Schema of a stack file.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if the file differs")
    options = parser.parse_args(arguments)
    text = json.dumps(stack_schema(), indent=2, ensure_ascii=False) + "\n"
    if not options.check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.relative_to(ROOT)} differs from components/podsg/model. Fix: {COMMAND}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
