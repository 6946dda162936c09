"""Wall time of a whole run against the ideal ``questions x latency / concurrency``, on a loopback server.

The server answers every chat completion after a set latency, so that everything above the ideal is ours: start-up,
collection, judging, recording, the report. Prints lines ``ratio wall_<latency>ms_c<concurrency> <value>``; ``bare`` is
the same number of requests by plain threads of one Python process, start-up included.

usage: python bench/wall.py [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

POINTS = {(500, 8): 160, (500, 32): 640, (50, 1): 200, (50, 8): 800, (50, 32): 3200}
QUICK = {(500, 8): 80, (500, 32): 320, (50, 32): 1600}
ANSWER = json.dumps({
    "id": "x", "object": "chat.completion", "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
}).encode()  # fmt: skip
BARE = """
import http.client, queue, sys, threading
port, n, workers = map(int, sys.argv[1:])
jobs = queue.SimpleQueue()
for i in range(n): jobs.put(i)
def work():
    link = http.client.HTTPConnection("127.0.0.1", port)
    while True:
        try: jobs.get_nowait()
        except queue.Empty: return
        link.request("POST", "/v1/chat/completions", b"{}", {"content-type": "application/json"})
        link.getresponse().read()
threads = [threading.Thread(target=work) for _ in range(workers)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


class Server:
    """An OpenAI-compatible server with a fixed latency, in a thread of its own."""

    def __init__(self) -> None:
        self.latency_s = 0.0
        self.port = 0
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").lower().split("\r\n")
                length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
                body = await reader.readexactly(length)
                await asyncio.sleep(self.latency_s)
                writer.write(_stream() if b'"stream":true' in body.replace(b" ", b"") else _plain())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def _plain() -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(ANSWER)}\r\n\r\n"
    return head.encode() + ANSWER


def _stream() -> bytes:
    piece = {"id": "x", "object": "chat.completion.chunk", "model": "m"}
    delta = {"index": 0, "finish_reason": None, "delta": {"role": "assistant", "content": "yes"}}
    events = [
        {**piece, "choices": [delta]},
        {**piece, "choices": [{"index": 0, "finish_reason": "stop", "delta": {}}]},
        {**piece, "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}},
    ]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode() + b"data: [DONE]\n\n"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def write_project(folder: Path, port: int, n: int, concurrency: int) -> None:
    """One task with ``n`` samples and one model with ``concurrency`` requests at a time."""
    (folder / "docs").mkdir()
    (folder / "docs" / "category.json").write_text('{"id": "docs"}')
    rows = [{"id": f"s{i}", "variables": {"q": str(i)}, "expected": "yes"} for i in range(n)]
    task = {"id": "t", "input": {"prompt": "Question {{ q }}?"}, "samples": rows, "evaluators": [{"use": "exact"}]}
    (folder / "docs" / "tasks.json").write_text(json.dumps(task))
    (folder / "data" / "models").mkdir(parents=True)
    model = {"provider": "openai", "model": "m", "base_url": f"http://127.0.0.1:{port}/v1",
             "concurrency": concurrency, "warmup": False}  # fmt: skip
    (folder / "data" / "models" / "m.json").write_text(json.dumps(model))


def wall_s(command: tuple[str, ...], folder: Path) -> float:
    """Seconds of a whole process; raises when it fails."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder.parent / "bytecode")
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="fewer points and questions: under two minutes")
    server = Server()
    with tempfile.TemporaryDirectory() as name:
        for number, ((latency_ms, concurrency), n) in enumerate(
            (QUICK if arguments.parse_args().quick else POINTS).items()
        ):
            server.latency_s = latency_ms / 1000
            folder = Path(name) / f"p{number}"
            folder.mkdir()
            write_project(folder, server.port, n, concurrency)
            ideal_s = n * server.latency_s / concurrency
            run = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "docs", "--models=m")
            if number == 0:
                wall_s((*run, "--collect-only"), folder)  # compiles the modules
            ours_s = wall_s(run, folder)
            bare_s = wall_s((sys.executable, "-c", BARE, str(server.port), str(n), str(concurrency)), folder)
            point = f"{latency_ms}ms_c{concurrency}"
            print(f"ratio wall_{point} {ours_s / ideal_s:.3f}", flush=True)
            print(f"ratio wall_bare_{point} {bare_s / ideal_s:.3f}", flush=True)


if __name__ == "__main__":
    main()
