"""Rows of a task and the files a task refers to."""

from __future__ import annotations

import pytest

from pytest_localbench.errors import TaskFileError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
HEAD = "id: t\ninput: {prompt: '{{ q }}'}\nevaluators: [{use: exact}]\n"


@pytest.fixture
def rows(load, folder):
    def from_file(content, name="r.jsonl", spec=""):
        (folder / name).write_text(content, encoding="utf-8")
        return load(HEAD + f"samples: {{file: {name}{spec}}}\n")[0]

    return from_file


def test_rows_of_a_file_keep_their_ids_whatever_is_drawn(rows):
    content = "".join(f'{{"q": "{n}", "expected": {n}}}\n' for n in range(1, 9))
    every = rows(content)
    drawn = rows(content, spec=", shuffle_seed: 3, limit: 4")
    again = rows(content, spec=", shuffle_seed: 3, limit: 4")
    assert [s.id for s in every.samples] == [f"r{n}" for n in range(1, 9)]
    assert drawn.samples == again.samples
    assert [s.id for s in drawn.samples] != [s.id for s in every.samples[:4]]
    assert all(s in every.samples for s in drawn.samples)
    assert all(s.id == f"r{s.expected}" for s in drawn.samples)


def test_columns_become_variables_and_expected_objects(rows):
    task = rows(
        "nr;q;total;currency;weight\n7;one;90;EUR;5 kg\n\n8;two\xa0lines;91;USD;\n",
        "r.csv",
        ", id: nr, expected: [total, currency]",
    )
    first, second = task.samples
    assert (first.id, first.expected) == ("7", {"total": "90", "currency": "EUR"})
    assert first.variables == {"q": "one", "weight": "5 kg"}
    assert second.variables == {"q": "two\xa0lines", "weight": ""}


def test_rows_without_expected_use_the_one_of_the_task(load, folder):
    (folder / "r.csv").write_text("id,q\na,1\n")
    (task,) = load(HEAD + "expected: y\nsamples: {file: r.csv}\n")
    assert not task.samples[0].has_expected
    assert task.expected_of(task.samples[0]) == "y"


def test_whole_rows_are_samples(rows, folder):
    (folder / "p.png").write_bytes(PNG)
    (folder / "gold.json").write_text('{"a": 1}')
    task = rows(
        '{"id": 7, "variables": {"q": 1}, "weight": 2, "images": ["p.png"], "expected": "@file:gold.json"}\n'
        '{"id": "b", "variables": {"q": 2}, "skip": true}\n{"id": "c", "variables": {"q": 2}, "skip": false}\n'
    )
    first, second, third = task.samples
    assert (first.id, first.weight, first.expected) == ("7", 2, {"a": 1})
    assert first.images[0].kind == "image"
    assert second.skip == "the sample is switched off"
    assert third.skip is None


@pytest.mark.parametrize(
    ("content", "name", "spec", "message"),
    [
        ('{"id": "a", "q": 1}\n{"id": "a", "q": 2}\n', "r.jsonl", "", "docs/r.jsonl:2: two samples have the id 'a'"),
        ('{"q": 1}\n\n{"id": "No Id", "q": 2}\n', "r.jsonl", "", "docs/r.jsonl:3: sample: 'No Id' is not a usable id"),
        ('{"id": null, "q": 1}\n', "r.jsonl", "", "docs/r.jsonl:1: the sample id None must be text"),
        ('{"q": 1}\n{"q": NaN}\n', "r.jsonl", "", "docs/r.jsonl:2: NaN is not valid JSON"),
        ('{"q": 1, "q": 2}\n', "r.jsonl", "", "docs/r.jsonl:1: the key 'q' stands twice"),
        ("[1]\n", "r.jsonl", "", "docs/r.jsonl:1: is no JSON object"),
        ("\n", "r.jsonl", "", "docs/tasks/t.yaml:4: task 't': 'r.jsonl' holds no rows"),
        ('{"q": 1}\n', "r.jsonl", ", expected: gold", "docs/r.jsonl:1: has no column 'gold'"),
        ('{"nam": 1, "q": 1}\n', "r.jsonl", ", id: name", "docs/r.jsonl:1: has no column 'name' (did you mean 'nam'?)"),
        ('{"variables": {"q": 1}, "wieght": 1}\n', "r.jsonl", "", "docs/r.jsonl:1: unknown key 'wieght' (did you mean"),
        ("id,q\na,1,2\n", "r.csv", "", "docs/r.csv:2: has 3 cells where the first line names 2 columns"),
        ("q,q\n1,2\n", "r.csv", "", "docs/r.csv:1: two columns are called 'q'"),
        ('q\n"a" b\n', "r.csv", "", "docs/r.csv:2: is not valid CSV"),
        ("q\n1\n", "r.csv", ", limit: 0", "docs/tasks/t.yaml:4: task 't': 'samples.limit' must be a whole number of at least 1"),
        ("q\n1\n", "r.csv", ", shuffle_seed: x", "'samples.shuffle_seed' must be a whole number (got 'x')"),
        ("q\n1\n", "r.csv", ", expected: 5", "'samples.expected' names a column"),
        ("q\n1\n", "r.csv", ", id: 5", "'samples.id' names a column"),
        ("q\n1\n", "r.csv", ", lmit: 5", "unknown key 'lmit' (did you mean 'limit'?) in 'samples'"),
        ("q\n1\n", "r.txt", "", "must name a .jsonl or .csv file"),
        ("p\n1\n", "r.csv", "", "the variable 'q' is used in a template but not defined in sample 'r1'"),
    ],
)  # fmt: skip
def test_wrong_rows_are_named_with_file_and_line(rows, content, name, spec, message):
    with pytest.raises(TaskFileError) as caught:
        rows(content, name, spec)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("samples", "line", "words"),
    [
        ("5", 4, "must be a list with at least one row"),
        ("[]", 4, "must be a list with at least one row"),
        ("[5]", 4, "every sample is a mapping"),
        ("\n  - {variables: {q: 1}}\n  - {id: b, variables: {q: 1}}", 5, "sample 1 has no 'id'"),
        ("\n  - {id: a, variables: {q: 1}}\n  - id: b\n    varables: {q: 1}", 7, "did you mean 'variables'?"),
        ("\n  - {id: 2025, variables: {q: 1}}", 5, "the sample id 2025 must be text (quote it)"),
        ("\n  - {id: a, variables: {q: 1}, weight: 0}", 5, "'samples[0].weight': must be above 0 (got 0)"),
        ("\n  - {id: a, variables: {q: 1}, images: p.png}", 5, "'images' must be a list of files"),
        ("\n  - {id: a, variables: {q: 1}, has_expected: true}", 5, "unknown key 'has_expected'"),
        ("\n  - {id: a, variables: {q: 1}, expected: '@file:none.txt'}", 5, "the file 'none.txt' does not exist"),
    ],
)
def test_wrong_inline_rows_are_named_with_their_line(load, samples, line, words):
    with pytest.raises(TaskFileError) as caught:
        load(HEAD + f"samples: {samples}\n")
    assert str(caught.value).startswith(f"docs/tasks/t.yaml:{line}: task 't': ")
    assert words in str(caught.value)


