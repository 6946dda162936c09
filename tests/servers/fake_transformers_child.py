"""A child of the transformers adapter that needs no torch: the real server, and a runtime that plays its part.

The prompt's last word says what to do: ``slow``, ``hold`` (until a file ``go`` is in the cache folder), ``settings``, ``body``, ``batch``, ``call``; ``die CODE``
ends the process, ``no`` is refused, anything else is repeated. A prompt that begins with ``alone`` shares no batch.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from pytest_localbench.adapters.child_main import run
from pytest_localbench.adapters.huggingface_rows import Row
from pytest_localbench.adapters.huggingface_server import Refused, Server

END = 0


class FakeRuntime:
    """A token is a character; answers are batched as the real ones are."""

    def __init__(self, settings):
        self.settings, self.batches, self.prepared = settings, 0, 0
        self.folder = Path(settings["cache"])
        self.folder.mkdir(parents=True, exist_ok=True)

    def prepare(self, body):
        prompt = body["messages"][-1]["content"]
        self.prepared += 1
        (self.folder / f"prepared-{self.prepared}").touch()
        if prompt == "no":
            raise Refused("this form is not supported")
        return Row(
            inputs={"input_ids": prompt, "body": body} if prompt.startswith("alone") else {"input_ids": prompt},
            prompt_tokens=len(prompt),
            limit=body.get("max_tokens") or 1000,
            decode=lambda ids: "".join(map(chr, ids)),
            stops=tuple(body.get("stop") or ()),
            end_tokens=frozenset({END}),
            deadline=time.perf_counter() + body["timeout_s"],
        )

    def generate(self, rows):
        self.batches += 1
        started = time.perf_counter()
        for row in rows:
            row.started = started
            prompt = row.inputs["input_ids"]
            if prompt.startswith("die"):
                sys.stderr.write("the device is lost\n")
                sys.stderr.flush()
                os._exit(int(prompt.split()[1]))
            text = {
                "settings": json.dumps({k: v for k, v in self.settings.items() if k != "token"}),
                "body": json.dumps(row.inputs.get("body")),
                "batch": f"{self.batches}:{len(rows)}",
                "call": '<tool_call>\n{"name": "look", "arguments": {"id": 7}}\n</tool_call>',
            }.get(prompt.split()[-1], prompt)
            for character in text:
                if row.push(ord(character), time.perf_counter()):
                    break
            while prompt.endswith("slow") and not row.push(ord("."), time.perf_counter()):
                time.sleep(0.02)
            if prompt.endswith("hold"):
                (self.folder / "holding").touch()
                while not (self.folder / "go").exists():
                    time.sleep(0.01)
            row.push(END, time.perf_counter())


def start(settings):
    if settings["options"]["device"] == "mps":
        raise RuntimeError("no such device")
    if settings["options"]["device"] == "xpu":
        sys.stderr.write("fatal: driver too old\n")
        sys.stderr.flush()
        os._exit(3)
    server = Server(FakeRuntime(settings), settings["parallel"], settings["token"])
    ready = {"facts": {"runtime": "fake 1.0", "dtype": "float32"}, "grammar": False, "notes": ["converted"]}
    return {"url": server.url, **ready}, server


if __name__ == "__main__":
    run(start)
