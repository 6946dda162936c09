"""The one label of an answer; naming several earns nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .folding import find_phrase, norm
from .markers import after_usual, last_line, undecorated

_NEGATED: Final = re.compile(
    r"(?:\bnot|n't|\bnever|\bnicht|\bkeine?[nmrs]?|\bpas|\bno es|\bnon)\s+"
    r"(?:an? |the |in |als |ein |eine |une? )?[\"'*]*$"
)


def find_label(answer: str, labels: Sequence[str], *, marked: bool = False) -> str | None:
    """The label, spelled as in ``labels``, or ``None``.

    In this order: the whole answer is a label; the part after a marker holds one; the whole answer holds exactly one;
    the last line does. Labels are found at word boundaries, longer ones first (``NOT SPAM`` is not ``SPAM``). Where the
    decisive part names several, or negates the only one ("not SPAM"), there is none. Labels of one letter count in
    running text only in their own case and not before another word (``A memo`` does not name ``A``).
    """
    folded = {norm(label): label for label in labels}
    whole = folded.get(norm(undecorated(answer)))
    if whole is not None:
        return whole
    part = answer if marked else after_usual(answer)
    if part is not None:
        whole = folded.get(norm(undecorated(part)))
        named = [whole] if whole else _named(part, labels)
        if named:
            return named[0] if len(named) == 1 else None
    named = _named(answer, labels)
    if len(named) != 1:
        named = _named(last_line(answer), labels)
    return named[0] if len(named) == 1 else None


def _named(text: str, labels: Sequence[str]) -> list[str]:
    folded = norm(text)
    taken: list[tuple[int, int]] = []
    found: list[str] = []
    negated = False
    for label in sorted(labels, key=len, reverse=True):
        if len(label) == 1 and label.isalpha():
            if _single_letter(text, label):
                found.append(label)
            continue
        spans = [s for s in find_phrase(folded, label) if not any(a <= s[0] and s[1] <= b for a, b in taken)]
        if spans:
            taken.extend(spans)
            found.append(label)
            negated = negated or all(_NEGATED.search(folded[max(0, start - 16) : start]) for start, _ in spans)
    return [] if negated and len(found) == 1 else found


def _single_letter(text: str, label: str) -> bool:
    return re.search(rf"(?<![\w'\u2019]){re.escape(label)}(?!\w|['\u2019]\w|[ \t]+[^\W\d_])", text) is not None
