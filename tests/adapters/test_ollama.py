"""The ``ollama`` adapter against a double of Ollama's API, old (0.9.3) and modern."""

from __future__ import annotations

import base64

import pytest
from ollama_server import MS, Model, OllamaServer, Script

from pytest_localbench.adapters.faults import ServerSilent
from pytest_localbench.adapters.ollama_api import OllamaAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart, ToolCall
from pytest_localbench.errors import (
    ContextTooLong,
    GenerationFailed,
    GenerationTimeout,
    ModelUnavailable,
    TruncatedInput,
)

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "Weather now", "parameters": {"city": {"type": "string"}}}


@pytest.fixture
def make(ollama):
    made = []

    def build(server: OllamaServer | None = None, model: str = "tiny:1b", opened: bool = True, **more):
        server = server or ollama()
        adapter = OllamaAdapter(ModelConfig(id="m", provider="ollama", model=model, base_url=server.url, **more))
        adapter.server = server
        made.append(adapter)
        if opened:
            adapter.open()
        return adapter

    yield build
    for adapter in made:
        adapter.close()


def failure(call, *args):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call(*args)
    return caught.value


# -- what is sent ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trained", "resources", "window"),
    [
        (8192, {}, 8192),
        (2048, {}, 2048),
        (131072, {}, 8192),
        (None, {}, 8192),
        (131072, {"context_tokens": 32768}, 32768),
    ],
)
def test_the_window_is_always_stated_and_recorded(make, ollama, ask_for, trained, resources, window):
    server = ollama(models={"tiny:1b": Model(trained_context=trained)})
    adapter = make(server, resources=resources)
    adapter.generate(ask_for())
    assert [chat["options"]["num_ctx"] for chat in server.chats] == [window, window]
    assert adapter.fingerprint()["num_ctx"] == adapter.capabilities().context_tokens == window
    assert server.loads == 1


def test_every_request_states_what_would_otherwise_depend_on_the_server(make, ask_for):
    adapter = make(resources={"threads": 2, "gpu_layers": 0}, options={"keep_alive": "30m"})
    adapter.generate(ask_for(params={"max_tokens": 9, "temperature": 0.5, "top_k": 4, "stop": ["END"]}))
    adapter.generate(ask_for(params={"extra": {"options": {"repeat_penalty": 1}, "logprobs": True}}))
    load, first, second = adapter.server.chats
    for chat in (load, first, second):
        assert (chat["think"], chat["truncate"], chat["shift"], chat["keep_alive"]) == (False, False, False, "30m")
        assert (chat["options"]["num_thread"], chat["options"]["num_gpu"]) == (2, 0)
    assert load["messages"] == []
    assert first["stream"] is True
    stated = {"num_predict": 9, "temperature": 0.5, "top_k": 4, "stop": ["END"], "seed": 7}
    assert stated.items() <= first["options"].items()
    assert second["options"].items() >= {"num_predict": 8192, "temperature": 0, "seed": 7, "repeat_penalty": 1}.items()
    assert second["logprobs"] is True
    assert not any(path.startswith("/v1") for path in adapter.server.paths)


@pytest.mark.parametrize(
    ("thinks", "reasoning", "sent"),
    [
        (True, None, True), (True, "auto", True), (True, "off", False), (True, "on", True), (True, "low", "low"),
        (False, None, False), (False, "off", False), (None, None, False), (None, "on", True),
    ],
)  # fmt: skip
def test_thinking_is_always_stated(make, ollama, ask_for, thinks, reasoning, sent):
    listed = None if thinks is None else ["completion", *(["thinking"] if thinks else [])]
    server = ollama(models={"tiny:1b": Model(capabilities=listed)})
    adapter = make(server, generation={"reasoning": reasoning})
    server.scripts = [Script(lines=[{"message": {"content": "x"}, "done": True, "done_reason": "stop"}])]
    adapter.generate(ask_for(params={"reasoning": reasoning}))
    assert server.chats[-1]["think"] == sent


def test_a_task_that_wants_thinking_of_a_model_that_cannot_is_asked_without(make, ask_for):
    response = make().generate(ask_for(params={"reasoning": "high"}))
    assert response.text
    assert "thinking_unsupported" in response.notes


