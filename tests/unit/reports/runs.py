"""A small run document with everything a report has to show: a winner, a tie, errors, gaps and a category not run."""

from __future__ import annotations

from pytest_localbench.domain.category import Category
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ResultKey, Timing
from pytest_localbench.domain.result import SampleResult, TaskResult
from pytest_localbench.domain.run import (
    BenchmarkRun,
    CategoryScore,
    Comparison,
    GateCheck,
    GateOutcome,
    Interval,
    OverallScore,
)

DOCS, MAIL = "document_understanding", "mail"


def result(
    task, quality, outcome=None, *, model="qwen3-4b", sample="-", attempt=1, category=DOCS, seconds=1.2, **fields
):
    name = outcome or ("backend_error" if quality is None else "passed" if quality >= 0.8 else "weak")
    key = ResultKey(category=category, task=task, sample=sample, model=model, attempt=attempt)
    timing = None if name in {"backend_error", "skipped"} else Timing(generation_s=seconds)
    return SampleResult(key=key, outcome=name, quality=quality, timing=timing, **fields)


def score(model, value, *, category=DOCS, **fields):
    usual = {"quality": value / 10, "n_tasks": 20, "n_scored": 20, "coverage": 1.0, "covered": True,
             "components_used": ("time", "quality", "complexity", "cost", "memory"), "cost_usd": 0.0}  # fmt: skip
    return CategoryScore(category=category, model=model, ultimate_score=value, **{**usual, **fields})


def interval(low, high):
    return Interval(low=low, high=high, method="t with pseudo tasks")


def run(**fields):
    models = ("qwen3-4b", "gemma3-4b", "smollm2", "gpt-x")
    summary = (
        score("qwen3-4b", 7.9, interval=interval(6.9, 8.7), n_passed=15, n_weak=5, rank=1, median_time_s=3.21,
              peak_memory_bytes=3_400_000_000, tokens_per_s=41.2, n_invalid=0, pass_rate=0.75),
        score("gemma3-4b", 6.2, interval=interval(5.0, 7.3), n_passed=11, n_weak=9, rank=2, tied=True, n_invalid=3,
              median_time_s=2.5, peak_memory_bytes=3_100_000_000, tokens_per_s=48.9, pass_rate=0.55),
        score("smollm2", 5.9, interval=interval(4.6, 7.0), n_passed=10, n_weak=10, rank=2, tied=True,
              median_time_s=0.41, peak_memory_bytes=310_000_000, tokens_per_s=180.3, n_skipped=2, n_tasks=18, n_scored=18),
        score("gpt-x", 9.1, n_tasks=20, n_scored=14, n_errors=6, n_passed=13, n_weak=1, coverage=0.7, covered=False,
              median_time_s=12.3, cost_usd=0.0421, interval=interval(7.9, 9.7)),
    )  # fmt: skip
    comparisons = (
        Comparison(category=DOCS, first="gemma3-4b", second="qwen3-4b", n_tasks=18, delta=-1.7, better="qwen3-4b",
                   verdict="qwen3-4b beats gemma3-4b on 13 of 18 tasks, by 1.70 points"),
        Comparison(category=DOCS, first="gemma3-4b", second="smollm2", n_tasks=18, delta=0.3, detectable=1.62,
                   verdict="gemma3-4b beats smollm2 on 8 of 18 tasks, by 0.30 points: cannot be told from chance"),
        Comparison(category=DOCS, first="qwen3-4b", second="smollm2", n_tasks=18, delta=2.0, better="qwen3-4b",
                   verdict="qwen3-4b beats smollm2 on 14 of 18 tasks, by 2.00 points"),
    )  # fmt: skip
    results = (
        result("doc_invoice_de", 0.4, sample="kessler", reason="11 of 13 fields right; amount_due 2967.98 should be 2467.98"),
        result("doc_memo_class", 0.0, "invalid_json", model="gemma3-4b", reason="no valid JSON in the answer"),
        result("doc_contract", 0.1, "truncated", model="gemma3-4b", attempt=2, reason="the answer was cut off at 512 tokens"),
        result("doc_contract", 1.0, model="smollm2"),
        result("doc_lease", None, "skipped", model="smollm2", reason="needs vision, which smollm2 has no"),
        result("doc_lease", None, model="gpt-x", reason="HTTP 503"),
    )  # fmt: skip
    tasks = tuple(
        TaskResult(category=DOCS, task=task, model=model, status=status, quality=quality, ultimate_score=value, reason=why)
        for task, model, status, quality, value, why in (
            ("doc_invoice_de", "qwen3-4b", "weak", 0.4, 4.1, "11 of 13 fields right"),
            ("doc_contract", "smollm2", "passed", 1.0, 9.6, ""),
            ("doc_lease", "gpt-x", "error", None, None, "HTTP 503"),
        )
    )  # fmt: skip
    usual = {
        "id": "r1", "started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:01:00Z",
        "categories": (Category(id=DOCS, name="Document understanding"), Category(id=MAIL, name="Mail")),
        "models": tuple(ModelConfig(id=name, provider="scripted") for name in models),
        "summary": summary, "comparisons": comparisons, "results": results, "task_results": tasks,
        "overall": tuple(OverallScore(model=s.model, score=s.ultimate_score if s.covered else None, categories=(DOCS,),
                                      partial=True, reason="" if s.covered else f"not enough tasks scored in {DOCS}")
                         for s in summary),
        "gate": GateOutcome(passed=False, checks=(
            GateCheck(expression="score>=5", category=DOCS, model="qwen3-4b", value=7.9, threshold=5, passed=True,
                      message=f"gate met: {DOCS}[qwen3-4b] score 7.90 >= 5.00"),
            GateCheck(expression="score>=5", category=DOCS, model="gpt-x", threshold=5, passed=False,
                      message=f"gate not met: {DOCS}[gpt-x]: only 70% of the tasks were scored (14 of 20), too few for a gate"),
        )),
        "exit_code": 1,
    }  # fmt: skip
    return BenchmarkRun(**{**usual, **fields})
