"""Results that waited for a judge or for people: what those say is put in, and the scores are made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..domain.category import Category
from ..domain.model import ModelConfig
from ..domain.response import ModelResponse, ResultKey, Timing
from ..domain.result import SampleResult
from ..domain.review import Review
from ..domain.task import EvaluatorSpec, Sample, Task
from ..evaluators.manual import answer_digest
from ..suite.render import documents, prompt_texts
from .item import ScoreSettings, score_item
from .judging import Judge, Later
from .kept import Kept


@dataclass(frozen=True, slots=True)
class Waiting:
    """One result with verdicts that are pending or were left out, and everything it was made of."""

    result: SampleResult
    task: Task
    sample: Sample
    category: Category
    model: ModelConfig
    judge: Judge

    @property
    def question(self) -> str:
        """What the model was asked, as text."""
        return "\n\n".join(text for _, text in prompt_texts(self.task, self.sample))

    def settled(self, settings: ScoreSettings, given: Callable[[EvaluatorSpec, str], Later]) -> SampleResult:
        """The result with what the waiting evaluators say now; measurements, answer and identity stay."""
        result, response = self.result, response_of(self.result)
        judged = self.judge.later(
            self.sample, response, documents(self.task, self.sample), result.verdicts, given
        )  # fmt: skip
        made = score_item(
            key=result.key, task=self.task, category=self.category, model=self.model, response=response,
            judged=judged, settings=settings, sample_weight=result.weight,
        )  # fmt: skip
        names = ("outcome", "quality", "ultimate_score", "components", "verdicts", "reason", "failure")
        return result.model_copy(update={name: getattr(made, name) for name in names})


def response_of(result: SampleResult) -> ModelResponse:
    """The model's turn as far as a result keeps it."""
    return ModelResponse(
        text=result.answer or "",
        thinking=result.thinking,
        finish_reason=result.finish_reason or "unknown",
        usage=result.usage,
        timing=result.timing or Timing(generation_s=0.0),
        memory=result.memory,
        contended=result.contended,
        cached=result.cached,
    )


def waiting_in(kept: Kept, judge_for: Callable[[Task], Judge], use: str) -> list[Waiting]:
    """Results in which an evaluator of this kind (``judge``, ``manual``) has not spoken yet."""
    found = []
    for result in kept.results.values():
        task = kept.tasks.get((result.key.category, result.key.task))
        late = any(v.evaluator == use and v.status in {"pending", "skipped"} for v in result.verdicts)
        if task is None or not late or result.answer is None or result.key.model not in kept.models:
            continue
        sample = next((sample for sample in task.samples if sample.id == result.key.sample), None)
        if sample is not None:
            category, model = kept.categories[task.category], kept.models[result.key.model]
            found.append(Waiting(result, task, sample, category, model, judge_for(task)))
    return found


def settle_reviews(
    kept: Kept, reviews: Iterable[Review], judge_for: Callable[[Task], Judge], settings: ScoreSettings
) -> dict[ResultKey, SampleResult]:
    """The results that people have reviewed, scored anew. A review belongs to the text of an answer."""
    by_answer: dict[tuple[str, ...], dict[str, Review]] = {}
    for review in reviews:
        place = (review.category, review.task, review.sample, review.evaluator, review.answer_sha256)
        earlier = by_answer.setdefault(place, {}).get(review.reviewer)
        if earlier is None or earlier.at <= review.at:
            by_answer[place][review.reviewer] = review
    changed = {}
    for waiting in waiting_in(kept, judge_for, "manual"):
        given = _reviews_for(waiting, by_answer)
        settled = waiting.settled(settings, given)
        if settled.verdicts != waiting.result.verdicts or settled.outcome != waiting.result.outcome:
            changed[settled.key] = settled
    return changed


def _reviews_for(
    waiting: Waiting, by_answer: Mapping[tuple[str, ...], Mapping[str, Review]]
) -> Callable[[EvaluatorSpec, str], Later]:
    key, digest = waiting.result.key, answer_digest(waiting.result.answer or "")

    def given(spec: EvaluatorSpec, waits_for: str) -> Later:
        if waits_for != "people":
            return Later()
        found = by_answer.get((key.category, key.task, key.sample, spec.label, digest), {})
        return Later(reviews=tuple(found[name] for name in sorted(found)))

    return given
