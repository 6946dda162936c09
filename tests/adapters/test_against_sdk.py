"""Our requests beside those of the official SDK: what both send must be the same."""

from __future__ import annotations

import pytest
from scripted_server import Reply, answer, chunk

from pytest_localbench.adapters.openai import OpenAIAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, TextPart, ToolCall

openai = pytest.importorskip("openai")

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
TOOL = {"name": "book", "description": "Books a slot.", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize("stream", [False, True])
def test_request_and_answer_agree(serve, ask_for, stream):
    events = [chunk(role="assistant", content=""), chunk(content="Hel"), chunk(content="lo."), chunk("stop")]
    usage = {**chunk(), "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}}
    server = serve(Reply(events=[*events, usage]) if stream else Reply(answer("Hello.")))
    call = ToolCall(id="c1", name="book", arguments={"slot": "10:00"})
    request = ask_for(
        messages=(
            Message(role="system", content="Be brief."),
            Message(role="user", parts=(TextPart(text="Look:"), ImagePart(mime="image/png", data=b"png"))),
            Message(role="assistant", tool_calls=(call,)),
            Message(role="tool", content="done", tool_call_id="c1"),
        ),
        tools=(TOOL,),
        response_schema=SCHEMA,
        params={
            "temperature": 0.0, "top_p": 0.5, "seed": 7, "max_tokens": 9, "stop": ("END",), "response_format": "schema",
        },
    )  # fmt: skip
    adapter = OpenAIAdapter(
        ModelConfig(id="m", provider="openai", model="gpt-x", base_url=server.url, options={"stream": stream})
    )
    adapter.open()
    ours = adapter.generate(request)

    more = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=10)
    theirs = client.chat.completions.create(
        model="gpt-x",
        messages=[
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look:"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
                ],
            },
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "book", "arguments": '{"slot": "10:00"}'}}
                ],
            },
            {"role": "tool", "content": "done", "tool_call_id": "c1"},
        ],
        tools=[{"type": "function", "function": TOOL}],
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}},
        temperature=0.0,
        top_p=0.5,
        seed=7,
        max_tokens=9,
        stop=["END"],
        **more,
    )
    text = "".join(c.choices[0].delta.content or "" for c in theirs if c.choices) if stream else None
    sent, reference = (seen["body"] for seen in server.requests)
    assert sent == reference
    assert server.requests[0]["path"] == server.requests[1]["path"]
    assert ours.text == (text if stream else theirs.choices[0].message.content) == "Hello."
    assert (ours.usage.input_tokens, ours.usage.output_tokens) == (12, 3)