def test_one_row_needs_no_id(load):
    assert load(HEAD + "samples: [{variables: {q: 1}}]\n")[0].samples[0].id == "-"
    assert load(HEAD + "samples: [{id: '-', variables: {q: 1}}]\n")[0].samples[0].id == "-"


FILES = "id: t\nexpected: x\ninput:\n  prompt: hi\n  files:\n    - %s\n"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("/etc/hostname", "must be a relative path"),
        ("a/../../x.txt", "must be a relative path"),
        ("'C:x.txt'", "must be a relative path"),
        ("'a\\b.txt'", "must be a relative path"),
        ('"a\\0b"', "must be a relative path"),
        ("tasks", "is a folder or no ordinary file"),
        ("none.txt", "does not exist (looked in docs/)"),
        ("5", "a file is a path or a mapping"),
        ("{name: x}", "'path' is missing"),
        ("{path: a.txt, text: x}", "unknown key 'text' in 'files'"),
        ("{path: a.txt, nme: x}", "unknown key 'nme' (did you mean 'name'?)"),
        ("{path: a.txt, as: txt}", "must be 'text', 'image' or 'attachment' (got 'txt') (did you mean 'text'?)"),
        ("{path: a.txt, as: image}", "'a.txt' is no PNG, JPEG, WebP or GIF picture"),
        ("{path: link.txt}", "leads out of the category folder"),
        ("{path: a.txt}\n    - {path: sub/a.txt}", "two files are called 'a'"),
    ],
)
def test_files_lead_nowhere_else(load, folder, tmp_path, entry, words):
    (folder / "a.txt").write_text("a")
    (folder / "sub").mkdir()
    (folder / "sub" / "a.txt").write_text("a")
    (tmp_path / "docs-other").mkdir()
    (tmp_path / "docs-other" / "x.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "docs-other" / "x.txt")
    with pytest.raises(TaskFileError) as caught:
        load(FILES % entry)
    assert str(caught.value).startswith(f"docs/tasks/t.yaml:{6 + entry.count(chr(10))}: ")
    assert words in str(caught.value)


def test_files_are_hashed_and_kept(load, folder):
    (folder / "a.txt").write_text("a\n")
    (folder / "p.png").write_bytes(PNG)
    (folder / "inner.txt").symlink_to(folder / "a.txt")
    (task,) = load(FILES % "inner.txt\n    - {path: p.png, as: attachment}\n    - {path: p.png, as: image}")
    text, attachment, image = task.input.files
    assert (text.kind, text.text) == ("text", "a\n")
    assert (attachment.kind, attachment.text) == ("attachment", None)
    assert attachment.sha256 == image.sha256 != text.sha256


def test_files_that_cannot_be_used_are_named_themselves(load, folder):
    (folder / "a.txt").write_bytes(b"line\n\xff")
    with pytest.raises(TaskFileError, match=r"^docs/a.txt:2: is not UTF-8"):
        load(FILES % "a.txt")
    with open(folder / "big.png", "wb") as file:
        file.write(PNG)
        file.truncate(5_000_001)
    with pytest.raises(TaskFileError, match=r"^docs/big.png: is larger than 5 MB"):
        load(FILES % "{path: big.png, as: image}")


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg/>", None),
    ],
)
def test_pictures_are_known_by_their_first_bytes(head, mime):
    from pytest_localbench.suite.files import mime_of

    assert mime_of(head) == mime
