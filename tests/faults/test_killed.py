"""kill -9 of the whole process group at random points, then ``--localbench-resume``, again and again.

Nothing that was acknowledged (a line of a journal, a stored answer) is lost or asked again, and the document at the end is
that of one complete run. ``LOCALBENCH_KILLS=200 pytest tests/faults/test_killed.py`` kills as often as that.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from pytest_localbench.store.journal import parse_line, read_journals

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_server import Reply, ScriptedServer, answer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills a process group")
KILLS = int(os.environ.get("LOCALBENCH_KILLS", "10"))
A_CHAIN = 5
N_TASKS = 24
CHAINS = [(seed, ("-n", "2") if seed % 2 else ()) for seed in range(max(1, KILLS // A_CHAIN))]


class Bench:
    """A project whose models live in this process, so that every question is counted."""

    def __init__(self, project, server):
        self.root, self.server = project.root, server
        for name in ("a", "b"):
            model = {"provider": "openai", "model": name, "base_url": server.url, "warmup": False, "concurrency": 2,
                     "lane": name, "options": {"stream": False}}  # fmt: skip
            project.write(f"data/models/{name}.json", json.dumps(model))
        for number in range(N_TASKS // 2):
            project.exact(f"t{number}")

    def asked(self):
        """How often each question reached a model."""
        found = Counter()
        for request in self.server.requests:
            text = json.dumps(request["body"])
            if "Question t" in text:
                task = text[text.index("Question t") + len("Question ") :].partition("?")[0]
                found[task, request["body"]["model"]] += 1
        return found

    def results(self):
        """Results on the disk by task and model."""
        found = {}
        for folder in self.root.glob("data/results/*"):
            for data in read_journals(folder).of("result"):
                found[data["key"]["task"], data["key"]["model"]] = data
        return found

    def answers(self):
        """Questions whose answers are on the disk."""
        found = set()
        for path in self.root.glob("data/responses/*/w-*.jsonl"):
            for line in path.read_bytes().splitlines(keepends=True):
                record = parse_line(line) if line.endswith(b"}\n") else None
                if record is not None:
                    item = json.loads(record[1])["item"]
                    found.add((item.split("/")[1].split("[")[0], item.split("[")[1].split("--")[0]))
        return found

    def start(self, workers):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "docs",
            "--localbench-resume",
            *workers,
        ]
        return subprocess.Popen(command, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                start_new_session=True)  # fmt: skip

    def wait_for_a_point(self, run, dice):
        """Somewhere between the start and the report."""
        asked, done = len(self.server.requests), len(self.results())
        moment = dice.choice(["start", "question", "question", "result", "report"])
        until = {
            "start": lambda: True,
            "question": lambda: len(self.server.requests) >= asked + dice.randint(1, 3),
            "result": lambda: len(self.results()) > done,
            "report": lambda: len(self.results()) == N_TASKS,
        }[moment]
        while run.poll() is None and not until():
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 1.0 if moment == "start" else 0.1))


@pytest.mark.parametrize(("seed", "workers"), CHAINS, ids=[f"{seed}{'-workers' if w else ''}" for seed, w in CHAINS])
def test_nothing_acknowledged_is_lost_or_asked_again(project, seed, workers):
    dice = random.Random(seed)
    with ScriptedServer(Reply(answer("Paris"), delay_s=0.1)) as server:
        bench = Bench(project, server)
        for _ in range(A_CHAIN):
            asked_before, answered_before = bench.asked(), bench.answers()
            run = bench.start(workers)
            bench.wait_for_a_point(run, dice)
            with contextlib.suppress(ProcessLookupError):  # it had come to its end
                os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            asked_again = {question for question in answered_before if bench.asked()[question] > asked_before[question]}
            assert not asked_again
        asked_before, answered_before, results_before = bench.asked(), bench.answers(), bench.results()
        run = bench.start(workers)
        text, _ = run.communicate(timeout=300)
        assert run.returncode == 0, text
        asked = bench.asked()
        assert {question for question in answered_before if asked[question] > asked_before[question]} == set()
        assert sum(asked.values()) <= N_TASKS + A_CHAIN * 4
    documents = list(project.root.glob("data/results/*/run.json"))
    assert len(documents) == 1
    document = json.loads(documents[0].read_text("utf-8"))
    final = {(r["key"]["task"], r["key"]["model"]): r for r in document["results"]}
    assert document["complete"] is True
    assert document["lost"] == document["not_run"] == []
    assert len(final) == len(document["results"]) == N_TASKS
    assert {r["outcome"] for r in final.values()} == {"passed"}
    assert all(final[key]["started_at"] == data["started_at"] for key, data in results_before.items())
    assert [(row["model"], row["n_scored"], row["quality"]) for row in document["summary"]] == [
        ("a", N_TASKS // 2, 1.0), ("b", N_TASKS // 2, 1.0),
    ]  # fmt: skip
