"""Manifests of files, folders and standard input."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

import yaml

from podsg.errors import FileProblem
from podsg.manifests.document import Document, Read, RefusedError
from podsg.manifests.files import found, text_of
from podsg.manifests.objects import documents_of
from podsg.manifests.values import roots

# What charts have and manifests do not; alerts and dashboards have {{ $labels.pod }} in plain text.
_TEMPLATE: Final = re.compile(
    r"\{\{-?\s*(?:/\*|[$(]?\.?(?:Values|Release|Chart|Files|Capabilities|Template)\b"
    r"|(?:block|define|else|end|if|include|range|template|toYaml|tpl|with)\b)"
)
_RENDER: Final = "`helm template`"
_INDENT: Final = re.compile("^[ \t]+", re.MULTILINE)
_SURROGATES: Final = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)


def read(paths: Iterable[str | Path], stdin: BinaryIO | None = None) -> Read:
    """Read Kubernetes manifests; what is wrong with one file keeps no other from being read.

    Reads YAML and JSON, files of many documents, and lists of objects. Nothing of a file with a problem is
    among the documents.

    Args:
        paths: Files, folders with *.yaml, *.yml and *.json (and the folders in them, in name order), and `-`
            for standard input.
        stdin: Standard input. Default: that of the process.

    Returns: Objects in the order of the files, and one problem for each bad file.
    """
    documents: list[Document] = []
    problems: list[FileProblem] = []
    for file in found(paths):
        if isinstance(file, FileProblem):
            problems.append(file)
            continue
        try:
            documents += _documents(file, stdin)
        except RefusedError as error:
            problems.append(FileProblem(file, error.text, error.line))
    return Read(tuple(documents), tuple(problems))


def _documents(file: str, stdin: BinaryIO | None) -> list[Document]:
    text = text_of(file, stdin)
    if text.lstrip().startswith("{"):
        text = _plain_json(text)
    try:
        return [one for root in roots(text) for one in documents_of(root, file)]
    except RefusedError as error:
        raise _with_hint(error, text) from error
    except yaml.YAMLError as error:
        raise _with_hint(_refusal(error, text), text) from error


def _plain_json(text: str) -> str:
    """Replace what JSON has and YAML does not: characters as two escapes, and tabs that indent."""
    plain = _INDENT.sub(lambda at: at[0].replace("\t", " "), text)
    return _SURROGATES.sub(lambda at: at[1] + _character(int(at[2], 16), int(at[3], 16)), plain)


def _character(high: int, low: int) -> str:
    return ((high << 16) | low).to_bytes(4, "big").decode("utf-16-be")


def _with_hint(error: RefusedError, text: str) -> RefusedError:
    at = _TEMPLATE.search(text)
    if at is None or _RENDER in error.text:
        return error
    line = text.count("\n", 0, at.start()) + 1
    hint = f"line {line} is a template of a Helm chart, so render it first with {_RENDER}"
    return RefusedError(f"{error.text}; {hint}", error.line)


def _refusal(error: yaml.YAMLError, text: str) -> RefusedError:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        lines = text.splitlines()
        begin = lines[line - 1] if 0 < line <= len(lines) else ""
        if "\t" in begin[: len(begin) - len(begin.lstrip())]:
            return RefusedError("a tab indents this line; YAML indents with spaces", line)
        return RefusedError(f"it is not YAML: {error.problem or error.context}", line)
    position = getattr(error, "position", 0)
    return RefusedError(
        "it has a control character, which YAML does not allow", text.encode()[:position].count(b"\n") + 1
    )
