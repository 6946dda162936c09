"""Paths into JSON answers: ``choices[0].message.content``, ``output[*].text``, ``$["odd key"][-1]``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

_STEP = re.compile(
    r"""\.?(?P<name>[A-Za-z_][\w-]*)|\[(?P<index>-?\d+)\]|(?P<all>\[\*\])|\[(?P<q>["'])(?P<key>.+?)(?P=q)\]"""
)
EACH = "*"
"""The step that stands for every entry of a list."""

Step = str | int | tuple[str]


class Missing:
    """There is nothing at a path (``null`` is something)."""

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path: a name, a number (negative ones count from the end), or ``("*",)``; raises ValueError."""
    rest, steps = text.strip().removeprefix("$"), list[Step]()
    if not text.strip():
        raise ValueError("an empty path; write one such as choices[0].text, or $ for the whole answer")
    at = 0
    while at < len(rest):
        match = _STEP.match(rest, at)
        if match is None or (at == 0 and rest.startswith(".") and not text.strip().startswith("$")):
            raise ValueError(f"'{text}' is not a path at '{rest[at:]}'; write it as choices[0].message.content")
        if match["all"]:
            steps.append((EACH,))
        elif match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(match["name"] or match["key"])
        at = match.end()
    return tuple(steps)


def find(data: Any, steps: Sequence[Step]) -> Any:
    """The value at a path, a list of those found after ``[*]``, or ``MISSING``."""
    for number, step in enumerate(steps):
        if isinstance(step, tuple):
            if not isinstance(data, list):
                return MISSING
            found = [find(entry, steps[number + 1 :]) for entry in data]
            return [value for value in found if not isinstance(value, Missing)]
        in_list = isinstance(data, list) and isinstance(step, int) and -len(data) <= step < len(data)
        if not in_list and not (isinstance(data, dict) and step in data):
            return MISSING
        data = data[step]
    return data


def _checked(text: str) -> str:
    parse_path(text)
    return text


JsonPath = Annotated[str, AfterValidator(_checked)]
"""A path as it stands in a file."""
