"""From a model's text to its answer, in a fixed order: clean, reasoning, fences, then by the format of the task.

Rules: reasoning is removed first (a closing tag without its opening one ends it; tags inside strings and back-ticks are
content); a configured ``answer_marker`` counts at its first place, up to the end of its line; the usual markers
("Answer:", ...) count at their last place; exactly one fence is the answer; a label counts when exactly one of them
occurs; the number of an answer is its last one.
"""

from __future__ import annotations

import re
from typing import Any

from ..domain.task import OutputSpec
from .answer import MISSING, Answer, Fence
from .extract_json import find_json
from .folding import find_phrase, norm

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_TAGS = "think|thinking|thought|reasoning|reflection"
_OPEN = re.compile(rf"\s*<({_TAGS})>", re.IGNORECASE)
_CLOSE = re.compile(rf"</({_TAGS})>", re.IGNORECASE)
_CHANNEL = re.compile(r"<\|channel\|>final(?:\s*<\|[^|]*\|>[^<]*)?<\|message\|>(.*?)(?:<\|(?:end|return|start)\|>|\Z)", re.DOTALL)
_FENCE_LINE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})[ \t]*([^\n`]*)$", re.MULTILINE)
_MARKER = re.compile(
    r"(?:^|[\n*_>.!? ])\s*[*_`]*(?:the\s+)?(?:final answer|answer|result|endgültige antwort|antwort|ergebnis|réponse"
    r"|respuesta|risposta|odpowiedź)[*_`]*\s*:[*_` ]*",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
_WRAP = "*_`\"'“”„«» \t\n"


def extract(
    reply: str,
    output: OutputSpec,
    *,
    thinking: str | None = None,
    finish_reason: str = "stop",
    expected: Any = None,
) -> Answer:
    """The answer of one reply; never raises, whatever the text is.

    ``thinking``: reasoning the provider already kept apart; ``expected``: used only for its top-level keys, never for
    its values.
    """
    text = clean_reply(reply)
    body, reasoning, notes = split_reasoning(text)
    fences, unclosed = read_fences(body)
    if unclosed:
        notes.append("unclosed_fence")
    if finish_reason == "length":
        notes.append("truncated")
    value: Any = MISSING
    level = None
    label = None
    short = ""
    answer = body.strip()
    if output.format == "json":
        keys = frozenset(_keys(expected))
        found = find_json(body, fences, keys)
        if found is not None:
            value, level = found.value, found.level
            notes.extend(found.notes)
    elif output.format == "label":
        answer = _short_answer(body, fences, output)
        label = find_label(answer, body, output.labels)
        answer = label or answer
    elif output.format in {"html", "code"}:
        answer = _code(body, fences, output)
    elif output.format == "number":
        answer = _short_answer(body, fences, output, whole=True)
    elif output.format == "text":
        answer = _text_answer(body, fences, output)
        short = _short_answer(body, fences, output)
    return Answer(
        text=answer,
        clean=body.strip(),
        value=value,
        level=level,
        label=label,
        short=short,
        reasoning=reasoning or (thinking or ""),
        fences=fences,
        notes=tuple(dict.fromkeys(notes)),
    )


def clean_reply(text: str) -> str:
    """Without colour codes and byte-order mark, line ends as LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return _ANSI.sub("", text) if "\x1b" in text else text


def split_reasoning(text: str) -> tuple[str, str, list[str]]:
    """(answer part, reasoning, notes)."""
    channel = _CHANNEL.findall(text)
    if channel:
        return channel[-1], text[: text.rfind("<|channel|>final")], []
    reasoning: list[str] = []
    while (opened := _OPEN.match(text)) is not None:
        close = re.compile(rf"</{opened[1]}>", re.IGNORECASE).search(text, opened.end())
        if close is None:
            return "", "\n".join([*reasoning, text[opened.end() :]]), ["reasoning_cut"]
        reasoning.append(text[opened.end() : close.start()])
        text = text[close.end() :]
    closings = [m for m in _CLOSE.finditer(text) if not _quoted(text, m.start())]
    opened_later = {m[1].lower() for m in re.finditer(rf"<({_TAGS})>", text, re.IGNORECASE)}
    alone = [m for m in closings if m[1].lower() not in opened_later]
    if alone:
        last = alone[-1]
        reasoning.append(text[: last.start()])
        text = text[last.end() :]
    return text, "\n".join(part.strip() for part in reasoning), []


def _quoted(text: str, position: int) -> bool:
    """True inside a JSON string or back-ticks on the same line."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line.count("`") % 2 == 1 or line.replace('\\"', "").count('"') % 2 == 1


def read_fences(text: str) -> tuple[tuple[Fence, ...], bool]:
    """Fenced blocks (CommonMark: the closing run has the same character and at least the length)."""
    fences: list[Fence] = []
    opener: re.Match[str] | None = None
    for mark in _FENCE_LINE.finditer(text):
        if opener is None:
            opener = mark
        elif mark[1][0] == opener[1][0] and len(mark[1]) >= len(opener[1]) and not mark[2].strip():
            fences.append(Fence(_language(opener[2]), text[opener.end() + 1 : mark.start()].rstrip("\n")))
            opener = None
    if opener is not None:
        fences.append(Fence(_language(opener[2]), text[opener.end() + 1 :].rstrip("\n"), closed=False))
    return tuple(fences), opener is not None


def _language(info: str) -> str:
    words = info.split()
    return words[0].lower() if words else ""


def _keys(expected: Any) -> list[str]:
    if isinstance(expected, dict):
        return list(expected)
    return _keys(expected[0]) if isinstance(expected, list) and expected else []


def _configured(body: str, output: OutputSpec) -> str | None:
    for marker in output.answer_marker:
        start = body.find(marker)
        if start >= 0:
            rest = body[start + len(marker) :].lstrip(" \t:*_`")
            return unwrap(rest.split("\n", 1)[0])
    return None


def _marked(body: str) -> str | None:
    boxed = _BOXED.findall(body)
    if boxed:
        return str(boxed[-1]).strip()
    found = None
    for found in _MARKER.finditer(body):  # noqa: B007 - the last one counts
        pass
    return body[found.end() :].strip() if found is not None else None


def unwrap(text: str) -> str:
    """Without emphasis, quotes and one final dot around it."""
    text = text.strip().strip(_WRAP)
    return text[:-1].rstrip(_WRAP) if text.endswith(".") and not text.endswith("..") else text


def _short_answer(body: str, fences: tuple[Fence, ...], output: OutputSpec, *, whole: bool = False) -> str:
    found = _configured(body, output)
    if found is not None:
        return found
    if len(fences) == 1:
        return unwrap(fences[0].content)
    marked = _marked(body)
    if marked:
        return unwrap(marked.split("\n", 1)[0])
    lines = [line for line in body.strip().splitlines() if line.strip()]
    return unwrap(body if whole or len(lines) == 1 else lines[-1]) if lines else ""


def _text_answer(body: str, fences: tuple[Fence, ...], output: OutputSpec) -> str:
    found = _configured(body, output)
    if found is not None:
        return found
    if len(fences) == 1 and fences[0].content.strip():
        return fences[0].content.strip()
    return body.strip()


def _code(body: str, fences: tuple[Fence, ...], output: OutputSpec) -> str:
    if fences:
        entry = output.entry
        named = [f.content for f in fences if entry and re.search(rf"\b{re.escape(entry)}\b", f.content)]
        return named[-1] if named else max((f.content for f in fences), key=len)
    if output.format == "html":
        start = re.search(r"<(!doctype|html|[a-z][\w-]*)", body, re.IGNORECASE)
        return body[start.start() : body.rfind(">") + 1] if start else ""
    return body.strip("\n")


def find_label(answer: str, body: str, labels: tuple[str, ...]) -> str | None:
    """The single label: the answer itself, one inside it, or the only one in the whole reply; several count as none."""
    folded = norm(answer)
    for label in labels:
        if folded == norm(label):
            return label
    inside = _labels_in(folded, labels)
    if inside:
        return inside[0] if len(inside) == 1 else None
    everywhere = _labels_in(norm(body), labels)
    return everywhere[0] if len(everywhere) == 1 else None


def _labels_in(folded: str, labels: tuple[str, ...]) -> list[str]:
    taken: list[tuple[int, int]] = []
    found: list[str] = []
    for label in sorted(labels, key=len, reverse=True):
        spans = [s for s in find_phrase(folded, label) if not any(a <= s[0] and s[1] <= b for a, b in taken)]
        if spans:
            taken.extend(spans)
            found.append(label)
    return found
