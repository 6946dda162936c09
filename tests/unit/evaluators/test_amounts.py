"""Numbers as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_localbench.evaluators.amounts import exact_decimal, numbers_in, read_amount, read_number
from pytest_localbench.evaluators.currencies import currency_code, same_currency


def readings(text, locale=None):
    return sorted(map(str, read_number(text, locale)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("1 234,56", "1234.56"), ("1\u00a0234,56", "1234.56"),
        ("1\u202f234\u202f567", "1234567"), ("1'234.50", "1234.50"), ("1\u2019234.50", "1234.50"),
        ("12,34,567.00", "1234567.00"), ("1,00,000", "100000"), ("1.234.567", "1234567"), ("27,80", "27.80"),
        ("27.8", "27.8"), ("0,125", "0.125"), ("0.125", "0.125"), ("1234,567", "1234.567"), (",89", "0.89"),
        (".5", "0.5"), ("-12,50", "-12.50"), ("\u22123", "-3"), ("\u2212 3", "-3"), ("\u20133", "-3"), ("+3", "3"),
        ("12-", "-12"), ("12,50- EUR", "-12.50"), ("12,50 EUR-", "-12.50"), ("(12)", "-12"),
        ("(1,250.00)", "-1250.00"), ("EUR (1,250.00)", "-1250.00"), ("(EUR 1,250.00)", "-1250.00"),
        ("(1,250.00) EUR", "-1250.00"), ("Loss: EUR (5.00)", "-5.00"), ("100.00 (incl. VAT)", "100.00"),
        ("the total (5.00) is due", "5.00"), ("-$90.00", "-90.00"), ("$-90.00", "-90.00"), ("\u20ac90.00", "90.00"),
        ("5,- EUR", "5"), ("5.\u2013 CHF", "5"), ("15 %", "15"), ("-15%", "-15"), ("12 kg", "12"), ("5kg", "5"),
        ("about 12 pieces", "12"), ("1.2e5", "1.2E+5"), ("\u20113", "-3"), ("minus 3", "-3"), ("It is minus 3 degrees", "-3"),
        ("total minus 3", "3"), ("EUR90", "90"), ("USD1,250.00", "1250.00"), ("150 \u2030", "15.0"), ("1500 basis points", "15.00"), ("\u0663", "3"), ("\uff11\uff12", "12"),
    ],
)  # fmt: skip
def test_one_number_has_one_reading(text, value):
    assert readings(text) == [value]


@pytest.mark.parametrize(
    "text",
    ["", "none", "12 and 13", "5-10", "1.2.3.4", "1,2,3", "12,3456,789", "A12", "INV-2025", "3rd", "2025-04-03",
     "03.04.2025", "10:30", "3 of 12", "x" * 300 + " 5", "NaN", "inf", "1_000", "9" * 500],
)  # fmt: skip
def test_none_and_several_are_no_number(text):
    assert readings(text) == []


@pytest.mark.parametrize(
    ("locale", "values"),
    [(None, ["1.234", "1234"]), ("de", ["1.234"]), ("en", ["1234"]), ("de-CH", ["1234"]), ("fr_FR", ["1.234"]),
     ("es-MX", ["1234"]), ("ja", ["1234"]), ("en-ZA", ["1.234"])],
)  # fmt: skip
def test_only_a_declared_locale_decides_what_one_comma_means(locale, values):
    assert readings("1,234", locale) == values


@pytest.mark.parametrize(("text", "locale", "value"), [("27.80 EUR", "de", "27.80"), ("1.234", "de", "1234"),
                                                        ("27,80", "en", "27.80"), ("1,234.50", "de", "1234.50")])  # fmt: skip
def test_what_a_locale_cannot_mean_is_read_as_it_must_be(text, locale, value):
    assert readings(text, locale) == [value]


@pytest.mark.parametrize(
    ("text", "percent", "value"),
    [("100.00 (incl. 19% VAT)", False, "100.00"), ("19 % (of 100.00)", True, None), ("100.00 (incl. 19% VAT)", None, None),
     ("15% (0.15)", True, "15"), ("15%", False, "15"), ("15", True, "15"), ("3 at 100.00 (19%)", False, None),
     ("15 to 20%", True, None), ("15-20 %", True, None)],
)  # fmt: skip
def test_an_amount_and_a_rate_are_two_things(text, percent, value):
    hit = read_amount(text, percent=percent)
    assert (None if hit is None else str(next(iter(hit.readings)))) == value


@pytest.mark.parametrize("language", ["C", "de_DE.UTF-8"])
def test_the_locale_of_the_machine_never_decides(monkeypatch, language):
    monkeypatch.setenv("LC_ALL", language)
    monkeypatch.setenv("LANG", language)
    assert readings("4,321") == ["4.321", "4321"]


@pytest.mark.parametrize(
    ("text", "currency"),
    [("\u20ac90", "EUR"), ("EUR 90", "EUR"), ("90 euros", "EUR"), ("$90", "$"), ("US$ 90", "USD"), ("90 kr", "kr"),
     ("CHF 1'234.50", "CHF"), ("90 z\u0142", "PLN"), ("\u00a390.00", "GBP"), ("90", None), ("90 kg", None), ("R90", None),
     ("EUR90", "EUR"), ("90 BTC", "BTC"), ("90 XAF", "XAF")],
)  # fmt: skip
def test_currencies_are_read(text, currency):
    hit = read_amount(text)
    assert (hit.currency if hit else None) == currency


def test_currency_marks_that_several_share():
    assert same_currency("SEK", "kr")
    assert same_currency("JPY", "\u00a5")
    assert same_currency("USD", "$")
    assert same_currency("AUD", "$", dollar="AUD")
    assert not same_currency("AUD", "$")
    assert not same_currency("EUR", "$")
    assert currency_code("piece") is None


def test_numbers_of_a_running_text_stand_where_they_say():
    text = "Total (EUR 100.00), \u22125 %, due 2025-04-03 10:30, costs 12,50- or 10- to 12-year; 3.14. Ref A12 (7)"
    hits = numbers_in(text)
    assert [str(next(iter(hit.readings))) for hit in hits] == ["100.00", "-5", "-12.50", "10", "12", "3.14", "7"]
    assert all(text[hit.start : hit.end] == hit.text for hit in hits)
    assert text[hits[0].first : hits[0].last] == "EUR 100.00"
    assert (hits[1].percent, text[hits[1].first : hits[1].last]) == (True, "\u22125 %")


@pytest.mark.parametrize(
    ("text", "values"),
    [("The temperature is -3 degrees.", ["-3"]), ("It falls by 5, so 2 - 5 = \u22123", ["5", "2", "5", "-3"]),
     ("from 5-10 to 3\u20134", ["5", "10", "3", "4"]), ("f(-2)", ["-2"]), ("x-2", []), ("- 3 items", ["3"]), ("INV\u20112025: 7", ["7"]),
     ("5 minus 3", ["5", "3"]), ("2 - 5 is minus 3", ["2", "5", "-3"])],
)  # fmt: skip
def test_a_minus_is_a_sign_only_before_a_digit_and_after_nothing(text, values):
    assert [str(next(iter(hit.readings))) for hit in numbers_in(text)] == values


def test_json_numbers_are_exact():
    assert exact_decimal(2967.98) == Decimal("2967.98")
    assert exact_decimal(12345678901234567891) == 12345678901234567891
    assert exact_decimal(float("nan")) is None
    assert exact_decimal(float("inf")) is None


STYLES = {"en": (",", "."), "de": (".", ","), "fr": ("\u202f", ","), "de-CH": ("\u2019", "."), "pl": ("\u00a0", ",")}


@settings(max_examples=300, deadline=None)
@given(
    cents=st.integers(min_value=-(10**14), max_value=10**14),
    locale=st.sampled_from(sorted(STYLES)),
    mark=st.sampled_from(["{}", "{} EUR", "\u20ac{}", "EUR {}"]),
)
def test_amounts_in_the_usual_styles_read_back(cents, locale, mark):
    group, point = STYLES[locale]
    whole, fraction = divmod(abs(cents), 100)
    number = f"{whole:,}".replace(",", group) + f"{point}{fraction:02d}"
    text = mark.format(number)
    assert read_number(("-" if cents < 0 else "") + text, locale) == {Decimal(cents) / 100}


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(alphabet="0123456789.,'-\u2212()%eE $\u20acEUR\u00a0", max_size=25),
    locale=st.sampled_from([None, "de", "en"]),
)
def test_reading_never_raises(text, locale):
    for hit in numbers_in(text, locale):
        assert hit.readings
        assert 0 <= hit.first <= hit.start < hit.end <= hit.last <= len(text)
    assert len(read_number(text, locale)) <= 2
