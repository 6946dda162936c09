"""Charts: what is drawn is what is known; unknown is a gap."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
from runs import DOCS, interval, run, score

pytest.importorskip("matplotlib")

from pytest_localbench.cli import main
from pytest_localbench.domain.category import Category, CategoryThresholds
from pytest_localbench.domain.history import PastRun
from pytest_localbench.domain.model import ModelConfig
from pytest_localbench.errors import ConfigError
from pytest_localbench.reports.chart_style import COLORS, looks
from pytest_localbench.reports.charts import chart, describe, figure
from pytest_localbench.store.runs import save

PNG = b"\x89PNG\r\n\x1a\n"


def three(**fields):
    names = ("docs", "mail", "code")
    summary = tuple(score(m, v, category=c) for c, v in zip(names, (8, 6, 4), strict=True) for m in ("a", "b"))
    models = tuple(ModelConfig(id=m, provider="scripted") for m in ("a", "b"))
    cats = tuple(Category(id=c, name=c) for c in names)
    return run(**{"summary": summary, "models": models, "categories": cats, "comparisons": (), "results": (), **fields})


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("form", ["png", "svg"])
@pytest.mark.parametrize("kind", ["radar", "bars", "history", "scatter"])
def test_every_kind_is_a_picture_and_the_same_each_time(kind, form):
    now = three()
    past = [PastRun.of(three(started_at="2025-12-30T00:00:00Z")), PastRun.of(now)]
    picture = chart(kind, now, form=form, past=past)
    assert picture.startswith(PNG) if form == "png" else b"<svg" in picture
    assert b"Scores from 0 to 10" in picture
    assert picture == chart(kind, now, form=form, past=past)


def test_bars_carry_values_intervals_and_names():
    (ax,) = figure("bars", run()).axes
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["qwen3-4b", "gemma3-4b", "smollm2", "gpt-x"]
    assert [round(bar.get_width(), 1) for bar in ax.patches] == [7.9, 6.2, 5.9, 9.1]
    spans = [line.get_segments()[0][:, 0] for line in ax.collections]
    assert [[round(float(x), 1) for x in span] for span in spans] == [[6.9, 8.7], [5.0, 7.3], [4.6, 7.0], [7.9, 9.7]]
    assert texts(ax) == ["7.9 ★", "6.2", "5.9", "9.1  only 70% scored"]
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, False, False, True]


def test_a_model_without_a_score_has_no_bar():
    none = score("gpt-x", 0).model_copy(update={"ultimate_score": None, "quality": None, "covered": False})
    (ax,) = figure("bars", run(summary=(score("qwen3-4b", 5), none))).axes
    assert len(ax.patches) == 1
    assert texts(ax) == ["5.0", "no score"]


def test_the_gate_of_a_category_is_a_line():
    gated = Category(id=DOCS, name="Documents", thresholds=CategoryThresholds(fail_under=6))
    (ax,) = figure("bars", run(categories=(gated,))).axes
    assert " gate 6" in texts(ax)


def test_a_radar_breaks_where_a_value_is_unknown():
    found = three()
    lacking = found.summary[3].model_copy(update={"ultimate_score": None})
    (ax,) = figure("radar", three(summary=(*found.summary[:3], lacking, *found.summary[4:]))).axes
    first, second = ax.get_lines()
    assert [float(v) for v in first.get_ydata()] == [8, 6, 4, 8]
    assert math.isnan(second.get_ydata()[1])
    assert len(ax.patches) == 1
    made = figure("radar", three(summary=(*found.summary[:3], lacking, *found.summary[4:])))
    assert made.legends[0].get_title().get_text() == "not known: b mail"


def test_with_few_categories_a_radar_shows_components():
    components = {"quality": 0.5, "time": 0.25, "cost": 1.0, "memory": None}
    (ax,) = figure("radar", run(summary=(score("qwen3-4b", 5, components=components),))).axes
    values = [float(v) for v in ax.get_lines()[0].get_ydata()]
    assert values[:2] == [0.5, 0.25]
    assert math.isnan(values[2])
    assert values[3] == 1.0


def test_a_radar_of_many_models_is_refused_with_a_way_out():
    many = tuple(score(f"m{n}", 5) for n in range(5))
    with pytest.raises(ConfigError, match="choose at most 4 with --models, or --kind bars"):
        figure("radar", run(summary=many, models=()))
    assert figure("radar", run(summary=many, models=()), models=["m0", "m1"])


def test_scatter_leaves_out_what_has_no_time_and_says_so():
    summary = (
        score("qwen3-4b", 8, median_time_s=3.0),
        score("smollm2", 4, median_time_s=1.0),
        score("gemma3-4b", 3, median_time_s=4.0),
        score("gpt-x", 9),
    )
    (ax,) = figure("scatter", run(summary=summary)).axes
    front = next(line for line in ax.get_lines() if len(line.get_xdata()) > 1)
    assert [float(x) for x in front.get_xdata()] == [1.0, 3.0]
    assert "not shown, time or quality not known: gpt-x" in ax.get_xlabel()
    assert len(ax.texts) == 3


def past(stamps, values, prints=None):
    return [
        PastRun(id=stamp, started_at=stamp, fingerprints={"a": prints[n] if prints else "x"},
                scores=({"category": "docs", "model": "a", "score": values[n], "covered": True},))
        for n, stamp in enumerate(stamps)
    ]  # fmt: skip


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_history_is_in_the_order_of_instants_in_every_time_zone(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    stamps = ["2025-03-30T03:10:00+02:00", "2025-03-30T01:30:00+01:00", "2025-03-30T01:00:00Z"]
    (ax, *_) = figure("history", three(), category="docs", past=past(stamps, [3, 1, 2])).axes
    assert [float(v) for v in ax.get_lines()[0].get_ydata()] == [1, 2, 3]


def test_history_breaks_at_a_missing_score_and_rings_a_changed_model():
    stamps = [f"2026-01-0{n}T00:00:00Z" for n in range(1, 5)]
    (ax, *_) = figure(
        "history", three(), category="docs", past=past(stamps, [5, None, 6, 7], ["x", "x", "x", "y"])
    ).axes
    line = [float(v) for v in ax.get_lines()[0].get_ydata()]
    assert line[0] == 5
    assert math.isnan(line[1])
    rings = [found for found in ax.get_lines() if found.get_label() == "_changed"]
    assert [float(ring.get_ydata()[0]) for ring in rings] == [7]


def test_one_run_is_no_history():
    with pytest.raises(ConfigError, match="at least two runs"):
        figure("history", three(), past=[PastRun.of(three())])


@pytest.mark.parametrize("name", ["$x^{$", "a\\frac{1}", "<b>x</b>", "日本語", "\x1b[31mred", "\u202eevil"])
def test_names_are_shown_as_they_are(name):
    assert chart("bars", run(categories=(Category(id=DOCS, name=name),))).startswith(PNG)
    assert b"<b>" not in chart("bars", run(categories=(Category(id=DOCS, name=name),)), form="svg")


def test_models_differ_by_more_than_colour():
    found = looks([f"m{n}" for n in range(16)])
    assert len({(look.color, str(look.dash), look.marker) for look in found.values()}) == 16
    assert len({look.marker for look in list(found.values())[:8]}) == 8
    for color in COLORS:
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (light + 0.05) >= 3


def test_the_picture_in_words():
    words = describe(run(summary=(score("qwen3-4b", 5, interval=interval(4, 6)),)))
    assert words == "Scores from 0 to 10. Document understanding: qwen3-4b 5.0 (4.0 to 6.0)."


def test_the_command_writes_a_file(tmp_path, capsys):
    save(three(), tmp_path / "data/results/r1/run.json")
    target = tmp_path / "out.svg"
    assert main(["chart", "--data", str(tmp_path / "data"), "--kind", "radar", "-o", str(target)]) == 0
    assert b"<svg" in target.read_bytes()
    assert "out.svg" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("-o", "x.pdf"), "written as .png or .svg"),
        (("--category", "doc"), "no category 'doc' (did you mean 'docs'?)"),
        (("--models", "c"), "no model 'c'"),
        (("--kind", "history"), "at least two runs"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(tmp_path, capsys, monkeypatch, args, words):
    monkeypatch.chdir(tmp_path)
    save(three(), tmp_path / "data/results/r1/run.json")
    assert main(["chart", *args]) == 1
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("x.*"))


def test_runs_that_a_history_leaves_out_are_named(tmp_path, capsys):
    for name, day in (("r1", "01"), ("r2", "02")):
        save(three(id=name, started_at=f"2026-01-{day}T00:00:00Z"), tmp_path / f"data/results/{name}/run.json")
    newer = tmp_path / "data/results/r0/run.json"
    newer.parent.mkdir()
    newer.write_text(json.dumps({"schema_version": 99, "id": "r0", "started_at": "2025-12-01T00:00:00Z"}))
    before = newer.read_bytes()
    target = tmp_path / "h.png"
    assert main(["chart", "r2", "--data", str(tmp_path / "data"), "--kind", "history", "-o", str(target)]) == 0
    assert "r0 was left out: made by a newer version" in capsys.readouterr().err
    assert newer.read_bytes() == before


def test_without_matplotlib_the_extra_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    save(three(), tmp_path / "data/results/r1/run.json")
    assert main(["chart", "--data", str(tmp_path / "data"), "-o", str(tmp_path / "x.png")]) == 1
    assert "pip install 'pytest-localbench[charts]'" in capsys.readouterr().err


def test_matplotlib_is_imported_only_to_draw():
    code = "import sys, pytest_localbench.reports.charts; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
