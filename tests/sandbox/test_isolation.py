"""A level counts only when it is proven; without one nothing is run unless the user asked for it."""

from __future__ import annotations

import os
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
    for name in ("reading a file", "listing a folder", "writing a file", "changing a file's mode", "connecting to a port",
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