def test_thinking_is_kept_apart(make, ollama, ask_for):
    model = Model("It is 4.", thinking="Two and two.", capabilities=["completion", "thinking"])
    server = ollama(models={"tiny:1b": model})
    for stream in (True, False):
        response = make(server, options={"stream": stream}).generate(ask_for())
        assert (response.text.strip(), (response.thinking or "").strip()) == ("It is 4.", "Two and two.")
        assert (response.timing.first_token_s is None) is not stream


def test_pictures_travel_as_base64(make, ollama, ask_for):
    server = ollama(models={"tiny:1b": Model(capabilities=["completion", "vision"])})
    parts = (TextPart(text="What is it?"), ImagePart(mime="image/png", data=b"\x89PNG1"))
    make(server).generate(ask_for(messages=(Message(role="user", parts=parts),)))
    sent = server.chats[-1]["messages"][0]
    assert sent == {"role": "user", "content": "What is it?", "images": [base64.b64encode(b"\x89PNG1").decode()]}


def test_a_picture_is_not_sent_to_a_model_that_would_drop_it(make, ask_for):
    adapter = make(capabilities={"vision": True})
    message = Message(role="user", parts=(TextPart(text="?"), ImagePart(mime="image/png", data=b"x")))
    error = failure(adapter.generate, ask_for(messages=(message,)))
    assert type(error) is GenerationFailed
    assert (error.retryable, len(adapter.server.chats)) == (False, 1)
    assert "cannot see" in str(error)


def test_tools_and_calls_are_objects_both_ways(make, ollama, ask_for):
    calls = [{"id": "call_1", "function": {"index": 0, "name": "get_weather", "arguments": {"city": "Paris"}}}]
    server = ollama(models={"tiny:1b": Model(tool_calls=calls, capabilities=["completion", "tools"])})
    history = (
        Message(role="user", content="Weather?"),
        Message(role="assistant", tool_calls=(ToolCall(id="c0", name="get_weather", arguments='{"city": "Rome"}'),)),
        Message(role="tool", tool_call_id="c0", content="18 C"),
    )
    response = make(server).generate(ask_for(messages=history, tools=(WEATHER,)))
    (call,) = response.tool_calls
    assert (response.finish_reason, call.id, call.name, call.arguments) == (
        "tool_calls", "call_1", "get_weather", {"city": "Paris"}
    )  # fmt: skip
    sent = server.chats[-1]
    assert sent["messages"][1]["tool_calls"][0]["function"]["arguments"] == {"city": "Rome"}
    assert (sent["messages"][2]["tool_name"], sent["messages"][2]["tool_call_id"]) == ("get_weather", "c0")
    assert sent["tools"][0]["function"]["parameters"]["properties"] == {"city": {"type": "string"}}


def test_arguments_that_are_no_object_are_kept(make, ollama, ask_for):
    calls = [{"function": {"name": "f", "arguments": "{broken"}}, {"function": {"name": "g", "arguments": '{"a": 1}'}}]
    server = ollama(models={"tiny:1b": Model(tool_calls=calls, capabilities=["completion", "tools"])})
    response = make(server).generate(ask_for(tools=(WEATHER,)))
    assert [call.arguments for call in response.tool_calls] == ["{broken", {"a": 1}]


def test_tools_asked_of_a_model_without_them(make, ask_for):
    error = failure(make().generate, ask_for(tools=(WEATHER,)))
    assert (type(error).__name__, error.retryable) == ("RequestRefused", False)
    assert "does not support tools" in str(error)


@pytest.mark.parametrize(("form", "sent"), [("json", "json"), ("schema", SCHEMA), ("none", None), (None, None)])
def test_the_answer_format(make, ask_for, form, sent):
    adapter = make()
    adapter.generate(ask_for(params={"response_format": form}, response_schema=SCHEMA))
    assert adapter.server.chats[-1].get("format") == sent


# -- what comes back -------------------------------------------------------------------------------------------------


def ended(reason, content="Hello.", **figures):
    return Script(lines=[{"message": {"role": "assistant", "content": content}, "done": False},
                         {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reason, **figures}])  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "finish"), [("stop", "stop"), ("length", "length"), (None, "unknown"), ("odd", "unknown")]
)
def test_why_it_ended(make, ask_for, reason, finish):
    adapter = make()
    adapter.server.scripts = [ended(reason)]
    assert adapter.generate(ask_for()).finish_reason == finish


@pytest.mark.parametrize("reason", ["load", "unload"])
def test_a_load_instead_of_an_answer_is_asked_again(make, ask_for, reason):
    adapter = make()
    adapter.server.scripts = [ended(reason, content="")]
    error = failure(adapter.generate, ask_for())
    assert (type(error), error.retryable) == (GenerationFailed, True)


