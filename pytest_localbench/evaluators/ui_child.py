"""The process that holds the browser: one line of JSON in, one out; ends with its stdin and takes the browser with it.

A page is served under an address of its own without any network, measured from an isolated world, and thrown away with
its context. What hangs is not mended here: the parent ends this process.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import sys
import threading
import time
from importlib.resources import files
from typing import Any

ORIGIN = "http://page.invalid/"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; form-action 'none'; base-uri 'none'"
)
ARGUMENTS = (
    "--js-flags=--max-old-space-size=256", "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=http://127.0.0.1:1",
    "--proxy-bypass-list=<-loopback>", "--webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-gpu",
    "--disable-background-networking", "--disable-extensions", "--disable-sync", "--no-pings", "--hide-scrollbars",
    "--font-render-hinting=none", "--disable-lcd-text", "--disable-popup-blocking", "--no-first-run",
)  # fmt: skip
STEP_MS = 1_500
APPEAR_MS = 250
SHOT_MS = 8_000
LOADED_MS = 1_500
MAX_WAIT_MS = 2_000
MAX_SHOT_PX = 3_000
EXIT_WAIT_S = 3.0
_NO_DIALOGS = "for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = () => null;"


class _Page:
    """One page in a context of its own."""

    def __init__(self, browser: Any, request: dict[str, Any]) -> None:
        width, height = request["viewport"]
        self._html: str = request["html"]
        self._load_ms: int = request["load_ms"]
        self._served = False
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=1,
            reduced_motion="reduce",
            color_scheme="light",
            locale="en-GB",
            timezone_id="UTC",
            service_workers="block",
            accept_downloads=False,
        )
        self.context.set_default_timeout(STEP_MS)
        self.context.route("**/*", self._route)
        self.context.add_init_script(_NO_DIALOGS)
        self.page = self.context.new_page()
        self.context.on("page", lambda popup: popup.close())
        self._cdp: Any = None
        self._world: int | None = None

    def _route(self, route: Any) -> None:
        if not self._served and route.request.url == ORIGIN and route.request.is_navigation_request():
            self._served = True
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
            route.fulfill(status=200, headers=headers, body=self._html)
        else:
            route.abort("aborted")

    def load(self) -> None:
        """Show the page; raises the browser's TimeoutError when it never stops loading."""
        self.page.goto(ORIGIN, wait_until="commit", timeout=self._load_ms)
        self._cdp = self.context.new_cdp_session(self.page)
        frame = self._cdp.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self._cdp.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "localbench"})
        self._world = world["executionContextId"]
        started = time.monotonic()
        # A page that tries to leave itself never reaches "complete"; it is judged as far as it came.
        while (state := self.ask("document.readyState")) != "complete":
            waited_ms = (time.monotonic() - started) * 1000
            if waited_ms > (self._load_ms if state == "loading" else LOADED_MS):
                break
            self.page.wait_for_timeout(20)
        self.ask(_asset("measure.js"))
        self.ask("localbench.settle()")

    def ask(self, expression: str) -> Any:
        """The value of an expression in our own world."""
        found = self._cdp.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "returnByValue": True,
                "awaitPromise": True,
                "timeout": STEP_MS * 3,
                "contextId": self._world,
            },
        )
        if "exceptionDetails" in found:
            details = found["exceptionDetails"]
            words = (details.get("exception") or {}).get("description") or details.get("text", "")
            raise ValueError(str(words).splitlines()[0][:200])
        return found["result"].get("value")

    def do(self, action: dict[str, Any]) -> Any:
        """Carry out one action; the answer is plain data."""
        name = action["do"]
        match name:
            case "rules":
                self.ask("localbench.settle()")
                return self.ask(f"localbench.rules({json.dumps(action['selectors'])}, {json.dumps(action['style'])})")
            case "blocks":
                return self.ask("localbench.blocks()")
            case "unstyle":
                return self.ask("localbench.unstyle()") and self.ask("localbench.settle()")
            case "audit":
                self.ask(_asset("axe.min.js"))
                return self.ask(f"localbench.audit({json.dumps(action['tags'])})")
            case "picture":
                return self._picture()
        self._step(name, action)
        return True

    def _step(self, name: str, action: dict[str, Any]) -> None:
        page, selector = self.page, f"css={action['on']}" if action.get("on") else None
        if selector is not None:
            waited_ms = 0
            while page.query_selector(selector) is None:
                if waited_ms >= APPEAR_MS:
                    raise ValueError(f"there is no {action['on']}")
                page.wait_for_timeout(25)
                waited_ms += 25
        match name:
            case "click":
                page.click(selector)
            case "fill":
                page.fill(selector, action["text"])
            case "press" if selector:
                page.press(selector, action["key"])
            case "press":
                page.keyboard.press(action["key"])
            case "hover":
                page.hover(selector)
            case "select":
                page.select_option(selector, action["text"])
            case "resize":
                page.set_viewport_size({"width": action["size"][0], "height": action["size"][1]})
            case "wait":
                page.wait_for_timeout(min(action["ms"], MAX_WAIT_MS))

    def _picture(self) -> str:
        self.ask("localbench.settle()")
        size = self.ask("localbench.pageSize()")
        area = {"x": 0, "y": 0, "width": self.page.viewport_size["width"], "height": min(size["height"], MAX_SHOT_PX)}
        shot = self.page.screenshot(full_page=True, clip=area, animations="disabled", caret="hide", timeout=SHOT_MS)
        return base64.b64encode(shot).decode("ascii")


