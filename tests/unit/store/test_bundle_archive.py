"""Archives that want to write elsewhere, to fill the disk or to be read in two ways are refused with a sentence."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from pytest_localbench.errors import CorruptDocument
from pytest_localbench.store.bundle_archive import DOCUMENT, is_archive, read_archive, write_archive
from pytest_localbench.store.bundle_paths import collision, is_code, path_problem

GOOD = "assets/docs/files/a.txt"


def packed(*members, document=b"{}", comment=b""):
    """A zip of the document and (name or ZipInfo, content) pairs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if document is not None:
            archive.writestr(DOCUMENT, document)
        for name, content in members:
            archive.writestr(name, content)
        archive.comment = comment
    return out.getvalue()


def info(name=GOOD, mode=stat.S_IFREG | 0o644):
    found = zipfile.ZipInfo(name)
    found.create_system = 3
    found.external_attr = mode << 16
    return found


def refusal(data):
    with pytest.raises(CorruptDocument) as caught:
        read_archive(data, "b.zip")
    text = str(caught.value)
    assert text.startswith("b.zip: ")
    assert text.endswith("nothing was imported.")
    assert "\n" not in text
    return text


def test_what_was_written_is_read_again_and_is_the_same_each_time():
    assets = {"docs/files/a.txt": b"text", "docs/p.png": bytes(range(256)) * 9, "docs/loop.txt": b"x" * 3_000_000}
    data = write_archive(b"{}", assets)
    assert is_archive(data)
    assert read_archive(data, "b.zip") == {
        DOCUMENT: b"{}",
        **{f"assets/{name}": content for name, content in assets.items()},
    }
    assert write_archive(b"{}", dict(reversed(assets.items()))) == data


def test_folders_that_other_programs_add_do_no_harm():
    assert set(read_archive(packed(("assets/", b""), ("assets/docs/", b""), (GOOD, b"x")), "b.zip")) == {DOCUMENT, GOOD}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.txt", "leads out of its folder"),
        ("assets/docs/../../evil.txt", "leads out of its folder"),
        ("assets/docs/./a.txt", "leads out of its folder"),
        ("assets/docs//a.txt", "leads out of its folder"),
        ("/etc/passwd", "absolute path"),
        ("assets//etc/passwd", "absolute path"),
        ("C:/windows/a.txt", "not every system allows"),
        ("assets/docs/C:a.txt", "not every system allows"),
        ("assets/docs/a.txt:stream", "not every system allows"),
        ("assets\\docs\\a.txt", "not every system allows"),
        ("assets/docs/a\x1b[31m.txt", "control character"),
        ("assets/docs/\u202eevil.txt", "cannot be seen"),
        ("assets/docs/a\u200b.txt", "cannot be seen"),
        ("assets/docs/cafe\u0301.txt", "Unicode form NFC"),
        ("assets/docs/a.txt.", "ends with a dot"),
        ("assets/docs/a.txt ", "ends with a blank"),
        ("assets/docs/con", "Windows reserves"),
        ("assets/docs/NUL.txt", "Windows reserves"),
        ("assets/docs/lpt1.tar.gz", "Windows reserves"),
        ("assets/docs/.git/hooks/post-merge", "hidden"),
        ("assets/docs/.env", "hidden"),
        ("assets/docs/conftest.py", "steers pytest"),
        ("assets/docs/files/Conftest.PY", "steers pytest"),
        ("assets/docs/pytest.ini", "steers pytest"),
        ("assets/docs/x/category.yaml", "steers pytest"),
        ("assets/docs/tasks/t.yaml", "task files are looked for"),
        ("assets/" + "d/" * 20 + "a.txt", "folders deep"),
        ("assets/docs/" + "a" * 300, "1 to 200 characters"),
        ("evil.txt", "belongs to no bundle"),
        ("other/a.txt", "belongs to no bundle"),
    ],
)
def test_names_that_are_no_plain_path_below_the_assets(name, words):
    assert words in refusal(packed((info(name), b"x")))


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
def test_links_and_devices(mode):
    assert "a link or a device" in refusal(packed((info(mode=mode | 0o777), b"/etc/passwd")))


def test_a_name_given_twice():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = packed((GOOD, b"one"), (GOOD, b"two"))
    assert "stands there twice" in refusal(data)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("assets/docs/a.txt", "assets/docs/A.txt", "where case does not count"),
        ("assets/docs/stra\u00dfe.txt", "assets/docs/strasse.txt", "where case does not count"),
        ("assets/docs/a", "assets/docs/a/b.txt", "needs a folder of that name"),
        ("assets/docs/A/b.txt", "assets/docs/a", "needs a folder of that name"),
    ],
)
def test_names_that_are_one_file_on_some_systems(first, second, words):
    assert words in refusal(packed((info(first), b"x"), (info(second), b"y")))


