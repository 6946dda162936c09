"""Folding of text before it is compared: what two writers mean as the same becomes the same string."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_APOSTROPHES = "\u2018\u2019\u201a\u201b\u2032\u00b4\u0060\u02b9\u02bb\u02bc\uff07\u2039\u203a"
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02\u301d\u301e"
_INVISIBLE = (
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff\ufe0e\ufe0f"
)
_TABLE: Final = str.maketrans(
    {
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_APOSTROPHES, "'"),
        **dict.fromkeys(_QUOTES, '"'),
        **dict.fromkeys(_INVISIBLE, None),
    }
)
# NFKC would glue these to the digit before them: 10² is not 102, 1½ is not 11/2.
_RAISED: Final = re.compile(r"(?<=\d)(?=[\u00b2\u00b3\u00b9\u2070-\u2079\u00bc-\u00be\u2150-\u215e\u2189])")
_PUNCT_KEPT_AFTER_WORD: Final = "+#%"


def norm(text: str, *, punct: bool = False) -> str:
    """Folded text: NFKC, one kind of dash, apostrophe, quote and space, no invisible characters, casefolded.

    ``punct=True`` also turns punctuation and symbols into spaces, except where they carry meaning: the sign and the
    separators of a number, currency symbols, and ``+ # %`` right after a word (``C++``, ``C#``, ``15%``).
    """
    if len(text) <= 256:
        return _norm_short(text, punct)
    return _norm(text, punct)


def _norm(text: str, punct: bool) -> str:
    if text.isascii():
        folded = text.lower().replace("`", "'") if "`" in text else text.lower()
    else:
        folded = unicodedata.normalize("NFKC", _RAISED.sub(" ", text.translate(_TABLE)))
        folded = unicodedata.normalize("NFKC", folded.casefold()).translate(_TABLE)
    if punct:
        folded = _without_punctuation(folded)
    return " ".join(folded.split())


_norm_short = lru_cache(maxsize=4096)(_norm)


def _without_punctuation(text: str) -> str:
    if text.isalnum():
        return text
    out: list[str] = []
    last = len(text) - 1
    for i, ch in enumerate(text):
        if ch.isalnum() or ch.isspace() or _is_mark(ch):
            out.append(ch)
            continue
        before = text[i - 1] if i else ""
        after = text[i + 1] if i < last else ""
        if unicodedata.category(ch) == "Sc":
            keep = True
        elif ch == "-":
            keep = after.isdigit() and not is_word(before)
        elif ch in ".,":
            keep = before.isdigit() and after.isdigit()
        else:
            keep = ch in _PUNCT_KEPT_AFTER_WORD and bool(out) and (is_word(out[-1]) or (before == ch and out[-1] == ch))
        out.append(ch if keep else " ")
    return "".join(out)


def _is_mark(ch: str) -> bool:
    return not ch.isascii() and unicodedata.category(ch)[0] == "M"


def is_word(ch: str) -> bool:
    """True for letters, digits, underscore and combining marks; False for the empty string."""
    return bool(ch) and (ch.isalnum() or ch == "_" or _is_mark(ch))


@lru_cache(maxsize=1)
def _patterns() -> tuple[Any, Any]:
    import regex

    spaceless = (
        r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}"
        r"\p{Script=Khmer}\p{Script=Myanmar}"
    )
    token = regex.compile(rf"[{spaceless}]\p{{M}}*|(?:(?![{spaceless}])[\w\p{{M}}])+")
    return token, regex.compile(rf"[{spaceless}]")


def words(text: str) -> list[str]:
    """Word tokens of folded text; scripts written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar) give one
    token per character with its marks.
    """
    folded = norm(text)
    if folded.isascii():
        return re.findall(r"\w+", folded)
    tokens: list[str] = _patterns()[0].findall(folded)
    return tokens


def find_phrase(haystack: str, phrase: str) -> list[tuple[int, int]]:
    """Spans of ``norm(phrase)`` in an already folded text, at word boundaries only.

    A number is not found inside a longer one: neither ``10`` in ``100``, ``10.5``, ``2.10`` nor ``3`` in ``-3``.
    Scripts written without spaces have no word boundaries.
    """
    needle = norm(phrase)
    spans: list[tuple[int, int]] = []
    if not needle:
        return spans
    start = haystack.find(needle)
    while start != -1:
        end = start + len(needle)
        if _bounded(haystack, needle, start, end):
            spans.append((start, end))
            start = haystack.find(needle, end)
        else:
            start = haystack.find(needle, start + 1)
    return spans


def _bounded(text: str, needle: str, start: int, end: int) -> bool:
    before = text[start - 1 : start]
    before2 = text[start - 2 : start - 1] if start > 1 else ""
    first, last = needle[0], needle[-1]
    if is_word(first) and is_word(before) and not (_spaceless(first) or _spaceless(before)):
        return False
    if first.isdigit() and ((before in (".", ",") and before2.isdigit()) or (before == "-" and not is_word(before2))):
        return False
    after, after2 = text[end : end + 1], text[end + 1 : end + 2]
    if is_word(last) and is_word(after) and (_is_mark(after) or not (_spaceless(last) or _spaceless(after))):
        return False
    return not (last.isdigit() and after in (".", ",") and after2.isdigit())


def _spaceless(ch: str) -> bool:
    return bool(ch) and not ch.isascii() and _patterns()[1].match(ch) is not None
