"""The commands of docs/ci.md are run as they stand, and its workflow files are read."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from pytest_localbench.cli import main

TEXT = (Path(__file__).parents[2] / "docs" / "ci.md").read_text("utf-8")
GITHUB, GITLAB = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))


def of_shell():
    return [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]


def of_github():
    return [step["run"] for step in GITHUB["jobs"]["benchmark"]["steps"] if "run" in step]


def of_gitlab():
    return GITLAB["models"]["script"]


@pytest.fixture
def benchmarks(project, monkeypatch):
    """What the commands speak of: a folder ``benchmarks`` with tasks tagged ``quick`` and a model ``smollm2``."""
    project.write("benchmarks/category.yaml", "id: document_understanding\nname: Documents\n")
    task = {
        "input": {"prompt": "Capital of France?"},
        "expected": "Paris",
        "evaluators": [{"use": "exact"}],
        "tags": ["quick"],
    }
    for name in "ab":
        project.write(f"benchmarks/tasks/{name}.json", json.dumps({"id": name, **task}))
    project.model("smollm2", default="Paris")
    monkeypatch.chdir(project.root)
    return project


def run(project, command):
    words = shlex.split(command)
    if words[0] == "localbench":
        return 0 if words[1] == "models" else main(words[1:])
    assert words[0] == "pytest"
    return project.run(*words[1:], target="").code


def test_the_commands_between_the_texts_run(benchmarks):
    commands = [line for line in of_shell() if not line.startswith("git ")]
    assert len(commands) >= 8
    assert {command: run(benchmarks, command) for command in commands} == dict.fromkeys(commands, 0)


@pytest.mark.parametrize("commands", [of_github(), of_gitlab()], ids=["github", "gitlab"])
def test_the_workflows_gate_against_a_committed_baseline(benchmarks, commands):
    install, *steps = commands
    assert install == "pip install '.[llamacpp]'"
    benchmarks.run("--localbench-bless", target="benchmarks")
    assert [run(benchmarks, step) for step in steps] == [0, 0]
    assert all((benchmarks.root / name).exists() for name in ("run.json", "report.html", "results.xml"))
    benchmarks.model("smollm2", default="London")
    assert [run(benchmarks, step) for step in steps] == [0, 1]


def test_what_the_workflows_keep_is_what_the_commands_write():
    (upload,) = [step for step in GITHUB["jobs"]["benchmark"]["steps"] if "upload-artifact" in step.get("uses", "")]
    kept = set(upload["with"]["path"].split())
    assert kept == {"run.json", "report.html", "results.xml"}
    artifacts = GITLAB["models"]["artifacts"]
    assert {*artifacts["paths"], artifacts["reports"]["junit"]} == kept
