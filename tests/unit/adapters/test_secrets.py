"""Keys: where they come from, and that no text shows them."""

from __future__ import annotations

import base64
import sys
import types
from urllib.parse import quote

import pytest

from pytest_localbench.adapters.secrets import fill, redact, resolve
from pytest_localbench.errors import ConfigError, MissingCredential


@pytest.mark.parametrize("reference", ["${env:BENCH_KEY}", "env:BENCH_KEY", " env:BENCH_KEY "])
def test_from_the_environment(monkeypatch, reference):
    monkeypatch.setenv("BENCH_KEY", " very-private-value\n")
    secret = resolve(reference)
    assert secret.reveal() == "very-private-value"
    assert "private" not in f"{secret} {secret!r}"
    assert redact("sent very-private-value along") == "sent [redacted] along"


def test_from_a_file(tmp_path):
    (tmp_path / "key").write_text("file-held-value\n")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(ConfigError, match="others may open: chmod 600"):
        resolve(f"file:{tmp_path / 'key'}")
    (tmp_path / "key").chmod(0o600)
    assert resolve(f"file:{tmp_path / 'key'}").reveal() == "file-held-value"
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "empty").chmod(0o600)
    with pytest.raises(ConfigError, match="is empty"):
        resolve(f"file:{tmp_path / 'empty'}")
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve(f"file:{tmp_path / 'none'}")


def test_from_the_keyring(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match="needs the package 'keyring': pip install keyring"):
        resolve("keyring:bench/me", "model 'm'")
    stored = {("a/bench", "me"): "ring-held-value"}
    fake = types.SimpleNamespace(get_password=lambda service, user: stored.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", fake)
    assert resolve("keyring:a/bench/me").reveal() == "ring-held-value"
    with pytest.raises(ConfigError, match=r"the keyring \(bench/you\), which is empty"):
        resolve("keyring:bench/you")


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_other_spellings_of_a_key_are_taken_out(monkeypatch, before):
    monkeypatch.setenv("BENCH_KEY", "k3y/with+odd=signs&more?")
    key = resolve("env:BENCH_KEY").reveal()
    for text in (quote(key, safe=""), f"x{key}y"):
        assert "odd" not in redact(text)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        coded = encode(f"{before}{key}:tail".encode()).decode()
        assert "[redacted]" in redact(f"Basic {coded}")
        assert coded not in redact(coded)


def test_what_is_not_set_or_no_reference(monkeypatch):
    monkeypatch.delenv("BENCH_KEY", raising=False)
    with pytest.raises(MissingCredential, match="model 'm' reads its key from the environment variable BENCH_KEY"):
        resolve("env:BENCH_KEY", "model 'm'")
    with pytest.raises(ConfigError, match="must be a reference") as caught:
        resolve("sk-plainly-written-key")
    assert "plainly" not in str(caught.value)
    monkeypatch.setenv("BENCH_KEY", "line\nbreak-inside")
    with pytest.raises(ConfigError, match="characters that no key has"):
        resolve("env:BENCH_KEY")


@pytest.mark.parametrize(
    "key",
    [
        "sk-abcdefgh12345678", "sk-ant-api03-abcdefgh", "AIzaSyA1234567890abcdefghijk", "hf_abcdefghijkl",
        "ghp_abcdefghijkl", "Bearer abcdefghijk", "bearer abcdefghijk",
    ],
)  # fmt: skip
def test_what_looks_like_a_key_is_taken_out(key):
    assert redact(f"before {key} after") == "before [redacted] after"


def test_other_text_is_left_alone():
    for text in ("", "task-list, risk-free, bearer of news", "the high ground", "sk-1"):
        assert redact(text) == text


def test_references_inside_a_text_are_filled_in(monkeypatch, tmp_path):
    monkeypatch.setenv("ONE_KEY", "first-secret-1")
    path = tmp_path / "k"
    path.write_text("second-secret-2\n")
    path.chmod(0o600)
    assert fill(f"a ${{env:ONE_KEY}} b ${{file:{path}}} c ${{HOME}}") == "a first-secret-1 b second-secret-2 c ${HOME}"
    assert redact("said first-secret-1 and second-secret-2") == "said [redacted] and [redacted]"
    with pytest.raises(MissingCredential, match="NO_SUCH_KEY"):
        fill("${env:NO_SUCH_KEY}")
