"""Numbers, dates and columns as people print them, and the filling of task templates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import yaml

CENT = Decimal("0.01")
MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "pl": [
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ],
}
_SEPARATORS = {"en": (",", "."), "de": (".", ","), "fr": ("\u202f", ","), "ch": ("'", "."), "pl": ("\u00a0", ",")}
_ALONE = re.compile(r"^(\s*)<<(\w+)>>$")
_INLINE = re.compile(r"<<(\w+)>>")


def cents(value: Decimal | str) -> Decimal:
    """Rounded to two places, halves up."""
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


def money(value: Decimal, locale: str, places: int = 2) -> str:
    """1234.5 as 1,234.50 (en), 1.234,50 (de), 1 234,50 (fr, pl) or 1'234.50 (ch)."""
    thousands, point = _SEPARATORS[locale]
    return f"{value:,.{places}f}".translate({ord(","): thousands, ord("."): point})


def long_date(day: date, language: str) -> str:
    """18 March 2025, 18 mars 2025, 18 marca 2025."""
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"


def dotted(day: date) -> str:
    """18.03.2025."""
    return f"{day:%d.%m.%Y}"


def columns(rows: Sequence[tuple[str, ...]], widths: tuple[int, ...]) -> str:
    """Rows as fixed columns; a negative width is right-aligned."""
    lines = []
    for row in rows:
        cells = [c.ljust(w) if w > 0 else c.rjust(-w) for c, w in zip(row, widths, strict=True)]
        lines.append(" ".join(cells).rstrip())
    return "\n".join(lines)


def pair(left: str, right: str, width: int = 64) -> str:
    """A label on the left and a value at the right edge."""
    return left + right.rjust(width - len(left))


def number(value: Decimal | int) -> float | int:
    """A Decimal as JSON number."""
    return value if isinstance(value, int) else float(value)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Put ``values`` where the template says ``<<name>>``.

    Alone on its line: text or YAML, indented as the mark. Inside a line: text as it is, other values as JSON.
    """
    out: list[str] = []
    for line in template.splitlines():
        alone = _ALONE.match(line)
        if alone:
            value = values[alone[2]]
            text = value if isinstance(value, str) else _yaml(value)
            out += [(alone[1] + part) if part else "" for part in text.rstrip("\n").split("\n")]
        else:
            out.append(_INLINE.sub(lambda m: _inline(values[m[1]]), line))
    return "\n".join(out) + "\n"


def _inline(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "null", "y", "n"])


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def represent_str(self, data: str) -> yaml.ScalarNode:
        plain = data[:1].isalpha() and data.lower() not in _WORDS and not data.endswith(" ")
        style = "|" if "\n" in data else None if plain else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)


def _yaml(value: Any) -> str:
    """Block YAML; a mapping of plain values inside a list stands on one line."""
    if isinstance(value, list) and value and all(_flat(row) for row in value):
        return "\n".join("- " + _flow(row) for row in value)
    if isinstance(value, dict):
        parts = []
        for key, item in value.items():
            nested = isinstance(item, (dict, list)) and item and not (isinstance(item, list) and _flat_list(item))
            if nested:
                parts.append(f"{key}:\n" + "\n".join("  " + p for p in _yaml(item).split("\n")))
            elif isinstance(item, (dict, list)):
                parts.append(f"{key}: {_flow(item)}")
            else:
                parts.append(yaml.dump({key: item}, Dumper=_Dumper, allow_unicode=True, width=10_000).rstrip("\n"))
        return "\n".join(parts)
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000).rstrip("\n")


def _flat(row: Any) -> bool:
    return isinstance(row, dict) and not any(isinstance(v, (dict, list)) for v in row.values())


def _flat_list(row: list[Any]) -> bool:
    return not any(isinstance(v, (dict, list)) for v in row)


def _flow(value: Any) -> str:
    text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=True)
    return str(text).rstrip("\n")
