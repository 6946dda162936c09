"""``localbench preview``: exactly what a model would be asked, and how the answer would be judged. No model is asked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..adapters.secrets import redact
from ..domain.response import GenerationRequest, ImagePart, Message
from ..errors import ConfigError, UnknownName

if TYPE_CHECKING:
    from ..domain.model import ModelConfig
    from ..domain.task import Sample, Task
    from ..engine.judging import Judge
    from .models import Project

WIDEST = 100_000


def add_commands(commands: Any) -> None:
    """Add ``preview``."""
    preview = commands.add_parser("preview", help="show what a model would be asked, and how it would be judged")
    preview.add_argument("task", metavar="TASK", help="id of a task, CATEGORY/ID, or a file that holds one task")
    preview.add_argument("--model", metavar="M", help="with the settings of this model, and whether it can be asked")
    preview.add_argument("--sample", metavar="S", help="which sample (default: the first)")
    preview.add_argument("--data", type=Path, default=Path("data"), help="data folder (default: data)")
    preview.set_defaults(run=_preview)


def _preview(args: argparse.Namespace) -> int:
    from ..engine.judging import Judge
    from ..reports.safe_text import safe
    from .models import Project

    project = Project.here(args.data)
    task = _task(args.task, project.root)
    sample = _sample(task, args.sample)
    judge = Judge(task, project.registry, str(project.root))
    texts = list(_lines(project, task, sample, judge, args.model))
    for line in "\n".join(texts).split("\n"):
        sys.stdout.write(safe(redact(line), WIDEST).rstrip() + "\n")
    return 0


def _task(name: str, root: Path) -> Task:
    from ..suite.survey import survey

    place = Path(name)
    found = survey(place.resolve() if place.is_file() else root, root)
    if not place.is_file():
        try:
            return found.task(name)
        except UnknownName as error:
            if found.problems:
                raise ConfigError(f"{error} {len(found.problems)} problems: see 'localbench validate'.") from None
            raise
    if found.problems:
        raise found.problems[0]
    if len(found.tasks) != 1:
        names = ", ".join(task.id for task in found.tasks) or "none"
        raise ConfigError(f"{name} holds {len(found.tasks)} tasks; name one of {names}.")
    return found.tasks[0]


def _sample(task: Task, wanted: str | None) -> Sample:
    if wanted is None:
        return task.samples[0]
    samples = {sample.id: sample for sample in task.samples}
    if wanted not in samples:
        raise UnknownName("sample", wanted, samples)
    return samples[wanted]


def _lines(project: Project, task: Task, sample: Sample, judge: Judge, name: str | None) -> Iterator[str]:
    named = f", sample '{sample.id}'" if sample.id != "-" else ""
    yield f"{task.category}/{task.id}{named} ({task.source.path}:{task.source.line})"
    model = _model(project, name)
    request = _request(project, task, sample, model)
    yield from _settings(project, task, model, request)
    for message in request.messages:
        yield from _message(message)
    if request.tools:
        yield _titled("tools", request.tools)
    if request.response_schema is not None:
        yield _titled("schema", request.response_schema)
    elif task.output.json_schema is not None:
        yield _titled("schema (not sent: response_format is not 'schema')", task.output.json_schema)
    yield _titled("expected", task.expected_of(sample))
    yield "--- evaluators"
    yield from _evaluators(judge)


def _model(project: Project, name: str | None) -> ModelConfig | None:
    if name is None:
        return None
    models = project.select(name)
    if len(models) != 1:
        raise ConfigError(f"'{name}' names {len(models)} models; give one of {', '.join(m.id for m in models)}.")
    return models[0]


def _request(project: Project, task: Task, sample: Sample, model: ModelConfig | None) -> GenerationRequest:
    from ..domain.model import ModelConfig
    from ..domain.response import ResultKey
    from ..engine.asking import Asker
    from ..engine.plan import Job

    asked = model or ModelConfig(id="any", provider="scripted")
    key = ResultKey(category=task.category, task=task.id, sample=sample.id, model=asked.id)
    return Asker(project.root, log=lambda *_, **__: None).request(Job(key, task, sample, asked))


def _settings(project: Project, task: Task, model: ModelConfig | None, request: GenerationRequest) -> Iterator[str]:
    from ..engine.requirements import missing_capability, missing_here

    sent = request.params.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    words = ", ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in sent.items())
    count = "once" if task.repeats == 1 else f"{task.repeats} times"
    yield f"asked {count}, at most {task.timeout_seconds:g} s each; {words or 'the defaults of the provider'}"
    if model is None:
        lack = missing_here(task)
    else:
        adapter = project.adapter(model)
        lack = missing_capability(task, model, adapter.capabilities(), adapter.learns()) or adapter.preflight()
    if task.status != "ready":
        yield f"status {task.status}: " + (
            "skipped unless --localbench-drafts" if task.status == "draft" else "not run"
        )
    if lack:
        yield f"would not be asked: {lack}"
    elif model is not None:
        yield f"{model.id} can be asked this"


def _message(message: Message) -> Iterator[str]:
    yield f"--- {message.role}"
    if message.text:
        yield message.text.rstrip("\n")
    for part in message.parts:
        if isinstance(part, ImagePart):
            yield f"[picture, {part.mime}, {len(part.data)} bytes]"


def _titled(title: str, value: Any) -> str:
    if value is None:
        return f"--- {title}\nnull" if title == "expected" else f"--- {title}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return f"--- {title}\n{text}"


def _evaluators(judge: Judge) -> Iterator[str]:
    roles = judge.roles()
    total = sum(share for spec, role, share in roles if role == "content" and spec.scope == "sample")
    width = max((len(spec.label) for spec, _, _ in roles), default=0)
    for spec, role, share in roles:
        if role == "guard":
            words = f"guard: takes away at most {share:.0%}"
        elif spec.scope == "task":
            words = f"earns over the whole task, weight {share:g}"
        else:
            words = f"earns, weight {share:g} of {total:g}"
        kind = f" ({spec.use})" if spec.name and spec.name != spec.use else ""
        after = f"; times the score of {spec.depends_on}" if spec.depends_on else ""
        yield f"{spec.label:<{width}}{kind}  {words}{after}"
        if spec.options:
            yield f"{'':<{width}}  with {json.dumps(spec.options, ensure_ascii=False)}"
