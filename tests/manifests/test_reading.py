"""What is read of files and folders, and how files are refused."""

from __future__ import annotations

import io
import os
import socket
import tempfile
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
import yaml

from podsg.errors import FileProblem
from podsg.manifests import Read, values
from podsg.manifests import files as manifest_files
from podsg.manifests.reading import read

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"
SHOP = Path(__file__).parent / "shop"


@pytest.fixture(params=["C", "Python"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read with each of the two parsers of PyYAML; not every machine has the one in C."""
    if request.param == "Python":
        monkeypatch.setattr(values, "LOADER", yaml.SafeLoader)


def read_text(folder: Path, text: str | bytes, name: str = "one.yaml") -> Read:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read([folder / name])


def problem_of(folder: Path, text: str | bytes, name: str = "one.yaml") -> FileProblem:
    """Return the one problem of a file, beside which another one is read."""
    (folder / "zz-good.yaml").write_text(OBJECT)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = read([folder])
    assert [one.name for one in done.documents] == ["one"]
    assert [one.file for one in done.problems] == [str(folder / name)]
    return done.problems[0]


def test_documents_have_file_and_line() -> None:
    done = read([SHOP])

    assert done.problems == ()
    assert [(Path(one.file).name, one.line, one.kind) for one in done.documents] == [
        ("catalog.yaml", 3, "ServiceAccount"),
        ("catalog.yaml", 11, "SecurityGroupPolicy"),
        ("catalog.yaml", 24, "Deployment"),
        ("catalog.yaml", 69, "Service"),
        ("catalog.yaml", 81, "NetworkPolicy"),
        ("cni.json", 5, "ConfigMap"),
        ("cni.json", 11, "DaemonSet"),
        ("more.yml", 4, "CronJob"),
        ("more.yml", 23, "ENIConfig"),
    ]
    assert done.documents[5].content["metadata"]["annotations"]["note"] == "ok \U0001f600 a/b"


def test_folders_are_read_in_name_order_and_each_file_once(tmp_path: Path) -> None:
    # given files in folders, one of them with links back to the others
    for name in ("b.yaml", "a/z.yml", "c/x.json", "c/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(OBJECT)
    (tmp_path / "c" / "up").symlink_to(tmp_path)
    (tmp_path / "c" / "again.yaml").symlink_to(tmp_path / "b.yaml")

    # when the folder and one of the files are read
    done = read([tmp_path, tmp_path / "a", tmp_path / "b.yaml"])

    # then each file is there once, under the first of its names
    assert done.problems == ()
    assert [one.file for one in done.documents] == [
        str(tmp_path / name) for name in ("a/z.yml", "b.yaml", "c/x.json")
    ]


def test_many_links_between_folders_take_no_time(tmp_path: Path) -> None:
    folders = [tmp_path / f"{number}" for number in range(30)]
    for folder in folders:
        folder.mkdir()
    for one, other in pairwise(folders):
        for name in ("x", "z"):
            (one / name).symlink_to(other)
    (folders[-1] / "one.yaml").write_text(OBJECT)

    assert len(read([tmp_path]).documents) == 1


def test_standard_input_is_read_once() -> None:
    done = read(["-", "-"], io.BytesIO(f"---\n---\n# nothing\n---\n{OBJECT}".encode()))

    assert [(one.file, one.line) for one in done.documents] == [("-", 5)]
    assert str(done.documents[0].place()) == "ConfigMap one (-:5)"


def test_standard_input_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OBJECT.encode())))

    assert len(read(["-"]).documents) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n---\n...\n", "null\n", "\ufeff"])
def test_an_empty_file_is_fine(tmp_path: Path, text: str) -> None:
    assert read_text(tmp_path, text) == Read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_a_mark_are_read(tmp_path: Path, encoding: str) -> None:
    done = read_text(tmp_path, OBJECT.replace("one", "\u00e9").encode(encoding))

    assert [one.name for one in done.documents] == ["\u00e9"]


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("apiVersion: v1\nkind: [\n---\n", "it is not YAML: ", 3),
        (f"{OBJECT}---\nkind: Pod: x\n", "mapping values are not allowed", 5),
        ("apiVersion: v1\nkind:\n\tPod\n\t- x\n", "a tab indents this line; YAML indents with spaces", 3),
        ('a: "\n', "it is not YAML: ", 2),
        ("apiVersion: v1\nkind: Pod\nkind: Job\n", "the key kind is there twice in one mapping", 3),
        ("a: !!python/object/apply:os.system [ls]\n", "the tag !!python/object/apply:os.system is not", 1),
        ("a:\n- !!python/name:os.system x\n", "the tag !!python/name:os.system is not", 2),
        ("a: !secret x\n", "the tag !secret is not one of Kubernetes manifests", 1),
        ("a: !!binary eA==\n", "the tag !!binary is not", 1),
        ("a: *nobody\n", "*nobody stands for nothing", 1),
        ("a: &a\n- *a\n", "alias *a stands for nothing that ends before it", 2),
        ("a: {b: 1}\n<<: 3\n", "the merge key << takes a mapping or a list of mappings", 1),
        (f"a: {'[' * 200}{']' * 200}\n", "lists and mappings stand 101 deep; the limit is 100", 1),
        (f"a: {'{a: ' * 200}{'}' * 200}\n", "stand 101 deep; the limit is 100", 1),
        ("[" * 100_000, "stand 101 deep; the limit is 100", 1),
        ("? [a, b]\n: 1\n", "a key is a list or a mapping; Kubernetes takes text", 1),
        ("a: &a {b: 1}\n*a : 1\n", "a key is a list or a mapping; Kubernetes takes text", 2),
        ("\n~: 1\n", "a key is empty; Kubernetes takes text", 2),
        ("- apiVersion: v1\n  kind: Pod\n", "found a list of 1 item; an object of Kubernetes has", 1),
        ("hello\n", 'found "hello"; an object of Kubernetes has apiVersion and kind', 1),
        ("image:\n  tag: 1\n", "it has no apiVersion and no kind: render a Helm", 1),
        ("\napiVersion: v2\nname: chart\n", "it has no kind: render", 2),
        ("apiVersion: v1\nkind: {{ .Values.kind }}\n", "line 2 is a template of a Helm chart", 2),
        ("{{- if .Values.on }}\nkind: Pod\n{{ end }}\n", "line 1 is a template of a Helm chart", 1),
        ('apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ .x }}"}\n', "so it is a template", 1),
        ("apiVersion: 1\nkind: Pod\n", "apiVersion: found 1; allowed: text", 1),
        ("apiVersion: v1\nkind: 7\n", "kind: found 7; allowed: text", 1),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n", "metadata.name: found nothing; allowed: the name", 1),
        ("apiVersion: v1\nkind: Pod\nmetadata: text\n", 'metadata: found "text"; allowed: a mapping', 1),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: 5}\n", "metadata.name: found 5; allowed: text", 1),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: [b]}\n", "metadata.namespace: found", 1),
        ("apiVersion: v1\nkind: List\nitems: 5\n", "items: found 5; allowed: a list of objects", 1),
        ("apiVersion: v1\nkind: List\nitems:\n- 5\n", "items[0]: found 5; allowed: an object", 1),
        ("apiVersion: v1\nkind: List\nitems:\n- {}\n", "it has no apiVersion and no kind", 4),
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", "`kubectl kustomize`", 1),
        (b"apiVersion: v1\nkind: \xff\n", "it is not UTF-8; write it as UTF-8", 2),
        (b"\xff\xfea\0\0\xd8", "it is not UTF-16", 0),
        (b"\x7fELF\n\x01\0\0\0", "it is binary, or UTF-16 without a byte order mark", 2),
        (OBJECT.encode("utf-16-le"), "it is binary, or UTF-16 without a byte order mark", 1),
        ("a: 1\nb: \x01\n", "it has a control character, which YAML does not allow", 2),
    ],
)  # fmt: skip
def test_a_bad_file_has_one_problem_and_others_are_read(
    tmp_path: Path, text: str | bytes, says: str, line: int
) -> None:
    problem = problem_of(tmp_path, text)

    assert says in problem.text
    assert "\n" not in str(problem)
    # The two parsers differ by a line in where they see an error of syntax.
    assert abs(problem.line - line) <= ("not YAML" in problem.text or "tab" in problem.text)


def test_a_kustomization_without_kind(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, "resources: [a.yaml]\n", "kustomization.yaml")

    assert "give the output of `kubectl kustomize` instead" in problem.text


def bomb(levels: int, start: str, each: str) -> str:
    lines = [f"a0: &a0 {start}"]
    lines += [f"a{number}: &a{number} {each.replace('X', f'*a{number - 1}')}" for number in range(1, levels)]
    return "\n".join([*lines, ""])


@pytest.mark.parametrize(
    "text",
    [
        bomb(60, "[x, x, x, x, x, x, x, x, x]", f"[{', '.join('X' * 9)}]"),
        bomb(60, "{k: v}", "{a: X, b: X, c: X}"),
        bomb(60, "[x]", "{<<: [{p: X}, {q: X}, {r: X}]}"),
        f"{bomb(1, '{k: v}', '')}b: {{<<: [{', '.join(['*a0'] * 200_000)}]}}\n",
    ],
    ids=["lists", "mappings", "merges", "one merged often"],
)
def test_anchor_bombs_are_refused_and_take_little_memory(tmp_path: Path, text: str) -> None:
    tracemalloc.start()
    problem = problem_of(tmp_path, text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "values at least; the limit is 100,000" in problem.text
    assert int(problem.text.split(" values")[0].rpartition(" ")[2].replace(",", "")) > 100_000
    assert peak < 200 * len(text) + 5_000_000


def test_aliases_and_merges_of_people(tmp_path: Path) -> None:
    text = (
        f"{OBJECT}base: &base {{a: 1, b: 2}}\nown: {{a: 9, <<: *base}}\n"
        'both: {<<: [*base, {b: 3, c: 4}]}\nquoted: {"<<": 1}\nword: &w x\nsame: *w\n*w : z\n'
    )
    [one] = read_text(tmp_path, text).documents

    assert one.content["own"] == {"a": 9, "b": 2}
    assert one.content["both"] == {"a": 1, "b": 2, "c": 4}
    assert one.content["quoted"] == {"<<": 1}
    assert (one.content["same"], one.content["x"]) == ("x", "z")


def test_scalars_are_those_of_kubernetes(tmp_path: Path) -> None:
    text = (
        f"{OBJECT}data: [y, off, ~, 010, 0o10, 0x1F, 1_000, 1.5, 1e3, 2030-01-01, 12:30, 08, .inf, v1, '5',\n"
        f" !!str 5, ! 5, !!int '5', !!null '', !!seq [], ! {{}}, {'1' * 80}, '', -, 1-2]\n"
        "8080: a\nyes: b\n1.5: c\n"
    )
    [one] = read_text(tmp_path, text.replace(" -,", "")).documents

    assert one.content["data"] == [
        True, False, None, 8, 8, 31, 1000, 1.5, 1000.0, "2030-01-01", "12:30", 8.0, ".inf", "v1", "5",
        "5", "5", 5, None, [], {}, "1" * 80, "", "1-2",
    ]  # fmt: skip
    assert {"8080", "true", "1.5"} <= set(one.content)


def test_items_of_typed_lists_inherit_their_kind(tmp_path: Path) -> None:
    text = (
        "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n-\n  metadata: {name: b}\n"
        "---\napiVersion: v1\nkind: List\nitems:\n"
    )
    done = read_text(tmp_path, text)

    assert [(one.group, one.kind, one.name, one.line) for one in done.documents] == [
        ("apps", "Deployment", "a", 4),
        ("apps", "Deployment", "b", 6),
    ]


def test_a_name_may_be_made_and_other_kinds_need_none(tmp_path: Path) -> None:
    done = read_text(
        tmp_path,
        "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\n---\napiVersion: v1\nkind: Config\n",
    )

    assert [one.name for one in done.documents] == ["a-", ""]


def test_template_text_in_rendered_manifests_is_no_problem(tmp_path: Path) -> None:
    text = f"{OBJECT}data:\n  t: |\n    {{{{ .Values.global.hub }}}}\n"

    assert read_text(tmp_path, text).problems == ()


def test_alerts_are_not_taken_for_charts(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, 'a: "{{ $labels.pod }}"\na: 1\n')

    assert problem.text == "the key a is there twice in one mapping"


def test_tabs_of_json_are_not_blamed(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, '{\n\t"apiVersion": "v1",\n\t"kind": ]\n}\n', "one.json")

    assert (problem.line, problem.text.startswith("it is not YAML: ")) == (3, True)


def test_thousands_of_documents(tmp_path: Path) -> None:
    done = read_text(tmp_path, "---\n".join([OBJECT] * 3000))

    assert [one.line for one in done.documents] == [1 + 4 * number for number in range(3000)]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.yaml").open("wb") as stream:
        stream.truncate(manifest_files.MAX_BYTES + 1)

    [problem] = read([tmp_path]).problems

    assert problem.text == "it has 67,108,865 bytes; the limit is 67,108,864"


def test_huge_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_files, "MAX_BYTES", 10)

    [problem] = read(["-"], io.BytesIO(b"a" * 100)).problems

    assert str(problem) == "-: it has 11 bytes at least; the limit is 10"


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    texts = [one.text for one in read([tmp_path, "/dev/zero"]).problems]

    assert texts == [
        "it is a pipe, which is not read; give - for standard input",
        "it is a device, which is not read",
    ]


def test_a_socket_is_not_read() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as one:
        one.bind(f"{folder}/s.yaml")

        assert [one.text for one in read([folder]).problems] == ["it is a socket, which is not read"]


@pytest.mark.parametrize("path", ["no/such.yaml", "", "a\0b", "x" * 300])
def test_a_missing_path(path: str) -> None:
    [problem] = read([path]).problems

    assert problem.file == path
    assert problem.text.startswith("it cannot be read: ")


def test_links_that_lead_nowhere_or_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "gone.yaml").symlink_to("nothing")
    (tmp_path / "loop").symlink_to("loop")

    assert [Path(one.file).name for one in read([tmp_path]).problems] == ["gone.yaml", "loop.yaml"]


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text(OBJECT)
    (tmp_path / "b.yaml").write_text(OBJECT)
    open_path = Path.open

    def refuse(path: Path, mode: Literal["rb"]) -> object:
        if path.name == "a.yaml":
            raise PermissionError(13, "Permission denied", str(path))
        return open_path(path, mode)

    monkeypatch.setattr(Path, "open", refuse)
    done = read([tmp_path])

    assert [one.text for one in done.problems] == ["it cannot be read: Permission denied"]
    assert len(done.documents) == 1


def test_a_folder_without_manifests(tmp_path: Path) -> None:
    [problem] = read([tmp_path]).problems

    assert problem.text == "no file in this folder has a name that ends with .yaml, .yml or .json"
