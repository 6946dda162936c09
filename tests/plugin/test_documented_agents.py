"""The page about agents: its task passes its self-check and its scripted model plays it."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "agents.md").read_text("utf-8")
TASK, MODEL = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_keeps_to_its_calibration(project):
    project.write("docs/tasks/room.yaml", TASK.encode())
    run = project.run("--localbench-selfcheck")
    assert run.code == 0, run.text
    assert run.outcomes == {"passed": 4}


def test_the_scripted_dialogue_passes(project):
    project.write("docs/tasks/room.yaml", TASK.encode())
    project.write("data/models/dry.yaml", MODEL.encode())
    run = project.run("--models=dry")
    assert run.outcomes == {"passed": 1}
    result = run.result("room", "dry")
    assert result["quality"] == 1.0
    assert [step["text"] for step in result["transcript"] if step["kind"] == "user"] == ["At 14:00."]
