"""``localbench validate``: every problem of every file, with file and line; exit code 1."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def there(here):
    here.put("cat/category.yaml", "name: Cat\n")
    return here


def test_all_problems_of_all_files_are_told_at_once(there):
    there.put("cat/a.yaml", """\
        id: a
        prompt: What?
        expcted: x
        complexity: 9
        evaluators:
          - {use: exact}
        """)  # fmt: skip
    there.put("cat/tasks/b.yaml", """\
        prompt: What?
        expected: x
        evaluators:
          - {use: exat}
          - {use: length, with: {maxi: 3}}
          - {use: exact}
        """)  # fmt: skip
    there.put("cat/tasks/c.yaml", "input: {prompt: 'Look', images: [files/gone.png]}\nexpected: x\n")
    there.put("cat/tasks/good.yaml", "prompt: What?\nexpected: x\n")
    there.put("data/models/m.yaml", "provider: nobody\n")
    there.put("data/models/n.yaml", "provider: ollama\nmodell: x\n")
    code, out, _ = there("validate")
    lines = out.splitlines()
    assert code == 1
    assert lines[0] == "cat/a.yaml:3: task 'a': unknown key 'expcted' (did you mean 'expected'?)"
    assert lines[1].startswith("cat/a.yaml:4: task 'a': 'complexity': must be at most 5 (got 9)")
    assert lines[2].startswith("cat/tasks/b.yaml:4: task 'b': unknown evaluator 'exat' (did you mean 'exact'?)")
    assert lines[3].startswith("cat/tasks/b.yaml:5: task 'b': evaluator 'length': unknown option 'maxi'")
    assert lines[4].startswith("cat/tasks/c.yaml:1: task 'c': the file 'files/gone.png' does not exist")
    assert lines[5].startswith("data/models/m.yaml:1: model 'm': unknown provider 'nobody'")
    assert lines[6].startswith("data/models/n.yaml:2: ")
    assert lines[7] == "1 category, 2 tasks (2 without calibration cases): 7 problems"


def test_one_bad_task_of_a_list_does_not_hide_the_others(there):
    there.put("cat/list.yaml", """\
        - {id: a, prompt: A?, expected: x, tagz: [b]}
        - {id: b, prompt: B?, expected: x}
        - {id: c, prompt: "{{ gone }}", expected: x}
        - {id: b, prompt: C?, expected: x}
        """)  # fmt: skip
    code, out, _ = there("validate", "cat")
    lines = out.splitlines()
    assert code == 1
    assert lines[0].startswith("cat/list.yaml:1: task 'a': unknown key 'tagz' (did you mean 'tags'?)")
    assert lines[1].startswith("cat/list.yaml:3: task 'c': ")
    assert lines[2].startswith("cat/list.yaml:4: the task id 'b' is already used in cat/list.yaml:2")
    assert lines[3].endswith(": 3 problems")


def test_calibration_that_cannot_be_made_is_told(there):
    there.put("cat/a.yaml", """\
        prompt: What?
        expected: x
        calibration:
          - {name: reference, output: "@expected", min: 1}
          - {name: no object, output: "@expected", patch: {total: 1}, max: 0}
          - {name: never there, output: "x", replace: {y: z}, max: 0}
        """)  # fmt: skip
    code, out, _ = there("validate", "cat/a.yaml")
    assert code == 1
    assert out.splitlines()[0] == ("cat/a.yaml:5: task 'a': calibration 'no object': 'patch' needs an expected object")
    assert out.splitlines()[1].startswith("cat/a.yaml:6: task 'a': calibration 'never there': 'y' does not occur")


def test_a_judge_that_nobody_knows_is_told(there):
    rubric = {"criteria": [{"id": "a", "question": "A?"}],
              "examples": [{"answer": str(n), "grades": {"a": n}} for n in (1, 3, 5)]}  # fmt: skip
    task = {"prompt": "A?", "evaluators": [{"use": "judge", "with": {"rubric": rubric, "model": "nobody"}}]}
    there.put("cat/a.json", json.dumps(task))
    code, out, _ = there("validate", "cat")
    assert code == 1
    assert out.startswith("cat/a.json:1: task 'a': the judge: unknown model 'nobody'. Known: smollm2.")
    there.put("data/models/nobody.yaml", "provider: scripted\n")
    assert there("validate", "cat")[0] == 0


def test_a_broken_category_file_is_told_and_the_others_are_read(there):
    there.put("dog/category.yaml", "nam: Dog\n")
    there.put("dog/a.yaml", "prompt: What?\nexpected: x\n")
    there.put("cat/a.yaml", "prompt: What?\nexpected: x\n")
    code, out, _ = there("validate")
    assert code == 1
    assert "dog/category.yaml:1: category 'dog': unknown key 'nam' (did you mean 'name'?)" in out
    assert out.splitlines()[-1].startswith("1 category, 1 task (1 without calibration cases): 1 problem")


def test_the_flat_store_is_checked_file_by_file(here):
    here.put("data/categories/office.json", '{"id": "office", "name": "Office"}')
    here.put("data/categories/bad.json", '{"id": "bad", "nam": "x"}')
    here.put("data/tasks/a.json", '{"id": "a", "category": "ofice", "prompt": "A?", "expected": "x"}')
    here.put("data/tasks/b.json", '{"id": "b", "category": "office", "prompt": "B?", "expected": "x", "zz": 1}')
    here.put("data/tasks/c.json", '{"id": "c", "category": "office", "prompt": "C?", "expected": "x"}')
    code, out, _ = here("validate")
    assert code == 1
    assert "data/categories/bad.json:1: category 'bad': unknown key 'nam'" in out
    assert "data/tasks/a.json:1: there is no category 'ofice'" in out
    assert "data/tasks/b.json:1: task 'b': unknown key 'zz'" in out
    assert out.splitlines()[-1].startswith("1 category, 1 task ")


def test_an_evaluator_of_the_project_is_known(there):
    there.put("conftest.py", """\
        from pytest_localbench.evaluators.base import Evaluator

        class Mine(Evaluator):
            pass

        def pytest_localbench_register(registry):
            registry.evaluator("mine", Mine)
        """)  # fmt: skip
    there.put("cat/a.yaml", "prompt: What?\nexpected: x\nevaluators: [{use: mine}]\n")
    assert there("validate")[0] == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [("gone", "gone: there is no such file or folder."), ("empty", "nothing to check: no category lies in or below")],
)
def test_nothing_to_check_is_no_success(here, name, told):
    (here.root / "empty").mkdir()
    code, out, err = here("validate", name)
    assert (code, out) == (1, "")
    assert told in err
