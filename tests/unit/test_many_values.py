"""Values of which a run holds tens of thousands are small, and still copied and compared as others are."""

from __future__ import annotations

from pytest_localbench.domain.response import ResultKey, Usage


def test_given_fields_are_not_remembered():
    first, second = Usage(input_tokens=3), Usage(input_tokens=3)
    assert first.model_fields_set == set()
    assert first.model_fields_set is second.model_fields_set


def test_copies_do_not_write_into_what_is_shared():
    one = ResultKey(category="c", task="t", sample="s", model="m")
    other = one.model_copy(update={"attempt": 2})
    assert (one.attempt, other.attempt) == (1, 2)
    assert one.model_fields_set == set()
    assert one == ResultKey(category="c", task="t", sample="s", model="m")
    assert hash(one) != hash(other)


def test_what_was_given_is_still_written():
    assert Usage(input_tokens=3).model_dump(exclude_defaults=True) == {"input_tokens": 3}
    assert Usage.model_validate_json(Usage(output_tokens=2).model_dump_json()) == Usage(output_tokens=2)
