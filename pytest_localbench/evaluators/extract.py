"""From a model's text to its answer, in a fixed order: clean, cut off the reasoning, find fences, then by format.

- A configured ``answer_marker`` counts where it occurs first (what follows may be a new question the model made up), to
  the end of its line. The usual markers ("Answer:", "Ergebnis:", ``\\boxed{}``) count where they occur last.
- Exactly one fence: its content is the answer.
- ``json``: see :mod:`.extract_json`. ``label``: :func:`.labels.find_label`. ``code``, ``html``: :mod:`.extract_code`.
- ``number``: the whole answer when it holds one number, else the last number of the answer; after a marker the first.
- ``text``: everything; its short answer (after the last marker, or the last line) is kept as ``short``.

Content is never repaired and the expected values are never searched for.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..domain.task import OutputSpec
from .answer import Answer, Fence
from .extract_code import find_code, find_html
from .extract_json import find_json
from .fences import read_fences
from .labels import find_label
from .markers import (
    after_configured,
    after_usual,
    number_of,
    short_answer,
    start_after_configured,
    undecorated,
)
from .reasoning import clean_reply, split_reasoning

_ENDS_IN_NUMBER: Final = re.compile(r"\d[.,]?\Z")
_JSON_FENCES: Final = frozenset({"", "json", "json5", "jsonc", "js", "javascript"})


def extract(
    reply: str,
    output: OutputSpec,
    *,
    thinking: str | None = None,
    finish_reason: str = "stop",
    expected: Any = None,
) -> Answer:
    """The answer of one reply; never raises, whatever the text is, and takes time linear in its length.

    ``thinking``: reasoning the provider kept apart. ``expected``: only its shape (kind and keys) chooses between
    several JSON values. ``finish_reason="length"`` marks a cut-off answer: a number at its very end is unfinished and
    no answer. Notes: reasoning_cut, only_thinking, truncated, unclosed_fence, several_candidates, duplicate_keys,
    not_strict_json, unclosed_json, too_many_candidates, fragment.
    """
    text = clean_reply(reply)
    if output.format == "json" and _is_whole_json(text):
        body, reasoning, notes = text, "", list[str]()
    else:
        body, reasoning, cuts = split_reasoning(text)
        notes = list(cuts)
    cut_off = finish_reason == "length"
    if cut_off:
        notes.append("truncated")
    blocks = read_fences(body)
    if blocks and not blocks[-1].fence.closed:
        notes.append("unclosed_fence")
    fences = [block.fence for block in blocks]
    if output.format == "json":
        spans = [(block.start, block.end) for block in blocks if block.fence.language in _JSON_FENCES]
        marked = start_after_configured(body, output.answer_marker)
        found = find_json(body, expected=expected, blocks=spans, cut_off=cut_off, marked=marked)
        notes.extend(found.notes)
        parts: dict[str, Any] = {"text": found.text, "value": found.value, "level": found.level}
    elif output.format in ("text", "label", "number"):
        parts = _plain(output, body, fences, cut_off)
    else:
        answer, more = _structured(output, body, fences)
        notes.extend(more)
        parts = {"text": answer}
    clean = body.strip()
    if thinking:
        reasoning = f"{thinking}\n{reasoning}" if reasoning else thinking
    if not clean and reasoning and not notes:
        notes.append("only_thinking")
    return Answer(
        clean=clean,
        reasoning=reasoning,
        fences=tuple(fences),
        notes=tuple(dict.fromkeys(notes)),
        **parts,
    )


def _is_whole_json(text: str) -> bool:
    """Tags inside a reply that is JSON as it stands are content, whatever quotes surround them."""
    if "<" not in text or text.lstrip()[:1] not in ("{", "["):
        return False
    return find_json(text).text == text.strip()


def _structured(output: OutputSpec, body: str, fences: list[Fence]) -> tuple[str, tuple[str, ...]]:
    if output.format == "code":
        return find_code(body, fences, output.language, output.entry), ()
    if output.format == "html":
        page, fragment = find_html(body, fences)
        return page, ("fragment",) if fragment else ()
    return body.strip(), ()


def _plain(output: OutputSpec, body: str, fences: list[Fence], cut_off: bool) -> dict[str, Any]:
    """``text``, ``label`` and ``short`` of the formats text, label and number."""
    configured = after_configured(body, output.answer_marker)
    marked = configured is not None
    answer = configured if configured is not None else fences[0].content.strip() if len(fences) == 1 else body.strip()
    if output.format == "label":
        label = find_label(answer, output.labels, marked=marked)
        return {"text": label or answer, "label": label}
    if output.format == "number":
        return {"text": _number_text(answer, marked, cut_off and _ENDS_IN_NUMBER.search(body) is not None)}
    return {"text": answer, "short": undecorated(answer) if marked else short_answer(answer)}


def _number_text(answer: str, marked: bool, cut_off: bool) -> str:
    """The number with its percent sign and currency; the answer as it is when it holds none."""
    part = None if marked else after_usual(answer)
    if part:
        marked = True
    text = undecorated(part or answer)
    hit = number_of(text, marked=marked)
    if hit is None:
        return text
    if cut_off and len(text) - hit.last <= 1:
        return ""
    return text[hit.first : hit.last]
