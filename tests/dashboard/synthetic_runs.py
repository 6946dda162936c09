"""Run documents of any size, made through the project's own scoring: the same seed gives the same document."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.model import ModelConfig, Pricing
from pytest_localbench.domain.response import Memory, ModelResponse, ResultKey, Timing, Usage
from pytest_localbench.domain.result import Failure, SampleResult
from pytest_localbench.domain.run import BenchmarkRun, Environment
from pytest_localbench.domain.score import Detail, Verdict
from pytest_localbench.domain.task import EvaluatorSpec, Sample, SourceRef, Task, TaskInput
from pytest_localbench.engine.fold import fold_tasks
from pytest_localbench.engine.item import ScoreSettings, score_item
from pytest_localbench.engine.judging import Judged
from pytest_localbench.evaluators.extract import extract
from pytest_localbench.scoring.aggregate import summarize
from pytest_localbench.scoring.gate import evaluate_gates, parse_gate

CATEGORIES = ("document_understanding", "ui_coding", "recruitment_agent", "support_mail")
MODELS = ("granite-3b", "mistral-7b-q4", "office-api", "qwen3-4b", "smollm2", "tiny-1b")
_FIELDS = ("total", "currency", "invoice_number", "due_date", "supplier")
_WORDS = ("invoice", "total", "supplier", "amount", "delivery", "order", "account", "please", "net", "days")


@dataclass(frozen=True)
class Skill:
    """How good, fast and large a made-up model is."""

    quality: float
    seconds: float
    bytes: int | None
    price: float | None = None


SKILLS = {
    "granite-3b": Skill(0.66, 3.1, 2_600_000_000),
    "mistral-7b-q4": Skill(0.82, 9.4, 5_300_000_000),
    "office-api": Skill(0.9, 2.2, None, 3.0),
    "qwen3-4b": Skill(0.8, 5.2, 3_400_000_000),
    "smollm2": Skill(0.2, 0.9, 354_000_000),
    "tiny-1b": Skill(0.42, 1.4, 1_100_000_000),
}


def prompt_of(task: Task, sample: Sample) -> list[tuple[str, str]]:
    """What the made-up model was sent."""
    return [("system", "Answer with one JSON object."), ("user", f"{task.input.prompt}\n{sample.variables['text']}")]


def make_run(
    *,
    tasks: int,
    models: int = 3,
    categories: int = 1,
    samples: int = 1,
    seed: int = 1,
    run_id: str = "",
    shift: float = 0.0,
) -> BenchmarkRun:
    """A run of ``tasks`` tasks a category. ``shift`` moves every model's quality."""
    random_ = random.Random(seed)
    cats = [Category(id=c, name=c.replace("_", " ").capitalize()) for c in CATEGORIES[:categories]]
    confs = [_model(name) for name in MODELS[:models]]
    all_tasks = [_task(cat.id, n, samples, random_) for cat in cats for n in range(tasks)]
    by_id = {cat.id: cat for cat in cats}
    results = [
        _result(task, by_id[task.category], model, sample, random_, shift)
        for task in all_tasks
        for model in confs
        for sample in task.samples
    ]
    folded = fold_tasks(results, all_tasks, cats, ScoreSettings(memory_budget_bytes=8_000_000_000))
    extra = Category(id="never_run", name="Never run") if categories > 1 else None
    known = [*cats, *([extra] if extra else [])]
    summary = summarize(known, confs, folded, results)
    gates = [parse_gate("*:score>=4"), parse_gate("*:p95_s<=20")]
    gate = evaluate_gates(summary.scores, folded, fail_under=None, gates=gates, categories=known, tasks=all_tasks)
    return BenchmarkRun(
        id=run_id or f"20260301T080000Z-{seed:06x}",
        started_at="2026-03-01T08:00:00.000Z",
        finished_at="2026-03-01T08:41:07.000Z",
        command=("benchmarks", "--models=all"),
        plugin_version="0.1.0",
        environment=Environment(
            machine="0123456789ab", python="3.12.4", platform="Linux x86_64", cpu="AMD Ryzen 7", cpu_count=8,
            ram_bytes=33_000_000_000, packages={"pytest": "9.2.0", "xllamacpp": "2026.10"},
        ),
        categories=tuple(known),
        tasks=tuple(all_tasks),
        models=tuple(confs),
        fingerprints={m.id: {"load_s": 1.2, "fingerprint": {"weights_sha256": f"{i:064x}"}} for i, m in enumerate(confs)},
        results=tuple(results),
        task_results=tuple(folded),
        summary=summary.scores,
        overall=summary.overall,
        comparisons=summary.comparisons,
        gate=gate,
        exit_code=1,
    )  # fmt: skip


def _model(name: str) -> ModelConfig:
    price = SKILLS[name].price
    if price is None:
        return ModelConfig(id=name, provider="llamacpp", path=f"~/models/{name}.gguf")
    pricing = Pricing(input_usd_per_mtok=price / 3, output_usd_per_mtok=price)
    return ModelConfig(id=name, provider="openai", model=name, base_url="https://models.example", pricing=pricing)