@pytest.mark.parametrize(
    ("text", "form", "finish"),
    [
        ('{"city": "Paris"}\n\n\t\t ', "schema", "stop"),
        ('{"city": "Par', "schema", "length"),
        ('{"a": 1} ', None, "length"),
    ],
)
def test_blanks_behind_a_complete_value_are_no_cut_answer(make, ask_for, text, form, finish):
    adapter = make()
    adapter.server.scripts = [ended("length", text)]
    response = adapter.generate(ask_for(params={"response_format": form}, response_schema=SCHEMA))
    assert (response.finish_reason, response.text) == (finish, text)
    assert ("json_complete_at_limit" in response.notes) is (finish == "stop")


def test_figures_are_seconds_and_rates(make, ask_for):
    adapter = make()
    figures = {"prompt_eval_count": 40, "prompt_eval_duration": 500 * MS, "eval_count": 10, "eval_duration": 250 * MS,
               "load_duration": 20 * MS, "total_duration": 771 * MS}  # fmt: skip
    adapter.server.scripts = [ended("stop", **figures)]
    response = adapter.generate(ask_for())
    assert (response.usage.input_tokens, response.usage.output_tokens) == (40, 10)
    timing = response.timing
    assert (timing.prompt_tokens_per_s, timing.output_tokens_per_s, timing.load_s, timing.queued_s) == (80, 40, 0.02, 0)


def test_absent_figures_are_unknown(make, ask_for):
    adapter = make()
    adapter.server.scripts = [ended("stop")]
    response = adapter.generate(ask_for())
    assert set(response.usage.model_dump().values()) == {None}
    known = response.timing.model_dump(exclude_none=True)
    assert set(known) == {"generation_s", "first_token_s"}


def test_loading_and_queueing_are_no_answer_time(make, ask_for):
    adapter = make()
    figures = {"prompt_eval_count": 5, "prompt_eval_duration": 100 * MS, "eval_count": 2, "eval_duration": 100 * MS}
    adapter.server.scripts = [ended("stop", **figures, load_duration=3000 * MS, total_duration=9000 * MS)]
    timing = adapter.generate(ask_for()).timing
    assert (timing.load_s, timing.queued_s) == (3.0, pytest.approx(5.8))
    assert (timing.generation_s, timing.first_token_s) == (0.0, 0.0)


def test_the_prompt_rate_is_unknown_after_a_cache_hit(make, ask_for):
    adapter = make()
    long = "A document of some length. " * 20
    first, again, other = (adapter.generate(ask_for(text)) for text in (long, long + "And now?", "Else " * 20))
    assert first.timing.prompt_tokens_per_s is not None
    assert (again.timing.prompt_tokens_per_s, again.notes) == (None, ("prompt_cached",))
    assert (other.timing.prompt_tokens_per_s is None, other.notes) == (False, ())
    assert again.timing.output_tokens_per_s is not None


def test_memory_is_the_servers_own_figure_and_says_so(make, ollama, ask_for):
    server = ollama(models={"tiny:1b": Model(size=1000, size_vram=600)})
    adapter = make(server)
    memory = adapter.generate(ask_for()).memory
    assert (memory.peak_bytes, memory.peak_vram_bytes) == (400, 600)
    assert "reported" in memory.method
    assert adapter.processes() == []


# -- prompts that do not fit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("modern", [True, False])
def test_a_prompt_that_does_not_fit_is_an_error_that_names_the_setting(make, ollama, ask_for, modern):
    adapter = make(ollama(modern=modern), resources={"context_tokens": 512})
    error = failure(adapter.generate, ask_for("word " * 900))
    assert type(error) is (ContextTooLong if modern else TruncatedInput)
    assert error.kind == ("context_overflow" if modern else "truncated_input")
    assert error.retryable is False
    assert "'resources: context_tokens' of model 'm' (now 512)" in str(error)


def test_a_history_that_was_dropped_is_found_out(make, ollama, ask_for):
    turns = [Message(role="user" if i % 2 == 0 else "assistant", content=f"{i} " + "word " * 90) for i in range(9)]
    request = ask_for(messages=(Message(role="system", content="Be brief."), *turns))
    adapter = make(ollama(modern=False), resources={"context_tokens": 512})
    assert "read" in str(failure(adapter.generate, request))
    assert make(ollama(modern=False), resources={"context_tokens": 2048}).generate(request).text


