"""The house rules, as tests."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pytest_localbench"
SOURCES = sorted(PACKAGE.rglob("*.py"))
WRITERS = ("suite", "store", "cli", "harness", "adapters")
WRITING_FILES = ("evaluators/sandbox_folder.py", "evaluators/isolation_probes.py")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_layers_hold():
    pytest.importorskip("importlinter")
    done = subprocess.run(["lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda p: str(p.relative_to(ROOT))
)
def test_no_file_is_longer_than_400_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400


def test_importing_the_plugin_loads_nothing_heavy():
    heavy = "numpy scipy pydantic yaml jinja2 jsonschema openai anthropic google.genai httpx2 xllamacpp torch transformers matplotlib psutil regex"
    loaded = run(
        f"import pytest, sys; import pytest_localbench.plugin; print([m for m in {heavy.split()!r} if m in sys.modules])"
    )
    assert loaded == "[]"


def test_loading_the_session_loads_no_sdk_and_no_numpy():
    heavy = "numpy scipy jsonschema openai anthropic google.genai httpx2 xllamacpp torch transformers matplotlib jinja2"
    code = f"import pytest, sys; import pytest_localbench.harness.session; print([m for m in {heavy.split()!r} if m in sys.modules])"
    assert run(code) == "[]"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_some_folders_write_files(path):
    if path.relative_to(PACKAGE).parts[0] in WRITERS or path.relative_to(PACKAGE).as_posix() in WRITING_FILES:
        return
    text = path.read_text("utf-8")
    assert not re.search(r"\.write_(text|bytes)\(|open\([^)]*['\"][wax]b?['\"]|os\.(replace|unlink|remove)\(", text)


def test_every_public_name_is_documented():
    missing = []
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        if path.stat().st_size and not ast.get_docstring(tree):
            missing.append(f"{path.name}: module")
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                missing.append(f"{path.name}: {node.name}")
        functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
        if path.name != "plugin.py":
            missing += [
                f"{path.name}: {f.name}" for f in functions if not f.name.startswith("_") and not ast.get_docstring(f)
            ]
    assert missing == []


def test_every_hook_has_an_example():
    tree = ast.parse((PACKAGE / "hookspecs.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert "def pytest_localbench_" in (ast.get_docstring(node) or ""), node.name


def test_every_option_is_documented():
    from pytest_localbench.options import OPTIONS

    reference = (ROOT / "docs" / "reference.md").read_text("utf-8")
    for option in OPTIONS:
        assert f"`--localbench-{option.flag}" in reference
        if option.ini:
            assert f"`{option.ini}`" in reference


def test_the_shipped_schemas_are_current():
    import json

    from pytest_localbench.suite import schema

    for name in ("task", "category", "model"):
        shipped = json.loads((ROOT / "schema" / f"{name}.schema.json").read_text("utf-8"))
        assert shipped == getattr(schema, f"{name}_schema")()
