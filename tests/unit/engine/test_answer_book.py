"""Answers are stored as they came, without keys, once each, and found again only by the same question."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_localbench.adapters.base import Adapter
from pytest_localbench.adapters.secrets import redact
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ModelResponse, ResultKey, Timing
from pytest_localbench.domain.task import GenerationParams, Sample, Task, TaskInput
from pytest_localbench.engine.answers import AnswerBook, question_of
from pytest_localbench.engine.asking import Asker
from pytest_localbench.engine.plan import Job
from pytest_localbench.errors import ModelUnavailable
from pytest_localbench.store.responses import ResponseWriter, cached_responses, responses_of

MODEL = ModelConfig(id="m", provider="scripted")
ASKER = Asker(Path(), log=lambda *_a, **_k: None)


class Model(Adapter):
    """Identified by its weights."""

    weights = "w1"

    def open(self):
        """Nothing to open."""

    def generate(self, request):
        raise AssertionError

    def fingerprint(self):
        return {"weights_sha256": self.weights}


def job(task="t", sample="-", model=MODEL, attempt=1, prompt="Question?", **more):
    made = Task(id=task, title=task, category="c", input=TaskInput(prompt=prompt), **more)
    return Job(ResultKey(category="c", task=task, sample=sample, model=model.id, attempt=attempt), made,
               Sample(id=sample), model)  # fmt: skip


def book_at(folder, texts=("yes",), **kwargs):
    answers = iter(texts)
    asked = []

    def ask(adapter, job):
        asked.append(str(job.key))
        return ModelResponse(text=next(answers), timing=Timing(generation_s=1.5))

    book = AnswerBook(ask, ASKER.request, ResponseWriter(folder / "w-main.jsonl"), redact=redact)
    book.open(kwargs.get("cache", "off"), folder.parent, folder.name, again=kwargs.get("again", False))
    return book, asked


def question(job):
    return question_of(job, ASKER.request(job))


def test_what_decides_an_answer_is_in_the_question():
    first = question(job())
    assert question(job(timeout_seconds=5.0)) == question(job(evaluators=({"use": "exact"},))) == first
    others = [
        job(task="u"), job(sample="s"), job(attempt=2), job(prompt="Question!"),
        job(generation=GenerationParams(seed=3)), job(tools=({"name": "f"},)),
        job(model=ModelConfig(id="m", provider="scripted", options={"default": "x"})),
    ]  # fmt: skip
    assert len({first, *map(question, others)}) == 8


def test_an_answer_is_on_the_disk_before_it_is_judged_and_found_by_the_run_alone(tmp_path):
    book, asked = book_at(tmp_path / "r1")
    answer = book.ask(Model(MODEL), job())
    found = responses_of(tmp_path / "r1")
    assert book.stored(job(), found) == answer
    assert book.stored(job(prompt="Another?"), found) is None
    assert cached_responses(tmp_path).by_key == {}
    again, asked_again = book_at(tmp_path / "r1", again=True)
    assert again.ask(Model(MODEL), job()) == answer
    assert (len(asked), asked_again) == (1, [])


def test_the_cache_tells_opened_models_apart(tmp_path):
    book, _ = book_at(tmp_path / "r1", cache="write")
    book.ask(Model(MODEL), job())
    reader, asked = book_at(tmp_path / "r2", texts=("no",), cache="read")
    assert reader.ask(Model(MODEL), job()).cached is True
    other = Model(MODEL)
    other.weights = "w2"
    fresh, asked = book_at(tmp_path / "r3", texts=("no",), cache="read")
    assert fresh.ask(other, job()).text == "no"
    assert len(asked) == 1


def test_keys_are_taken_out_before_anything_is_written(tmp_path):
    key = "sk-" + "a1B2" * 8
    book, _ = book_at(tmp_path / "r1", texts=(f"my key is {key}",))
    assert key in book.ask(Model(MODEL), job()).text
    book.writer.close()
    text = (tmp_path / "r1" / "w-main.jsonl").read_text()
    assert key not in text
    assert "[redacted]" in text


def test_threads_write_whole_lines(tmp_path):
    writer = ResponseWriter(tmp_path / "w-main.jsonl")

    def write(thread):
        for number in range(50):
            writer.append(f'{{"key":"{thread:016x}{number:016x}.{0:016x}","text":"{"x" * number}"}}')

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert len(responses_of(tmp_path).by_key) == 400


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_or_damaged_answer_costs_only_itself(tmp_path, cut):
    book, _ = book_at(tmp_path / "r1", texts=("one", "two", "three"))
    for name in ("a", "b", "c"):
        book.ask(Model(MODEL), job(task=name))
    book.writer.close()
    path = tmp_path / "r1" / "w-main.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"text":"two"', b'"text":"tWo"')[:-cut])
    found = responses_of(tmp_path / "r1")
    assert [book.stored(job(task=name), found) is not None for name in ("a", "b", "c")] == [True, False, False]


def test_a_model_that_was_exchanged_is_refused_where_a_run_goes_on(tmp_path):
    book, _ = book_at(tmp_path / "r1")
    book.expect({"m": {"fingerprint": {"weights_sha256": "w1"}}, "other": {}})
    book.check(Model(MODEL))
    exchanged = Model(MODEL)
    exchanged.weights = "w2"
    with pytest.raises(
        ModelUnavailable, match=r"m is not the model that this run began with \(weights_sha256 changed\)"
    ):
        book.check(exchanged)
    book.check(Model(MODEL.model_copy(update={"id": "new"})))


def test_pictures_are_part_of_the_question():
    from pytest_localbench.domain.response import ImagePart, Message, TextPart

    one = job()
    request = ASKER.request(one)
    parts = [
        (TextPart(text="see"), ImagePart(mime="image/png", data=data)) for data in (b"\x89PNG\x00", b"\x89PNG\x01")
    ]
    shown = [request.model_copy(update={"messages": (Message(role="user", parts=p),)}) for p in parts]
    assert len({question_of(replace(one), r) for r in (request, *shown)}) == 3
