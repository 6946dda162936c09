"""Review files: ``data/reviews/<run id>/<reviewer>.jsonl``, one grade sheet a line, only ever added to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..domain.review import Review
from ..errors import CorruptDocument, StoreError

SUFFIX = ".jsonl"


def reviews_path(data_dir: Path, run_id: str, reviewer: str) -> Path:
    """The file of one reviewer of one run."""
    return data_dir / "reviews" / run_id / f"{_slug(reviewer)}{SUFFIX}"


def append_review(path: Path, review: Review) -> None:
    """Add one review; raises StoreError, and the earlier ones stay."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(review.model_dump(mode="json"), ensure_ascii=False) + "\n")
    except OSError as error:
        raise StoreError(f"{path}: the review could not be written ({error.strerror}).") from error


def read_reviews(path: Path) -> list[Review]:
    """The reviews of a file, or of every file in a folder; raises CorruptDocument with file and line.

    A last line that was cut off while it was written is left out.
    """
    if path.is_dir():
        return [review for file in sorted(path.glob(f"*{SUFFIX}")) for review in read_reviews(file)]
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptDocument(
            f"{path}: no reviews can be read ({getattr(error, 'strerror', None) or 'no text'})."
        ) from error
    reviews = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            data: Any = json.loads(line)
            reviews.append(Review.model_validate(data))
        except (ValueError, RecursionError) as error:
            if number == len(text.splitlines()) and not text.endswith("\n"):
                continue
            raise CorruptDocument(f"{path}:{number}: is no review: {_why(error)}.") from None
    return reviews


def _why(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "this is no JSON object"
    first = error.errors()[0]
    return f"'{'.'.join(str(part) for part in first['loc'])}': {first['msg']}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "reviewer"
