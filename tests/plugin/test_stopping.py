"""Ctrl-C while a retry waits: the run ends at once, keeps what it has, and asks nothing again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_server import Reply, ScriptedServer, answer


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_wait_of_a_retry_ends_with_the_run(project, sign):
    waits = Reply({"error": "later"}, status=429, headers={"Retry-After": "115"})
    with ScriptedServer(Reply(answer("Paris")), waits) as server:
        model = {
            "provider": "openai",
            "model": "x",
            "base_url": server.url,
            "warmup": False,
            "options": {"stream": False},
        }
        project.write("data/models/m.json", json.dumps(model))
        project.exact("one")
        project.exact("two")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "docs"]
        run = subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while len(server.requests) < 2 and run.poll() is None:
            time.sleep(0.05)
        time.sleep(0.5)
        run.send_signal(sign)
        text, _ = run.communicate(timeout=90)
        assert len(server.requests) == 2
    assert run.returncode == 2, text
    (document,) = project.root.glob("data/results/*/run.json")
    kept = json.loads(document.read_text("utf-8"))
    assert [(r["key"]["task"], r["quality"]) for r in kept["results"]] == [("one", 1.0)]
    assert kept["complete"] is False
    assert "the run was interrupted; what was answered is kept" in text
