"""Prompts that were cut, and pictures that are too large to be sent."""

from __future__ import annotations

import pytest

from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import ImagePart, Message, ModelResponse, Timing, Usage
from pytest_localbench.engine.reading import ReadCheck, check_pictures
from pytest_localbench.errors import GenerationFailed, TruncatedInput

SERVER = ModelConfig(id="m", provider="openai", model="x", base_url="http://127.0.0.1:1")
DOCUMENT = " ".join(f"w{n}" for n in range(4000))


def read(tokens, prompt=DOCUMENT, checker=None):
    response = ModelResponse(text="", timing=Timing(generation_s=1), usage=Usage(input_tokens=tokens))
    (checker or ReadCheck()).check(
        (Message(role="system", content="Be brief."), Message(role="user", content=prompt)), response, SERVER
    )


@pytest.mark.parametrize("tokens", [256, 2048, 2050, 2900])
def test_far_fewer_tokens_than_words_is_a_cut(tokens):
    with pytest.raises(TruncatedInput, match=f"read {tokens} tokens of a prompt of 4002 words"):
        read(tokens)


@pytest.mark.parametrize(
    ("tokens", "prompt"),
    [
        (None, DOCUMENT),
        (10, DOCUMENT),  # counts that no context window explains
        (3100, DOCUMENT),
        (9000, DOCUMENT),
        (400, "長" * 4000),  # one word to us
        (300, " " * 9000),
        (300, "Short."),
    ],
)
def test_everything_else_is_not(tokens, prompt):
    read(tokens, prompt)


def test_a_prompt_that_begins_as_an_earlier_one_may_be_counted_from_where_it_differs():
    checker = ReadCheck()
    read(6000, checker=checker)
    read(300, DOCUMENT + " and more", checker=checker)
    cut = ReadCheck()
    for _ in range(2):
        with pytest.raises(TruncatedInput):
            read(300, checker=cut)


def picture(size):
    return (Message(role="user", parts=(ImagePart(mime="image/png", data=b"\0" * size),)),)


def test_a_picture_counts_as_it_is_sent():
    check_pictures(picture(3_750_000), SERVER)
    with pytest.raises(
        GenerationFailed, match=r"3,900,000 bytes becomes 5,200,000 bytes .* more than the 5,000,000"
    ) as e:
        check_pictures(picture(3_900_000), SERVER)
    assert not e.value.retryable


def test_the_limit_is_the_models():
    small = ModelConfig(id="m", provider="llamacpp", capabilities={"max_picture_bytes": 4000})
    check_pictures(picture(3000), small)
    with pytest.raises(GenerationFailed, match="max_picture_bytes"):
        check_pictures(picture(3001), small)
    check_pictures(picture(9_000_000), ModelConfig(id="m", provider="llamacpp"))
    check_pictures(
        picture(9_000_000), ModelConfig(id="m", provider="openai", capabilities={"max_picture_bytes": 1 << 30})
    )
