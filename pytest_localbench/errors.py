"""Everything this package raises, as one tree.

    LocalbenchError
      ConfigError                 the user wrote something unusable: usage or collection error, no traceback
        TaskFileError             a category or task file, with path and line
        ModelFileError            a model file, with path and line
        UnknownName               a model, category, evaluator or provider that does not exist
        MissingDependency         an optional package; the sentence names the extra to install
        MissingCredential         a key that is referenced but not set
      ModelError                  the model could not be asked: the item errors in set-up, it is never a score
        ModelUnavailable          no such model, no server, a file that is missing or damaged
        GenerationTimeout         our deadline passed
        GenerationFailed          the server or the wire failed (``retryable`` says whether to ask again)
        ContextTooLong            prompt and answer do not fit into the context window
        TruncatedInput            the server answered, but had read only a part of the prompt
        MissingCapability         the open model turned out to lack what the task requires: the item is skipped
        NotAsked                  the budget of the run is spent: the item is skipped and stays open
        NoStoredAnswer            answers are judged again, and this question has none
      EvaluationError             our side could not judge an answer
      DocumentError               a stored file is unusable
        UnsupportedSchema         written by a newer version
        CorruptDocument           damaged
      StoreError                  results could not be written (disk full, read-only folder)

Every message is one sentence: where (file:line), what, how to mend it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self


class LocalbenchError(Exception):
    """Base of all errors of this package; ``str(error)`` is fit for a user's eyes."""


class ConfigError(LocalbenchError):
    """The user wrote something that cannot be used."""


class _FileError(ConfigError):
    """``parts``: every problem by itself, where several were found at once."""

    parts: tuple[Any, ...] = ()

    def __init__(self, path: Path | str, line: int | None, message: str) -> None:
        self.path, self.line, self.problem = Path(path), line, message
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {message}")

    def each(self) -> tuple[Self, ...]:
        """Every problem by itself."""
        return self.parts or (self,)


class TaskFileError(_FileError):
    """A category or task file is wrong."""


class ModelFileError(_FileError):
    """A model file is wrong."""


class UnknownName(ConfigError):
    """A name that nothing answers to; the message offers the nearest known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        names = sorted(known)
        near = did_you_mean(name, names)
        listed = f" Known: {', '.join(names)}." if names else f" No {kind} is known."
        super().__init__(f"unknown {kind} '{name}'{near}.{listed}{' ' + hint if hint else ''}")


class MissingDependency(ConfigError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str, needed_by: str) -> None:
        super().__init__(
            f"{needed_by} needs the package '{package}', which is not installed: "
            f"pip install 'pytest-localbench[{extra}]'"
        )


class MissingCredential(ConfigError):
    """A key is referenced but not set."""

    def __init__(self, variable: str, needed_by: str) -> None:
        super().__init__(f"{needed_by} reads its key from the environment variable {variable}, which is not set.")


class ModelError(LocalbenchError):
    """The model could not be asked.

    ``kind`` is the outcome written into the result (``backend_error``, ``context_overflow``, ``truncated_input``,
    ``too_slow``); ``retryable`` says whether asking again may help; ``retry_after_s`` is the wait the server asked for.
    """

    kind = "backend_error"
    retryable = False

    def __init__(self, message: str, *, retry_after_s: float | None = None, details: str = "") -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.details = details


class ModelUnavailable(ModelError):
    """The model is not there: no file, no server, no such name, no permission. Fails all items of the model at once."""


class GenerationTimeout(ModelError):
    """Our deadline passed. ``generating`` tells a slow answer (a score of 0) from a silent server (an error)."""

    def __init__(self, message: str, *, generating: bool, partial_text: str = "") -> None:
        super().__init__(message)
        self.generating = generating
        self.partial_text = partial_text
        self.kind = "too_slow" if generating else "backend_error"
        self.retryable = not generating


class GenerationFailed(ModelError):
    """The server or the wire failed."""

    def __init__(self, message: str, *, retryable: bool, retry_after_s: float | None = None, details: str = "") -> None:
        super().__init__(message, retry_after_s=retry_after_s, details=details)
        self.retryable = retryable


class ContextTooLong(ModelError):
    """Prompt and answer do not fit into the context window; the message names the setting that mends it."""

    kind = "context_overflow"


class TruncatedInput(ModelError):
    """The server answered, but had read only a part of the prompt; never a score."""

    kind = "truncated_input"


class MissingCapability(ModelError):
    """The model lacks what the task requires, which showed only after it was opened. The item is skipped."""


class NotAsked(ModelError):
    """The budget of the run is spent. The item is skipped; nothing is recorded of it."""

    kind = "not_asked"


class NoStoredAnswer(ModelError):
    """Stored answers are judged again, and there is none to this question."""

    kind = "not_stored"


class EvaluationError(LocalbenchError):
    """Our side could not judge an answer."""


class DocumentError(LocalbenchError):
    """A stored file is unusable."""


class UnsupportedSchema(DocumentError):
    """The file was made by a newer version of this package."""


class CorruptDocument(DocumentError):
    """The file is damaged."""


class StoreError(LocalbenchError):
    """Results could not be written."""


_LONGEST_NAME = 200


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest known name, or an empty string."""
    if len(name) > _LONGEST_NAME:
        return ""
    candidates = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(name.casefold(), candidates, n=1, cutoff=0.65)
    return f" (did you mean '{candidates[near[0]]}'?)" if near else ""
