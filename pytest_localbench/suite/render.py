"""From a task and a sample to messages; templates are Jinja in its sandbox, and skipped where there is none."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from ..domain.response import ImagePart, Message, TextPart
from ..domain.task import FileRef, Sample, Task
from ..errors import did_you_mean
from .files import mime_of


def documents(task: Task, sample: Sample) -> dict[str, str]:
    """Texts of a sample by name: task variables, then files, then the sample's own variables."""
    found = {name: text for name, text in task.input.variables.items() if isinstance(text, str)}
    found.update({_name(file): file.text for file in task.input.files if file.text is not None})
    found.update({name: text for name, text in sample.variables.items() if isinstance(text, str)})
    return found


def build_messages(task: Task, sample: Sample, root: Path) -> tuple[Message, ...]:
    """The chat messages of one question; pictures are attached to the last user message."""
    spec = task.input
    values: dict[str, Any] = {**spec.variables, **documents(task, sample), **sample.variables}
    messages: list[Message] = []
    if spec.system is not None:
        messages.append(Message(role="system", content=_fill(spec.system, values)))
    for example in spec.few_shot:
        messages.append(Message(role="user", content=_fill(example.user, values)))
        messages.append(Message(role="assistant", content=_fill(example.assistant, values)))
    for turn in spec.messages:
        messages.append(Message(role=turn.role, content=_fill(turn.content, values)))
    if spec.prompt is not None:
        messages.append(Message(role="user", content=_fill(spec.prompt, values)))
    images = [*spec.images, *(f for f in spec.files if f.kind == "image"), *sample.images]
    if images:
        last = max(index for index, message in enumerate(messages) if message.role == "user")
        parts = (TextPart(text=messages[last].content), *(_image(root / task.folder, image) for image in images))
        messages[last] = Message(role="user", parts=parts)
    return tuple(messages)


def undeclared_variables(task: Task) -> str | None:
    """A sentence about the first template variable that nothing defines, or about a template that cannot be read."""
    spec = task.input
    texts = [spec.system or "", spec.prompt or "", *(t.content for t in spec.messages)]
    texts += [text for example in spec.few_shot for text in (example.user, example.assistant)]
    used: set[str] = set()
    for text in texts:
        if _is_template(text):
            try:
                used |= _variables(text)
            except ValueError as error:
                return str(error)
    if not used:
        return None
    common = {*spec.variables, *(_name(file) for file in spec.files if file.text is not None)}
    for sample in task.samples:
        known = {*common, *sample.variables}
        missing = sorted(used - known)
        if missing:
            where = f" in sample '{sample.id}'" if sample.id != "-" else ""
            return f"the variable '{missing[0]}' is used in a template but not defined{where}{did_you_mean(missing[0], known)}"
    return None


def _name(file: FileRef) -> str:
    return file.name or Path(file.path).stem


def _image(folder: Path, image: FileRef) -> ImagePart:
    data = (folder / image.path).read_bytes()
    return ImagePart(mime=mime_of(data) or "application/octet-stream", data=data)


def _is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def _fill(text: str, values: dict[str, Any]) -> str:
    return str(_template(text).render(values)) if _is_template(text) else text


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)


@lru_cache(maxsize=1024)
def _template(text: str) -> Any:
    return _environment().from_string(text)


@lru_cache(maxsize=1024)
def _variables(text: str) -> frozenset[str]:
    from jinja2 import TemplateSyntaxError, meta

    try:
        return frozenset(meta.find_undeclared_variables(_environment().parse(text)))
    except TemplateSyntaxError as error:
        raise ValueError(f"a template cannot be read ({error.message})") from None
