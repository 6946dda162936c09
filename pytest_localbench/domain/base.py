"""What all domain types share: frozen, strict, and plain data at every border."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

ID_PATTERN = re.compile(r"^[a-z0-9][a-z0-9._-]{0,62}$")
WINDOWS_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(1, 10)), *(f"lpt{i}" for i in range(1, 10))}
)
MAX_PLAIN_DEPTH = 64


class Frozen(BaseModel):
    """Immutable value object that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Itself: nothing changes it, and pydantic copies defaults that hold mappings."""
        return self


class Many(Frozen):
    """A value of which a run holds tens of thousands: it does not remember which of its fields were given.

    That memory is a set per value and takes more room than the value itself; ``exclude_unset`` must not be used here.
    """

    def model_post_init(self, context: Any, /) -> None:
        """Share one empty set of given fields."""
        object.__setattr__(self, "__pydantic_fields_set__", _NONE_GIVEN)


_NONE_GIVEN: set[str] = set()


def check_id(value: str) -> str:
    """The one rule for ids (tasks, categories, models, samples); raises ValueError with a sentence."""
    if not ID_PATTERN.match(value):
        raise ValueError(
            f"'{value}' is not a usable id: lower-case letters, digits, '.', '_' and '-', at most 63, "
            "starting with a letter or digit"
        )
    if "--" in value:
        raise ValueError(f"'{value}' is not a usable id: '--' separates the parts of a test id")
    if value.split(".", maxsplit=1)[0] in WINDOWS_RESERVED:
        raise ValueError(f"'{value}' is not a usable id: Windows reserves this name")
    if value.endswith("."):
        raise ValueError(f"'{value}' is not a usable id: it ends with a dot")
    return value


Id = Annotated[str, AfterValidator(check_id)]


def clean_text(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD, so that it can be encoded as UTF-8 everywhere."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def plain(value: Any, depth: int = 0) -> Any:
    """Any value as strict JSON data: exact builtin types, finite floats, encodable text, bounded depth.

    Non-finite floats become ``None``; what JSON cannot hold becomes its text.
    """
    kind = type(value)
    if value is None or kind is bool or kind is int:
        return value
    if kind is str:
        return clean_text(value)
    if depth > MAX_PLAIN_DEPTH:
        return "..."
    if isinstance(value, dict):
        return {clean_text(str(k)): plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v, depth + 1) for v in value]
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, float):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, set | frozenset):
        return sorted((plain(v, depth + 1) for v in value), key=repr)
    return clean_text(str(value))


PlainJson = Annotated[Any, BeforeValidator(plain)]
CleanText = Annotated[str, BeforeValidator(lambda v: clean_text(v) if isinstance(v, str) else v)]
