"""``localbench models add``: a commented model file, checked before it is written."""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.base import check_id
from ..domain.model import LOCAL_PROVIDERS
from ..errors import ConfigError, ModelFileError, StoreError, UnknownName

if TYPE_CHECKING:
    from .models import Project

_PLAIN = re.compile(r"[A-Za-z~./][A-Za-z0-9._/~-]*(?::[A-Za-z0-9._/-]+)*\Z")
_WORDS = frozenset({"true", "false", "null", "~", ""})
_VARIABLE = re.compile(r"[A-Za-z_]\w*\Z")
KEYS = {
    "openai": "OPENAI_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GOOGLE_API_KEY",
}
HTTP_OPTIONS = """\
options:
  body:                       # what is sent; see docs/adapters.md for all placeholders
    model: "{{ model }}"
    prompt: "{{ prompt }}"
    max_tokens: "{{ max_tokens }}"
  answer: choices[0].text     # where the answer stands in what comes back
  # usage: {input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens}
  # finish: choices[0].finish_reason
  # error: error.message
  # stream: {format: sse, delta: choices[0].text}
  # headers: {X-Api-Key: "${env:ACME_KEY}"}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``models add``."""
    parser.add_argument("name", help="id of the model; the file is data/models/NAME.yaml")
    parser.add_argument("--provider", required=True, metavar="P", help="llamacpp, ollama, openai, vllm, http, ...")
    parser.add_argument("--model", default="", metavar="M", help="the provider's own name of the model")
    parser.add_argument("--path", type=Path, metavar="FILE", help="weights file or folder")
    parser.add_argument("--base-url", metavar="URL", help="address of the server")
    parser.add_argument("--api-key-env", metavar="NAME", help="environment variable that holds the key")
    parser.add_argument("--context", type=int, metavar="N", help="context window in tokens")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of a local runtime")
    parser.add_argument("--gpu-layers", type=int, metavar="N", help="layers on the GPU (-1: all)")
    parser.add_argument("--concurrency", type=int, metavar="N", help="requests at once")
    parser.add_argument("--tag", action="append", default=[], metavar="T", help="tag, repeatable")
    parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="adapter option, repeatable")


def write_model_file(project: Project, args: argparse.Namespace) -> str:
    """Write the file and return its path as shown; raises ConfigError (never overwrites) or StoreError."""
    from ..suite.models import load_model_file
    from ..suite.tasks import shown_path

    try:
        check_id(args.name)
    except ValueError as error:
        raise ConfigError(f"{error}.") from None
    known = project.registry.known_adapters()
    if args.provider not in known:
        raise UnknownName("provider", args.provider, known)
    folder = Path(args.data).resolve() / "models"
    target = folder / f"{args.name}.yaml"
    shown = shown_path(target, project.root)
    taken = [path for suffix in (".yaml", ".yml", ".json") if (path := target.with_suffix(suffix)).exists()]
    if taken or args.name in project.models:
        source = project.models[args.name].source if args.name in project.models else None
        where = shown_path(taken[0], project.root) if taken else source.path if source else shown
        raise ConfigError(f"the model '{args.name}' is already there: {where}; edit that file or take another name.")
    text = model_file_text(args)
    with tempfile.TemporaryDirectory(prefix="localbench-") as scratch:
        draft = Path(scratch) / target.name
        draft.write_text(text, encoding="utf-8")
        try:
            model = load_model_file(draft, Path(scratch))
        except ModelFileError as error:
            raise ConfigError(f"that would be no usable model: {error.problem}.") from None
    if not model.model and model.path is None and not model.base_url and args.provider not in LOCAL_PROVIDERS:
        raise ConfigError(f"say which model: --model NAME (the name that {args.provider} knows it by).")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise StoreError(f"{shown} could not be written: {error.strerror}") from None
    return shown


def model_file_text(args: argparse.Namespace) -> str:
    """The file: what was said, and as comments what else may be."""
    return "\n".join(_lines(args)) + "\n"


def _lines(args: argparse.Namespace) -> Iterator[str]:
    yield f"# Model '{args.name}'. All fields: docs/adapters.md; try it: localbench models test {args.name}"
    yield f"provider: {_scalar(args.provider)}"
    if args.model:
        yield f"model: {_scalar(args.model)}"
    if args.path is not None:
        yield f"path: {_scalar(os.path.abspath(args.path.expanduser()))}"
    elif args.provider == "llamacpp" and not args.model:
        raise ConfigError("say where the weights are: --path FILE.gguf (or --model smollm2).")
    if args.base_url:
        yield f"base_url: {_scalar(args.base_url)}"
    elif args.provider == "http":
        raise ConfigError("say what is asked: --base-url URL (the whole address).")
    yield from _key_lines(args)
    yield from _resource_lines(args)
    yield f"concurrency: {args.concurrency}" if args.concurrency else "# concurrency: 2          # requests at once"
    yield "# generation: {temperature: 0, max_tokens: 1024}   # wins over the tasks"
    if not _states_capabilities(args):
        yield "# capabilities: {vision: false, tools: true}       # only what the provider does not tell itself"
    if args.provider in KEYS:
        yield '# pricing: {input_usd_per_mtok: 0.5, output_usd_per_mtok: 1.5, as_of: "2026-11-01"}   # without it the cost is unknown'
    if args.tag:
        yield f"tags: [{', '.join(_scalar(tag) for tag in args.tag)}]"
    if args.option:
        yield "options:"
        for name, value in map(_option, args.option):
            yield f"  {_scalar(name)}: {json.dumps(value, ensure_ascii=False)}"
    elif args.provider == "http":
        yield HTTP_OPTIONS.rstrip()


def _key_lines(args: argparse.Namespace) -> Iterator[str]:
    if args.api_key_env:
        if not _VARIABLE.match(args.api_key_env):
            raise ConfigError("--api-key-env takes the name of an environment variable, not the key itself.")
        yield f"api_key: ${{env:{args.api_key_env}}}"
    elif args.provider in KEYS and not args.base_url:
        yield f"api_key: ${{env:{KEYS[args.provider]}}}"
    else:
        yield "# api_key: ${env:NAME}     # a reference, never the key itself"


def _states_capabilities(args: argparse.Namespace) -> bool:
    """On a server that is already running the window is a fact, not a setting."""
    from ..suite.model_options import SERVED

    return args.provider in SERVED and args.context is not None and args.threads is None and args.gpu_layers is None


def _resource_lines(args: argparse.Namespace) -> Iterator[str]:
    stated = {"context_tokens": args.context, "threads": args.threads, "gpu_layers": args.gpu_layers}
    given = {name: value for name, value in stated.items() if value is not None}
    if _states_capabilities(args):
        yield f"capabilities: {{context_tokens: {args.context}}}"
    elif given:
        yield f"resources: {{{', '.join(f'{name}: {value}' for name, value in given.items())}}}"
    elif args.provider == "llamacpp":
        yield "# resources: {context_tokens: 8192, threads: 4, gpu_layers: 0}"


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip()):
        raise ConfigError(f"--option {text}: write it as KEY=VALUE.")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _scalar(text: str) -> str:
    return text if _PLAIN.match(text) and text.lower() not in _WORDS else json.dumps(text, ensure_ascii=False)
