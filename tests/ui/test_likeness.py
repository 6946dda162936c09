"""Blocks, pictures, use and accessibility of pages, in a browser; colours and pictures by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError
from pytest_localbench.evaluators.ui_blocks import PARTS, compare
from pytest_localbench.evaluators.ui_color import color_difference, lab_difference, read_color
from pytest_localbench.evaluators.ui_pictures import ssim

HTML = {"output": {"format": "html"}}
STYLE = "body{margin:20px;font:16px sans-serif}h1{color:#1d4ed8}p{background:#fef3c7;width:300px}"
PAGE = f"<!doctype html><html lang=en><head><title>t</title><style>{STYLE}</style></head><body><h1>Title</h1><p>First text</p><p>Second text</p></body></html>"
OLD = PAGE.replace("First text", "Old words here")


def likeness(page, **options):
    task = {**HTML, "input": {"prompt": "?", "variables": {"target": PAGE, "source": OLD}}}
    return quality("visual_blocks", None, page, task=task, reference="target", **options)


def block(text="a", box=(0, 0, 10, 10), color=(0, 0, 0), background=(255, 255, 255)):
    return {"text": text, "box": box, "color": color, "background": background}


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [  # pairs 1, 7, 16, 20 and 25 of Sharma, Wu, Dalal 2005
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ],
)
def test_colour_differences_are_the_published_ones(one, two, expected):
    assert lab_difference(one, two) == pytest.approx(expected, abs=1e-4)
    assert lab_difference(two, one) == pytest.approx(expected, abs=1e-4)


def test_black_and_white_are_a_hundred_apart():
    assert color_difference((0, 0, 0), (255, 255, 255)) == pytest.approx(100, abs=0.01)
    assert color_difference((12, 99, 200), (12, 99, 200)) == 0


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#1d4ed8", (29, 78, 216)), ("#FFF", (255, 255, 255)), ("rgb(1, 2, 3)", (1, 2, 3)), ("teal", (0, 128, 128)),
        ("rgba(1, 2, 3, 0)", None), ("#11223300", None), ("transparent", None), ("brandy", None), ("#12345", None),
    ],
)  # fmt: skip
def test_colours_are_read(text, color):
    assert read_color(text) == color


def test_every_part_counts_what_it_says():
    window = (1000.0, 1000.0)
    same = compare([block()], [block()], window)
    assert (same.coverage, dict(same.parts)) == (1, dict.fromkeys(PARTS, 1))
    moved = compare([block()], [block(box=(100, 0, 10, 10))], window).parts
    assert moved["position"] == pytest.approx(1 - 4 * 0.1)
    larger = compare([block()], [block(box=(0, 0, 20, 10))], window).parts
    assert larger["size"] == 0.5
    dark = compare([block()], [block(background=(0, 0, 0))], window).parts
    assert (dark["background"], dark["color"]) == (0, 1)


def test_missing_and_surplus_blocks_lower_the_coverage():
    window = (1000.0, 1000.0)
    two = [block("first"), block("second", (0, 50, 10, 10))]
    assert compare(two, two[:1], window).coverage == 0.5
    assert compare(two[:1], two, window).coverage == 0.5
    assert compare(two, [block("unrelated words")], window).pairs == ()
    assert compare(two, [], window).coverage == 0


def test_equal_texts_are_paired_by_place():
    rows = [block("edit", (0, 100 * n, 10, 10)) for n in range(4)]
    found = compare(rows, list(reversed(rows)), (1000.0, 1000.0))
    assert found.parts["position"] == 1
    assert sorted(found.pairs) == [(0, 3), (1, 2), (2, 1), (3, 0)]


def test_a_page_is_like_itself_and_not_like_another(judging_browser):
    assert likeness(PAGE) == 1
    assert likeness("<!doctype html><p>Cooking rice takes time</p>") == 0
    assert likeness("<!doctype html><title>t</title>") == 0


def test_looks_count_not_markup(judging_browser):
    other = PAGE.replace(
        "<p>First text</p>", "<div><section><p>First <b style='font-weight:400'>text</b></p></section></div>"
    )
    assert likeness(other) == pytest.approx(1, abs=0.01)


def test_what_the_old_page_showed_already_earns_nothing(judging_browser):
    assert likeness(OLD, baseline="source") == 0
    assert likeness(PAGE, baseline="source") == 1
    assert likeness(OLD, baseline="none") >= 0.5


def test_parts_choose_what_counts(judging_browser):
    red = PAGE.replace("#1d4ed8", "#dc2626")
    assert likeness(red, parts={"text": 1}) == 1
    assert likeness(red, parts={"color": 1}) < 0.9
    with pytest.raises(TaskFileError, match="'shape' is no part"):
        likeness(PAGE, parts={"shape": 1})
    with pytest.raises(TaskFileError, match="one is above 0"):
        likeness(PAGE, parts={"text": 0})


def test_a_reference_that_is_not_there_is_found_at_load():
    with pytest.raises(TaskFileError, match="there is no document 'tagret'"):
        judge(
            task_of(
                "visual_blocks",
                task={**HTML, "input": {"prompt": "?", "variables": {"target": PAGE}}},
                reference="tagret",
            ),
            PAGE,
        )


def test_pictures_are_alike_where_there_is_something_to_see():
    one = np.full((400, 320), 255.0)
    one[40:60, 40:200] = 0
    assert ssim(one, one) == 1
    empty = np.full((400, 320), 255.0)
    assert ssim(empty, empty) == 1
    assert ssim(one, empty) < 0.4  # the blank rest of the page does not count
    moved = np.roll(one, 100, axis=0)
    assert ssim(one, moved) < 0.4
    assert ssim(one, one[:200]) == pytest.approx(1)  # the shorter page goes on in its own background


def test_screenshots_of_equal_pages_are_equal(judging_browser):
    task = {**HTML, "input": {"prompt": "?", "variables": {"target": PAGE}}}
    assert quality("screenshot_ssim", None, PAGE, task=task, reference="target") == 1
    assert quality("screenshot_ssim", None, PAGE.replace("First", "Another longer"), task=task, reference="target") < 1


COUNTER = """<!doctype html><html lang="en"><title>t</title><body><button id="go">0</button><input id="field">
<select id="pick" aria-label="Pick"><option value="a">A<option value="b">B</select><p id="out" hidden>out</p><script>
const go = document.getElementById('go');
go.onclick = () => { go.textContent = Number(go.textContent) + 1; };
document.onkeydown = (event) => { if (event.key === 'Escape') document.getElementById('out').hidden = false; };
</script></body></html>"""


def used(page, *steps, **options):
    return judge(task_of("interaction", task=HTML, steps=list(steps), **options), page).verdicts[0]


def test_steps_build_on_one_another(judging_browser):
    found = used(
        COUNTER,
        {"name": "start", "rules": [{"id": "zero", "selector": "#go", "text": "0", "keep": True}]},
        {"name": "click", "do": [{"click": "#go"}, {"press": "Enter", "on": "#go"}], "rules": [{"id": "two", "selector": "#go", "text": "2"}]},
        {"name": "type", "do": [{"fill": "abc", "on": "#field"}, {"select": "b", "on": "#pick"}],
         "rules": [{"id": "text", "selector": "#field", "value": "abc"}, {"id": "choice", "selector": "#pick", "value": "b"}]},
        {"name": "key", "do": [{"press": "Escape"}, {"wait_ms": 20}], "rules": [{"id": "shown", "selector": "#out", "visible": True}]},
        {"name": "size", "do": [{"resize": [360, 640]}, {"hover": "#go"}], "rules": [{"id": "fits", "max_overflow_px": 0}]},
    )  # fmt: skip
    assert found.score == 1, found.reason


def test_what_cannot_be_done_fails_its_own_step(judging_browser):
    found = used(
        COUNTER,
        {"name": "missing", "do": [{"click": "#nowhere"}], "rules": [{"id": "still", "selector": "#go", "count": 1}]},
        {"name": "there", "do": [{"click": "#go"}], "rules": [{"id": "one", "selector": "#go", "text": "1"}]},
    )
    assert found.score == 0.5
    assert [d.score for d in found.details] == [0, 1]
    assert found.details[0].note == "there is no #nowhere"


def test_a_page_that_lacks_everything_is_no_page_that_hangs(judging_browser):
    steps = [
        {
            "name": f"s{n}",
            "do": [{"click": f"#nowhere{n}"}],
            "rules": [{"id": "r", "selector": "p", "count": 0, "keep": n > 0}],
        }
        for n in range(30)
    ]
    starts = judging_browser.starts
    assert used("<!doctype html><title>t</title>", *steps).score == 0
    assert judging_browser.starts == max(starts, 1)


def test_what_covers_a_button_keeps_it_from_being_clicked(judging_browser):
    cover = "<div style='position:fixed;inset:0;background:#fff'></div>"
    found = used(
        COUNTER + cover,
        {"name": "s", "do": [{"click": "#go"}], "rules": [{"id": "one", "selector": "#go", "text": "1"}]},
    )
    assert (found.score, "Timeout" in found.details[0].note) == (0, True)


@pytest.mark.parametrize(
    ("act", "words"),
    [({"click": "#a", "press": "Tab"}, "exactly one of"), ({"fill": "x"}, "need 'on'"), ({"click": "#a", "on": "#b"}, "'on' goes with"),
     ({"click": "p["}, "is no CSS selector"), ({"wait_ms": 60000}, "2000")],
)  # fmt: skip
def test_wrong_actions_are_found_at_load(act, words):
    with pytest.raises(TaskFileError, match=words):
        used(COUNTER, {"name": "s", "do": [act], "rules": [{"id": "r", "selector": "p", "count": 0}]})


def test_accessibility_falls_with_violations(judging_browser):
    good = "<!doctype html><html lang='en'><title>t</title><body><main><h1>T</h1><label>Name <input></label></main></body></html>"
    found = judge(task_of("accessibility", task=HTML), good).verdicts[0]
    assert (found.score, found.reason) == (1, "no violations")
    bad = judge(
        task_of("accessibility", task=HTML), good.replace("<label>Name <input></label>", "<input>" * 2)
    ).verdicts[0]
    assert bad.score == pytest.approx(1 - 2 * 3 / 10)
    assert bad.details[0].path == "label"