def test_a_prompt_that_just_fits_is_answered(make, ollama, ask_for):
    for modern in (True, False):
        adapter = make(ollama(modern=modern), resources={"context_tokens": 512})
        assert adapter.generate(ask_for("word " * 450)).usage.input_tokens == 454


def test_an_answer_beyond_the_window_counts_as_cut_off(make, ollama, ask_for):
    model = Model("word " * 200)
    for modern, notes in ((False, ("context_shifted",)), (True, ())):
        adapter = make(ollama(modern=modern, models={"tiny:1b": model}), resources={"context_tokens": 128})
        response = adapter.generate(ask_for(params={"max_tokens": 200}))
        assert (response.finish_reason, response.notes) == ("length", notes)


# -- faults ----------------------------------------------------------------------------------------------------------

PIECE = {"message": {"role": "assistant", "content": "Hel"}, "done": False}


@pytest.mark.parametrize(
    ("script", "kind", "retryable", "says"),
    [
        (Script(lines=[PIECE, {"error": "an error was encountered while running the model"}]), GenerationFailed, True, "an error was"),
        (Script(lines=[PIECE, {"error": "model requires more system memory", "status": 500}]), GenerationFailed, True, "more system"),
        (Script(lines=[{"error": "no such thing", "status": 400}]), GenerationFailed, False, "no such"),
        (Script(lines=[{"error": "the prompt is longer than the context length", "status": 400}]), ContextTooLong, False, "context_tokens"),
        (Script(400, {"error": "request (900 tokens) exceeds the available context size"}), ContextTooLong, False, "context_tokens"),
        (Script(503, {"error": "server busy, please try again.  maximum pending requests exceeded"}), GenerationFailed, True, "busy"),
        (Script(500, {"error": "llama runner process has terminated"}), GenerationFailed, True, "terminated"),
        (Script(403, {"error": "remote inference is unavailable"}), ModelUnavailable, False, "403"),
        (Script(404, {"error": "model 'tiny:1b' not found"}), ModelUnavailable, False, "ollama pull tiny:1b"),
        (Script(lines=[PIECE]), GenerationFailed, True, "middle of the answer"),
        (Script(lines=[PIECE], end="cut"), GenerationFailed, True, "middle of its answer"),
        (Script(lines=[b'{"message": \n']), GenerationFailed, True, "broken JSON"),
        (Script(lines=[[1]]), GenerationFailed, True, "no JSON object"),
        (Script(lines=[{"ok": True}]), GenerationFailed, True, "without a 'message'"),
    ],
)  # fmt: skip
def test_faults_become_sentences(make, ask_for, script, kind, retryable, says):
    adapter = make()
    adapter.server.scripts = [script]
    error = failure(adapter.generate, ask_for())
    assert isinstance(error, kind)
    assert error.retryable is retryable
    assert says in str(error)


def test_the_wait_a_server_asks_for_is_kept(make, ask_for):
    adapter = make()
    adapter.server.scripts = [Script(503, {"error": "busy"}, headers={"Retry-After": "3"})]
    assert failure(adapter.generate, ask_for()).retry_after_s == 3


def test_the_deadline_while_it_writes_is_slow(make, ask_for):
    adapter = make()
    adapter.server.scripts = [Script(lines=[PIECE], end="on")]
    error = failure(adapter.generate, ask_for(timeout_s=0.3))
    assert (type(error), error.generating, error.kind) == (GenerationTimeout, True, "too_slow")
    assert error.partial_text.startswith("HelHel")


def test_the_deadline_without_a_word_is_no_score(make, ask_for):
    adapter = make()
    adapter.server.scripts = [Script(lines=[b"\n"], end="stall")]
    error = failure(adapter.generate, ask_for(timeout_s=0.3))
    assert (type(error), error.generating, error.retryable) == (GenerationTimeout, False, True)


def test_silence_in_the_middle_is_given_up_unless_ollama_may_be_at_work(make, ollama, ask_for):
    adapter = make(ollama(models={"tiny:1b": Model(capabilities=["completion", "tools"])}))
    adapter.server.scripts = [Script(lines=[PIECE], end="stall") for _ in range(2)]
    assert type(failure(adapter.generate, ask_for(timeout_s=2.0))) is ServerSilent
    assert type(failure(adapter.generate, ask_for(timeout_s=0.6, tools=(WEATHER,)))) is GenerationTimeout
