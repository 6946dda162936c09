"""Every built-in evaluator is registered, has a role, and gives nothing for nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import REGISTRY, judge, task_of

from pytest_localbench.evaluators.base import Evaluator, Options

GUARDS = {"length", "language", "rules", "pii", "repetition", "copy_ratio", "json_format", "json_schema", "grounding",
          "html_valid", "dom_unchanged", "accessibility"}  # fmt: skip
SOURCE = "The notice period of the agreement between Northwind and Harbour is sixty days from 1 July 2025."
TEXT = {"input": {"prompt": "?", "variables": {"document": SOURCE}}}
JSON = {**TEXT, "output": {"format": "json"}}
LABEL = {**TEXT, "output": {"format": "label", "labels": ("red", "green")}}
FACT = {"facts": [{"id": "a", "any": ["ninety days"]}]}
CONTENT = [
    ("contains", "x", {"all": ["ninety days"]}, TEXT),
    ("regex", "x", {"all": ["ninety days"]}, TEXT),
    ("key_facts", "x", FACT, TEXT),
    ("label", "red", {}, LABEL),
    ("multi_label", ["red"], {}, {**TEXT, "output": {"labels": ("red", "green")}}),
    ("anls", "ninety days", {}, TEXT),
    ("anls", {"term": "ninety days"}, {}, JSON),
    ("rouge_l", "ninety working weeks", {}, TEXT),
]
ANY_ANSWER = [
    *CONTENT,
    ("chrf", "ninety days", {"baseline": "document"}, TEXT),
    ("grounding", "x", {"source": "document"}, TEXT),
    ("length", "x", {"max": 5}, TEXT),
    ("repetition", "x", {}, TEXT),
    ("copy_ratio", "x", {"source": "document"}, TEXT),
    ("rules", "x", {"must_not": [{"any": ["a"]}, {"regex": "b+"}]}, TEXT),
    ("json_format", {"a": 1}, {}, JSON),
    ("json_schema", {"a": 1}, {"schema": {"required": ["a"]}, "graded": True}, JSON),
    ("pii", "x", {}, TEXT),
]


def test_every_name_leads_to_an_evaluator():
    for name in REGISTRY.known_evaluators():
        cls = REGISTRY.evaluator_class(name)
        assert issubclass(cls, Evaluator)
        assert issubclass(cls.options_type, Options)
        assert cls.options_type.model_config["extra"] == "forbid"


def test_evaluators_that_a_poor_answer_passes_only_take_away():
    roles = {name: REGISTRY.evaluator_class(name) for name in REGISTRY.known_evaluators()}
    assert {name for name, cls in roles.items() if cls.role == "guard"} == GUARDS
    assert all((0 < cls.guard_share <= 1) == (name in GUARDS) for name, cls in roles.items())


def test_a_guard_with_a_weight_earns():
    found = judge(task_of("rules", "x", must=[{"any": ["yes"]}]), "yes")
    assert (found.verdicts[0].role, found.quality) == ("content", 1)


@pytest.mark.parametrize(("use", "expected", "options", "task"), CONTENT)
@pytest.mark.parametrize("reply", ["", "I am sorry, I cannot do that.", "{}", "[]", "null", SOURCE, "red, green"])
def test_empty_refusing_echoing_and_hedging_answers_earn_next_to_nothing(use, expected, options, task, reply):
    found = judge(task_of(use, expected, task=task, **options), reply)
    assert found.quality is not None
    assert found.quality <= (0.7 if use == "multi_label" and "red" in reply else 0.0)


@pytest.mark.parametrize(("use", "expected", "options", "task"), ANY_ANSWER)
@settings(max_examples=25, deadline=None)
@given(reply=st.text(max_size=200) | st.sampled_from(["{" * 500, "1" * 500, "\x00\ufffd\u202e", "a " * 400]))
def test_any_text_gets_a_score_between_zero_and_one(use, expected, options, task, reply):
    found = judge(task_of(use, expected, task=task, **options), reply)
    assert found.outcome != "evaluator_error", found.reason
    assert found.quality is not None
    assert 0 <= found.quality <= 1


def test_registering_imports_no_evaluator():
    code = (
        "import sys; from pytest_localbench import evaluators; from pytest_localbench.registry import Registry; "
        "evaluators.pytest_localbench_register(Registry()); "
        "print([m for m in sys.modules if m.startswith('pytest_localbench.evaluators.') or m in ('pydantic', 'regex')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
