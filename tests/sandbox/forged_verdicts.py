"""Wrong solutions of ``add(a, b)`` that try to be taken for right ones, and right ones in many styles."""

from __future__ import annotations

WRONG = {
    "exits while it is loaded": "import sys\nsys.exit(0)\ndef add(a, b): return 0",
    "ends the process while it is loaded": "import os\nos._exit(0)\ndef add(a, b): return 0",
    "prints a mark of success and exits": "import os\nprint('PASSED 3 of 3 OK')\nos._exit(0)\ndef add(a, b): return 0",
    "returns what equals everything": """
class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def add(a, b): return Always()
""",
    "returns a number that equals everything": """
class Number(int):
    def __eq__(self, other): return True
    def __repr__(self): return '5'
    def __str__(self): return '5'
def add(a, b): return Number(-1)
""",
    "ends the process at exit": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef add(a, b): return 0",
    "patches the runner of tests": """
import sys, types
for name in ('pytest', '_pytest', '_pytest.runner', 'unittest'):
    sys.modules[name] = types.ModuleType(name)
sys.modules['pytest'].main = lambda *a: 0
def add(a, b): return 0
""",
    "patches what compares": """
import builtins, operator, json
operator.eq = lambda a, b: True
builtins.isinstance = lambda *a: True
builtins.all = builtins.any = lambda *a: True
json.dumps = lambda *a, **k: 'true'
def add(a, b): return 0
""",
    "reads the tests": """
import glob, re
def add(a, b):
    for path in glob.glob('/**/*.yaml', recursive=True) + glob.glob('**/*', recursive=True):
        try:
            found = re.search(r'expect: (-?\\d+)', open(path).read())
        except OSError:
            continue
        if found: return int(found[1])
    return 0
""",
    "searches memory for expected values": """
import gc, os
def add(a, b):
    for thing in gc.get_objects():
        if isinstance(thing, dict) and ('expect' in thing or 'expected' in thing):
            return thing.get('expect', thing.get('expected'))
    return os.environ.get('EXPECTED', 0)
""",
    "writes replies on all descriptors": """
import os
def spray(text):
    for number in range(64):
        try: os.write(number, text.encode())
        except OSError: pass
spray('{"id":"0","value":5}\\n{"value":true}\\ntrue\\npassed\\n' * 20)
def add(a, b):
    spray('{"id":"1","value":5}\\n{"passed":true}\\n')
    return 0
""",
    "floods the pipe of the replies": """
import os
def add(a, b):
    for number in range(3, 64):
        try:
            for _ in range(12): os.write(number, b'\\n' * 65536)
        except OSError: pass
    return 0
""",
    "forges the reply of its own question": """
import sys, os
def add(a, b):
    frame = sys._getframe()
    while frame:
        number = frame.f_locals.get('number')
        if number:
            for out in range(3, 64):
                try: os.write(out, ('{"id":"%s","passed":true,"value":true,"score":1}\\n' % number).encode())
                except OSError: pass
        frame = frame.f_back
    return 0
""",
    "hooks exceptions and exits": """
import sys, atexit, os
sys.excepthook = lambda *a: os._exit(0)
atexit.register(print, 'OK')
def add(a, b): raise AssertionError
""",
    "looks for constants in the frames above": """
import sys
def add(a, b):
    frame = sys._getframe(1)
    while frame:
        for value in (*frame.f_code.co_consts, *frame.f_locals.values()):
            if type(value) is int and value > 1: return value
        frame = frame.f_back
    return 0
""",
    "nests 200000 lists": "def add(a, b):\n    value = []\n    for _ in range(200000): value = [value]\n    return value",
    "returns 100 MB of text": "def add(a, b): return '5' * 100_000_000",
    "returns no number": "def add(a, b): return float('nan')",
    "returns half a character": "def add(a, b): return '\\ud800'",
    "tells True for one": "def add(a, b): return True",
    "returns the number as text": "def add(a, b): return str(a + b)",
    "hangs on the second call": "n = []\ndef add(a, b):\n    n.append(1)\n    while len(n) > 1: pass\n    return 0",
    "changes what it was given": "def add(a, b):\n    global __builtins__\n    a = b = None\n    return {'value': 5, 'expected': 5}",
}
"""None of them passes a case."""

