"""A project as a value: files in, outcomes, run document and terminal lines out."""

from __future__ import annotations

import contextlib
import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2  # noqa: F401 - kept loaded: pytester forgets modules first imported inside a run, extensions dislike that
import numpy.random  # noqa: F401
import pytest
import regex  # noqa: F401
import scipy.optimize
import scipy.special  # noqa: F401
import yaml  # noqa: F401

with contextlib.suppress(ImportError):
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg
    import matplotlib.dates
    import matplotlib.figure
    import matplotlib.patheffects
    import matplotlib.projections.polar  # noqa: F401

pytest_plugins = ["pytester"]


@dataclass
class Outcome:
    """What one run left behind. ``document`` is the newest run document, ``None`` when there is none."""

    code: int
    text: str
    outcomes: dict[str, int]
    document: dict[str, Any] | None

    def result(self, task: str, model: str = "m", sample: str = "-", attempt: int = 1) -> dict[str, Any]:
        """One sample result of the document."""
        assert self.document is not None
        for result in self.document["results"]:
            key = result["key"]
            if (key["task"], key["model"], key["sample"], key["attempt"]) == (task, model, sample, attempt):
                return result
        raise AssertionError(f"no result for {task} {model} {sample} {attempt}")


class Project:
    """A benchmark project in a temporary folder with one category ``documents`` and a scripted model ``m``."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = Path(pytester.path)
        self.write("docs/category.yaml", "id: documents\nname: Documents\n")

    def write(self, name: str, text: str | bytes) -> Path:
        """A file; texts are dedented."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    def task(self, name: str, text: str) -> Path:
        """A task file of the category."""
        return self.write(f"docs/tasks/{name}.yaml", text)

    def exact(self, name: str, expected: str = "Paris", **extra: Any) -> Path:
        """The smallest task: one question, one right answer."""
        task = {"id": name, "input": {"prompt": f"Question {name}?"}, "expected": expected,
                "evaluators": [{"use": "exact"}], **extra}  # fmt: skip
        return self.write(f"docs/tasks/{name}.json", json.dumps(task))

    def model(self, name: str = "m", **options: Any) -> Path:
        """A scripted model."""
        return self.write(f"data/models/{name}.json", json.dumps({"provider": "scripted", "options": options}))

    def run(self, *args: str, target: str = "docs", subprocess: bool = False) -> Outcome:
        """Run pytest on the category."""
        run = self.pytester.runpytest_subprocess if subprocess else self.pytester.runpytest_inprocess
        result = run("-p", "no:cacheprovider", *([target] if target else []), *args)
        documents = sorted(self.root.glob("data/results/*/run.json"), key=lambda p: p.stat().st_mtime_ns)
        document = json.loads(documents[-1].read_text("utf-8")) if documents else None
        text = result.stdout.str() + result.stderr.str()
        return Outcome(int(result.ret), text, result.parseoutcomes() if " in " in text else {}, document)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty benchmark project, as on a developer's machine (pytest prints more where CI is set)."""
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    return Project(pytester)
