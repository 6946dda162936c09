"""Dates as people write them; the order of day and month is never guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_localbench.evaluators.dates import dates_in, read_date, read_datetime


def readings(text, order=None):
    return sorted(day.isoformat() for day in read_date(text, order))


@pytest.mark.parametrize(
    "text",
    ["2025-03-04", "2025/03/04", "2025.3.4", "20250304", "2025-03-04T23:30:00-05:00", "2025-03-04 10:00",
     "4. M\u00e4rz 2025", "4.M\u00e4rz 2025", "4. Maerz 2025", "4 March 2025", "4th of March 2025", "March 4, 2025",
     "March 4th, 2025", "Mar. 4 2025", "4-Mar-2025", "Tuesday, 4 March 2025", "le 4 mars 2025", "4 de marzo de 2025",
     "4 de mar\u00e7o de 2025", "4 marzo 2025", "4 marca 2025", "4. b\u0159ezna 2025", "4 maart 2025", "4 mars 2025",
     "2025\u5e743\u67084\u65e5", "4 MARCH 2025", "2025 March 4", "due on 4 March 2025."],
)  # fmt: skip
def test_clear_dates_have_one_reading(text):
    assert readings(text) == ["2025-03-04"]


@pytest.mark.parametrize(
    ("text", "order", "days"),
    [
        ("03/04/2025", "dmy", ["2025-04-03"]),
        ("03.04.2025", "dmy", ["2025-04-03"]),
        ("3. 4. 2025", "dmy", ["2025-04-03"]),
        ("3 April 2025", "dmy", ["2025-04-03"]),
        ("2025-04-03", "dmy", ["2025-04-03"]),
        ("04/03/2025", "dmy", ["2025-03-04"]),
        ("03/04/2025", "mdy", ["2025-03-04"]),
        ("03/04/2025", None, ["2025-03-04", "2025-04-03"]),
        ("03.04.25", None, ["2025-03-04", "2025-04-03"]),
        ("13/04/2025", None, ["2025-04-13"]),
        ("04/13/2025", None, ["2025-04-13"]),
        ("04/13/2025", "dmy", []),
        ("04/04/2025", None, ["2025-04-04"]),
        ("25-04-03", "ymd", ["2025-04-03"]),
        ("31.12.99", "dmy", ["1999-12-31"]),
        ("31.12.69", "dmy", ["2069-12-31"]),
    ],
)
def test_the_declared_order_decides_and_nothing_else(text, order, days):
    assert readings(text, order) == days


@pytest.mark.parametrize(
    "text",
    ["", "12", "net 30", "March 2025", "2025-W10", "30.02.2025", "2025-13-01", "10.11.12.13", "1.2.3.4",
     "from 2025-01-01 to 2025-02-01", "2025-03-04-17", "4 Foo 2025", "x" * 300 + " 2025-03-04", "0000-01-01"],
)  # fmt: skip
def test_other_texts_are_no_date(text):
    assert readings(text, "dmy") == []


def test_dates_of_a_running_text_stand_where_they_say():
    text = "Ordered 3 April 2025, due 2025-05-01 (or 03/04/2025), version 1.2.3."
    hits = dates_in(text)
    assert [hit.text for hit in hits] == ["3 April 2025", "2025-05-01", "03/04/2025"]
    assert all(text[hit.start : hit.end] == hit.text for hit in hits)
    assert len(hits[2].readings) == 2


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-03-05T04:30:00Z", "2025-03-05T04:30:00+00:00"),
        ("2025-03-04T23:30:00-05:00", "2025-03-05T04:30:00+00:00"),
        ("2025-03-05t04:30z", "2025-03-05T04:30:00+00:00"),
        ("2025-03-05 06:30 +0200", "2025-03-05T04:30:00+00:00"),
        ("2025-03-05T04:30:00.250Z", "2025-03-05T04:30:00.250000+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2025-03-05T04:30:00", "2025-03-05T04:30:00"),
    ],
)
def test_instants_are_read_with_their_offset(text, moment):
    assert read_datetime(text) == dt.datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-03-05",
        "04:30",
        "2025-13-05T04:30Z",
        "2025-03-05T25:00Z",
        "2025-03-05T04:30+99:99",
        "9999-12-31T23:59:60Z",
    ],
)
def test_other_texts_are_no_instant(text):
    assert read_datetime(text) is None


@settings(max_examples=200, deadline=None)
@given(day=st.dates(min_value=dt.date(1970, 1, 1), max_value=dt.date(2069, 12, 31)))
def test_usual_forms_read_back(day):
    for form in ("%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y"):
        assert read_date(day.strftime(form)) == {day}
    for form, order in (("%d.%m.%Y", "dmy"), ("%m/%d/%Y", "mdy"), ("%d/%m/%y", "dmy"), ("%y-%m-%d", "ymd")):
        assert read_date(day.strftime(form), order) == {day}
        assert day in read_date(day.strftime(form)) or form == "%y-%m-%d"


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="0123456789-/. :TZMarchof,+", max_size=30))
def test_reading_never_raises(text):
    read_datetime(text)
    for hit in dates_in(text):
        assert 1 <= len(hit.readings) <= 2