def test_bombs():
    assert "more than 100 times its size" in refusal(packed((GOOD, b"\0" * 4_000_000)))
    assert "more than the 5 MB" in refusal(packed((GOOD, b"\0" * 6_000_000)))
    many = [(f"assets/docs/f{n}.bin", b"x") for n in range(10_001)]
    assert "more than 10000 files" in refusal(packed(*many))


def test_a_total_that_is_too_large_is_known_before_anything_is_unpacked(monkeypatch):
    data = packed((GOOD, bytes(range(256)) * 3), ("assets/docs/b.txt", bytes(range(256)) * 3))
    monkeypatch.setattr("pytest_localbench.store.bundle_archive.MAX_TOTAL_BYTES", 1000)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert "unpacks to" in refusal(data)


def changed(data, signature, offset, form, value):
    """The archive with a field of its first record of a kind changed."""
    at = data.index(signature) + offset
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


def with_member(data, offset, form, value):
    """The archive with a field of the directory record of the last member changed."""
    at = data.rindex(b"PK\x01\x02") + offset
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


@pytest.mark.parametrize(
    ("offset", "form", "value", "words"),
    [
        (8, "<H", 0x1, "encrypted"),
        (10, "<H", 12, "unusual way"),
        (10, "<H", 99, "unusual way"),
        (24, "<I", 5, "damaged|not as large"),
        (24, "<I", 90_000, "damaged|not as large"),
        (20, "<I", 4_000_000, "more data than it holds|damaged"),
        (42, "<I", 0, "overlap"),
        (16, "<I", 7, "damaged"),
    ],
)
def test_records_that_lie(offset, form, value, words):
    text = refusal(with_member(packed((GOOD, b"some text that is longer than five")), offset, form, value))
    assert any(word in text for word in words.split("|"))


def test_one_packed_text_cannot_serve_many_members():
    data = packed(*[(f"assets/docs/f{n}.bin", bytes([n]) * 50) for n in range(3)])
    spots = [i for i in range(len(data)) if data[i : i + 4] == b"PK\x01\x02"]
    first = struct.unpack("<I", data[spots[1] + 42 : spots[1] + 46])[0]
    for spot in spots[2:]:
        data = data[: spot + 42] + struct.pack("<I", first) + data[spot + 46 :]
    assert "overlap" in refusal(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (packed(comment=b"hello"), "comment behind its end"),
        (packed() + b"trailing", "behind its end"),
        (b"#!/bin/sh\n" + packed(), "before its beginning"),
        (b"PK\x03\x04", "behind its end"),
        (b"PK\x03\x04" + b"\0" * 100, "behind its end"),
        (packed(document=None), f"no {DOCUMENT} at its top"),
        (packed()[:-40] + packed()[-22:], "before its beginning|damaged"),
    ],
)
def test_what_is_no_plain_archive(data, words):
    text = refusal(data)
    assert any(word in text for word in words.split("|"))


def test_the_large_format_is_not_read():
    data = changed(packed(), b"PK\x05\x06", 10, "<H", 0xFFFF)
    assert "larger than any bundle" in refusal(data)
    assert "larger than any bundle" in refusal(changed(packed(), b"PK\x05\x06", 16, "<I", 0xFFFFFFFF))
    assert "larger than any bundle" in refusal(changed(packed(), b"PK\x05\x06", 4, "<H", 1))


def test_names_that_are_not_marked_as_utf8():
    data = packed((info("assets/docs/\u00fc.txt"), b"x"))
    at = data.rindex(b"PK\x01\x02") + 8
    plain = data[:at] + struct.pack("<H", 0) + data[at + 2 :]
    local = plain.rindex(b"PK\x03\x04") + 6
    assert "not marked as UTF-8" in refusal(plain[:local] + struct.pack("<H", 0) + plain[local + 2 :])


@pytest.mark.parametrize(
    "path", ["files/a.txt", "files/Rechnung Müller (2).pdf", "日本/語.txt", "a/b/c/d.png", "x.schema.txt"]
)
def test_usual_names_are_fine(path):
    assert path_problem(path) is None
    assert collision([path]) is None


@pytest.mark.parametrize("path", [None, 5, "", [], "a\x00b", "a\ud800b"])
def test_what_is_no_name(path):
    assert path_problem(path)


@pytest.mark.parametrize(("path", "code"), [("a.py", True), ("a.PY", True), ("x.tar.sh", True), ("m.pkl", True), ("run.sh.txt", True),
                                            ("a.txt", False), ("a.html", False), ("notes.python.md", False)])  # fmt: skip
def test_files_that_can_be_run(path, code):
    assert is_code(path) == code
