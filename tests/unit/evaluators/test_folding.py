"""Folding: what two writers mean as the same becomes the same string, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_localbench.evaluators.folding import find_phrase, norm, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Caf\u00e9 Zo\u00eb", "Cafe\u0301 Zoe\u0308"),
        ("don\u2019t", "DON'T"),
        ("\u201eHallo\u201c", '"hallo"'),
        ("\u00abHallo\u00bb", '"hallo"'),
        ("5\u201310 \u2212 3", "5-10 - 3"),
        ("1\u00a0234\u202f567", "1 234 567"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("  a\t b\n", "a b"),
        ("\uff21\uff22\uff11", "ab1"),
        ("Stra\u00dfe", "STRASSE"),
    ],
)
def test_writings_of_one_text_are_equal(one, other):
    assert norm(one) == norm(other)


@pytest.mark.parametrize(
    ("one", "other"), [("10\u00b2", "102"), ("1\u00bd", "11/2"), ("a b", "ab"), ("-3", "3"), ("1.5", "15")]
)
def test_different_texts_stay_different(one, other):
    assert norm(one) != norm(other)
    assert norm(one, punct=True) != norm(other, punct=True)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Kessler, Metallbau (GmbH)!", "kessler metallbau gmbh"),
        ("C++ and C# at 15%", "c++ and c# at 15%"),
        ("-3 and \u22124, 5-10", "-3 and -4 5 10"),
        ("$90 / \u20ac90", "$90 \u20ac90"),
        ("1,234.50.", "1,234.50"),
        ("e-mail", "e mail"),
        ("???", ""),
    ],
)
def test_punctuation_goes_where_it_means_nothing(text, folded):
    assert norm(text, punct=True) == folded


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=80), punct=st.booleans())
def test_folding_twice_changes_nothing(text, punct):
    once = norm(text, punct=punct)
    assert norm(once, punct=punct) == once


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The cat's mat.", ["the", "cat", "s", "mat"]),
        ("\u0413\u0440\u043e\u0437\u0430!", ["\u0433\u0440\u043e\u0437\u0430"]),
        ("\u6771\u4eac\u30bf", ["\u6771", "\u4eac", "\u30bf"]),
        ("\u0e44\u0e17\u0e22", ["\u0e44", "\u0e17", "\u0e22"]),
        ("\u0939\u093f\u0928\u094d\u0926\u0940", ["\u0939\u093f\u0928\u094d\u0926\u0940"]),
        ("Gr\u00f6\u00dfe 5", ["gr\u00f6sse", "5"]),
        ("", []),
    ],
)
def test_words_of_every_script(text, tokens):
    assert words(text) == tokens


@pytest.mark.parametrize(
    ("text", "phrase", "count"),
    [
        ("pay 10 euros, 10.", "10", 2),
        ("100 and 10.5 and 2.10 and 1,10", "10", 0),
        ("it is -3 degrees", "3", 0),
        ("5-3 goals", "3", 1),
        ("march", "ar", 0),
        ("label a. or b", "A.", 1),
        ("90 days (90 days)", "90 Days", 2),
        ("c++ is fast", "C++", 1),
        ("caf\u00e9s", "caf\u00e9", 0),
        ("\u6771\u4eac\u306f\u5927\u304d\u3044", "\u6771\u4eac", 1),
        ("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939", 0),
        ("anything", "", 0),
    ],
)
def test_phrases_are_found_at_word_boundaries(text, phrase, count):
    spans = find_phrase(norm(text), phrase)
    assert len(spans) == count
    assert all(norm(text)[a:b] == norm(phrase) for a, b in spans)