def _asset(name: str) -> str:
    return (files("pytest_localbench") / "_browser" / name).read_text("utf-8")


def visit(browser: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Load a page and carry out its actions.

    ``results`` holds a value, or ``{"failed": words}``, per action; ``hung`` says why the page did not come to rest.
    """
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as Late

    page = _Page(browser, request)
    try:
        page.load()
    except Late:
        return {"hung": f"the page did not finish loading within {request['load_ms'] / 1000:g} s"}
    except Error as error:
        return {"hung": f"the page could not be shown: {_words(error)}"}
    results: list[Any] = []
    for action in request["actions"]:
        try:
            results.append(page.do(action))
        except (Late, ValueError) as error:
            results.append({"failed": _words(error)})
        except Error as error:
            if "crashed" in str(error) or "closed" in str(error):
                return {"hung": f"the page crashed: {_words(error)}"}
            results.append({"failed": _words(error)})
    page.context.close()
    return {"results": results}


def _words(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _launch(playwright: Any, settings: dict[str, Any]) -> tuple[Any, bool]:
    """The browser, with its own sandbox where the system allows it (not to root)."""
    from playwright.sync_api import Error

    options = {"executable_path": settings.get("executable"), "args": list(ARGUMENTS), "headless": True}
    if not (hasattr(os, "geteuid") and os.geteuid() == 0):
        with contextlib.suppress(Error):
            return playwright.chromium.launch(chromium_sandbox=True, **options), True
    return playwright.chromium.launch(chromium_sandbox=False, **options), False


def _font_widths(browser: Any) -> dict[str, float]:
    """How wide a text is in the three generic faces, at 100 px: likeness is comparable only where these are equal."""
    page = browser.new_page()
    found: dict[str, float] = page.evaluate(
        """() => Object.fromEntries(['sans-serif', 'serif', 'monospace'].map((face) => {
          const pen = document.createElement('canvas').getContext('2d');
          pen.font = `100px ${face}`;
          return [face, Math.round(pen.measureText('Hamburgefonstiv 0123').width * 10) / 10];
        }))"""
    )
    page.close()
    return found


def main() -> int:
    """Serve until stdin ends."""
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()

    def say(message: dict[str, Any]) -> None:
        reply.write(json.dumps(message) + "\n")
        reply.flush()

    if hasattr(os, "nice"):
        os.nice(10)
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            browser, sandboxed = _launch(playwright, json.loads(lines.get()))
            facts = {"version": browser.version, "sandboxed": sandboxed, "fonts": _font_widths(browser)}
            say({"ready": True, "facts": facts})
            while line := lines.get():
                say(visit(browser, json.loads(line)))
            browser.close()
    except Error as error:
        say({"error": _words(error)})
        return 1
    return 0


def _read(lines: queue.Queue[str]) -> None:
    """Queue what comes in; at its end everything ends, also a page that hangs."""
    for line in sys.stdin:
        lines.put(line)
    lines.put("")
    time.sleep(EXIT_WAIT_S)
    end_tree(os.getpid())
    os._exit(1)


def end_tree(pid: int) -> None:
    """Kill everything that a process started."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()


if __name__ == "__main__":
    raise SystemExit(main())
