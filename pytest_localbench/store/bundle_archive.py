"""Zip archives of bundles, read with distrust: nothing is unpacked, every member is checked before it is read.

What is refused: encrypted members, links and devices, names that are no plain path, names given twice, more than the
announced number of bytes, members that overlap, data before or after the archive, and anything beyond the limits.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import NoReturn

from ..errors import CorruptDocument
from .bundle_paths import collision, path_problem

MAX_FILE_BYTES = 5_000_000
MAX_DOCUMENT_BYTES = 64_000_000
MAX_TOTAL_BYTES = 200_000_000
MAX_MEMBERS = 10_000
MAX_RATIO = 100
FREE_BYTES = 100_000
"""Members up to this size may be packed as tightly as they like."""

DOCUMENT = "bundle.json"
ASSETS = "assets/"
_END = struct.Struct("<4s4H2LH")
_MAX_DIRECTORY_BYTES = 4_000_000
_PLAIN_KINDS = {0, stat.S_IFREG}
_WAYS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_STAMP = (1980, 1, 1, 0, 0, 0)


def is_archive(data: bytes) -> bool:
    """True for bytes that begin as a zip archive does."""
    return data[:4] in {b"PK\x03\x04", b"PK\x05\x06"}


def read_archive(data: bytes, shown: str) -> dict[str, bytes]:
    """Members by name: ``bundle.json`` and files below ``assets/``. Raises CorruptDocument with a sentence."""
    _check_end(data, shown)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _checked(archive.infolist(), len(data), shown)
            return {info.filename: _read(archive, info, shown) for info in members}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise CorruptDocument(f"{shown}: is a damaged archive ({error}); nothing was imported.") from None


def write_archive(document: bytes, assets: Mapping[str, bytes]) -> bytes:
    """An archive of the document and its assets (path below ``assets/`` -> content); the same input, the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in [(DOCUMENT, document), *((ASSETS + path, assets[path]) for path in sorted(assets))]:
            info = zipfile.ZipInfo(name, _STAMP)
            tight = len(data) > FREE_BYTES and len(zlib.compress(data)) * (MAX_RATIO // 2) < len(data)
            info.compress_type = zipfile.ZIP_STORED if tight else zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.create_system = 3
            archive.writestr(info, data)
    return out.getvalue()


def _check_end(data: bytes, shown: str) -> None:
    """The record at the end decides how much is read before anything can be checked."""
    if len(data) < _END.size or data[-_END.size :][:4] != b"PK\x05\x06":
        _refuse(shown, "has data or a comment behind its end")
    _, disk, start, here, total, size, offset, comment = _END.unpack(data[-_END.size :])
    if (disk, start, comment) != (0, 0, 0) or here != total or 0xFFFF in {here, total} or 0xFFFFFFFF in {size, offset}:
        _refuse(shown, "is split, or larger than any bundle")
    if total > MAX_MEMBERS or size > _MAX_DIRECTORY_BYTES:
        _refuse(shown, f"holds more than {MAX_MEMBERS} files")
    if offset + size + _END.size != len(data) or data[:2] != b"PK":
        _refuse(shown, "has data before its beginning or behind its end")


def _checked(infos: list[zipfile.ZipInfo], length: int, shown: str) -> list[zipfile.ZipInfo]:
    files = [info for info in infos if not _is_folder(info, shown)]
    for info in files:
        _check_member(info, shown)
    names = [info.filename for info in files]
    problem = collision(names)
    if problem is not None:
        _refuse(shown, f"is ambiguous: {problem}")
    if DOCUMENT not in names:
        _refuse(shown, f"is no bundle: it has no {DOCUMENT} at its top")
    total = sum(info.file_size for info in files)
    if total > MAX_TOTAL_BYTES:
        _refuse(
            shown, f"unpacks to {total / 1e6:.0f} MB, more than the {MAX_TOTAL_BYTES // 1_000_000} MB that are allowed"
        )
    end = 0
    for info in sorted(files, key=lambda one: one.header_offset):
        if info.header_offset < end:
            _refuse(shown, f"holds members that overlap ('{info.filename}')")
        end = info.header_offset + 30 + len(info.filename.encode()) + info.compress_size
    if end > length:
        _refuse(shown, "announces more data than it holds")
    return files


def _is_folder(info: zipfile.ZipInfo, shown: str) -> bool:
    if not info.filename.endswith("/"):
        return False
    if info.file_size or _kind_of(info) not in {0, stat.S_IFDIR}:
        _refuse(shown, f"holds a folder with content ('{info.filename}')")
    problem = path_problem(info.filename.rstrip("/"))
    if problem is not None:
        _refuse(shown, f"holds '{info.filename}', which {problem}")
    return True


def _check_member(info: zipfile.ZipInfo, shown: str) -> None:
    name = info.filename
    if info.orig_filename != name:
        _refuse(shown, f"holds a name with a NUL or a backslash ({info.orig_filename!r})")
    problem = path_problem(name.removeprefix(ASSETS)) if name != DOCUMENT else None
    if problem is not None:
        _refuse(shown, f"holds '{name}', which {problem}")
    if name != DOCUMENT and not name.startswith(ASSETS):
        _refuse(shown, f"holds '{name}', which belongs to no bundle ({DOCUMENT} and {ASSETS} do)")
    if not name.isascii() and not info.flag_bits & 0x800:
        _refuse(shown, f"holds '{name}', whose name is not marked as UTF-8")
    if info.flag_bits & 0x1:
        _refuse(shown, f"holds '{name}', which is encrypted")
    if info.compress_type not in _WAYS:
        _refuse(shown, f"holds '{name}', which is packed in an unusual way (use deflate)")
    if _kind_of(info) not in _PLAIN_KINDS:
        _refuse(shown, f"holds '{name}', which is a link or a device, no plain file")
    limit = MAX_DOCUMENT_BYTES if name == DOCUMENT else MAX_FILE_BYTES
    if info.file_size > limit:
        _refuse(
            shown,
            f"holds '{name}' with {info.file_size / 1e6:.0f} MB, more than the {limit // 1_000_000} MB that are allowed",
        )
    if info.file_size > FREE_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        _refuse(shown, f"holds '{name}', which unpacks to more than {MAX_RATIO} times its size")


def _kind_of(info: zipfile.ZipInfo) -> int:
    return stat.S_IFMT(info.external_attr >> 16)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str) -> bytes:
    with archive.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        _refuse(shown, f"holds '{info.filename}', which is not as large as it says")
    return data


def _refuse(shown: str, words: str) -> NoReturn:
    raise CorruptDocument(f"{shown}: {words}; nothing was imported.")
