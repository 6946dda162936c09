"""The transformers adapter against a child that needs no torch: the wire between them, batches, deadlines, deaths."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import psutil
import pytest
from plain_checkpoints import write_checkpoint

from pytest_localbench.adapters.huggingface import TransformersAdapter
from pytest_localbench.adapters.wire import WireClient
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import GenerationRequest
from pytest_localbench.errors import GenerationFailed, GenerationTimeout, ModelError, ModelUnavailable

SERVERS = Path(__file__).parents[1] / "servers"


class FakeAdapter(TransformersAdapter):
    module = "fake_transformers_child"


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SERVERS))
    monkeypatch.setenv("LOCALBENCH_CACHE_DIR", str(tmp_path / "cache"))
    made = []

    def build(opened=True, template="{{ messages }}{{ tools }}", **more):
        folder = write_checkpoint(tmp_path / "model", template)
        adapter = FakeAdapter(ModelConfig(id="m", provider="transformers", path=str(folder), **more))
        made.append(adapter)
        if opened:
            adapter.open()
        return adapter

    yield build
    for adapter in made:
        adapter.close()


def told(adapter: TransformersAdapter, request: GenerationRequest) -> dict:
    return json.loads(adapter.generate(request).text)


def test_an_answer_is_streamed_and_measured(make, ask_for):
    response = make().generate(ask_for("Grüße aus Zürich 🙂"))
    assert (response.text, response.finish_reason) == ("Grüße aus Zürich 🙂", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (18, 19)
    assert 0 <= response.timing.first_token_s <= response.timing.generation_s
    assert response.timing.output_tokens_per_s > 0


def test_limits_and_stop_texts_end_the_answer(make, ask_for):
    adapter = make()
    cut = adapter.generate(ask_for("abcdef", params={"max_tokens": 3}))
    assert (cut.text, cut.finish_reason) == ("abc", "length")
    stopped = adapter.generate(ask_for("one two three", params={"stop": ("two",)}))
    assert (stopped.text, stopped.finish_reason) == ("one ", "stop")


def test_the_child_is_told_what_the_model_file_says(make, ask_for):
    adapter = make(
        concurrency=3,
        resources={"threads": 2, "context_tokens": 40},
        options={"dtype": "bfloat16", "device_map": "auto", "model_kwargs": {"attn_implementation": "eager"}},
    )
    settings = told(adapter, ask_for("settings"))
    assert (settings["threads"], settings["parallel"], settings["context_tokens"]) == (2, 3, 40)
    assert settings["folder"].endswith("model")
    assert (settings["options"]["dtype"], settings["options"]["device_map"]) == ("bfloat16", "auto")
    assert settings["options"]["model_kwargs"] == {"attn_implementation": "eager"}
    assert adapter.fingerprint()["model_kwargs"] == {"attn_implementation": "eager"}


def test_a_request_is_greedy_with_a_fixed_seed_unless_it_says_otherwise(make, ask_for):
    adapter = make()
    plain = told(adapter, ask_for("alone body", timeout_s=9))
    assert (plain["temperature"], plain["seed"], plain["timeout_s"]) == (0, 7, 9)
    params = {"temperature": 0.5, "top_p": 0.9, "seed": 3, "reasoning": "off", "extra": {"min_p": 0.1}}
    stated = told(adapter, ask_for("alone body", params=params))
    assert [stated[k] for k in ("temperature", "top_p", "seed", "min_p")] == [0.5, 0.9, 3, 0.1]
    assert stated["chat_template_kwargs"] == {"enable_thinking": False}


def test_requests_that_wait_together_are_one_batch(make, ask_for):
    adapter = make(concurrency=3)
    answers = adapter.generate_batch([ask_for(f"{n} batch") for n in range(3)])
    assert [a.text for a in answers] == ["1:3"] * 3


def test_one_request_at_a_time_without_concurrency(make, ask_for):
    answers = make().generate_batch([ask_for("batch"), ask_for("batch")])
    assert [a.text for a in answers] == ["1:1", "2:1"]


def test_a_batch_keeps_what_failed_in_its_place(make, ask_for):
    good, bad = make(concurrency=2).generate_batch([ask_for("hello"), ask_for("no")])
    assert good.text == "hello"
    assert isinstance(bad, ModelError)
    assert "this form is not supported" in str(bad)


def wait_for(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} did not come"
        time.sleep(0.01)


def test_waiting_for_the_model_is_not_answer_time(make, ask_for, tmp_path):
    adapter = make(concurrency=2)
    answers = {}

    def ask(prompt):
        answers[prompt] = adapter.generate(ask_for(prompt, timeout_s=60))

    started = time.perf_counter()
    threads = [threading.Thread(target=ask, args=(prompt,)) for prompt in ("alone hold", "alone too")]
    threads[0].start()
    wait_for(tmp_path / "cache" / "holding")
    threads[1].start()
    wait_for(tmp_path / "cache" / "prepared-2")
    time.sleep(0.2)
    (tmp_path / "cache" / "go").touch()
    for thread in threads:
        thread.join()
    waited = answers["alone too"].timing
    assert waited.queued_s > 0.1
    assert waited.generation_s + waited.queued_s <= time.perf_counter() - started


def test_the_deadline_stops_the_child_and_keeps_what_came(make, ask_for):
    adapter = make()
    with pytest.raises(GenerationTimeout) as late:
        adapter.generate(ask_for("slow", timeout_s=1.5))
    assert (late.value.generating, late.value.kind) == (True, "too_slow")
    assert late.value.partial_text.startswith("slow")
    assert adapter.generate(ask_for("next")).text == "next"


def test_a_request_that_never_had_its_turn_was_not_slow(make, ask_for, tmp_path):
    adapter = make(concurrency=2)
    first = threading.Thread(target=adapter.generate, args=(ask_for("alone hold", timeout_s=60),))
    first.start()
    wait_for(tmp_path / "cache" / "holding")
    with pytest.raises(GenerationTimeout) as late:
        adapter.generate(ask_for("alone too", timeout_s=0.05))
    (tmp_path / "cache" / "go").touch()
    first.join()
    assert (late.value.generating, late.value.retryable) == (False, True)


def test_abort_breaks_what_is_in_flight(make, ask_for):
    adapter = make()
    threading.Timer(0.3, adapter.abort).start()
    with pytest.raises(GenerationFailed):
        adapter.generate(ask_for("slow", timeout_s=30))


def test_only_the_parent_is_answered(make):
    adapter = make()
    stranger = WireClient(adapter._child.api.wire.url(""), headers={"Authorization": "Bearer guess"})
    with pytest.raises(ModelUnavailable, match="401"):
        stranger.post_json("/v1/chat/completions", {"messages": []}, 5)


def test_a_dead_child_leaves_its_code_and_last_words_and_is_started_again(make, ask_for):
    adapter = make()
    for _ in range(2):
        with pytest.raises(GenerationFailed, match="ended with exit code 4: the device is lost") as dead:
            adapter.generate(ask_for("die 4"))
        assert dead.value.retryable
        assert adapter.generate(ask_for("back")).text == "back"
    with pytest.raises(GenerationFailed):
        adapter.generate(ask_for("die 4"))
    with pytest.raises(ModelUnavailable, match="restarted 2 times"):
        adapter.generate(ask_for("back"))


@pytest.mark.parametrize(
    ("device", "says"), [("mps", "could not load model 'm' from .*model: .*no such device"),
                         ("xpu", "ended with code 3 fatal: driver too old")]
)  # fmt: skip
def test_a_child_that_cannot_load_says_why(make, device, says):
    with pytest.raises(ModelUnavailable, match=says):
        make(options={"device": device})


def test_closing_ends_the_child(make):
    adapter = make()
    (pid,) = adapter.processes()
    assert psutil.pid_exists(pid)
    adapter.close()
    assert adapter.processes() == []
    assert not psutil.pid_exists(pid)


def test_tool_calls_written_as_text_are_read(make, ask_for):
    tool = {"name": "look", "description": "d", "parameters": {"type": "object", "properties": {}}}
    response = make().generate(ask_for("call", tools=(tool,)))
    assert (response.text, response.finish_reason) == ("", "tool_calls")
    (call,) = response.tool_calls
    assert (call.name, call.arguments, call.from_text) == ("look", {"id": 7}, True)


def test_code_of_the_repository_is_off_and_shows_when_it_is_on(make, ask_for):
    plain = make()
    assert plain.generate(ask_for("a")).notes == ()
    assert "trust_remote_code" not in plain.fingerprint()
    trusting = make(options={"trust_remote_code": True})
    assert trusting.generate(ask_for("a")).notes == ("remote_code",)
    assert trusting.fingerprint()["trust_remote_code"] is True


def test_what_the_child_found_is_part_of_the_fingerprint_and_the_log(make):
    adapter = make(opened=False)
    assert "runtime" not in adapter.fingerprint()
    adapter.open()
    facts = adapter.fingerprint()
    assert (facts["runtime"], facts["dtype"], facts["context_tokens"]) == ("fake 1.0", "float32", 64)
    assert len(facts["weights_sha256"]) == len(facts["template_sha256"]) == 64
    assert adapter.notes() == ("converted",)
    assert adapter.capabilities().json_schema is False
