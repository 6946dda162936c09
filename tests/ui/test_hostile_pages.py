"""Pages written to hang, escape, call home or cheat: they cost themselves, and the next page is judged as ever."""

from __future__ import annotations

import http.server
import socket
import threading
from pathlib import Path

import psutil
import pytest

from pytest_localbench.evaluators import ui_browser
from pytest_localbench.evaluators.ui_browser import Browser

GOOD = "<!doctype html><html lang=en><title>t</title><body><h1>Fine</h1></body></html>"
BLOCKS = [{"do": "blocks"}]


def texts(browser, html, actions=BLOCKS):
    visit = browser.visit(html, actions)
    assert visit.hung is None, visit.hung
    return [block["text"] for block in visit.results[-1]["blocks"]]


@pytest.fixture
def hasty(browser, monkeypatch):
    """The same browser with short deadlines."""
    monkeypatch.setattr(ui_browser, "DEADLINES_S", (2.0, 3.0))
    return browser


@pytest.fixture
def home():
    """A server that a page could call; remembers what it was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.asked = asked
    yield server
    server.shutdown()


@pytest.mark.parametrize(
    "script",
    [
        "for (;;) {}",
        "for (;;) alert(1)",
        "setTimeout(() => { for (;;) {} }, 0)",
        "document.addEventListener('DOMContentLoaded', () => { for (;;) document.body.append('x') })",
    ],
)
def test_a_page_that_never_rests_hangs_alone(hasty, script):
    visit = hasty.visit(f"<!doctype html><title>t</title><body><p>x</p><script>{script}</script>", BLOCKS)
    assert visit.hung
    assert texts(hasty, GOOD) == ["Fine"]


def test_what_hung_leaves_no_process_and_no_folder_behind(monkeypatch):
    if problem := ui_browser.missing_browser():
        pytest.skip(problem)
    monkeypatch.setattr(ui_browser, "DEADLINES_S", (2.0,))
    browser = Browser()
    assert browser.visit("<script>setTimeout(() => { for (;;) {} })</script>", BLOCKS).hung
    assert texts(browser, GOOD) == ["Fine"]
    child, folder = browser._child, browser._folder
    family = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
    browser.close()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert not Path(folder).exists()


@pytest.mark.parametrize(
    "page",
    [
        "<script>location = 'file:///etc/passwd'</script>",
        "<script>location.reload()</script>",
        "<meta http-equiv=refresh content='0; url=file:///etc/passwd'>",
        "<meta http-equiv=refresh content='0; url=http://example.com/'>",
        "<script>open('file:///etc/passwd'); open('http://example.com')</script>",
        "<iframe src='file:///etc/passwd'></iframe><object data='file:///etc/passwd'></object>",
        "<script>document.write('<base href=file:///etc/>')</script><img hidden src='passwd'><link rel=stylesheet href='passwd'>",
        "<form action='http://example.com' id=f></form><script>f.submit()</script>",
    ],
)
def test_a_page_cannot_leave_itself(browser, page):
    assert texts(browser, f"<!doctype html><title>t</title><body><h1>Here</h1>{page}") == ["Here"]


def test_a_page_reaches_no_network(browser, home):
    address = f"127.0.0.1:{home.server_port}"
    page = f"""<!doctype html><title>t</title><body><h1>Here</h1><img hidden src="http://{address}/img">
    <link rel=stylesheet href="http://{address}/css"><script src="http://{address}/js"></script>
    <script>
      const u = 'http://{address}/';
      fetch(u + 'fetch').catch(() => 0); navigator.sendBeacon(u + 'beacon'); new Image().src = u + 'image';
      try {{ new WebSocket('ws://{address}/ws') }} catch {{}}
      try {{ new EventSource(u + 'events') }} catch {{}}
      try {{ new Worker(u + 'worker') }} catch {{}}
      try {{ const x = new XMLHttpRequest(); x.open('GET', u + 'xhr', false); x.send() }} catch {{}}
      const l = document.createElement('link'); l.rel = 'prefetch'; l.href = u + 'prefetch'; document.head.append(l);
      const i = document.createElement('iframe'); i.src = u + 'frame'; document.body.append(i);
      location = u + 'navigation';
    </script>"""
    found = texts(browser, page, [{"do": "wait", "ms": 500}, *BLOCKS])
    assert (found[0], home.asked) == ("Here", [])


def test_a_page_sends_no_datagrams(browser):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stun:
        stun.bind(("127.0.0.1", 0))
        stun.settimeout(0.5)
        port = stun.getsockname()[1]
        page = f"""<!doctype html><title>t</title><body><h1>Here</h1><script>
          const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}});
          peer.createDataChannel('x'); peer.createOffer().then(o => peer.setLocalDescription(o));
        </script>"""
        assert texts(browser, page, [{"do": "wait", "ms": 1500}, *BLOCKS]) == ["Here"]
        with pytest.raises(TimeoutError):
            stun.recvfrom(1000)


def test_a_page_cannot_forge_what_is_measured(browser):
    page = """<!doctype html><title>t</title><body><p id=a style="color:red">small</p><script>
      Element.prototype.getBoundingClientRect = () => ({left: 0, top: 0, width: 999, height: 999, right: 999, bottom: 999});
      Document.prototype.querySelectorAll = () => Array(9).fill(document.getElementById('a'));
      window.getComputedStyle = () => ({getPropertyValue: () => 'rgb(0, 0, 255)', display: 'block'});
      Array.prototype.map = () => ['forged']; JSON.stringify = () => '{}'; window.localbench = {rules: () => 'forged'};
      Object.defineProperty(HTMLElement.prototype, 'innerText', {get: () => 'forged'});
    </script>"""
    visit = browser.visit(page, [{"do": "rules", "selectors": ["p"], "style": ["color"]}])
    found = visit.results[0]["found"][0]
    assert found["count"] == 1
    assert found["elements"][0]["text"] == "small"
    assert found["elements"][0]["style"]["color"] == "rgba(255, 0, 0, 1)"
    assert found["elements"][0]["box"][2] != 999


def test_pages_do_not_share_what_they_store(browser):
    write = "<script>try { localStorage.x = 'kept'; document.cookie = 'c=kept' } catch {}</script>"
    read = "<p id=p>nothing</p><script>try { p.textContent = localStorage.x || document.cookie || 'nothing' } catch {}</script>"
    texts(browser, f"<!doctype html><body><p>w</p>{write}")
    assert texts(browser, f"<!doctype html><body>{read}") == ["nothing"]


def test_a_huge_page_is_cut_or_refused(browser):
    many = browser.visit("<!doctype html><body>" + "<p>x</p>" * 20_000, BLOCKS)
    assert many.hung is None
    assert (len(many.results[0]["blocks"]), many.results[0]["more"]) == (400, True)
    assert "more than" in browser.visit("<p>" + "x" * 500_000, BLOCKS).hung
    tall = browser.visit("<body style='height:9000000px'>x", [{"do": "picture"}])
    assert tall.hung is None


def test_a_page_that_eats_memory_is_ended(browser, monkeypatch):
    monkeypatch.setattr(ui_browser, "MAX_BYTES", 700_000_000)
    monkeypatch.setattr(ui_browser, "DEADLINES_S", (10.0,))
    script = "const a = []; const go = () => { for (let i = 0; i < 20; i++) a.push(new Uint8Array(8e6).fill(1)); setTimeout(go) }; go()"
    visit = browser.visit(
        f"<p>x</p><script>{script}</script>", [{"do": "wait", "ms": 2000}, {"do": "wait", "ms": 2000}] * 3
    )
    assert visit.hung
    assert texts(browser, GOOD) == ["Fine"]


def test_deep_and_broken_markup_is_shown(browser):
    assert browser.visit("<div>" * 50_000 + "deep", BLOCKS).hung is None
    assert browser.visit("\x00<\ud800p>&#0;<![CDATA[".encode("utf-8", "replace").decode(), BLOCKS).hung is None


def test_dialogs_do_not_stop_a_page(browser):
    page = "<h1>a</h1><script>alert(1); confirm(2); prompt(3); print(); document.querySelector('h1').textContent = 'b'</script>"
    assert texts(browser, page) == ["b"]


def test_the_environment_of_the_browser_holds_no_keys(browser, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-real-key")
    environment = ui_browser._environment("/nowhere")
    assert "not-a-real-key" not in environment.values()
    assert environment["HOME"] == "/nowhere"


def test_the_same_page_is_shown_once(browser):
    page = GOOD.replace("Fine", "Once")
    assert browser.visit(page, BLOCKS) is browser.visit(page, BLOCKS)
