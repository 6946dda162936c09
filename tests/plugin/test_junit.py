"""JUnit files: well-formed whatever a model writes, with numbers as properties."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

ODD = {
    "control": "a\x00\x01\x08\x0b\x1b[31mred\x1b[0m\x7f\x9b end",
    "surrogate": "half \ud83d and \udc00",
    "markup": "]]></failure><testcase name='forged'/><!-- & < > \" '",
    "noncharacter": "\ufffe\uffff \ufdd0",
    "lines": "\u2028\u2029\x85\r\n::error::forged",
    "right": "Paris",
}


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_odd_answers_and_titles(project, workers, family):
    if workers:
        pytest.importorskip("xdist")
    project.write("docs/category.yaml", "id: documents\nname: 'D <b>&amp;</b> ]]>'\n")
    project.model(answers=ODD, default="London")
    for name in ODD:
        project.exact(name, title="]]> <x> & \u202e")
    project.exact("down", retries_infra=0)
    project.model(answers={**ODD, "down": {"error": ODD["control"] + ODD["markup"]}})
    run = project.run("--junitxml=j.xml", "-o", f"junit_family={family}", *workers, subprocess=True)
    assert "INTERNALERROR" not in run.text
    cases = {case.get("name"): case for case in ElementTree.parse(project.root / "j.xml").iter("testcase")}
    assert set(cases) == {f"{name}[m]" for name in (*ODD, "down")}
    properties = {p.get("name"): p.get("value") for p in cases["right[m]"].iter("property")}
    assert properties["localbench.outcome"] == "passed"
    assert float(properties["localbench.quality"]) == 1.0
    assert float(properties["localbench.quality_points"]) == 10.0
    assert float(properties["localbench.time_s"]) >= 0
    assert 0 <= float(properties["localbench.ultimate_score"]) <= 10
    weak = {p.get("name"): p.get("value") for p in cases["markup[m]"].iter("property")}
    assert (weak["localbench.outcome"], float(weak["localbench.quality"])) == ("weak", 0.0)
    broken = {p.get("name"): p.get("value") for p in cases["down[m]"].iter("property")}
    assert broken == {"localbench.outcome": "backend_error"}
    assert cases["down[m]"].find("error") is not None
