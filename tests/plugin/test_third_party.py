"""Adapters of other people: an installed package with an entry point, a conftest.py, a plugin that a conftest names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ADAPTER = '''
"""A provider in one file."""
from pytest_localbench.adapters.base import Adapter
from pytest_localbench.domain.response import ModelResponse, Timing


class Parrot(Adapter):
    """Says what its model file tells it to say."""

    def open(self):
        self.word = self.config.options["word"]

    def generate(self, request):
        return ModelResponse(text=self.word, timing=Timing(generation_s=0.01))


def pytest_localbench_register(registry):
    registry.adapter("NAME", Parrot)
'''


def install(folder: Path, name: str, module: str, text: str) -> None:
    """What pip leaves behind for a package of one module that is a pytest plugin."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{module}.py").write_text(text)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n")


@pytest.fixture
def python(project, tmp_path):
    """Runs Python in the project, with the packages of ``site`` installed."""
    site = tmp_path / "site"
    site.mkdir(exist_ok=True)

    def run(*words, **environment):
        paths = [str(site), str(Path(__file__).parents[2])]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
        command = [sys.executable, "-P", *words]
        return subprocess.run(command, cwd=project.root, env=env, capture_output=True, text=True, check=False)

    run.site = site
    return run


LOCALBENCH = ("-c", "import sys; from pytest_localbench.cli import main; sys.exit(main())", "models")


def listed(done):
    assert done.returncode == 0, done.stderr
    return {row.split()[0]: " ".join(row.split()[1:]) for row in done.stdout.splitlines()}


def model(project, name, provider, word="Paris"):
    project.write(f"data/models/{name}.json", json.dumps({"provider": provider, "options": {"word": word}}))


def test_an_installed_package_is_known_to_pytest_and_to_the_command(project, python):
    install(python.site, "acme-bench", "acme_bench", ADAPTER.replace("NAME", "acme"))
    install(python.site, "unrelated", "unrelated", "raise SystemExit('imported for nothing')\n")
    model(project, "bird", "acme")
    assert listed(python(*LOCALBENCH, "list"))["bird"] == "acme remote ready"
    asked = python(*LOCALBENCH, "test", "bird")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "answer         Paris" in asked.stdout
    project.exact("one")
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:unrelated", "docs", "--models=bird,acme:x")
    assert "1 passed" in done.stdout


def test_the_adapter_of_the_documentation_works_as_a_package(project, python):
    text = (Path(__file__).parents[2] / "docs/adapters.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n# conftest\.py\n(.*?)```", text, re.DOTALL)
    assert len(code.splitlines()) < 60
    install(python.site, "localbench-command", "localbench_command", code)
    project.write(
        "answer.py", "import sys\nprint('Paris' if 'Question one?' in sys.stdin.read() else 'Rome', end='')\n"
    )
    options = {"command": [sys.executable, "answer.py"]}
    project.write("data/models/program.json", json.dumps({"provider": "command", "options": options}))
    project.write("data/models/nothing.json", json.dumps({"provider": "command"}))
    asked = python(*LOCALBENCH, "test", "program")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "answer         Rome" in asked.stdout
    refused = python(*LOCALBENCH, "test", "nothing")
    assert (refused.returncode, refused.stdout) == (1, "nothing: 'options: {command: [...]}' is missing.\n")
    project.exact("one")
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "docs", "--models=program")
    assert "1 passed" in done.stdout


def test_a_conftest_and_the_plugins_it_names_are_known(project, python):
    project.write("conftest.py", "pytest_plugins = ['side']\n" + ADAPTER.replace("NAME", "home"))
    project.write("side.py", ADAPTER.replace("NAME", "side"))
    model(project, "a", "home")
    model(project, "b", "side")
    rows = listed(python(*LOCALBENCH, "list"))
    assert (rows["a"], rows["b"]) == ("home remote ready", "side remote ready")
    shown = python(*LOCALBENCH, "show", "home:any")
    assert "provider       home" in shown.stdout
    written = python(*LOCALBENCH, "add", "c", "--provider", "side", "--model", "x")
    assert written.returncode == 0, written.stderr


@pytest.mark.parametrize(
    "broken", ["1 / 0", "import no_such_module", "def pytest_localbench_register(registry): registry.adapter('x', 5)"]
)
def test_what_cannot_be_loaded_is_one_sentence_and_the_rest_works(project, python, broken):
    project.write("conftest.py", f"# pytest_localbench_register\n{broken}\n")
    model(project, "m", "scripted")
    project.model()
    done = python(*LOCALBENCH, "list")
    assert listed(done)["m"] == "scripted local ready"
    assert done.stderr.startswith("localbench: conftest.py")
    assert done.stderr.count("\n") == 1


def test_a_conftest_without_the_hook_is_not_run(project, python):
    project.write("conftest.py", "raise SystemExit('imported for nothing')\n")
    project.model()
    assert "m" in listed(python(*LOCALBENCH, "list"))


def test_plugins_are_left_out_where_pytest_leaves_them_out(project, python):
    install(python.site, "acme-bench", "acme_bench", ADAPTER.replace("NAME", "acme"))
    model(project, "bird", "acme")
    done = python(*LOCALBENCH, "list", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert listed(done)["bird"].startswith("acme remote unknown provider 'acme'")
