"""Parts of a run on several machines, and one document over them."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest

from pytest_localbench.cli import main


@pytest.fixture
def suite(project):
    project.model("m", default="Paris")
    project.model("n", default="Rome")
    for name in ("a", "b", "c"):
        project.exact(name)
    rows = [{"id": f"s{i}", "variables": {"q": str(i)}, "expected": "Paris"} for i in range(4)]
    project.exact("rows", samples=rows, input={"prompt": "Question {{ q }}?"}, expected=None)
    return project


def names(outcome):
    return [tuple(result["key"].values()) for result in outcome.document["results"]]


@pytest.mark.parametrize("parts", [3])
def test_every_item_is_in_exactly_one_part(suite, parts):
    whole = names(suite.run("--models=m,n", "--localbench-repeat=2"))
    seen = []
    for number in range(1, parts + 1):
        outcome = suite.run("--models=m,n", "--localbench-repeat=2", f"--localbench-shard={number}/{parts}")
        own = names(outcome)
        seen += own
        assert outcome.document["shard"] == f"{number}/{parts}"
        assert len({key[:3] + key[4:] for key in own}) * 2 == len(own)  # both models get the same questions
        assert abs(len(own) - len(whole) / parts) <= 2
    assert sorted(seen) == sorted(whole)


def test_parts_are_the_same_with_workers_and_whatever_is_collected_first(suite):
    alone = suite.run("--models=m,n", "--localbench-shard=1/2")
    workers = suite.run("--models=n,m", "--localbench-shard=1/2", "-n", "2", subprocess=True)
    assert sorted(names(workers)) == sorted(names(alone))
    assert workers.document["shard"] == "1/2"
    assert "part 1/2 of the items" in alone.text


def test_other_tests_are_dealt_out_as_well(suite):
    suite.write(
        "docs/test_plain.py", "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_plain(n): pass\n"
    )
    found = [suite.run("--models=m", f"--localbench-shard={n}/2", "docs/test_plain.py", target="") for n in (1, 2)]
    assert [one.outcomes for one in found] == [{"passed": 2, "deselected": 2}] * 2


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b"])
def test_a_part_that_cannot_be_is_refused(suite, text):
    outcome = suite.run(f"--localbench-shard={text}")
    assert outcome.code == 4
    assert f"--localbench-shard {text}: write the part and the number of parts, such as 2/4" in outcome.text


@pytest.fixture(scope="module")
def three_parts(tmp_path_factory):
    """The documents of a run in three parts, by part; the fourth is the whole."""
    root = tmp_path_factory.mktemp("parts")
    write = lambda name, data: (root / name).parent.mkdir(parents=True, exist_ok=True) or (root / name).write_text(json.dumps(data))  # fmt: skip  # noqa: E731
    write("docs/category.json", {"id": "documents", "name": "Documents"})
    write("data/models/m.json", {"provider": "scripted", "options": {"default": "Paris"}})
    write("data/models/n.json", {"provider": "scripted", "options": {"default": "Rome"}})
    rows = [{"id": f"s{i}", "variables": {"q": str(i)}, "expected": "Paris"} for i in range(8)]
    write("docs/tasks/rows.json", {"id": "rows", "input": {"prompt": "Question {{ q }}?"}, "samples": rows, "evaluators": [{"use": "exact"}]})  # fmt: skip
    for name in ("a", "b", "c"):
        task = {"id": name, "input": {"prompt": f"{name}?"}, "expected": "Paris", "evaluators": [{"use": "exact"}]}
        write(f"docs/tasks/{name}.json", task)
    found = []
    for shard in (["--localbench-shard=1/3"], ["--localbench-shard=2/3"], ["--localbench-shard=3/3"], []):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "docs", "--models=m,n", *shard]
        subprocess.run([*command, "--localbench-json=run.json"], cwd=root, check=False, capture_output=True)
        found.append(json.loads((root / "run.json").read_text("utf-8")))
    return found


@pytest.fixture
def merge(tmp_path, monkeypatch, capsys):
    """Merges documents; code, merged document, what was printed."""
    monkeypatch.chdir(tmp_path)

    def merged(documents, *args):
        paths = []
        for number, document in enumerate(documents):
            paths.append(f"{number}.json")
            (tmp_path / paths[-1]).write_text(json.dumps(document), "utf-8")
        code = main(["merge", *paths, "-o", "whole.json", *args])
        printed = capsys.readouterr()
        whole = tmp_path / "whole.json"
        document = json.loads(whole.read_text("utf-8")) if whole.exists() else None
        return code, document, " ".join((printed.out + printed.err).split())

    return merged


def calm(documents):
    """As on a machine that did nothing else."""
    for document in documents:
        for result in document["results"]:
            result["contended"] = False
    return documents


def test_merged_parts_are_the_whole_run(three_parts, merge):
    *parts, whole = calm(copy.deepcopy(three_parts))
    code, merged, told = merge(parts, "--fail-under=3")
    assert code == 1
    assert merged["complete"] is True
    assert [one["shard"] for one in merged["parts"]] == ["1/3", "2/3", "3/3"]
    assert [result["key"] for result in merged["results"]] == [result["key"] for result in whole["results"]]
    of_note = ("model", "quality", "n_tasks", "n_scored", "pass_rate", "rank", "coverage")
    assert [[s[n] for n in of_note] for s in merged["summary"]] == [[s[n] for n in of_note] for s in whole["summary"]]
    assert all(score["median_time_s"] is not None for score in merged["summary"])
    assert merged["environment"] == whole["environment"]
    assert "1 of 2 gates not met" in told
    assert "joined from 3 runs" in told
    assert merge(parts, "--gate", "@m:quality>=9")[0] == 0


def test_a_missing_part_makes_it_partial_and_meets_no_gate(three_parts, merge):
    code, merged, told = merge([three_parts[0], three_parts[2]], "--gate", "@m:quality>=9")
    assert code == 1
    assert merged["complete"] is False
    assert "parts that are missing: 2/3" in told


def test_times_of_several_machines_are_kept_apart(three_parts, merge):
    parts = calm(copy.deepcopy(three_parts[:3]))
    parts[2]["environment"].update(machine="another", cpu="Other 9000")
    code, merged, told = merge(parts)
    assert code == 0
    for score in merged["summary"]:
        assert score["median_time_s"] is score["p95_time_s"] is score["tokens_per_s"] is None
        assert not {"time", "memory"} & set(score["components_used"])
    machines = [one["environment"]["machine"] for one in parts]
    assert [one["machine"] for one in merged["parts"]] == machines
    assert all(one["times"] for one in merged["parts"])
    assert merged["environment"]["machine"] not in machines
    assert all(result["timing"] is not None for result in merged["results"])
    assert "2 machines: times and memory stand apart" in told
    code, _, told = merge(parts, "--gate", "p95_s<=9")
    assert code == 1
    assert "whose times and memory are kept apart" in told


def test_the_same_run_twice_overlapping_runs_and_equal_parts_are_refused(three_parts, merge):
    first, whole = three_parts[0], three_parts[3]
    assert "is named 2 times; name every run once" in merge([first, first])[2]
    code, merged, told = merge([first, first | {"id": "other"}])
    assert (code, merged) == (1, None)
    assert f"the runs {first['id']} and other are both part 1/3; leave one out" in told
    assert f"the runs {first['id']} and {whole['id']} overlap: both hold" in merge([first, whole])[2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.update(shard="2/4"), "parts of differently divided runs"),
        (lambda d: d["settings"].update(weights={"quality": 1.0}), "scored with different settings"),
        (lambda d: d.update(plugin_version="0.0.1"), "different versions of pytest-localbench"),
        (lambda d: [t.update(complexity=5) for t in d["tasks"]], "task 'documents/rows' is not the same"),
        (lambda d: d["categories"][0].update(name="Other"), "category 'documents' is not the same"),
        (lambda d: d["models"][0].update(concurrency=7), "model 'm' is not the same"),
        (lambda d: d["fingerprints"]["m"].update(fingerprint={"digest": "2" * 64}), "not the same model"),
    ],
)
def test_runs_that_do_not_belong_together_are_refused(three_parts, merge, change, told):
    parts = copy.deepcopy(three_parts[:2])
    for document in parts:
        document["fingerprints"]["m"]["fingerprint"] = {"digest": "1" * 64}
        document["tasks"] = [task for task in document["tasks"] if task["id"] == "rows"]
        document["results"] = [result for result in document["results"] if result["key"]["task"] == "rows"]
    change(parts[1])
    code, merged, said = merge(parts)
    assert (code, merged) == (1, None)
    assert told in said


def test_one_run_alone_is_no_merge(three_parts, merge):
    code, _, told = merge(three_parts[:1])
    assert code == 1
    assert "joins at least two runs" in told


def test_the_self_check_needs_whole_categories(suite):
    outcome = suite.run("--localbench-selfcheck", "--localbench-shard=1/2")
    assert outcome.code == 4
    assert "looks at whole categories" in outcome.text
