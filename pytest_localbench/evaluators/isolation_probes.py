"""Programs that try what an answer must not do, run in the very way an answer is run; we look from outside as well."""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..errors import EvaluationError
from .code_values import BadReply, Returned, read_reply
from .sandbox import Ended, Sandbox
from .sandbox_folder import WorkFolder
from .sandbox_processes import MARK
from .sandbox_setup import Limits, Wall

PROBE_LIMITS: Final = Limits(wall_s=10.0)
_KNOWN_VARIABLES: Final = (
    "PATH", "LANG", "TZ", "HOME", "TMPDIR", "PYTHONHASHSEED", "PYTHONUTF8", "OPENSSL_CONF", MARK, "LC_CTYPE", "PWD",
)  # fmt: skip

_PYTHON: Final = """
import os, socket

def probe(at):
    done = []
    def attempt(name, work):
        try:
            work()
        except (OSError, MemoryError):
            return
        done.append(name)
    def connect(family, place):
        with socket.socket(family) as link:
            link.settimeout(2)
            link.connect(place)
    def fork():
        if os.fork() == 0:
            os._exit(0)
    attempt("reading a file", lambda: open(at["file"]).read())
    attempt("listing a folder", lambda: os.listdir(at["folder"]))
    attempt("writing a file", lambda: open(at["folder"] + "/written", "w"))
    attempt("changing a file's mode", lambda: os.chmod(at["file"], 0o644))
    attempt("emptying a file", lambda: os.truncate(at["file"], 0))
    attempt("emptying a file while opening it", lambda: os.open(at["file"], os.O_RDONLY | os.O_TRUNC))
    attempt("connecting to a port", lambda: connect(socket.AF_INET, ("127.0.0.1", at["port"])))
    attempt("connecting to a socket", lambda: connect(socket.AF_UNIX, "\\0" + at["socket"]))
    attempt("signalling another process", lambda: os.kill(at["pid"], 0))
    attempt("reading another process", lambda: open("/proc/%d/environ" % at["pid"]).read())
    attempt("starting a process", fork)
    attempt("running a program", lambda: os.posix_spawn("/usr/bin/true", ["true"], {}))
    attempt("taking too much memory", lambda: bytearray(at["memory"]))
    done += ["the variable " + name for name in os.environ if name not in at["known"]]
    return {"ran": at["nonce"], "done": done}
"""

_JAVASCRIPT: Final = """
const fs = require("fs"), net = require("net"), child = require("child_process");

async function probe(at) {
  const done = [];
  function attempt(name, work) {
    try { work(); } catch (_) { return; }
    done.push(name);
  }
  function connect(place) {
    return new Promise((resolve) => {
      try {
        const link = net.connect(place);
        link.on("connect", () => { link.destroy(); resolve(true); });
        link.on("error", () => resolve(false));
      } catch (_) { resolve(false); }
    });
  }
  attempt("reading a file", () => fs.readFileSync(at.file));
  attempt("listing a folder", () => fs.readdirSync(at.folder));
  attempt("writing a file", () => fs.writeFileSync(at.folder + "/written", "x"));
  attempt("changing a file's mode", () => fs.chmodSync(at.file, 0o644));
  attempt("emptying a file", () => fs.truncateSync(at.file, 0));
  if (await connect({ port: at.port, host: "127.0.0.1" })) done.push("connecting to a port");
  attempt("signalling another process", () => process.kill(at.pid, 0));
  attempt("reading another process", () => fs.readFileSync("/proc/" + at.pid + "/environ"));
  attempt("running a program", () => { if (child.spawnSync("/usr/bin/true").error) throw new Error(); });
  attempt("taking too much memory", () => Buffer.alloc(at.memory));
  for (const name of Object.keys(process.env)) if (!at.known.includes(name)) done.push("the variable " + name);
  return { ran: at.nonce, done };
}
"""


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a language is spoken to. ``runner``: the trusted code; ``marshalled``: the form of questions."""

    runner: str
    marshalled: bool

    def question(self, number: str, kind: str, **content: Any) -> bytes:
        """A question as one line."""
        if self.marshalled:
            return marshal.dumps((number, kind, *content.values())).hex().encode()
        return json.dumps({"id": number, "kind": kind, **content}).encode()


@cache
def tongue(language: str) -> Tongue:
    """The runner of a language."""
    name = {"python": "code_python.py", "javascript": "code_node.js"}[language]
    return Tongue(Path(__file__).with_name(name).read_text("utf-8"), language == "python")


def let_through(wall: Wall, language: str) -> list[str]:
    """What the walls did not hold off, in words; raises EvaluationError when nothing could be run behind them."""
    source = _PYTHON if language == "python" else _JAVASCRIPT
    with _outside() as target:
        nonce = secrets.token_hex(8)
        asked = {**target, "nonce": nonce, "memory": 4 * PROBE_LIMITS.memory_bytes, "known": list(_KNOWN_VARIABLES)}
        speak = tongue(language)
        try:
            with Sandbox(language, speak.runner, wall, PROBE_LIMITS) as box:
                loaded = read_reply(box.ask(speak.question("load", "load", source=source, entry="probe")), "load")
                if loaded != Returned(True):
                    raise EvaluationError(f"the probes could not be loaded ({loaded})")
                reply = read_reply(box.ask(speak.question("probe", "call", arguments=[asked])), "probe")
        except (Ended, BadReply) as error:
            raise EvaluationError(f"the probes did not come to their end ({error})") from None
        if not isinstance(reply, Returned) or not isinstance(reply.value, dict) or reply.value.get("ran") != nonce:
            raise EvaluationError(f"the probes did not report ({reply})")
        found = [str(name) for name in reply.value["done"]]
        if Path(target["folder"], "written").exists() and "writing a file" not in found:
            found.append("writing a file")
        return found


@contextlib.contextmanager
def _outside() -> Iterator[dict[str, Any]]:
    """Things outside that a program must not reach, though every user of this machine could."""
    folder = WorkFolder(1 << 20, 10, give_away=False)
    canary = Path(folder.path, "canary")
    with socket.socket() as port, contextlib.ExitStack() as stack:
        stack.callback(folder.remove)
        canary.touch()
        canary.chmod(0o666)
        Path(folder.path).chmod(0o777)
        port.bind(("127.0.0.1", 0))
        port.listen()
        name = f"localbench-{secrets.token_hex(8)}"
        if sys.platform.startswith("linux"):
            abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
            abstract.bind(f"\0{name}")
            abstract.listen()
        yield {
            "file": str(canary),
            "folder": folder.path,
            "port": port.getsockname()[1],
            "socket": name,
            "pid": os.getpid(),
        }
