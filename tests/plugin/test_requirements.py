"""What a task requires and a model lacks: skipped with the reason, failed when that is asked for, never passed."""

from __future__ import annotations

import json

import pytest

LATE = """
    from pytest_localbench.adapters.base import Adapter
    from pytest_localbench.domain.model import Capabilities
    from pytest_localbench.domain.response import ModelResponse, Timing

    class Late(Adapter):
        opened = False

        def open(self):
            self.opened = True

        def learns(self):
            return frozenset({"vision", "context_tokens"})

        def capabilities(self):
            return Capabilities(vision=VISION, context_tokens=4096) if self.opened else Capabilities()

        def generate(self, request):
            with open("asked.txt", "a") as file:
                file.write(request.key.task + "\\n")
            return ModelResponse(text="Paris", timing=Timing(generation_s=0.1))

    def pytest_localbench_register(registry):
        registry.adapter("late", Late)
"""


def picture(project):
    project.write("docs/files/p.png", b"\x89PNG\r\n\x1a\n")
    return {"input": {"prompt": "Which city?", "images": [{"path": "files/p.png", "as": "image"}]}}


def late(project, vision):
    project.write("conftest.py", LATE.replace("VISION", str(vision)))
    project.write("data/models/m.json", json.dumps({"provider": "late"}))


@pytest.mark.parametrize("declared", [None, False])
def test_a_picture_task_cannot_pass_on_a_text_model(project, declared):
    """The double would answer right without ever seeing the picture."""
    capabilities = {} if declared is None else {"vision": declared}
    model = {"provider": "scripted", "options": {"default": "Paris"}, "capabilities": capabilities}
    project.write("data/models/m.json", json.dumps(model))
    project.exact("one", **picture(project))
    project.exact("two", requires={"vision": True})
    run = project.run("-rs")
    assert run.outcomes == {"skipped": 2}
    known = "has no" if declared is False else "is not known to have"
    assert f"needs vision, which m {known}" in run.text
    assert run.result("one")["outcome"] == "skipped"
    strict = project.run("--localbench-strict-capabilities")
    assert strict.outcomes == {"errors": 2}
    assert strict.result("one")["outcome"] == "backend_error"
    assert strict.result("one").get("quality") is None


def test_what_shows_only_after_opening_skips_the_item_unasked(project):
    late(project, False)
    project.exact("seen", **picture(project))
    project.exact("read")
    project.exact("long", requires={"min_context": 5000})
    project.exact("short", requires={"min_context": 4000})
    run = project.run("-rs", "--models=m")
    assert run.outcomes == {"skipped": 2, "passed": 2}
    assert "needs vision, which m has no" in run.text
    assert "needs a context of 5000 tokens, m has 4096" in run.text
    assert "seen.json:1" in run.text
    assert run.result("seen")["outcome"] == "skipped"
    assert sorted((project.root / "asked.txt").read_text().split()) == ["read", "short"]


def test_what_shows_only_after_opening_fails_when_strict(project):
    late(project, False)
    project.exact("seen", **picture(project))
    run = project.run("--models=m", "--localbench-strict-capabilities")
    assert run.outcomes == {"errors": 1}
    assert "needs vision, which m has no" in run.text
    assert not (project.root / "asked.txt").exists()


def test_what_shows_after_opening_may_be_enough(project):
    late(project, True)
    project.exact("seen", **picture(project))
    assert project.run("--models=m").outcomes == {"passed": 1}


def test_a_window_counts_where_it_is_known(project):
    """A prompt that does not fit is an error of its own, so a window that nobody tells keeps nothing from being asked."""
    project.exact("long", requires={"min_context": 5000})
    for name, window in (("enough", 5000), ("short", 4999), ("unknown", None)):
        model = {"provider": "scripted", "options": {"default": "Paris"}, "capabilities": {"context_tokens": window}}
        project.write(f"data/models/{name}.json", json.dumps(model))
    run = project.run("-rs")
    assert run.outcomes == {"skipped": 1, "passed": 2}
    assert run.result("long", "short")["outcome"] == "skipped"
    assert "needs a context of 5000 tokens, short has 4999" in run.text


def test_every_requirement_counts(project):
    for name in ("tools", "json_schema", "thinking"):
        project.exact(name, requires={name: True})
    for model, has in (("unknown", {}), ("no", False), ("yes", True)):
        stated = has if has == {} else dict.fromkeys(("tools", "json_schema", "thinking"), has)
        model_file = {"provider": "scripted", "options": {"default": "Paris"}, "capabilities": stated}
        project.write(f"data/models/{model}.json", json.dumps(model_file))
    run = project.run()
    assert run.outcomes == {"skipped": 6, "passed": 3}
    assert all(run.result(name, "yes")["outcome"] == "passed" for name in ("tools", "json_schema", "thinking"))
