"""A page without a browser: parse errors, tags, and a tree that CSS selectors are asked of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from .base import OptionError

MAX_CHARS: Final = 400_000
MAX_DEPTH: Final = 400
MAX_TOKENS: Final = 60_000
MAX_ERRORS: Final = 200
NO_PAGE: Final = "no HTML page in the answer"


class BadPage(ValueError):
    """A page that is too large or too deep to be judged, in words."""


@dataclass(frozen=True, slots=True)
class Markup:
    """What a strict parser said about a page: its errors as sentences, and the start tags that were really written."""

    errors: tuple[str, ...]
    tags: frozenset[str]
    doctype: bool


@lru_cache(maxsize=64)
def read_markup(html: str) -> Markup:
    """Parse as the HTML standard says (WHATWG, html5lib); raises BadPage for pages beyond the limits."""
    import html5lib
    from html5lib.constants import E, tokenTypes

    if len(html) > MAX_CHARS:
        raise BadPage(f"the page has more than {MAX_CHARS} characters")
    tags: set[str] = set()
    doctype = False

    class _Parser(html5lib.HTMLParser):
        def mainLoop(self) -> None:  # noqa: N802 - the name is html5lib's
            plain, tree = type(self.tokenizer), self.tree

            def counted(tokenizer: Any) -> Iterator[Any]:
                nonlocal doctype
                for index, token in enumerate(plain.__iter__(tokenizer)):
                    if index > MAX_TOKENS:
                        raise BadPage(f"the page has more than {MAX_TOKENS} tags and texts")
                    if len(tree.openElements) > MAX_DEPTH:
                        raise BadPage(f"the page is nested more than {MAX_DEPTH} deep")
                    if token["type"] in (tokenTypes["StartTag"], tokenTypes["EmptyTag"]):
                        tags.add(str(token["name"]))
                    doctype = doctype or token["type"] == tokenTypes["Doctype"]
                    yield token

            self.tokenizer.__class__ = type("Counted", (plain,), {"__iter__": counted})
            super().mainLoop()

    parser = _Parser(namespaceHTMLElements=False)
    parser.parse(html)
    words = []
    for (line, _column), code, values in parser.errors[:MAX_ERRORS]:
        try:
            text = E.get(code, code) % values
        except (TypeError, KeyError, ValueError):
            text = code
        words.append(f"line {line}: {text}")
    return Markup(tuple(words), frozenset(tags), doctype)


@lru_cache(maxsize=64)
def read_tree(html: str) -> Any:
    """The tree of a page (lexbor); raises BadPage for pages beyond the limits."""
    from selectolax.lexbor import LexborHTMLParser

    read_markup(html)  # its limits: selecting takes quadratic time in the depth
    return LexborHTMLParser(html)


def select(tree: Any, selector: str) -> list[Any]:
    """Elements that match, in document order."""
    return list(tree.css(selector))


def check_selector(selector: str, path: tuple[str | int, ...]) -> None:
    """Raise OptionError for a selector that is no CSS."""
    try:
        read_tree("<p>").css(selector)
    except Exception as error:  # noqa: BLE001 - the parser's own errors have several types
        raise OptionError(f"'{selector}' is no CSS selector ({error})", path) from None
