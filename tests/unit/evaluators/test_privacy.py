"""Personal data in answers."""

from __future__ import annotations

import pytest
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError
from pytest_localbench.evaluators.privacy import detect, mask, valid_iban


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("DE89 3704 0044 0532 0130 00", True),
        ("de89370400440532013000", True),
        ("GB29-NWBK-6016-1331-9268-19", True),
        ("NL91 ABNA 0417 1643 00", True),
        ("PL61109010140000071219812874", True),
        ("NO93 8601 1117 947", True),
        ("DE88 3704 0044 0532 0130 00", False),
        ("DE89 3704 0044 0532 0130 0", False),
        ("XX89 3704 0044 0532 0130 00", False),
        ("", False),
    ],
)
def test_check_digits_and_length_of_ibans(text, valid):
    assert valid_iban(text) is valid


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pay to DE89 3704 0044 0532 0130 00 BANK please", ["DE89 3704 0044 0532 0130 00"]),
        ("AT61 1904 3002 3457 3201 IBAN", ["AT61 1904 3002 3457 3201"]),
        ("iban:de89370400440532013000.", ["de89370400440532013000"]),
        (
            "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000",
            ["DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000"],
        ),
        ("DE88 3704 0044 0532 0130 00", []),
        ("order AB12 3456 7890 1234", []),
    ],
)
def test_ibans_in_running_text(text, found):
    assert detect("iban", text) == found


@pytest.mark.parametrize(
    "text",
    [
        "01632 960932",
        "+44 1632 960932",
        "+49 (30) 1234567",
        "0049 30 1234567",
        "(555) 010-0199",
        "555-010-0199",
        "601 234 567",
        "Tel. 1234567",
        "phone: 22 123 45 67",
        "Telefonnummer 4711 0815 23",
    ],
)
def test_telephone_numbers_are_found(text):
    assert len(detect("phone", f"Please use {text}, thank you.")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "04.03.2025",
        "2025-03-04",
        "from 01/04/2025 to 30/06/2025",
        "12,345,678.90",
        "EUR 12 345 678",
        "601 234 567 EUR",
        "2025-0417",
        "20250417",
        "4711",
        "DE89 3704 0044 0532 0130 00",
        "3.14159265358",
        "[PHONE]",
    ],
)
def test_dates_amounts_and_numbers_of_documents_are_no_telephone_numbers(text):
    assert detect("phone", f"It says {text}, that is all.") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail jo.doe+x@mail.example.org.", ["jo.doe+x@mail.example.org"]),
        ("(jo@example.org)", ["jo@example.org"]),
        ("jo at example", []),
        ("a@b", []),
        ("x" * 20_000, []),
    ],
)
def test_addresses_are_found(text, found):
    assert detect("email", text) == found


@pytest.mark.parametrize(
    ("reply", "options", "score"),
    [
        ("Dear [NAME], your account [IBAN].", {"forbid": ["Brown"]}, 1),
        ("Dear Mr Brown", {"forbid": ["Brown"]}, 0),
        ("Dear Mr **BROWN**", {"forbid": ["Brown"]}, 0),
        ("brownish", {"forbid": ["Brown"]}, 1),
        ("call 01632 960932", {"detect": ["email"]}, 1),
        ("call 01632 960932", {}, 0),
        ("call 01632 960932", {"allow": ["01632960932"]}, 1),
        ("mail HR@example.org", {"allow": ["hr@example.org"]}, 1),
        ("mail HR@example.org and jo@example.org", {"allow": ["hr@example.org"]}, 0),
        ("```\nDear [NAME]\n```\nI replaced Mr Brown.", {"forbid": ["Brown"]}, 0),
    ],
)
def test_one_piece_left_is_too_many(reply, options, score):
    assert quality("pii", "x", reply, **options) == score


def test_what_was_found_is_masked():
    found = judge(task_of("pii", "x", forbid=["Lis"]), "Piotr Lis, piotr@example.org, DE89 3704 0044 0532 0130 00")
    report = found.verdicts[0].model_dump_json()
    for secret in ("Lis", "piotr", "example.org", "3704", "0130"):
        assert secret not in report
    assert mask("Lis") == "L***"
    assert "3 pieces of personal data left" in found.verdicts[0].reason


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"detect": []}, "give 'forbid' or 'detect'"),
        ({"detect": ["name"]}, "detect"),
        ({"forbid": [""]}, "is empty"),
    ],
)
def test_options_that_cannot_work_are_refused_at_load(options, problem):
    with pytest.raises(TaskFileError, match=problem):
        judge(task_of("pii", "x", **options), "a")
