"""Generation with transformers: chat requests to tensors, rows to tokens; runs in the child process."""

from __future__ import annotations

import base64
import binascii
import hashlib
import importlib.metadata
import io
import json
import threading
import time
from collections.abc import Sequence
from typing import Any

from .child_main import CannotLoad
from .huggingface_load import Loaded, is_out_of_memory, load
from .huggingface_rows import Row

EXTRA = frozenset(
    {
        "min_new_tokens",
        "repetition_penalty",
        "no_repeat_ngram_size",
        "min_p",
        "typical_p",
        "epsilon_cutoff",
        "eta_cutoff",
    }
)
"""Settings of generation that a task may send beyond the usual ones (``generation: {extra: ...}``)."""

_KNOWN = frozenset(
    {"model", "messages", "temperature", "top_p", "top_k", "seed", "max_tokens", "stop", "tools", "response_format",
     "chat_template_kwargs", "stream", "stream_options", "timeout_s"}
)  # fmt: skip
THINK, TAIL = "<think>", 12
NO_LIMIT = 1 << 20


class Refused(Exception):
    """A form of request that this model never takes, such as a system role; another form may do."""


class Impossible(Exception):
    """A request that cannot be answered in any form; the text says why."""


class Runtime:
    """A loaded model. ``prepare`` may be called from any thread, ``generate`` from one at a time."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._loaded = load(settings)
        self._context: int | None = settings["context_tokens"]
        self._lock = threading.Lock()  # fast tokenizers cannot be used from two threads at once
        ends = self._loaded.model.generation_config.eos_token_id
        self._ends = frozenset(ends if isinstance(ends, list) else [] if ends is None else [ends])
        self._grammars = _grammars(self._loaded, sorted(self._ends))
        try:
            self._inputs({"messages": [{"role": "user", "content": "Hello."}]})
        except Refused as refused:
            raise CannotLoad(f"{refused}; write another as 'options: chat_template'") from None

    def ready(self) -> dict[str, Any]:
        """What the parent is told once the model is loaded."""
        return {"facts": self._facts(), "grammar": self._grammars is not None, "notes": list(self._loaded.notes)}

    def _facts(self) -> dict[str, Any]:
        loaded = self._loaded
        template = loaded.front.chat_template
        text = template if isinstance(template, str) else json.dumps(template, sort_keys=True)
        return {
            "runtime": ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("transformers", "torch")),
            "architecture": type(loaded.model).__name__,
            "dtype": loaded.dtype,
            "device": loaded.device,
            "attention": str(loaded.model.config._attn_implementation),
            "template_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }

    # -- a request to a row ------------------------------------------------------------------------------------------

    def prepare(self, body: dict[str, Any]) -> Row:
        """The row of a chat-completions body; raises Refused or Impossible."""
        began = time.perf_counter()
        if unknown := sorted(body.keys() - _KNOWN - EXTRA):
            raise Impossible(f"unknown setting '{unknown[0]}'; 'extra' may hold: {', '.join(sorted(EXTRA))}")
        with self._lock:
            inputs = self._inputs(body)
            matcher = self._matcher(body.get("response_format"))
        prompt = int(inputs["input_ids"].shape[1])
        stated = body.get("max_tokens")
        room = NO_LIMIT if self._context is None else self._context - prompt
        if room < 1:
            raise Impossible(f"maximum context length is {self._context} tokens, the prompt has {prompt}")
        extra = {name: body[name] for name in EXTRA & body.keys()}
        sampling = {k: body[k] for k in ("temperature", "top_p", "top_k", "seed") if body.get(k) is not None}
        stops = body.get("stop") or ()
        timeout_s = body.get("timeout_s")
        return Row(
            inputs=inputs,
            prompt_tokens=prompt,
            limit=min(stated or NO_LIMIT, room),
            context_bound=stated is not None and room < stated,
            decode=self._text,
            stops=(stops,) if isinstance(stops, str) else tuple(stops),
            end_tokens=self._ends,
            deadline=None if timeout_s is None else began + timeout_s,
            sampling={**extra, **(sampling if sampling.get("temperature") else {})},
            matcher=matcher,
            opening=self._opening(inputs["input_ids"][0, -TAIL:].tolist()),
            prepared_s=time.perf_counter() - began,
        )

    def _text(self, ids: Sequence[int], *, special: bool = False) -> str:
        return str(
            self._loaded.tokenizer.decode(
                list(ids), skip_special_tokens=not special, clean_up_tokenization_spaces=False
            )
        )

    def _opening(self, tail: list[int]) -> str:
        """The thinking tag, where the template has opened it: the answer then begins inside."""
        end = self._text(tail, special=True)
        return f"{THINK}\n" if end.rstrip().endswith(THINK) else ""

    def _inputs(self, body: dict[str, Any]) -> Any:
        from jinja2 import TemplateError

        tools = body.get("tools") or None
        if tools and "tools" not in str(self._loaded.front.chat_template):
            raise Impossible("the chat template has no place for tools")
        try:
            return self._loaded.front.apply_chat_template(
                [_message(m, vision=self._loaded.vision) for m in body["messages"]],
                tools=tools,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                **(body.get("chat_template_kwargs") or {}),
            )
        except TemplateError as error:
            raise Refused(f"the chat template does not take the conversation: {str(error).rstrip('.')}") from None

    def _matcher(self, form: Any) -> Any:
        """The grammar of a response format, from llguidance; ``None`` without one."""
        if not form:
            return None
        schema = form["json_schema"]["schema"] if form["type"] == "json_schema" else {"type": "object"}
        if self._grammars is None:
            raise Refused("a JSON schema needs the package llguidance: pip install llguidance")
        import llguidance

        # One blank after comma and colon, none elsewhere: small models lose themselves in white space.
        spacing = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
        grammar = llguidance.LLMatcher.grammar_from_json_schema(schema, defaults=spacing)
        matcher = llguidance.LLMatcher(self._grammars, grammar, log_level=0)
        if matcher.is_error():
            raise Impossible(f"the JSON schema cannot be enforced: {matcher.get_error()}")
        return matcher

    # -- rows to tokens ----------------------------------------------------------------------------------------------

    def generate(self, rows: Sequence[Row]) -> None:
        """Answer all rows together; several must be :attr:`Row.greedy` text requests. Nothing is raised."""
        started = time.perf_counter()
        for row in rows:
            row.started = started
        try:
            self._generate(rows)
        except Exception as error:  # noqa: BLE001 - one answer fails, the model goes on
            if is_out_of_memory(error):
                self._free()
                words = "there was not enough memory for the answer; lower 'concurrency' or shorten the task"
            else:
                words = f"generation failed: {type(error).__name__}: {error}"
            for row in rows:
                row.fail(words, "generation_failed")
        for row in rows:
            row.finish("length")

    def _generate(self, rows: Sequence[Row]) -> None:
        import torch
        import transformers

        model, sampling = self._loaded.model, rows[0].sampling
        wanted = {k: v for k, v in sampling.items() if k in EXTRA}
        if "temperature" in sampling:
            torch.manual_seed(int(sampling.get("seed", 0)))
            wanted |= {"do_sample": True, "temperature": sampling["temperature"], "top_p": sampling.get("top_p", 1.0)}
            wanted["top_k"] = sampling.get("top_k", 0)
        own = model.generation_config
        config = transformers.GenerationConfig(
            **{"do_sample": False, **wanted},
            max_new_tokens=max(row.limit for row in rows),
            eos_token_id=own.eos_token_id,
            pad_token_id=own.pad_token_id if own.pad_token_id is not None else min(self._ends, default=0),
            bos_token_id=own.bos_token_id,
        )
        watch = _Watch(rows)
        with torch.inference_mode():
            model.generate(
                **_left_padded(rows, config.pad_token_id).to(model.device),
                generation_config=config,
                logits_processor=[watch.scores],
                stopping_criteria=[watch.tokens],
            )

    def _free(self) -> None:
        import gc

        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _grammars(loaded: Loaded, ends: list[int]) -> Any:
    """The vocabulary as llguidance wants it (takes seconds, so it is made while loading); ``None`` without llguidance."""
    try:
        import llguidance.hf
    except ImportError:
        return None
    try:
        size = loaded.model.get_output_embeddings().weight.shape[0]
        return llguidance.hf.from_tokenizer(loaded.tokenizer, n_vocab=size, eos_token=ends or None)
    except (AttributeError, ValueError):  # no fast tokenizer, or a head of another form
        return None


class _Watch:
    """Looks into every step of a generation: the clock and the grammar before a token is chosen, the rows after."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows, self._now = rows, 0.0

    def scores(self, _ids: Any, scores: Any) -> Any:
        """Stamp the clock and mask what the grammars do not allow; a LogitsProcessor."""
        import torch

        self._now = time.perf_counter()
        for index, row in enumerate(self._rows):
            if row.matcher is None or row.done:
                continue
            if row.tokens:
                row.matcher.consume_token(row.tokens[-1])
            allowed = torch.frombuffer(bytearray(row.matcher.compute_logit_bias()), dtype=torch.uint8)
            barred = torch.ones(scores.shape[-1], dtype=torch.bool)
            barred[: allowed.numel()] = allowed[: scores.shape[-1]] == 0
            scores[index].masked_fill_(barred.to(scores.device), float("-inf"))
        return scores

    def tokens(self, ids: Any, _scores: Any) -> Any:
        """Hand the chosen tokens to their rows; a StoppingCriteria."""
        import torch

        newest = ids[:, -1].tolist()
        over = [row.push(token, self._now) for row, token in zip(self._rows, newest, strict=True)]
        return torch.tensor(over, dtype=torch.bool, device=ids.device)


