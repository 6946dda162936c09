"""Rankings, and evaluators that look at all answers of a task."""

from __future__ import annotations

import itertools

import pytest
from judging import REGISTRY, quality, task_of

from pytest_localbench.domain.task import Task
from pytest_localbench.engine.judging import Judge
from pytest_localbench.engine.replay import as_response
from pytest_localbench.errors import TaskFileError
from pytest_localbench.evaluators.base import Measured
from pytest_localbench.evaluators.fairness import SelectionParity, SelectionParityOptions

ORDER = ["a1", "b2", "c3", "d4"]
JSON = {"output": {"format": "json"}}


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ('["a1", "b2", "c3", "d4"]', 1.0),
        ('["A1", "B2", "C3", "D4"]', 1.0),
        ('["b2", "a1", "c3", "d4"]', 2 / 3),
        ('["d4", "c3", "b2", "a1"]', 0.0),
        ('["b2", "d4", "a1", "c3"]', 0.0),
        ('["a1", "a1", "b2", "c3", "d4"]', 1.0),
        ('["a1", "b2", "c3", "d4", "x9"]', 0.8),
        ('["a1", "b2"]', 0.5 * 5 / 30**0.5),
        ('["a1"]', 0.0),
        ("[]", 0.0),
        ('{"x": 1}', 0.0),
        ('[{"id": "a1"}, {"id": "b2"}, {"id": "c3"}, {"id": "d4"}]', 1.0),
    ],
)
def test_ranking_by_kendalls_tau(reply, wanted):
    assert quality("ranking", ORDER, reply, task=JSON) == pytest.approx(wanted)


def test_a_ranking_in_words():
    assert quality("ranking", ORDER, "1. **A1** - best\n2. b2\n3. c3\n4. d4, well behind") == 1.0
    assert quality("ranking", ORDER, "All are good.") == 0.0


def test_the_field_of_a_ranking():
    assert quality("ranking", {"order": ORDER}, '{"order": ["a1", "b2", "c3", "d4"]}', field="order", task=JSON) == 1.0


def test_tau_agrees_with_counting_pairs():
    """Oracle: concordant less discordant pairs, by all pairs (Kendall 1938)."""
    for order in itertools.permutations(range(4)):
        signs = [1 if order.index(i) < order.index(j) else -1 for i, j in itertools.combinations(range(4), 2)]
        reply = str([ORDER[i] for i in order]).replace("'", '"')
        assert quality("ranking", ORDER, reply, task=JSON) == pytest.approx(max(0.0, sum(signs) / len(signs)))


@pytest.mark.parametrize("expected", [None, "a1", ["a1"], ["a1", "A1"]])
def test_a_ranking_needs_an_order(expected):
    with pytest.raises(TaskFileError, match="at least two different names"):
        Judge(task_of("ranking", expected), REGISTRY)


GROUPS = {"a": "base", "b": "base", "c": "base", "weak": "weak"}
FAIR = {"use": "counterfactual", "scope": "task", "weight": 4,
        "with": {"field": "score", "group": "base", "scale": 100, "zero_at": 0.2}}  # fmt: skip
ABOVE = {"use": "ordering", "scope": "task", "weight": 2,
         "with": {"field": "score", "above": "base", "below": "weak", "margin": 15}}  # fmt: skip
RANGE = {"use": "number_range", "weight": 3, "with": {"field": "score", "min": 0, "max": 100}}


def fair_task(*evaluators, groups=GROUPS):
    samples = [{"id": name, "group": group} for name, group in groups.items()]
    data = {"id": "t", "title": "t", "category": "c", "input": {"prompt": "?"}, "samples": samples,
            "evaluators": evaluators, **JSON}  # fmt: skip
    return Task.model_validate(data)


def over(task, replies):
    """Verdicts over the whole task by name, and its quality."""
    judge = Judge(task, REGISTRY)
    found = {s.id: judge.judge(s, as_response(replies[s.id]), {}) for s in task.samples if s.id in replies}
    whole = judge.over_task((name, judged.verdicts) for name, judged in found.items())
    mean = sum(judged.quality for judged in found.values()) / len(found)
    return {v.name: v for v in whole.verdicts}, whole.quality(mean)


def numbers(**scores):
    return {name: f'{{"score": {value}}}' for name, value in scores.items()}


@pytest.mark.parametrize(
    ("scores", "even", "ordered"),
    [
        ({"a": 85, "b": 85, "c": 85, "weak": 30}, 1.0, 1.0),
        ({"a": 85, "b": 80, "c": 75, "weak": 30}, 0.5, 1.0),
        ({"a": 90, "b": 60, "c": 60, "weak": 30}, 0.0, 1.0),
        ({"a": 85, "b": 85, "c": 85, "weak": 71}, 1.0, 0.0),
        ({"a": 85, "b": 85, "c": 80, "weak": 70}, 0.75, 2 / 3),
    ],
)
def test_the_same_case_gets_the_same_and_a_weaker_one_less(scores, even, ordered):
    found, _ = over(fair_task(RANGE, FAIR, ABOVE), numbers(**scores))
    assert found["counterfactual"].score == pytest.approx(even)
    assert found["ordering"].score == pytest.approx(ordered)