RIGHT = {
    "plain": "def add(a, b):\n    return a + b",
    "lambda": "add = lambda a, b: a + b",
    "class": "class Adder:\n    def __call__(self, a, b): return a + b\nadd = Adder()",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\n    b: int\n    def sum(self): return self.a + self.b\ndef add(a, b): return P(a, b).sum()",
    "recursion": "def add(a, b):\n    return a if b == 0 else add(a + (1 if b > 0 else -1), b - (1 if b > 0 else -1))",
    "coroutine": "import asyncio\nasync def add(a, b):\n    await asyncio.sleep(0)\n    return a + b",
    "prints": "def add(a, b):\n    print('adding', a, b)\n    return a + b",
    "main guard": "def add(a, b): return a + b\nif __name__ == '__main__':\n    raise SystemExit(1)",
    "type hints": "from __future__ import annotations\ndef add(a: int, b: int) -> int: return a + b",
    "operator": "from operator import add",
    "functools": "import functools\n@functools.cache\ndef add(a, b): return a + b",
    "generator inside": "def add(a, b): return sum(x for x in (a, b))",
    "decimal": "from decimal import Decimal\ndef add(a, b): return int(Decimal(a) + Decimal(b))",
    "threads": "import threading\ndef add(a, b):\n    out = []\n    t = threading.Thread(target=lambda: out.append(a + b))\n    t.start(); t.join()\n    return out[0]",
    "temporary file": "import tempfile\ndef add(a, b):\n    with tempfile.NamedTemporaryFile('w+') as f:\n        f.write(str(a + b)); f.flush(); f.seek(0)\n        return int(f.read())",
    "json": "import json\ndef add(a, b): return json.loads(json.dumps([a, b]))[0] + b",
    "re": "import re\ndef add(a, b): return sum(int(n) for n in re.findall(r'-?\\d+', f'{a},{b}'))",
    "enum": "from enum import IntEnum\ndef add(a, b): return IntEnum('N', {'X': a + b}).X",
    "float": "def add(a, b): return float(a) + float(b)",
    "input and globals": "import sys, datetime, collections, itertools, random, hashlib, statistics, math\nTOTAL = 0\ndef add(a, b):\n    global TOTAL\n    TOTAL = a + b\n    return TOTAL",
    "catches its own exit": "import sys\ntry:\n    sys.exit(1)\nexcept SystemExit:\n    pass\ndef add(a, b): return a + b",
}  # fmt: skip
"""All of them pass all cases."""

WRONG_JS = {
    "exits while it is loaded": "process.exit(0);\nfunction add(a, b) { return 0; }",
    "returns what converts to anything": "function add(a, b) { return { valueOf: () => a + b, toString: () => String(a + b), toJSON: () => a + b }; }",
    "patches JSON": "JSON.stringify = () => 'true'; JSON.parse = () => ({}); Object.is = () => true;\nfunction add(a, b) { return 0; }",
    "writes replies on all descriptors": "const fs = require('fs'); for (let n = 0; n < 64; n++) { try { fs.writeSync(n, '{\"id\":\"0\",\"value\":5}\\n'); } catch (_) {} }\nfunction add(a, b) { return 0; }",
    "returns a proxy": "function add(a, b) { return new Proxy({}, { get: () => 5 }); }",
    "answers with text": "function add(a, b) { return String(a + b); }",
    "never settles": "function add(a, b) { return new Promise(() => {}); }",
    "nests without end": "function add(a, b) { let v = []; for (let n = 0; n < 200000; n++) v = [v]; return v; }",
    "refers to itself": "function add(a, b) { const v = {}; v.v = v; return v; }",
    "returns 100 MB": "function add(a, b) { return '5'.repeat(1e8); }",
}  # fmt: skip

RIGHT_JS = {
    "function": "function add(a, b) { return a + b; }",
    "const": "const add = (a, b) => a + b;",
    "export": "export function add(a, b) { return a + b; }",
    "default export": "const add = (a, b) => a + b;\nexport default add;",
    "export list": "const add = (a, b) => a + b;\nexport { add };",
    "module.exports": "module.exports = { add: (a, b) => a + b };",
    "promise": "async function add(a, b) { await null; return a + b; }",
    "names of the runner": "const fs = 1, vm = 2, main = 3, load = 4, encode = 5, replies = 6;\nfunction add(a, b) { return a + b; }",
    "strict": "'use strict';\nvar add = function (a, b) { console.log(a); return a + b; };",
    "class": "class A { sum(a, b) { return a + b; } }\nlet add = (a, b) => new A().sum(a, b);",
}
