"""``localbench new``: starter files that work as they stand and never replace anything."""

from __future__ import annotations

import pytest

from pytest_localbench.cli.starters import STARTERS
from pytest_localbench.suite.tasks import load_category, load_task_file


def test_a_category_and_a_task_load_as_they_were_written(here):
    code, out, _ = here("new", "category", "office_work")
    assert code == 0
    assert out.startswith("Wrote benchmarks/office_work/category.yaml. ")
    folder = here.root / "benchmarks/office_work"
    category = load_category(folder, here.root)
    assert (category.id, category.name) == ("office_work", "Office work")
    code, out, _ = here("new", "task", "first-one")
    assert code == 0
    assert out.startswith("Wrote benchmarks/office_work/tasks/first-one.yaml, a draft.")
    (task,) = load_task_file(folder / "tasks/first-one.yaml", category, here.root)
    assert (task.id, task.status, task.title) == ("first-one", "draft", "First one")


@pytest.mark.parametrize("kind", STARTERS)
def test_every_starter_is_valid_and_once_ready_too(here, kind):
    here("new", "category", "c")
    here("new", "task", "t", "--kind", kind)
    path = here.root / "benchmarks/c/tasks/t.yaml"
    assert here("validate")[0] == 0
    text = path.read_text("utf-8")
    path.write_text("\n".join(line for line in text.splitlines() if not line.startswith("status:")), "utf-8")
    code, out, _ = here("validate")
    assert (code, out) == (0, "1 category, 1 task: no problem found; "
                           "judge the known answers with 'pytest --localbench-selfcheck'\n")  # fmt: skip


def test_nothing_is_written_over(here):
    here("new", "category", "c")
    here("new", "task", "t")
    path = here.root / "benchmarks/c/tasks/t.yaml"
    path.write_text("id: other\nprompt: Hello\nexpected: x\n")
    assert here("new", "category", "c") == (
        1, "", "localbench: the category 'c' is already there: benchmarks/c; take another name.\n")  # fmt: skip
    code, _, err = here("new", "task", "t")
    assert (code, err) == (
        1, "localbench: benchmarks/c/tasks/t.yaml is already there; edit that file or take another name.\n")  # fmt: skip
    code, _, err = here("new", "task", "other")
    assert (code, err) == (1, "localbench: the task 'other' is already there: benchmarks/c/tasks/t.yaml:1.\n")
    assert path.read_text() == "id: other\nprompt: Hello\nexpected: x\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("task", "t"), "there is no category yet: write one with 'localbench new category NAME'."),
        (("category", "Über uns"), "'Über uns' is not a usable id"),
        (("task", "a--b"), "'--' separates the parts of a test id"),
        (("category", "../x"), "is not a usable id"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence(here, words, told):
    code, out, err = here("new", *words)
    assert (code, out) == (1, "")
    assert told in err
    assert not list(here.root.rglob("*.yaml"))


def test_the_category_of_a_task_is_named_where_there_are_several(here):
    here("new", "category", "mail")
    here("new", "category", "ledger", "--in", "more")
    code, _, err = here("new", "task", "t")
    assert (code, err) == (1, "localbench: say which: --category with one of ledger, mail.\n")
    code, _, err = here("new", "task", "t", "--category", "male")
    assert code == 1
    assert "unknown category 'male' (did you mean 'mail'?)" in err
    assert here("new", "task", "t", "--category", "mail")[0] == 0
    assert here("new", "task", "t", "--category", "more/ledger")[0] == 0
    assert (here.root / "more/ledger/tasks/t.yaml").is_file()
