"""Programs that try to get out or to wear the machine down. Each defines ``attack(at)`` and returns what it achieved.

``at`` names things outside that every user could reach: ``key``, ``answers``, ``target`` (files), ``folder``, ``tcp``,
``udp``, ``unix``, ``abstract``, ``host`` and ``victim`` (process ids), ``other`` (the folder of another answer).
Only the standard library is used here: the tests also run this as a user who can read nothing else.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

HEAD = """
import os, sys, time, socket, signal, threading
def tried(name, work):
    try:
        return [name] if work() is not False else []
    except (OSError, MemoryError, ValueError, RuntimeError, ImportError):
        return []
"""


@dataclass(frozen=True)
class Hostile:
    """``ends``: how it may be ended; empty: it must come back, having achieved nothing."""

    name: str
    body: str
    ends: tuple[str, ...] = ()
    language: str = "python"

    @property
    def source(self) -> str:
        """The whole program."""
        return (HEAD if self.language == "python" else "") + textwrap.dedent(self.body)


def _one(name: str, *attempts: str, ends: tuple[str, ...] = ()) -> Hostile:
    lines = "".join(f"    done += tried({name!r}, lambda: {attempt})\n" for attempt in attempts)
    return Hostile(name, f"def attack(at):\n    done = []\n{lines}    return done\n", ends)


TIME = ("timeout",)
PYTHON = (
    Hostile("loops for ever", "def attack(at):\n    while True: pass\n", TIME),
    Hostile("ignores signals and sleeps", """
        def attack(at):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(60)
        """, TIME),
    _one("takes 6 GB", "bytearray(6 << 30)"),
    Hostile("takes memory bit by bit", """
        def attack(at):
            kept = []
            try:
                while True:
                    kept.append(b"x" * (1 << 20))
                    if len(kept) > 700:
                        return ["700 MB"]
            except MemoryError:
                return []
        """),
    Hostile("forks for ever", """
        def attack(at):
            done = []
            for _ in range(400):
                done += tried("forked", lambda: os.fork() or os._exit(0))
            return done
        """),
    Hostile("starts 3000 threads", """
        def attack(at):
            started = []
            try:
                for _ in range(3000):
                    thread = threading.Thread(target=time.sleep, args=(30,), daemon=True)
                    thread.start()
                    started.append(thread)
            except (RuntimeError, MemoryError):
                return []
            return ["3000 threads"]
        """, ("timeout", "crashed", "exited")),
    Hostile("prints for ever", "def attack(at):\n    while True: os.write(1, b'x' * 65536)\n", ("output_limit",)),
    Hostile("prints errors for ever", "def attack(at):\n    while True: os.write(2, b'x' * 65536)\n", ("output_limit",)),
    Hostile("writes a 2 GB file", """
        def attack(at):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            def work():
                with open("big", "wb") as file:
                    for _ in range(2048):
                        file.write(b"x" * (1 << 20))
            return tried("2 GB", work)
        """),
    Hostile("writes 100 files of 4 MB", """
        def attack(at):
            for number in range(100):
                with open(f"part{number}", "wb") as file:
                    file.write(b"x" * (4 << 20))
            time.sleep(5)
            return ["400 MB"]
        """, ("disk_limit",)),
    _one("reads a key", "open(at['key']).read()"),
    _one("finds a key in its environment", "any('canary' in value for value in os.environ.values())"),
    _one("reads the environment of its parent", "b'canary' in open(f'/proc/{os.getppid()}/environ', 'rb').read()",
         "b'canary' in open(f'/proc/{at[\"host\"]}/environ', 'rb').read()"),
    _one("reads the memory of its parent", "open(f'/proc/{at[\"host\"]}/mem', 'rb')", "open(f'/proc/{os.getppid()}/mem', 'rb')"),
    _one("connects over TCP", "socket.create_connection(('127.0.0.1', at['tcp']), 2)", "socket.create_connection(('192.0.2.1', 80), 1)"),
    _one("sends over UDP", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'canary', ('127.0.0.1', at['udp']))"),
    _one("connects to a socket in the file system", "socket.socket(socket.AF_UNIX).connect(at['unix'])"),
    _one("connects to an abstract socket", "socket.socket(socket.AF_UNIX).connect('\\0' + at['abstract'])"),
    _one("signals its parent", "at['host'] != os.getpid() and os.kill(at['host'], 0)",
         "os.getppid() > 1 and os.kill(os.getppid(), 0)"),
    _one("kills another process", "os.kill(at['victim'], 9)", "os.kill(-1, 9)", "os.kill(0, 9)"),
    _one("empties a file", "os.truncate(at['target'], 0)", "os.open(at['target'], os.O_RDONLY | os.O_TRUNC)"),
    _one("overwrites a file", "open(at['target'], 'w').write('owned')"),
    _one("deletes a file", "os.unlink(at['target'])", "os.rename(at['target'], 'mine')"),
    _one("writes through a symbolic link", "os.symlink(at['target'], 'link') or open('link', 'w')"),
    _one("makes a hard link", "os.link(at['target'], 'hard')", "os.link(at['target'], at['folder'] + '/hard')"),
    Hostile("leaves a daemon", """
        def attack(at):
            def work():
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        time.sleep(300)
                    os._exit(0)
            return tried("daemon", work)
        """),
    Hostile("leaves a child that holds its output", """
        def attack(at):
            import subprocess
            return tried("child", lambda: subprocess.Popen(["sleep", "300"]))
        """),
    _one("runs a shell", "os.posix_spawn('/bin/sh', ['sh', '-c', 'true'], {})", "os.execv('/bin/sh', ['sh', '-c', 'true'])",
         "os.system('true') == 0"),
    _one("reads the expected answers", "open(at['answers']).read()", "os.listdir(os.path.dirname(at['answers']))"),
    _one("leaves something in shared memory", "open('/dev/shm/localbench-canary', 'w')"),
    Hostile("leaves System V memory", """
        def attack(at):
            import ctypes
            libc = ctypes.CDLL(None)
            return tried("shm", lambda: libc.shmget(0x1BCA, 4096, 0o1666) >= 0)
        """),
    _one("leaves something in /tmp", "open('/tmp/localbench-canary', 'w')", "open('/var/tmp/localbench-canary', 'w')"),
    Hostile("makes a user namespace", """
        def attack(at):
            import ctypes
            libc = ctypes.CDLL(None)
            return tried("namespace", lambda: libc.unshare(0x10000000) == 0) + tried("mount", lambda: libc.chroot(b".") == 0)
        """),
    Hostile("crashes", "def attack(at):\n    import ctypes\n    ctypes.string_at(0)\n", ("crashed",)),
    Hostile("calls itself for ever", """
        def attack(at):
            sys.setrecursionlimit(10**9)
            def down(n):
                return down(n + 1) + 1
            return [down(0)]
        """, ("crashed", "timeout", "exited", "raised")),
    Hostile("prints escape sequences", """
        def attack(at):
            print("\\x1b]0;owned\\x07\\x1b[2J\\x1b[31m")
            return []
        """),
    _one("lists the processes of the machine", "len([n for n in os.listdir('/proc') if n.isdigit()]) > 6"),
    Hostile("uses a catastrophic pattern", """
        def attack(at):
            import re
            re.match(r"(a+)+$", "a" * 40 + "b")
            return 10 ** (10 ** 8)
        """, TIME),
    _one("writes into the standard library", "open(os.__file__, 'a')", "open(os.path.dirname(os.__file__) + '/evil.py', 'w')"),
    Hostile("stops itself", "def attack(at):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    time.sleep(60)\n", TIME),
    Hostile("closes all descriptors", "def attack(at):\n    os.closerange(0, 256)\n    time.sleep(60)\n", ("exited", "timeout")),
    Hostile("makes a million files", """
        def attack(at):
            for number in range(1_000_000):
                open(f"f{number}", "w").close()
            return ["a million files"]
        """, ("disk_limit",)),
    Hostile("digs folders without end", """
        def attack(at):
            while True:
                os.mkdir("d", 0o300)
                os.chdir("d")
        """, ("disk_limit",)),
    _one("makes a sparse file", "os.truncate(os.open('sparse', os.O_CREAT | os.O_RDWR), 1 << 40)"),
    Hostile("plants code for a later run", """
        def attack(at):
            here = tried("planted", lambda: os.path.exists("sitecustomize.py") or os.path.exists("json.py"))
            here = ["found a planted module"] if os.path.exists("json.py") else []
            os.makedirs("__pycache__", exist_ok=True)
            for name in ("sitecustomize.py", "json.py", "__pycache__/json.pyc"):
                open(name, "w").write("raise SystemExit('planted')")
            return here
        """),
    _one("reads the folder of another answer", "open(at['other'] + '/secret').read()", "os.listdir(at['other'])",
         "os.listdir(os.path.dirname(os.environ['HOME']))"),
    Hostile("plays with traces and exits", """
        def attack(at):
            import atexit
            atexit.register(lambda: os.write(1, b"x" * 100))
            sys.settrace(lambda *a: None)
            sys.setprofile(lambda *a: None)
            threading.settrace(lambda *a: None)
            return []
        """),
    Hostile("looks through its descriptors", """
        def attack(at):
            for number in range(9):
                tried("own", lambda: os.read(os.open(f"/proc/self/fd/{number}", os.O_RDONLY), 1))
            return tried("all", lambda: "answers" in str([os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")]))
        """, TIME),
    _one("opens the descriptors of its parent", *(f"os.open(f'/proc/{{at[\"host\"]}}/fd/{n}', os.O_RDWR)" for n in range(12))),
    _one("opens devices", "open('/dev/nvidia0')", "open('/dev/kmsg')", "open('/dev/mem')", "open('/dev/fuse')",
         "open('/dev/vda', 'rb')", "open('/dev/tty')"),
    _one("changes modes and times", "os.chmod(at['target'], 0o600)", "os.utime(at['target'], (1, 1))",
         "os.chown(at['target'], os.getuid(), os.getgid())", "os.setxattr(at['target'], 'user.x', b'1')"),
    Hostile("meddles with another process", """
        def attack(at):
            import resource
            return (tried("limits", lambda: resource.prlimit(at["victim"], resource.RLIMIT_NOFILE, (1, 1)))
                + tried("processors", lambda: os.sched_setaffinity(at["victim"], {0}))
                + tried("priority", lambda: os.setpriority(os.PRIO_PROCESS, at["victim"], 19))
                + tried("pidfd", lambda: os.pidfd_open(at["victim"])))
        """),
)  # fmt: skip

_JS_HEAD = """
    function tried(name, work) { try { return work() === false ? [] : [name]; } catch (_) { return []; } }
"""


def _js(name: str, body: str, ends: tuple[str, ...] = ()) -> Hostile:
    return Hostile(
        f"node {name}", textwrap.dedent(_JS_HEAD) + f"function attack(at) {{ {body} }}\n", ends, "javascript"
    )


JAVASCRIPT = (
    _js("loops for ever", "for (;;) {}", TIME),
    _js("takes memory", "const all = []; for (;;) all.push(new Array(1e6).fill(all.length));", ("crashed", "exited", "timeout")),
    _js("takes memory in buffers", "const all = []; for (let n = 0; n < 6000; n++) all.push(Buffer.alloc(1 << 20, 1)); return ['6 GB'];",
        ("crashed", "exited", "timeout", "raised")),
    _js("prints for ever", "for (;;) require('fs').writeSync(1, 'x'.repeat(65536));", ("output_limit",)),
    _js("reads files", "return tried('key', () => require('fs').readFileSync(at.key)).concat("
        "tried('passwd', () => require('fs').readFileSync('/etc/passwd')),"
        "tried('environ', () => require('fs').readFileSync('/proc/' + at.host + '/environ')));"),
    _js("writes files", "return tried('target', () => require('fs').writeFileSync(at.target, 'owned')).concat("
        "tried('chmod', () => require('fs').chmodSync(at.target, 0o600)), tried('tmp', () => require('fs').writeFileSync('/tmp/localbench-canary', '')));"),
    _js("starts programs", "const c = require('child_process'); return tried('spawn', () => !c.spawnSync('/bin/sh', ['-c', 'true']).error).concat("
        "tried('fork', () => !c.spawnSync(process.execPath, ['-e', '0']).error));"),
    _js("finds a key in its environment", "return Object.values(process.env).some((v) => v.includes('canary')) ? ['key'] : [];"),
    _js("signals other processes", "return tried('host', () => process.kill(at.host, 0)).concat(tried('victim', () => process.kill(at.victim, 9)));"),
    _js("connects", "return new Promise((done) => { const s = require('net').connect(at.tcp, '127.0.0.1');"
        "s.on('connect', () => done(['tcp'])); s.on('error', () => done([])); });"),
    _js("ends the process", "process.exit(0);", ("exited",)),
    _js("starts 200 workers", "const { Worker } = require('worker_threads'); const all = []; for (let n = 0; n < 200; n++) all.push(new Worker('for(;;);', {eval: true})); for (;;) {}",
        ("timeout", "crashed", "exited", "raised")),
)  # fmt: skip

ALL = (*PYTHON, *JAVASCRIPT)
