"""``localbench preview``: messages, schema, expected answer and evaluators as a run would use them; nothing is asked."""

from __future__ import annotations

import base64

import pytest

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def there(here):
    here.put("cat/category.yaml", "defaults: {generation: {temperature: 0}}\n")
    here.put("cat/tasks/mail.yaml", """\
        input:
          system: You sort mail.
          few_shot: [{user: "It is broken.", assistant: support}]
          prompt: "Sort: {{ mail }}"
        output: {format: label, labels: [support, sales]}
        samples:
          - {id: a, variables: {mail: "A price, please."}, expected: sales}
          - {id: b, variables: {mail: "It smokes.\\e[31m"}, expected: support}
        evaluators:
          - {use: label, weight: 3}
          - {use: length, name: short, guard: 0.5, with: {max: 3}}
        repeats: 2
        """)  # fmt: skip
    return here


def test_the_question_is_shown_as_it_would_be_sent(there):
    code, out, _ = there("preview", "mail", "--sample", "a")
    assert code == 0
    assert out.splitlines() == [
        "cat/mail, sample 'a' (cat/tasks/mail.yaml:1)",
        "asked 2 times, at most 180 s each; temperature 0.0",
        "--- system", "You sort mail.",
        "--- user", "It is broken.",
        "--- assistant", "support",
        "--- user", "Sort: A price, please.",
        "--- expected", "sales",
        "--- evaluators",
        "label  earns, weight 3 of 3",
        "short (length)  guard: takes away at most 50%",
        '       with {"max": 3}',
    ]  # fmt: skip


def test_control_codes_of_a_document_do_not_reach_the_terminal(there):
    out = there("preview", "cat/mail", "--sample", "b")[1]
    assert "\x1b" not in out
    assert "Sort: It smokes.\\x1b[31m" in out


def test_a_model_brings_its_settings_and_what_it_lacks(there):
    there.put("data/models/m.yaml", "provider: scripted\ngeneration: {temperature: 0.7, max_tokens: 9}\n")
    out = there("preview", "mail", "--model", "m")[1]
    assert "temperature 0.7, max_tokens 9" in out
    assert "m can be asked this" in out
    (there.root / "cat/dot.png").write_bytes(PIXEL)
    there.put(
        "cat/tasks/see.yaml", "input: {prompt: See?, images: [dot.png]}\nexpected: {a: 1}\noutput: {format: json}\n"
    )
    out = there("preview", "see", "--model", "m")[1]
    assert "would not be asked: needs vision, which m is not known to have" in out
    assert f"[picture, image/png, {len(PIXEL)} bytes]" in out
    assert '--- expected\n{\n  "a": 1\n}\n' in out


def test_schemas_say_whether_they_are_sent(there):
    there.put("cat/tasks/s.yaml", """\
        prompt: What?
        output: {format: json, schema: {type: object}}
        expected: {a: 1}
        """)  # fmt: skip
    there.put("data/models/m.yaml", "provider: scripted\ngeneration: {response_format: schema}\n")
    assert "--- schema (not sent: response_format is not 'schema')" in there("preview", "s")[1]
    assert '--- schema\n{\n  "type": "object"\n}' in there("preview", "s", "--model", "m")[1]


def test_keys_are_taken_out(there):
    there.put("cat/tasks/k.yaml", "prompt: The key is sk-ant-abcdefghijkl.\nexpected: x\n")
    out = there("preview", "cat/tasks/k.yaml")[1]
    assert "abcdefghijkl" not in out
    assert "The key is [redacted]" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("mial",), "unknown task 'mial' (did you mean 'mail'?). Known: mail."),
        (("mail", "--sample", "c"), "unknown sample 'c'. Known: a, b."),
        (("mail", "--model", "nobody"), "unknown model 'nobody'"),
    ],
)
def test_unknown_names_are_told(there, words, told):
    code, out, err = there("preview", *words)
    assert (code, out) == (1, "")
    assert told in err