def _task(category: str, n: int, samples: int, random_: random.Random) -> Task:
    kind = ("invoice", "contract", "receipt", "minutes", "form")[n % 5]
    return Task(
        id=f"{category[:3]}_{kind}_{n}",
        title=f"{kind.capitalize()} {n}: what must be paid, and when",
        category=category,
        description="Read the document and give the data of the payment.",
        why="A payment with one wrong digit goes astray.",
        complexity=1 + n % 5,
        tags=(kind, "quick") if n % 7 == 0 else (kind,),
        input=TaskInput(prompt="Give total, currency, invoice_number, due_date and supplier as JSON."),
        samples=tuple(
            Sample(
                id=f"s{i}" if samples > 1 else "-",
                variables={"text": f"Document {n}.{i}: " + " ".join(random_.choices(_WORDS, k=60))},
                expected=_expected(n, i),
                has_expected=True,
            )
            for i in range(samples)
        ),
        evaluators=(EvaluatorSpec(use="json_fields", weight=1.0),),
        expected_time_seconds=5.0,
        source=SourceRef(path=f"benchmarks/{category}/tasks/{kind}_{n}.yaml", line=1),
    )


def _expected(n: int, i: int) -> dict[str, object]:
    return {
        "total": 100 + n * 7.35 + i,
        "currency": "CHF",
        "invoice_number": f"R-{n:05d}-{i}",
        "due_date": f"2026-0{1 + n % 9}-1{i % 10}",
        "supplier": "Velohof Aarmatt AG",
    }


def _result(
    task: Task, category: Category, model: ModelConfig, sample: Sample, random_: random.Random, shift: float
) -> SampleResult:
    skill = SKILLS[model.id]
    key = ResultKey(category=task.category, task=task.id, sample=sample.id, model=model.id)
    nodeid = f"{task.source.path}::{task.id}[{model.id}]"
    if random_.random() < 0.02:
        failure = Failure(kind="backend_error", message="the server closed the connection after 3 attempts")
        return SampleResult(
            key=key, outcome="backend_error", failure=failure, reason=failure.message, nodeid=nodeid,
            task_hash=task.content_hash, model_hash=model.config_hash, complexity=task.complexity,
        )  # fmt: skip
    expected = task.expected_of(sample)
    ease = skill.quality + shift - 0.04 * task.complexity
    got = {
        name: expected[name] if random_.random() < ease + 0.12 else random_.choice((None, "12.00", "EUR"))
        for name in _FIELDS
    }
    details = tuple(
        Detail(
            path=n,
            expected=expected[n],
            got=got[n],
            score=float(expected[n] == got[n]),
            note="" if got[n] else "missing",
        )
        for n in _FIELDS
    )
    right = sum(d.score == 1.0 for d in details)
    quality = right / len(_FIELDS)
    reason = f"{right} of 5 fields right"
    verdict = Verdict(evaluator="json_fields", name="json_fields", score=quality, reason=reason, details=details)
    seconds = skill.seconds * random_.lognormvariate(0, 0.35)
    tokens = random_.randint(40, 160)
    response = ModelResponse(
        text=json.dumps(got, indent=1) + "\n" + " ".join(random_.choices(_WORDS, k=random_.randint(5, 60))),
        usage=Usage(input_tokens=random_.randint(200, 900), output_tokens=tokens),
        timing=Timing(generation_s=seconds, first_token_s=seconds / 5, output_tokens_per_s=tokens / seconds),
        memory=Memory(
            peak_bytes=skill.bytes and int(skill.bytes * random_.uniform(0.9, 1.0)), method="peak resident set"
        ),
        started_at="2026-03-01T08:00:05.000Z",
    )
    cut = quality < 0.5 and random_.random() < 0.2
    judged = Judged(quality=quality, outcome="passed" if quality >= 0.8 else "truncated" if cut else "weak",
                    verdicts=(verdict,), reason=reason,
                    answer=extract(response.text, task.output, thinking=None, finish_reason="stop", expected=expected))  # fmt: skip
    return score_item(
        key=key, task=task, category=category, model=model, response=response, judged=judged,
        settings=ScoreSettings(memory_budget_bytes=8_000_000_000), nodeid=nodeid,
    )  # fmt: skip


def grown(run: BenchmarkRun, times: int) -> BenchmarkRun:
    """The same run with every task and answer ``times`` over; the scores above the tasks stay as they are."""
    tasks, results, folded = list(run.tasks), list(run.results), list(run.task_results)
    for n in range(1, times):
        tasks += [t.model_copy(update={"id": f"{t.id}.{n}"}) for t in run.tasks]
        results += [
            r.model_copy(update={"key": r.key.model_copy(update={"task": f"{r.key.task}.{n}"})}) for r in run.results
        ]
        folded += [t.model_copy(update={"task": f"{t.task}.{n}"}) for t in run.task_results]
    return run.model_copy(update={"tasks": tuple(tasks), "results": tuple(results), "task_results": tuple(folded)})
