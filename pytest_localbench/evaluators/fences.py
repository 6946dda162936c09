"""Fenced code blocks (after CommonMark): a run of three or more back-ticks or tildes alone on its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .answer import Fence

_LINE: Final = re.compile(r"^([ \t]*)(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fence and where its raw content stands in the text."""

    fence: Fence
    start: int
    end: int


def read_fences(text: str) -> list[Block]:
    """All fenced blocks in order; the closing run has the same character and at least the length of the opening one.

    A last block that is never closed runs to the end and is marked so.
    """
    if "```" not in text and "~~~" not in text:
        return []
    blocks: list[Block] = []
    opener: re.Match[str] | None = None
    for line in _LINE.finditer(text):
        run, info = line.group(2), line.group(3).strip()
        if opener is None:
            if run[0] == "~" or "`" not in info:
                opener = line
        elif run[0] == opener.group(2)[0] and len(run) >= len(opener.group(2)) and not info:
            blocks.append(_block(text, opener, line.start(), closed=True))
            opener = None
    if opener is not None:
        blocks.append(_block(text, opener, len(text), closed=False))
    return blocks


def _block(text: str, opener: re.Match[str], end: int, *, closed: bool) -> Block:
    start = min(opener.end() + 1, end)
    content = text[start:end]
    indent = opener.group(1)
    if indent:
        content = re.sub(rf"^[ \t]{{1,{len(indent)}}}", "", content, flags=re.MULTILINE)
    words = opener.group(3).split()
    language = words[0].lower().strip("{}.") if words else ""
    return Block(Fence(language, content.removesuffix("\n"), closed), start, end)
