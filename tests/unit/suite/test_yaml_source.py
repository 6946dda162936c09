"""Files are read as their author wrote them, or refused with a line."""

from __future__ import annotations

import pytest

from pytest_localbench.errors import ModelFileError, TaskFileError
from pytest_localbench.suite import yaml_source
from pytest_localbench.suite.yaml_source import read_data


@pytest.fixture(params=["compiled", "pure"])
def parser(request, monkeypatch):
    if request.param == "pure":
        monkeypatch.setattr(yaml_source, "_Loader", yaml_source._PurePython)
    return request.param


def read(tmp_path, text, name="t.yaml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_data(path, name)


def test_values_stay_what_the_author_wrote(tmp_path, parser):
    data = read(tmp_path, "a: no\nb: off\nc: 012\nd: 12:30\ne: 2025-03-04\nf: 1_000\ng: 0x1F\nNO: norway\nh: 1.10\np: +4930123\n"
                          "i: 1e3\nj: true\nk: ~\nl:\nm: -5\nn: 'yes'\no: 2025-03-04T03:04:05Z\n")  # fmt: skip
    assert data == {
        "a": "no", "b": "off", "c": "012", "d": "12:30", "e": "2025-03-04", "f": "1_000", "g": "0x1F", "NO": "norway",
        "h": 1.1, "p": "+4930123", "i": 1000.0, "j": True, "k": None, "l": None, "m": -5, "n": "yes", "o": "2025-03-04T03:04:05Z",
    }  # fmt: skip


def test_byte_order_mark_and_line_ends_do_not_matter(tmp_path, parser):
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
        ("t.yaml", "", 1, "is empty"),
        ("t.yaml", "# only a comment\n", 1, "is empty"),
        ("t.yaml", "x: 1\na: {b: 1, c: 2, b: 3}\n", 2, "the key 'b' stands twice (lines 2 and 2)"),
        ("t.yaml", 'NO: 1\n"NO": 2\n', 2, "the key 'NO' stands twice (lines 1 and 2)"),
        ("t.yaml", "a: !!str 5\n", 1, "the tag '!!str' is not allowed here"),
        ("t.yaml", "a: !!binary aGk=\n", 1, "the tag '!!binary' is not allowed here"),
        ("t.yaml", "- !mine [1]\n", 1, "the tag '!mine' is not allowed here"),
        ("t.yaml", "!!str a: 1\n", 1, "the tag '!!str' is not allowed here"),
        ("t.yaml", "a: -.inf\n", 1, "is not a number that can be stored"),
        ("t.yaml", "a: 1e999\n", 1, "too large a number"),
        ("t.yaml", f"a: {'9' * 5000}\n", 1, "this number is too long"),
        ("t.yaml", "? [a]\n: 1\n", 1, "a key must be plain text"),
        ("t.yaml", "a:\n  <<: 5\n", 2, "'<<' merges mappings only"),
        ("t.yaml", "a: &a\n  <<: *a\n", 1, "an alias refers to itself"),
        ("t.yaml", "a: 1\nb: x\x07y\n", 2, "the control character U+0007"),
        ("t.yaml", "a: *nowhere\n", 1, "undefined alias"),
        ("t.yaml", "- " * 70 + "x", 1, "nested more than 64"),
        ("t.json", "", 1, "is not valid JSON"),
        ("t.json", '{"a": {"k": 1},\n"b": {"k": 1, "j": "k",\n"k": 2}}', 3, "the key 'k' stands twice (lines 2 and 3)"),
        ("t.json", '{"a": [1, 2.5, {"b": "NaN"},\n-Infinity]}', 2, "-Infinity is not valid JSON"),
        ("t.json", '{"a": "1e999",\n"b": 1e999}', 2, "1e999 is not valid JSON"),
        ("t.json", f'{{"a": {"9" * 5000}}}', None, "holds a number that is too long"),
        ("t.json", "[" * 65 + "]" * 65, None, "nested more than 64"),
        ("t.json", "[" * 500 + '{"a": 1, "a": 2}' + "]" * 500, None, "holds a key twice"),
        ("t.json", "[" * 500 + "NaN" + "]" * 500, None, "NaN is not valid JSON"),
        ("t.json", "[" + "[1]," * 150_000 + "[1]]", None, "more than 200000 values"),
        ("t.json", '{"a": 1,}', 1, "is not valid JSON"),
    ],
)
def test_unusable_files_are_refused_with_their_line(tmp_path, parser, name, text, line, words):
    with pytest.raises(TaskFileError) as caught:
        read(tmp_path, text, name)
    assert words in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{name}:{line}: " if line else f"{name}: ")


def test_an_alias_bomb_is_refused_and_honest_anchors_work(tmp_path, parser):
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for last, name in zip("abcdefg", "bcdefgh", strict=True):
        bomb += f"{name}: &{name} [{','.join([f'*{last}'] * 10)}]\n"
    with pytest.raises(TaskFileError, match="once aliases are expanded"):
        read(tmp_path, bomb)
    honest = "base: &b {p: 1, q: 2}\nuse:\n  <<: *b\n  q: 3\nagain: *b\n"
    assert read(tmp_path, honest) == {"base": {"p": 1, "q": 2}, "use": {"q": 3, "p": 1}, "again": {"p": 1, "q": 2}}


def test_keys_are_text_and_merges_follow_yaml(tmp_path, parser):
    data = read(tmp_path, "2467.90: a\ntrue: b\n~: c\n012: d\n'': e\n")
    assert data == {"2467.90": "a", "true": "b", "~": "c", "012": "d", "": "e"}
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\nd: {'<<': 1}\n"
    data = read(tmp_path, text)
    assert data["c"] == {"x": 1, "y": 3, "z": 2}
    assert data["d"] == {"<<": 1}


def test_copies_of_an_anchor_are_apart(tmp_path, parser):
    data = read(tmp_path, "a: &a [1]\nb: *a\n")
    data["a"].append(2)
    assert data["b"] == [1]


def test_numbers_of_both_languages_agree(tmp_path, parser):
    assert read(tmp_path, "[1, -2, 0.5, -0.0, 1e3, 1.5E-2, .5, 5.]") == [1, -2, 0.5, -0.0, 1000.0, 0.015, 0.5, 5.0]
    assert read(tmp_path, "[1, -2, 0.5, 1e3, 1.5E-2]", "t.json") == [1, -2, 0.5, 1000.0, 0.015]
    assert read(tmp_path, "[-a, 1.2.3, 1-2, 0x, 1e, '00', 00]") == ["-a", "1.2.3", "1-2", "0x", "1e", "00", "00"]


def test_files_beyond_the_limit_and_missing_ones(tmp_path):
    with pytest.raises(TaskFileError, match=r"^t.yaml: is larger than 5 MB"):
        read(tmp_path, b"a: " + b"x" * 5_000_000)
    with pytest.raises(ModelFileError, match=r"none.yaml: cannot be read \(No such file"):
        read_data(tmp_path / "none.yaml", error=ModelFileError)


def test_the_pure_parser_is_used_where_libyaml_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "yaml.cyaml", None)
    assert yaml_source._loader() is yaml_source._PurePython
