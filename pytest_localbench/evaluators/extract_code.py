"""Source code and HTML pages inside a reply."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from typing import Final

from .answer import Fence

MAX_LINES: Final = 400
MAX_PARSE_CHARS: Final = 100_000
MAX_ATTEMPTS: Final = 60

_ALIASES: Final = {
    "python": frozenset({"python", "py", "python3", "py3"}),
    "javascript": frozenset({"javascript", "js", "mjs", "cjs", "node", "nodejs", "ecmascript", "jsx"}),
    "typescript": frozenset({"typescript", "ts", "tsx"}),
    "css": frozenset({"css"}),
    "sql": frozenset({"sql"}),
    "bash": frozenset({"bash", "sh", "shell"}),
}
_HTML_FENCES: Final = frozenset({"", "html", "xml", "xhtml", "htm", "svg"})
_PAGE: Final = re.compile(r"<!doctype|<html[\s>]", re.IGNORECASE)
_TAG: Final = re.compile(r"<[a-z][\w-]*[\s>/]", re.IGNORECASE)
_CODE_LINE: Final = re.compile(
    r"(?:def|class|async|import|from|@|function|const|let|var|export|module|/\*|//|#!|[\"']use strict)"
    r"|[A-Za-z_]\w*\s*(?:=|:\s*\w+\s*=)"
)
_SHELL: Final = (
    '<!doctype html>\n<html>\n<head><meta charset="utf-8"><title></title></head>\n<body>\n{}\n</body>\n</html>'
)


def find_code(body: str, fences: Sequence[Fence], language: str | None, entry: str | None) -> str:
    """The program in a reply, or "".

    Fences in the task's language (or without one): the last that defines ``entry``; when none does, all of them in
    order; without ``entry`` the longest. No fence: the whole answer or its longest run of lines that parses (Python),
    or the lines from the first that looks like code to the last that ends it (other languages).
    """
    names = _ALIASES.get((language or "").lower(), frozenset({(language or "").lower()}))
    fitting = [f.content for f in fences if not f.language or not language or f.language in names]
    if fitting and entry:
        defining = [code for code in fitting if _defines(code, entry)]
        return (defining[-1] if defining else "\n\n".join(fitting)).strip("\n")
    if fitting:
        return max(fitting, key=len).strip("\n")
    if fences:
        return ""
    if "python" in names or not language:
        return _python(body) if "python" in names else body.strip("\n")
    return _other(body)


def _defines(code: str, entry: str) -> bool:
    name = re.escape(entry)
    return (
        re.search(
            rf"\b(?:def|function\*?|class)\s+{name}\b|(?:\b(?:const|let|var)\s+|\bexports\.|^\s*){name}\s*(?::[^=\n]+)?=(?!=)"
            rf"|^\s*(?:async\s+)?{name}\s*\([^)\n]*\)\s*\{{",
            code,
            re.MULTILINE,
        )
        is not None
    )


def _parses(code: str) -> tuple[bool, int | None]:
    if not code.strip() or len(code) > MAX_PARSE_CHARS:
        return False, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return False, error.lineno
    except (ValueError, RecursionError, MemoryError):
        return False, None
    return True, None


def _python(body: str) -> str:
    text = body.strip("\n")
    if _parses(text)[0]:
        # a single sentence can parse as an expression; code has a line that looks like it
        return text if any(_CODE_LINE.match(line) for line in text.splitlines()) else ""
    lines = text.splitlines()[:MAX_LINES]
    best, attempts = "", 0
    for start in (i for i, line in enumerate(lines) if _CODE_LINE.match(line)):
        end = len(lines)
        while end > start and attempts < MAX_ATTEMPTS:
            attempts += 1
            code = "\n".join(lines[start:end])
            fine, wrong_line = _parses(code)
            if fine:
                best = code if len(code) > len(best) else best
                break
            end = min(end - 1, start + wrong_line - 1) if wrong_line else end - 1
        if best or attempts >= MAX_ATTEMPTS:
            break
    return best.strip("\n")


def _other(body: str) -> str:
    lines = body.strip("\n").splitlines()
    first = next((i for i, line in enumerate(lines) if _CODE_LINE.match(line)), None)
    if first is None:
        return ""
    last = max((i for i, line in enumerate(lines) if line.rstrip().endswith(("}", ";", "})", ")"))), default=first)
    return "\n".join(lines[first : max(first, last) + 1])


def find_html(body: str, fences: Sequence[Fence]) -> tuple[str, bool]:
    """(page, whether a mere fragment had to be put into a minimal page); ("", False) when there is no markup."""
    fitting = [f.content for f in fences if f.language in _HTML_FENCES and _TAG.search(f.content)]
    page = fitting[-1].strip() if fitting else _bare_html(body)
    if not page or _PAGE.search(page):
        return page, False
    return _SHELL.replace("{}", page), True


def _bare_html(body: str) -> str:
    start = _PAGE.search(body) or _TAG.search(body)
    end = body.rfind(">") + 1
    return body[start.start() : end] if start and end > start.start() else ""
