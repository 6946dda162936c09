"""Reasoning that a template left half open is cut off, whatever kind of endpoint brings the answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from ollama_server import Model, OllamaServer
from scripted_server import Reply, ScriptedServer, chunk

REPLY = 'Maybe {"total": "80.00"}? No, VAT is missing.\n</think>\n{"total": "90.00"}'


def openai_style():
    pytest.importorskip("openai")
    return ScriptedServer(Reply(events=[chunk(content=REPLY[:20]), chunk(content=REPLY[20:]), chunk("stop")]))


def ollama_style():
    return OllamaServer(models={"tiny:1b": Model(answer=REPLY)})


@pytest.mark.parametrize(("provider", "serve"), [("openai", openai_style), ("ollama", ollama_style)])
def test_only_the_closing_tag_of_reasoning_arrives(project, monkeypatch, provider, serve):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    project.exact("bill", expected={"total": "90.00"}, output={"format": "json"}, evaluators=[{"use": "json_fields"}])
    server = serve()
    try:
        project.write(
            "data/models/m.json", json.dumps({"provider": provider, "base_url": server.url, "model": "tiny:1b"})
        )
        run = project.run("--models=m")
    finally:
        server.close()
    result = run.result("bill")
    assert (result["quality"], result["outcome"]) == (1.0, "passed"), run.text
    assert "VAT is missing" in result["thinking"]
