"""A level counts only when it is proven; without one nothing is run unless the user asked for it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from code_answers import judge

from pytest_localbench.errors import EvaluationError
from pytest_localbench.evaluators import isolation
from pytest_localbench.evaluators.code_policy import policy
from pytest_localbench.evaluators.isolation import find, landlock_version
from pytest_localbench.evaluators.isolation_probes import let_through
from pytest_localbench.evaluators.sandbox_setup import Wall

CASES = [{"args": [1], "expect": 2}]
RIGHT = "def f(x): return x + 1"
linux = pytest.mark.skipif(landlock_version() is None, reason="needs a kernel with Landlock")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    before = policy.runner, policy.allow
    isolation._find.cache_clear()
    yield
    policy.runner, policy.allow = before
    isolation._find.cache_clear()


def break_levels(monkeypatch: pytest.MonkeyPatch, **walls: Wall | None) -> None:
    monkeypatch.setattr(isolation, "_wall", walls.get)


def test_every_level_lets_nothing_through(level: str) -> None:
    wall = isolation._wall(level)
    assert wall is not None
    assert let_through(wall, "python") == []


@linux
def test_the_probes_notice_what_is_open() -> None:
    """Without walls the same probes get through, so being refused means something."""
    found = let_through(Wall("none", None, seccomp=False), "python")
    for name in ("reading a file", "listing a folder", "writing a file", "changing a file's mode", "emptying a file",
                 "emptying a file while opening it", "connecting to a port",
                 "connecting to a socket", "signalling another process", "starting a process", "running a program"):  # fmt: skip
        assert name in found
    assert "taking too much memory" not in found  # limits hold without walls, too


@linux
@pytest.mark.parametrize(
    ("wall", "hole"),
    [
        (Wall("kernel", None), "reading a file"),
        (Wall("kernel", landlock_version(), seccomp=False), "starting a process"),
        (Wall("kernel", 1, seccomp=False), "connecting to a port"),
    ],
    ids=["no Landlock", "no seccomp", "old Landlock alone"],
)
def test_a_level_with_a_hole_is_refused(monkeypatch: pytest.MonkeyPatch, wall: Wall, hole: str) -> None:
    break_levels(monkeypatch, kernel=wall)
    found = find("python")
    assert found.wall is None
    assert hole in str(found.problem)
    assert "--localbench-allow-code" in str(found.problem)
    score = judge(RIGHT, CASES, entry="f")
    assert (score.score, score.status) == (None, "skipped")


@linux
def test_the_opt_in_runs_without_walls_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    break_levels(monkeypatch)
    score = judge(RIGHT, CASES, entry="f", allow=True)
    assert score.score == 1.0
    assert score.details[-1].path == "isolation"
    assert score.details[-1].got == "none (limits only)"
    assert "kernel: not on this system" in score.details[-1].note


@linux
def test_the_opt_in_does_not_weaken_what_holds() -> None:
    policy.allow = True
    wall = find("python").wall
    assert wall is not None
    assert wall.level != "none"


@linux
def test_without_walls_everything_is_ended_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what went into a session of its own."""
    psutil = pytest.importorskip("psutil")
    monkeypatch.setattr(isolation, "_wall", lambda level: None)
    monkeypatch.setattr(isolation, "landlock_version", lambda: None)
    monkeypatch.setattr(
        "pytest_localbench.evaluators.isolation.Wall", lambda *a, **k: Wall("none", None, seccomp=False)
    )
    source = """
import subprocess, time
subprocess.Popen(["sleep", "271"], start_new_session=True)
def f(x):
    time.sleep(60)
"""
    score = judge(source, CASES, entry="f", allow=True, timeout_seconds=1)
    assert score.score == 0.0
    assert "the time was over" in score.reason
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "271"]]


@linux
def test_a_level_by_name_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    policy.runner = "namespace"
    problem = str(find("python").problem)
    assert "bubblewrap (bwrap) is not installed" in problem
    assert "kernel" not in problem


@linux
def test_where_bubblewrap_is_forbidden_the_kernel_level_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = find("python")
    assert found.wall is not None
    assert found.wall.level == "kernel"
    assert "setting up uid map: Permission denied" in found.refused[0]


def test_off_runs_nothing() -> None:
    policy.runner, policy.allow = "off", True
    assert find("python").problem == "model-written code is not run (localbench_code_runner is off)"


def test_a_language_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "runtime", lambda language: None)
    assert find("javascript").problem == "needs node to run the answer, which is not installed"


@linux
def test_what_cannot_be_started_is_our_error_not_the_model_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_localbench.evaluators.sandbox.command", lambda *a: ["/bin/false"])
    with pytest.raises(EvaluationError, match="could not be started"):
        let_through(Wall("kernel", landlock_version()), "python")


@linux
@pytest.mark.parametrize("version", range(1, 8))
@pytest.mark.parametrize("language", ["python", "javascript"])
def test_older_kernels_hold_as_well(version: int, language: str) -> None:
    """What an old Landlock does not know is refused by the filter."""
    if version > (landlock_version() or 0):
        pytest.skip("newer than this kernel")
    if language == "javascript" and shutil.which("node") is None:
        pytest.skip("node is not installed")
    assert let_through(Wall("kernel", version), language) == []


STARTER = r"""
import sys
sys.path[:0] = {path!r}
from pytest_localbench.evaluators.isolation import find
from pytest_localbench.evaluators.code_policy import policy
from pytest_localbench.evaluators.isolation_probes import tongue
from pytest_localbench.evaluators.sandbox import Sandbox
from pytest_localbench.evaluators.sandbox_setup import Limits
policy.runner = {level!r}
speak = tongue("python")
with Sandbox("python", speak.runner, find("python").wall, Limits(wall_s=60)) as box:
    box.ask(speak.question("a", "load", source="import time\ndef f(): time.sleep(60)", entry="f"))
    print(box._folder.path, flush=True)
    box.ask(speak.question("b", "call", arguments=[]))
"""


def test_code_dies_with_the_process_that_runs_it(level: str) -> None:
    psutil = pytest.importorskip("psutil")
    code = STARTER.format(path=sys.path, level=level)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        folder = starter.stdout.readline().strip()
        below = psutil.Process(starter.pid).children(recursive=True)
        assert below
        starter.kill()
        starter.wait()
    gone, alive = psutil.wait_procs(below, timeout=10)
    assert (len(gone), alive) == (len(below), [])
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["sandbox_inside.py", "code_python.py"])
def test_what_runs_inside_needs_only_the_standard_library(name: str) -> None:
    tree = ast.parse((Path(isolation.__file__).parent / name).read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in imported} <= sys.stdlib_module_names
