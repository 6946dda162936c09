"""Earlier runs for charts over time: order of instants, old and new documents, damaged files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_localbench.domain.history import PastRun
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.domain.run import BenchmarkRun, CategoryScore, Interval
from pytest_localbench.store.history import past_runs
from pytest_localbench.store.runs import dump

END = "2027-01-01T00:00:00Z"


def write(data: Path, name: str, **changes: Any) -> None:
    run = BenchmarkRun(
        id=name,
        started_at="2025-01-01T00:00:00Z",
        finished_at="2025-01-01T00:01:00Z",
        models=(ModelConfig(id="m", provider="scripted"),),
        summary=(
            CategoryScore(
                category="c", model="m", ultimate_score=6.5, interval=Interval(low=5, high=8, method="t"), n_scored=20
            ),
        ),
    )
    folder = data / "results" / name
    folder.mkdir(parents=True)
    document = {**json.loads(dump(run)), **changes}
    (folder / "run.json").write_text(json.dumps({k: v for k, v in document.items() if v is not ...}))


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_order_is_that_of_instants(tmp_path: Path, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    write(tmp_path, "b", started_at="2025-03-30T01:00:00Z")
    write(tmp_path, "a", started_at="2025-03-30T01:30:00+01:00")
    write(tmp_path, "c", started_at="2025-03-30T03:10:00+02:00")
    runs, skipped = past_runs(tmp_path, before=END, limit=10)
    assert [run.id for run in runs] == ["a", "b", "c"]
    assert skipped == []


def test_older_documents_are_read_and_newer_damaged_or_vague_ones_are_named(tmp_path: Path) -> None:
    write(tmp_path, "old", schema_version=..., overall=..., comparisons=...)
    write(tmp_path, "newer", schema_version=99, unknown="field")
    write(tmp_path, "naive", started_at="2025-01-01T00:00:00")
    write(tmp_path, "odd", models=[{"id": "NOT AN ID", "provider": "x"}])
    (tmp_path / "results" / "torn").mkdir()
    (tmp_path / "results" / "torn" / "run.json").write_text('{"id": ')
    runs, skipped = past_runs(tmp_path, before=END, limit=10)
    assert [run.id for run in runs] == ["old"]
    assert sorted(s.split(" was left out: ")[0] for s in skipped) == ["naive", "newer", "odd", "torn"]
    text = "\n".join(skipped)
    assert "made by a newer version (schema 99)" in text
    assert "no time zone" in text
    assert "no readable JSON" in text
    assert "models.0.id" in text
    assert (tmp_path / "results" / "newer" / "run.json").exists()


def test_only_runs_before_the_given_instant_and_at_most_the_limit(tmp_path: Path) -> None:
    for day in range(1, 6):
        write(tmp_path, f"2025010{day}", started_at=f"2025-01-0{day}T00:00:00Z")
    runs, _ = past_runs(tmp_path, before="2025-01-05T00:00:00Z", limit=3)
    assert [run.id for run in runs] == ["20250102", "20250103", "20250104"]


def test_scores_and_fingerprints_are_kept(tmp_path: Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", fingerprints={"m": {"load_s": 1.0, "fingerprint": {"weights_sha256": "1"}}})
    (first, second), _ = past_runs(tmp_path, before=END, limit=10)
    assert first.scores[0].score == 6.5
    assert (first.scores[0].low, first.scores[0].high) == (5, 8)
    assert first.scores[0].median_time_s is None
    assert first.fingerprints["m"] != second.fingerprints["m"]


def test_how_long_loading_took_is_no_change_of_the_model() -> None:
    def run(load_s: float) -> BenchmarkRun:
        return BenchmarkRun(
            id="r",
            started_at=END,
            finished_at=END,
            models=(ModelConfig(id="m", provider="scripted"),),
            fingerprints={"m": {"load_s": load_s, "fingerprint": {"weights_sha256": "1"}}},
        )

    assert PastRun.of(run(1.0)).fingerprints == PastRun.of(run(2.0)).fingerprints


def test_no_results_folder_is_no_history(tmp_path: Path) -> None:
    assert past_runs(tmp_path, before=END, limit=5) == ([], [])
