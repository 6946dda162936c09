"""From a task and a sample to messages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..domain.response import ImagePart, Message, TextPart
from ..domain.task import FileRef, Sample, Task
from ..errors import TaskFileError
from .files import MAX_IMAGE_BYTES, mime_of
from .template import TemplateProblem, as_text, is_template, read_template
from .text_source import read_bytes


def document_name(file: FileRef) -> str:
    """The name of a file inside templates: its own, else the file name without suffix."""
    return file.name or os.path.splitext(os.path.basename(file.path))[0]


def values_of(task: Task, sample: Sample) -> dict[str, Any]:
    """What templates see: task variables, over them the text files, over them the sample's variables."""
    spec = task.input
    if not spec.variables and not spec.files:
        return sample.variables
    texts = {document_name(file): file.text for file in spec.files if file.text is not None}
    return {**spec.variables, **texts, **sample.variables}


def documents(task: Task, sample: Sample) -> dict[str, str]:
    """The same values as texts (what is no text as JSON), for evaluators and ``@NAME`` answers."""
    return {name: as_text(value) for name, value in values_of(task, sample).items()}


def build_messages(task: Task, sample: Sample, root: Path) -> tuple[Message, ...]:
    """The chat messages of one question; pictures are attached to the last user message.

    Raises TaskFileError when a template cannot be filled or a picture is gone.
    """
    spec = task.input
    try:
        messages = _text_messages(task, sample)
    except TemplateProblem as problem:
        raise TaskFileError(task.source.path, task.source.line, f"task '{task.id}': {problem}") from None
    images = (*spec.images, *(file for file in spec.files if file.kind == "image"), *sample.images)
    if images:
        last = max(index for index, message in enumerate(messages) if message.role == "user")
        parts = (TextPart(text=messages[last].content), *(_image(task, image, root) for image in images))
        messages[last] = Message(role="user", parts=parts)
    return tuple(messages)


def prompt_texts(task: Task, sample: Sample) -> tuple[tuple[str, str], ...]:
    """Role and text of each message of one question, without its pictures; empty when a template cannot be filled."""
    try:
        return tuple((message.role, message.content) for message in _text_messages(task, sample))
    except TemplateProblem:
        return ()


def _text_messages(task: Task, sample: Sample) -> list[Message]:
    spec = task.input
    values = values_of(task, sample)

    def fill(text: str) -> str:
        return read_template(text).fill(values) if is_template(text) else text

    messages: list[Message] = []
    if spec.system is not None:
        messages.append(Message(role="system", content=fill(spec.system)))
    for example in spec.few_shot:
        messages.append(Message(role="user", content=fill(example.user)))
        messages.append(Message(role="assistant", content=fill(example.assistant)))
    messages.extend(Message(role=turn.role, content=fill(turn.content)) for turn in spec.messages)
    if spec.prompt is not None:
        messages.append(Message(role="user", content=fill(spec.prompt)))
    return messages


def _image(task: Task, image: FileRef, root: Path) -> ImagePart:
    data = read_bytes(root / task.folder / image.path, f"{task.folder}/{image.path}", MAX_IMAGE_BYTES)
    return ImagePart(mime=mime_of(data) or "application/octet-stream", data=data)
