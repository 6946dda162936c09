"""Starter files of ``localbench new`` keep to all bounds of the self-check, each alone in its category."""

from __future__ import annotations

from pytest_localbench.cli.starters import STARTERS, category_text, task_text


def test_every_starter_passes_the_self_check_as_a_draft_and_when_it_is_ready(project):
    for kind in STARTERS:
        draft = task_text("t", kind)
        ready = "\n".join(line for line in draft.splitlines() if not line.startswith("status:"))
        for name, text in ((f"draft_{kind}", draft), (f"ready_{kind}", ready)):
            project.write(f"all/{name}/category.yaml", category_text(name))
            project.write(f"all/{name}/tasks/t.yaml", text)
    outcome = project.run("--localbench-selfcheck", target="all")
    assert outcome.code == 0, outcome.text
    assert "OUT OF BOUNDS" not in outcome.text
