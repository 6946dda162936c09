"""Files are read as their author wrote them, or refused with a line."""

from __future__ import annotations

import pytest

from pytest_localbench.errors import TaskFileError
from pytest_localbench.suite.yaml_source import read_data


def read(tmp_path, text, name="t.yaml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_data(path, name)


def test_values_stay_what_the_author_wrote(tmp_path):
    data = read(tmp_path, "a: no\nb: off\nc: 012\nd: 12:30\ne: 2025-03-04\nf: 1_000\ng: 0x1F\nNO: norway\nh: 1.10\n"
                          "i: 1e3\nj: true\nk: ~\nl:\nm: -5\nn: 'yes'\no: 2025-03-04T03:04:05Z\n")  # fmt: skip
    assert data == {
        "a": "no", "b": "off", "c": "012", "d": "12:30", "e": "2025-03-04", "f": "1_000", "g": "0x1F", "NO": "norway",
        "h": 1.1, "i": 1000.0, "j": True, "k": None, "l": None, "m": -5, "n": "yes", "o": "2025-03-04T03:04:05Z",
    }  # fmt: skip


def test_byte_order_mark_and_line_ends_do_not_matter(tmp_path):
    text = "text: |\n  € 5 – Müller\n  zwei\n"
    plain = read(tmp_path, text)
    windows = read(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert plain == windows == {"text": "€ 5 – Müller\nzwei\n"}


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("t.yaml", "id: a\nx: 1\nid: b\n", 3, "the key 'id' stands twice (lines 1 and 3)"),
        ("t.json", '{\n"id": "a",\n"id": "b"}', 3, "the key 'id' stands twice (lines 2 and 3)"),
        ("t.yaml", "a: &x [*x]\n", 1, "an alias refers to itself"),
        ("t.yaml", "a: !!python/object:os.system {}\n", 1, "is not allowed here"),
        ("t.yaml", "a: .nan\n", 1, "is not a number that can be stored"),
        ("t.yaml", "a: 1\n---\nb: 2\n", 2, "more than one YAML document"),
        ("t.yaml", "a: [1, 2\nb: 3\n", 2, "is not valid YAML"),
        ("t.json", '{"a": NaN}', 1, "NaN is not valid JSON"),
        ("t.json", '{"a": 1}\nrest', 2, "is not valid JSON"),
        ("t.json", "[" * 100_000, None, "nested more than"),
        ("t.yaml", "[" * 200 + "]" * 200, 1, "nested more than"),
        ("t.yaml", b"a: \xff", 1, "is not UTF-8"),
    ],
)
def test_unusable_files_are_refused_with_their_line(tmp_path, name, text, line, words):
    with pytest.raises(TaskFileError) as caught:
        read(tmp_path, text, name)
    assert words in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{name}:{line}: " if line else f"{name}: ")


def test_an_alias_bomb_is_refused_and_honest_anchors_work(tmp_path):
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for last, name in zip("abcdefg", "bcdefgh", strict=True):
        bomb += f"{name}: &{name} [{','.join([f'*{last}'] * 10)}]\n"
    with pytest.raises(TaskFileError, match="once aliases are expanded"):
        read(tmp_path, bomb)
    honest = "base: &b {p: 1, q: 2}\nuse:\n  <<: *b\n  q: 3\nagain: *b\n"
    assert read(tmp_path, honest) == {"base": {"p": 1, "q": 2}, "use": {"q": 3, "p": 1}, "again": {"p": 1, "q": 2}}
