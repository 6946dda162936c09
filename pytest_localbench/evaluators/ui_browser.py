"""One headless Chromium for a whole run, in a process of its own: pages go in, measurements come out.

Model-written pages are hostile: no network, no files, no dialogs, a time and a memory limit; a page that hangs costs its
own score and the browser is started anew. Reference pages are measured once.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib.util
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from ..errors import EvaluationError
from .ui_child import end_tree

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
VIEWPORT: Final = (1280, 800)
FONT_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts")
"""What our own font settings look into; where there is none of them, those of the system hold."""
START_S: Final = 60.0
DEADLINES_S: Final = (12.0, 20.0)
"""Wall time for one page; a second try, with more, tells a page that hangs from a machine that is busy."""
STEP_S: Final = 1.6
"""More for every action: one that cannot be carried out takes this long to say so."""
LOAD_SHARE: Final = 0.5
"""Share of it until the page must have loaded."""
MAX_BYTES: Final = 1_500_000_000
MAX_HTML_CHARS: Final = 400_000
KEPT_VISITS: Final = 256
_POLL_S: Final = 0.5

Action = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page showed: one value per action, or ``hung``: why it did not come to rest."""

    results: tuple[Any, ...] = ()
    hung: str | None = None

    def failed(self, index: int) -> str | None:
        """Why an action failed, if it did."""
        result = self.results[index]
        return str(result["failed"]) if isinstance(result, dict) and "failed" in result else None


class Browser:
    """The parent's side; started when the first page is shown."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._folder: str | None = None
        self._kept: OrderedDict[str, Visit] = OrderedDict()
        self.facts: dict[str, Any] = {}
        self.starts = 0

    def visit(self, html: str, actions: Sequence[Action], viewport: tuple[int, int] = VIEWPORT) -> Visit:
        """Show a page and carry out actions on it; raises EvaluationError when the browser cannot be used."""
        if len(html) > MAX_HTML_CHARS:
            return Visit(hung=f"the page has more than {MAX_HTML_CHARS} characters")
        request = {"html": html, "viewport": viewport, "actions": list(actions)}
        key = hashlib.sha256(json.dumps(request).encode()).hexdigest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            found = self._visit(request)
            self._kept[key] = found
            while len(self._kept) > KEPT_VISITS:
                self._kept.popitem(last=False)
            return found

    def close(self) -> None:
        """End the browser; the next page would start it again."""
        with self._lock:
            self._end()
            self._kept.clear()

    def _visit(self, request: dict[str, Any]) -> Visit:
        hung = "the page did not come to rest"
        for deadline_s in DEADLINES_S:
            self._start()
            line = json.dumps({**request, "load_ms": round(deadline_s * LOAD_SHARE * 1000)})
            reply = self._ask(line, deadline_s + STEP_S * len(request["actions"]))
            if isinstance(reply, dict) and "results" in reply:
                return Visit(tuple(reply["results"]))
            self._end()
            hung = reply if isinstance(reply, str) else str(reply.get("hung", hung))
        return Visit(hung=hung)

    def _ask(self, line: str, deadline_s: float) -> dict[str, Any] | str:
        child = self._child
        assert child is not None
        assert child.stdin is not None
        try:
            child.stdin.write(line + "\n")
            child.stdin.flush()
        except OSError:
            return "the browser ended"
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            try:
                text = self._lines.get(timeout=_POLL_S)
            except queue.Empty:
                if _held(child.pid) > MAX_BYTES:
                    return f"the page took more than {MAX_BYTES // 1_000_000} MB of memory"
                continue
            return dict(json.loads(text)) if text else "the browser crashed on this page"
        return f"the page hung for {deadline_s:.0f} s"

    def _start(self) -> None:
        if self._child is not None and self._child.poll() is None:
            return
        problem = missing_browser()
        if problem:
            raise EvaluationError(problem)
        self._folder = tempfile.mkdtemp(prefix="localbench-browser-")
        self._lines = queue.Queue()
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest_localbench.evaluators.ui_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=_environment(self._folder),
            start_new_session=True,
        )
        threading.Thread(target=_read, args=(self._child, self._lines), daemon=True).start()
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"executable": _executable()}) + "\n")
        self._child.stdin.flush()
        self.starts += 1
        try:
            ready = json.loads(self._lines.get(timeout=START_S) or "{}")
        except queue.Empty:
            ready = {"error": f"it did not start within {START_S:.0f} s"}
        if not ready.get("ready"):
            self._end()
            raise EvaluationError(f"the browser could not be started: {ready.get('error', 'it ended at once')}")
        self.facts = dict(ready["facts"])

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            end_tree(child.pid)
            child.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(5)
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


BROWSER: Final = Browser()
"""The browser of this process."""
atexit.register(BROWSER.close)


def missing_browser() -> str | None:
    """Why no page can be shown here, as a sentence with what to install; ``None`` when one can."""
    if importlib.util.find_spec("playwright") is None:
        return "a browser is needed: pip install 'pytest-localbench[browser]', and install Chromium"
    if _executable() is None and not any(_downloaded().glob("chromium*")):
        return "a browser is needed: install Chromium, or run 'playwright install chromium'"
    return None


def _executable() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _downloaded() -> Path:
    """Where playwright keeps browsers of its own."""
    stated = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    base = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    return Path(stated) if stated else Path(base, "ms-playwright").expanduser()


def _environment(folder: str) -> dict[str, str]:
    """No keys, no home: what a page's process could see is this."""
    ours = any(os.path.isdir(place) for place in FONT_FOLDERS)
    fonts = str(files("pytest_localbench") / "_browser" / "fonts.conf") if ours else os.environ.get("FONTCONFIG_FILE")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        **({"FONTCONFIG_FILE": fonts} if fonts else {}),
        "PLAYWRIGHT_BROWSERS_PATH": str(_downloaded()),
    }


def _read(child: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert child.stdout is not None
    with contextlib.suppress(ValueError, OSError):
        for line in child.stdout:
            lines.put(line)
    lines.put("")


def _held(pid: int) -> int:
    """Bytes held by a process and everything it started, shared pages counted once or not at all."""
    import psutil

    total = 0
    with contextlib.suppress(psutil.Error):
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().uss
    return total
