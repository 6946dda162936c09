"""Errors found after loading are still shown with their line, in YAML and in JSON."""

from __future__ import annotations

import pytest

from pytest_localbench.suite.locate import line_of
from pytest_localbench.suite.yaml_source import read_entries

YAML = """\
# a comment
defaults: &d
  use: exact
  with: {fold: true}
id: t
evaluators:
  - <<: *d
    name: first
  - use: regex
    with:
      all:
        - a
        - b
  - <<: [*d, {weight: 2}]
"""
JSON = """\
[
  {"id": "a", "note": "evaluators: [use]", "evaluators": [{"use": "exact"}]},

  {"id": "b", "evaluators": [
    {"use": "exact"},
    {"use": "regex",
     "with": {"a\\"ll": [-1.5e3, true,
                      null]}}
  ]}
]
"""


@pytest.mark.parametrize(
    ("field", "line"),
    [
        (("id",), 5),
        (("evaluators", 1, "options", "all", 1), 13),
        (("evaluators", 1, "with", "none"), 10),
        (("evaluators", 0, "with", "fold"), 4),
        (("evaluators", 2, "use"), 3),
        (("evaluators", 0, "weight"), 7),
        (("evaluators", 7), 6),
        (("evaluators", "use"), 6),
        (("id", "deeper"), 5),
        (("missing",), 1),
    ],
)
def test_lines_in_yaml(tmp_path, field, line):
    path = tmp_path / "t.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + YAML.replace("\n", "\r\n").encode())
    assert line_of(path, field) == line


@pytest.mark.parametrize(
    ("start", "field", "line"),
    [
        (2, ("id",), 2),
        (2, ("evaluators", 0, "use"), 2),
        (4, ("id",), 4),
        (4, ("evaluators", 0, "use"), 5),
        (4, ("evaluators", 1, "with", 'a"ll', 1), 7),
        (4, ("evaluators", 1, "with", 'a"ll', 2), 8),
        (4, ("evaluators", 1, "weight"), 6),
        (4, ("missing",), 4),
        (99, (1, "id"), 4),
    ],
)
def test_lines_in_json(tmp_path, start, field, line):
    path = tmp_path / "t.json"
    path.write_text(JSON)
    assert line_of(str(path), field, start) == line
    assert read_entries(path)[1]() == [2, 4]


def test_tasks_of_a_yaml_list_are_told_apart(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text("tasks:\n- &a {id: a, x: 1}\n- id: b\n  x: 2\n  y: *a\n- {id: c,\n   x: 3}\n")
    assert read_entries(path)[1]() == [2, 3, 6]
    assert [line_of(path, ("x",), line) for line in (2, 3, 6)] == [2, 4, 7]
    path.write_text("id: a\n")
    assert read_entries(path)[1]() == []


@pytest.mark.parametrize("content", [b"a: [", b"\xff", b"", b"a: &a\n  <<: *a\n  b: 1\n", b"- &a [*a]\n"])
def test_a_file_that_changed_meanwhile_still_has_a_first_line(tmp_path, content):
    path = tmp_path / "t.yaml"
    assert line_of(path, ("x",), 3) == 3
    path.write_bytes(content)
    assert line_of(path, ("a", "x"), 3) == 3 or content.startswith(b"a: &a")
    broken = tmp_path / "t.json"
    for text in ('{"a": [1, }', '{"a"', "[[[", '["\x01"]', "[1 2]", ""):
        broken.write_text(text)
        assert line_of(broken, ("x",), 3) >= 1
