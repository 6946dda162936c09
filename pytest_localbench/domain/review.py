"""What a person said about an answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import CleanText, Frozen


class Review(Frozen):
    """Grades (1 to 5) of one answer by one evaluator's criteria. ``answer_sha256``: the first 16 hex digits of the hash of
    the answer's text: a review belongs to the text, not to the model that wrote it, whose name the reviewer did not see.

    ``at``: when it was written (UTC, ISO 8601).
    """

    category: str
    task: str
    sample: str
    evaluator: str
    answer_sha256: str = Field(pattern=r"^[0-9a-f]{16}$")
    reviewer: CleanText = Field(min_length=1)
    at: str
    grades: dict[str, Annotated[int, Field(ge=1, le=5)]]
    comment: CleanText = ""
