"""A project folder and the command in it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pytest_localbench.cli import main


class Here:
    """Calling it runs ``localbench`` and returns (exit code, stdout, stderr)."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = main(words)
        told = self._capsys.readouterr()
        return code, told.out, told.err

    def put(self, name: str, text: str) -> Path:
        """A file; the text is dedented."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return path


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """An empty project folder, in which the test stands."""
    monkeypatch.chdir(tmp_path)
    return Here(tmp_path, capsys)
