"""The same weights through llama.cpp and through transformers: do both runtimes read and answer alike?

A template that is applied differently or a doubled first token shows as unequal prompt lengths; then answers part at
once. With equal prompts, answers part where the runtimes' arithmetic differs (llama.cpp computes with quantised
weights and activations, transformers with de-quantised ones).

Prints one line per probe, then ``ratio parity_prompt_tokens`` (share of probes with equally many prompt tokens) and
``ratio parity_common_prefix`` (mean share of the longer answer that both begin with).

usage: python bench/parity.py [--path FILE.gguf] [--max-tokens 48]
"""

from __future__ import annotations

import argparse
import itertools

from pytest_localbench.adapters.base import Adapter
from pytest_localbench.adapters.huggingface import TransformersAdapter
from pytest_localbench.adapters.llamacpp import LlamaCppAdapter
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.response import GenerationRequest, Message, ModelResponse, ResultKey
from pytest_localbench.domain.task import GenerationParams

PROBES = (
    (Message(role="user", content="What is the capital of France? Answer in one sentence."),),
    (Message(role="user", content="List three fruits, separated by commas, and nothing else."),),
    (
        Message(role="system", content="You answer as shortly as you can."),
        Message(role="user", content="How many days has a week?"),
    ),
    (
        Message(role="user", content="My name is Zoë."),
        Message(role="assistant", content="Nice to meet you, Zoë."),
        Message(role="user", content="What is my name?"),
    ),
    (Message(role="user", content='Write the JSON object with the key "total" and the value 59.80.'),),
)


def answers(adapter: Adapter, max_tokens: int) -> list[ModelResponse]:
    """What a model answers to each probe, at temperature 0."""
    made = []
    adapter.open()
    try:
        for index, messages in enumerate(PROBES):
            key = ResultKey(category="parity", task=f"probe{index + 1}", sample="-", model=adapter.config.id)
            params = GenerationParams(temperature=0, max_tokens=max_tokens)
            made.append(adapter.generate(GenerationRequest(key=key, messages=messages, params=params)))
    finally:
        adapter.close()
    return made


def main() -> None:
    """Ask both and compare."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--path", help="a GGUF file; default: the fetched smollm2")
    arguments.add_argument("--max-tokens", type=int, default=48)
    options = arguments.parse_args()
    where = {"path": options.path} if options.path else {"model": "smollm2"}
    theirs = answers(LlamaCppAdapter(ModelConfig(id="llamacpp", provider="llamacpp", **where)), options.max_tokens)
    ours = answers(TransformersAdapter(ModelConfig(id="hf", provider="transformers", **where)), options.max_tokens)
    shares, equal = [], 0
    for index, (one, two) in enumerate(zip(theirs, ours, strict=True)):
        pairs = zip(one.text, two.text, strict=False)
        common = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        longest = max(len(one.text), len(two.text))
        shares.append(common / longest if longest else 1.0)
        equal += one.usage.input_tokens == two.usage.input_tokens
        print(
            f"probe{index + 1} {'same' if one.text == two.text else 'different'} common {common} of {longest} characters, "
            f"prompt tokens {one.usage.input_tokens} and {two.usage.input_tokens}"
        )
        if one.text != two.text:
            print(f"  llamacpp      {one.text!r}\n  transformers  {two.text!r}")
    print(f"ratio parity_prompt_tokens {equal / len(PROBES):.2f}")
    print(f"ratio parity_common_prefix {sum(shares) / len(shares):.2f}")


if __name__ == "__main__":
    main()
