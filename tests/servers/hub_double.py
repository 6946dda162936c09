"""The part of the Hugging Face hub that a download needs, over a folder: listing of a revision, files with their tags."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


class HubDouble(ThreadingHTTPServer):
    """Serves one repository ``org/tiny`` at one commit; ``paths`` keeps what was asked for."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.paths = folder, []  # type: tuple[Path, list[str]]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: HubDouble

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        self.server.paths.append(path)
        headers = {"Content-Type": "application/json"}
        if path.startswith("/api/models/org/tiny/tree/"):
            tree = [{"type": "file", "oid": hashlib.sha1(f.name.encode()).hexdigest(), "size": f.stat().st_size,
                     "path": f.name} for f in sorted(self.server.folder.iterdir())]  # fmt: skip
            data = json.dumps(tree).encode()
        elif path.startswith("/api/models/org/tiny"):
            files = [{"rfilename": f.name} for f in sorted(self.server.folder.iterdir())]
            data = json.dumps({"id": "org/tiny", "sha": COMMIT, "siblings": files}).encode()
        elif path.startswith("/org/tiny/resolve/") and (self.server.folder / Path(path).name).is_file():
            data = (self.server.folder / Path(path).name).read_bytes()
            headers = {"Content-Type": "application/octet-stream", "X-Repo-Commit": COMMIT,
                       "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}  # fmt: skip
        else:
            data, headers["X-Error-Code"] = b"{}", "RepoNotFound"
        self.send_response(404 if "X-Error-Code" in headers else 200)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing."""
