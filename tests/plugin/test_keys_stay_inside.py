"""Twelve ways for a key to get out of a run, and twelve places where it must not show up."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_server import Reply, ScriptedServer, answer, chunk

MADE_OF = ("q7Zt", "Wm2Kx", "91vHb")
HTML = ("--html=tests.html", "--self-contained-html") if importlib.util.find_spec("pytest_html") else ()


def key_of(form):
    return f"{''.join(MADE_OF)}-{form}/+plus"


def forms_of(key):
    basic = base64.b64encode(f"user:{key}".encode()).decode()
    return (key, quote(key, safe=""), json.dumps(key)[1:-1], base64.b64encode(key.encode()).decode().rstrip("="), basic,
            key[:-5])  # fmt: skip


CONFTEST = """
    import os, subprocess, pytest, psutil

    def pytest_sessionfinish(session):
        top = psutil.Process()
        lines = [" ".join(p.cmdline()) for p in (top, *top.parents()[:1], *top.children(recursive=True))]
        with open(os.environ["PS_FILE"], "a") as file:
            file.write("\\n".join(lines) + "\\n")
"""


def everything(project, run):
    """All that a run leaves behind: terminal, journal, log, document, JUnit, dashboard and other files, arguments."""
    yield "terminal", run.text
    for path in project.root.rglob("*"):
        if path.is_file() and "models" not in path.parts and path.name != "the.key":
            yield str(path.relative_to(project.root)), path.read_bytes().decode("utf-8", "replace")


@pytest.fixture
def leaks(project, monkeypatch):
    """Run a project whose model has the key, and find the key in everything."""
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PS_FILE", str(project.root / "ps.txt"))

    def run(form, server, *args, reference="${env:BENCH_KEY}", answers_to="api_key", **config):
        key = key_of(form)
        monkeypatch.setenv("BENCH_KEY", key)
        project.exact("one")
        project.write("conftest.py", project.conftest if hasattr(project, "conftest") else CONFTEST)
        model = {"provider": "openai", "model": "x", "base_url": server.url, answers_to: reference, **config}
        project.write("data/models/m.json", json.dumps(model))
        outcome = project.run("--models=m", "-l", "--tb=long", "-vv", "-rA", "--junit-xml=out.xml",
                              "--localbench-json=copy.json", "--localbench-csv=rows.csv", "--localbench-markdown=sum.md",
                              "--localbench-html=page.html",
                              *HTML, *args,
                              subprocess=reference.startswith("keyring") or "-n" in args)  # fmt: skip
        assert (project.root / "out.xml").exists(), outcome.text
        found = [
            (place, form) for place, text in everything(project, outcome) for form in forms_of(key) if form in text
        ]
        page = unpacked((project.root / "page.html").read_text("utf-8"))
        found += [("page.html", form) for form in forms_of(key) if form in page]
        sent = [seen["headers"].get("Authorization", "") for seen in server.requests]
        return outcome, found, [key in header for header in sent]

    return run


def unpacked(page):
    """The texts of a dashboard: its packed blocks, opened."""
    blocks = re.findall(r'<script type="text/plain" id="[^"]*">([A-Za-z0-9+/=]+)</script>', page)
    assert blocks
    return "".join(gzip.decompress(base64.b64decode(block)).decode() for block in blocks)


def refuses(body, status=401):
    return Reply(body if isinstance(body, bytes) else json.dumps(body).encode(), status=status)


def echo(form, how):
    return how(key_of(form))


ECHOES = {
    "header": lambda key: refuses({"error": {"message": f"bad header: Authorization: Bearer {key}"}}),
    "json": lambda key: refuses(
        {"error": {"message": json.dumps({"headers": {"Authorization": f"Bearer {key}"}})}}, 400
    ),
    "plain": lambda key: refuses(f"no such key {key}, go away".encode(), 403),
    "url": lambda key: refuses({"error": {"message": f"GET /v1/models?key={quote(key, safe='')} is not allowed"}}, 404),
    "base64": lambda key: refuses({"error": {"message": base64.b64encode(f"user:{key}".encode()).decode()}}, 501),
    "cut": lambda key: refuses(("x" * 190 + f" {key} " + "y" * 50).encode(), 400),
    "redirect": lambda key: Reply(b"", status=302, headers={"Location": f"https://other.example/?key={key}"}),
    "answer": lambda key: Reply(answer(f"My key is {key}.")),
    "stream": lambda key: Reply(events=[chunk(content=key[:7]), chunk(content=key[7:]), chunk("stop")]),
    "thinking": lambda key: Reply(answer("Paris", message={"reasoning_content": f"The key is {key}"})),
    "model name": lambda key: Reply(answer("London", model=key)),
    "tool": lambda key: Reply(answer(None, message={"tool_calls": [{"function": {"name": key, "arguments": key}}]})),
}


@pytest.mark.parametrize("form", ECHOES)
def test_a_key_that_comes_back_from_the_server_shows_up_nowhere(leaks, form):
    with ScriptedServer(ECHOES[form](key_of(form))) as server:
        run, found, sent = leaks(form, server, options={"stream": form == "stream"}, warmup=False)
    assert sent
    assert all(sent)
    assert found == []
    assert run.document is not None


def test_keys_of_files_and_key_rings(leaks, project, monkeypatch):
    for form, reference in (("file", f"file:{project.root / 'the.key'}"), ("ring", "keyring:bench/me")):
        secret = project.write("the.key", key_of(form))
        secret.chmod(0o600)
        project.write("keyring.py", "import os\ndef get_password(*_): return os.environ['BENCH_KEY']\n")
        monkeypatch.setenv("PYTHONPATH", str(project.root))
        with ScriptedServer(ECHOES["header"](key_of(form))) as server:
            _, found, sent = leaks(form, server, reference=reference, options={"stream": False}, warmup=False)
        assert sent
        assert all(sent)
        assert found == []


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_tracebacks_with_locals_output_and_arguments_of_children(leaks, project, workers):
    if workers:
        pytest.importorskip("xdist")
    project.write(
        "docs/test_own.py",
        """
        import os, logging

        def test_own(localbench_model):
            key = os.environ["BENCH_KEY"]
            headers = {"Authorization": f"Bearer {key}"}
            print("sending", headers)
            logging.getLogger("x").warning("sent %s", key)
            raise RuntimeError(f"refused: {headers}")
        """,
    )
    project.write("docs/tasks/z.yaml", "id: z\ninput: {prompt: hi}\nexpected: a\nevaluators: [{use: exact}]\n")
    with ScriptedServer(Reply(answer("London"))) as server:
        run, found, _ = leaks("locals", server, *workers, options={"stream": False}, warmup=False)
    assert "test_own" in run.text
    assert found == []
    assert "python" in (project.root / "ps.txt").read_text().lower()


def test_an_adapter_of_somebody_else_that_breaks(leaks, project):
    project.conftest = (
        CONFTEST
        + """
    from pytest_localbench.adapters.base import Adapter
    from pytest_localbench.adapters.secrets import resolve

    class Broken(Adapter):
        def open(self):
            self.key = resolve(self.config.api_key).reveal()
        def generate(self, request):
            raise RuntimeError(f"could not log in with {self.key}")

    def pytest_localbench_register(registry):
        registry.adapter("broken", Broken)
    """
    )
    with ScriptedServer() as server:
        run, found, _ = leaks("adapter", server, provider="broken")
    assert "could not log in with [redacted]" in run.text
    assert found == []


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("http://user:{key}@127.0.0.1:9/v1", "holds a key or a password"),
        ("http://127.0.0.1:9/v1?key={key}", "holds a key or a password"),
        ("http://127.0.0.1:9/v1?api_key={key}", "holds a key or a password"),
    ],
)
def test_keys_in_addresses_are_refused_without_being_shown(project, base_url, says):
    key = key_of("address")
    project.exact("one")
    model = {"provider": "openai", "model": "x", "base_url": base_url.format(key=key)}
    project.write("data/models/m.json", json.dumps(model))
    run = project.run("--models=m", subprocess=True)
    assert run.code == 4
    assert says in run.text
    assert not [form for form in forms_of(key) if form in run.text]


def test_the_key_never_was_in_this_process():
    assert not any("".join(MADE_OF) in value for value in os.environ.values())