def _left_padded(rows: Sequence[Row], pad: int) -> Any:
    """The tensors of several text rows as one batch, padded on the left; those of a single row as they are."""
    import torch
    import transformers

    if len(rows) == 1:
        return rows[0].inputs
    longest = max(row.prompt_tokens for row in rows)
    ids = torch.full((len(rows), longest), pad)
    mask = torch.zeros_like(ids)
    for index, row in enumerate(rows):
        ids[index, longest - row.prompt_tokens :] = row.inputs["input_ids"][0]
        mask[index, longest - row.prompt_tokens :] = 1
    return transformers.BatchEncoding({"input_ids": ids, "attention_mask": mask})


def _message(message: dict[str, Any], *, vision: bool) -> dict[str, Any]:
    """A chat-completions message in the form that templates expect."""
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else [_part(p) for p in content]
    if not vision:
        if any(part["type"] == "image" for part in parts):
            raise Impossible("image input is not supported by this model")
        made: dict[str, Any] = {**message, "content": "".join(part["text"] for part in parts)}
    else:
        made = {**message, "content": parts}
    if message.get("tool_calls"):
        made["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": _object(call["function"]["arguments"])}}
            for call in message["tool_calls"]
        ]
    return made


def _part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] == "text":
        return part
    from PIL import Image

    data = part["image_url"]["url"].partition(";base64,")[2]
    try:
        image = Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB")
    except (OSError, binascii.Error, Image.DecompressionBombError) as error:
        raise Impossible(f"the image cannot be read: {error}") from None
    return {"type": "image", "image": image}


def _object(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
