"""Where category folders are looked for."""

from __future__ import annotations

import pytest

from pytest_localbench.suite.find import category_folders, holds_tasks


def category(root, name):
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "category.yaml").write_text("name: x\n")
    return folder


def test_places_that_hold_copies_and_packages_are_left_out(tmp_path):
    wanted = [category(tmp_path, name) for name in ("a", "b/c", "build")]
    for name in (".git/x", "node_modules/x", "dist/x", "__pycache__/x", "env/x", ".hidden"):
        category(tmp_path, name)
    (tmp_path / "env/pyvenv.cfg").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert list(category_folders(tmp_path)) == wanted


@pytest.mark.parametrize(
    ("place", "found"),
    [("a", True), ("a/tasks/t.yaml", True), ("a/tasks", True), (".", True), ("data/tasks/t.json", True), ("data/tasks", True),
     ("other", False), ("other/test_x.py", False), ("nowhere", False)],
)  # fmt: skip
def test_whether_a_place_holds_tasks(tmp_path, place, found):
    category(tmp_path, "a")
    for name in ("a/tasks", "data/tasks", "data/categories", "other"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a/tasks/t.yaml", "data/tasks/t.json", "other/test_x.py"):
        (tmp_path / name).write_text("")
    assert holds_tasks(tmp_path / place) == found
