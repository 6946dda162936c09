"""A category folder ``docs`` with defaults, and a function that loads one task file of it."""

from __future__ import annotations

import pytest

from pytest_localbench.suite.tasks import load_category, load_task_file


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "docs"
    (folder / "tasks").mkdir(parents=True)
    (folder / "category.yaml").write_text(
        "id: docs\nname: Documents\ndefaults: {generation: {temperature: 0, max_tokens: 50}, timeout_seconds: 9}\n"
    )
    return folder


@pytest.fixture
def load(folder, tmp_path):
    def load_one(text, name="t.yaml"):
        path = folder / "tasks" / name
        path.write_text(text, encoding="utf-8")
        return load_task_file(path, load_category(folder, tmp_path), tmp_path)

    return load_one
