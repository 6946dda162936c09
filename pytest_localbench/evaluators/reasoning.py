"""Cleaning of a reply and the cut between reasoning and answer."""

from __future__ import annotations

import re
from typing import Final

from ..domain.base import clean_text

_ANSI: Final = re.compile(r"\x1b(?:\[[0-9;?]*+[ -/]*+[@-~]|\][^\x07\x1b\n]*+(?:\x07|\x1b\\))")
_NAMES: Final = "think|thinking|thought|reasoning|reflection"
_TAG: Final = re.compile(rf"<(/?)({_NAMES})>", re.IGNORECASE)
_OPENED: Final = re.compile(rf"\s*<({_NAMES})>", re.IGNORECASE)
_CHANNEL: Final = re.compile(r"<\|channel\|>\s*(\w+)[^<\n]*(?:<\|constrain\|>[^<\n]*)?<\|message\|>")
_CHANNEL_START: Final = re.compile(r"\s*(?:<\|start\|>\s*assistant)?\s*<\|channel\|>\s*\w+")
_CHANNEL_END: Final = re.compile(r"<\|(?:end|return|call|start|im_end)\|>")


def clean_reply(text: str) -> str:
    """Without terminal colour codes, byte-order mark and lone surrogates; line ends as LF."""
    text = clean_text(text).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return _ANSI.sub("", text) if "\x1b" in text else text


def split_reasoning(text: str) -> tuple[str, str, tuple[str, ...]]:
    """(answer part, reasoning, notes) of a cleaned reply.

    Blocks in reasoning tags at the start are reasoning; one that is never closed leaves no answer (``reasoning_cut``).
    A closing tag without its opening one (chat templates write that one) makes everything up to the last closing tag
    reasoning. Tags inside strings and back-ticks, and pairs in the middle of the answer, are content. Of a reply in
    channels only the last final channel is the answer.
    """
    if "<|channel|>" in text:
        return _split_channels(text)
    if "<" not in text or _TAG.search(text) is None:
        return text, "", ()
    parts: list[str] = []
    while (opened := _OPENED.match(text)) is not None:
        closing = _closing_of(text, opened.group(1).casefold(), opened.end())
        if closing is None:
            parts.append(text[opened.end() :])
            return "", _joined(parts), ("reasoning_cut",)
        parts.append(text[opened.end() : closing.start()])
        text = text[closing.end() :]
    last = _last_unopened(text)
    if last is not None:
        parts.append(text[: last.start()])
        text = text[last.end() :]
    return text, _joined(parts), ()


def _joined(parts: list[str]) -> str:
    return "\n".join(part.strip() for part in parts)


def _closing_of(text: str, name: str, start: int) -> re.Match[str] | None:
    quoted = None
    lines = _QuoteState(text)
    for tag in _TAG.finditer(text, start):
        if tag.group(1) and tag.group(2).casefold() == name:
            if not lines.quoted(tag.start(), tag.end()):
                return tag
            quoted = tag
    # a stray quotation mark on the tag's line is likelier than reasoning without an end
    return quoted


def _last_unopened(text: str) -> re.Match[str] | None:
    """The last unquoted closing tag, if one of the unquoted closing tags has no opening one before it."""
    open_tags: dict[str, int] = {}
    unopened, last = False, None
    lines = _QuoteState(text)
    for tag in _TAG.finditer(text):
        if lines.quoted(tag.start(), tag.end()):
            continue
        name = tag.group(2).casefold()
        if not tag.group(1):
            open_tags[name] = open_tags.get(name, 0) + 1
            continue
        last = tag
        if open_tags.get(name):
            open_tags[name] -= 1
        else:
            unopened = True
    return last if unopened else None


class _QuoteState:
    """Whether a place lies inside a JSON string or inline code; both end with their line.

    Places must be asked for in rising order; the text is read once.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.line_end = -1
        self.position = 0
        self.marks = {'"': 0, "`": 0}
        self.last = {'"': -1, "`": -1}

    def quoted(self, start: int, end: int) -> bool:
        text = self.text
        if start > self.line_end:
            self.position = text.rfind("\n", 0, start) + 1
            found = text.find("\n", end)
            self.line_end = len(text) if found < 0 else found
            self.marks = {'"': 0, "`": 0}
            self.last = {mark: text.rfind(mark, self.position, self.line_end) for mark in self.marks}
        passed = text[self.position : start].replace('\\"', "")
        for mark in self.marks:
            self.marks[mark] += passed.count(mark)
        self.position = start
        return any(n % 2 and self.last[mark] >= end for mark, n in self.marks.items())


def _split_channels(text: str) -> tuple[str, str, tuple[str, ...]]:
    heads = list(_CHANNEL.finditer(text))
    final = next((head for head in reversed(heads) if head.group(1) == "final"), None)
    if final is None:
        if heads or _CHANNEL_START.match(text):
            return "", _CHANNEL.sub("\n", text).strip(), ("reasoning_cut",)
        return text, "", ()
    end = _CHANNEL_END.search(text, final.end())
    answer = text[final.end() : end.start() if end else len(text)]
    thoughts = []
    for head in heads:
        if head.start() >= final.start():
            break
        stop = _CHANNEL_END.search(text, head.end())
        thoughts.append(text[head.end() : stop.start() if stop else final.start()])
    return answer, _joined(thoughts), ()