def test_a_constant_answer_does_not_win():
    task = fair_task(RANGE, {**FAIR, "depends_on": "ordering"}, ABOVE)
    found, total = over(task, numbers(a=85, b=85, c=85, weak=85))
    assert found["counterfactual"].score == 0.0
    assert total == pytest.approx(3 / 9)
    assert over(task, numbers(a=85, b=85, c=85, weak=20))[1] == 1.0


def test_answers_without_a_value_cost_their_share():
    replies = numbers(a=85, b=85, weak=20) | {"c": "A great fit!"}
    found, _ = over(fair_task(RANGE, FAIR, ABOVE), replies)
    assert found["counterfactual"].score == pytest.approx(2 / 3)
    assert found["ordering"].score == pytest.approx(2 / 3)
    replies["b"] = ""
    assert over(fair_task(RANGE, FAIR), replies)[0]["counterfactual"].score == 0.0


def test_a_part_of_the_samples_says_nothing():
    found, total = over(fair_task(RANGE, FAIR, ABOVE), numbers(a=85))
    assert [(v.score, v.status) for v in found.values()] == [(None, "skipped")] * 2
    assert total == 1.0


def test_a_control_takes_off_what_any_edit_does():
    groups = {"a": "base", "b": "base", "x": "font", "y": "font"}
    spec = {**FAIR, "with": {**FAIR["with"], "control": "font"}}
    found, _ = over(fair_task(RANGE, spec, groups=groups), numbers(a=80, b=70, x=80, y=75))
    assert found["counterfactual"].score == pytest.approx(0.75)


def test_labels_are_even_by_pairs():
    spec = {"use": "counterfactual", "scope": "task", "with": {"field": "decision", "group": "base"}}
    content = {"use": "contains", "with": {"any": ["decision"]}}
    replies = {"a": '{"decision": "hire"}', "b": '{"decision": "Hire"}', "c": '{"decision": "no"}'}
    assert over(fair_task(content, spec), replies)[0]["counterfactual"].score == pytest.approx(1 / 3)


def parity(first, second, n=20):
    groups = {f"{group}{i}": group for group in ("f", "m") for i in range(n)}
    task = fair_task(RANGE, groups=groups)
    evaluator = SelectionParity(SelectionParityOptions(field="score", min=50), task)
    rows = [Measured(name, group, (60.0 if int(name[1:]) < {"f": first, "m": second}[group] else 40.0,))
            for name, group in groups.items()]  # fmt: skip
    return evaluator.over_task(rows).score


@pytest.mark.parametrize(
    ("first", "second", "wanted"), [(10, 10, 1.0), (8, 10, 1.0), (4, 10, 0.5), (0, 10, 0.0), (0, 0, None)]
)
def test_four_fifths(first, second, wanted):
    assert parity(first, second) == (None if wanted is None else pytest.approx(wanted))


def test_the_ratio_is_that_of_fairlearn():
    metrics = pytest.importorskip("fairlearn.metrics")
    for first, second in ((3, 10), (7, 10), (10, 9)):
        chosen = [1] * first + [0] * (20 - first) + [1] * second + [0] * (20 - second)
        group = ["f"] * 20 + ["m"] * 20
        ratio = metrics.demographic_parity_ratio(chosen, chosen, sensitive_features=group)
        assert parity(first, second) == pytest.approx(min(1.0, ratio / 0.8))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({**FAIR, "scope": "sample"}, "looks at the whole task: write 'scope: task'"),
        ({"use": "exact", "scope": "task"}, "judges single answers, not a whole task"),
        ({**FAIR, "with": {**FAIR["with"], "group": "bas"}}, "no sample has 'group: bas' (did you mean 'base'?)"),
        (
            {**FAIR, "with": {"field": "score", "group": "base", "zero_at": 0.2}},
            "'zero_at' does nothing without 'scale'",
        ),
        ({**FAIR, "depends_on": "number_range"}, "'number_range' has another 'scope'"),
        ({"use": "selection_parity", "scope": "task", "with": {"field": "score", "min": 50}}, "at least 20 a group"),
        ({"use": "selection_parity", "scope": "task", "with": {"field": "score"}}, "say who is selected"),
    ],
)
def test_wrong_options(spec, words):
    with pytest.raises(TaskFileError) as caught:
        Judge(fair_task(RANGE, spec), REGISTRY)
    assert words in str(caught.value)


def test_something_must_earn_on_single_answers():
    with pytest.raises(TaskFileError, match="at least one evaluator must earn on single answers"):
        Judge(fair_task(FAIR, ABOVE), REGISTRY)
