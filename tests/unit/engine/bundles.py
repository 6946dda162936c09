"""Projects and bundles for the tests of export and import."""

from __future__ import annotations

import hashlib
import json
import textwrap
from pathlib import Path

from pytest_localbench.engine.bundle import Bundle, dump_bundle, parse_bundle
from pytest_localbench.engine.bundle_export import export_suite
from pytest_localbench.engine.bundle_plan import plan_import
from pytest_localbench.engine.bundle_project import find_homes, tasks_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(40))
T1 = {"id": "t1", "title": "One", "input": {"prompt": "A?"}, "expected": "yes", "evaluators": [{"use": "exact"}]}


class Folder:
    """A project in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.data = root / "data"

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict | list):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
        return path

    def category(self, name="documents", **fields):
        return self.write(f"benchmarks/{name}/category.yaml", json.dumps({"id": name, "name": name.title(), **fields}))

    def task(self, name="t1", category="documents", **fields):
        return self.write(f"benchmarks/{category}/tasks/{name}.yaml", json.dumps({**T1, "id": name, **fields}))

    def hashes(self):
        homes = find_homes(self.root, self.data)
        return {f"{t.category}/{t.id}": t.content_hash for home in homes.values() for t in tasks_of(home, self.root)}

    def tree(self):
        """Every file but what imports keep for themselves: name -> hash."""
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and "imports" not in path.parts
        }

    def suite(self, **options):
        return export_suite(self.root, self.data, **{"models": False, **options})

    def plan(self, bundle, **options):
        return plan_import(bundle, root=self.root, data_dir=self.data, **options)


def envelope(kind="category", **content):
    """A bundle as its author would write it by hand."""
    if not content:
        content = {"category": {"id": "documents", "name": "Documents"}, "tasks": [{**T1}]}
    return {"export_type": kind, "export_date": "2026-01-31T12:00:00Z", "version": "1.0", "content": content}


def parsed(data):
    """A bundle from an envelope, a text or bytes."""
    if isinstance(data, dict):
        data = json.dumps(data)
    return parse_bundle(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data, "b.json")


def again(bundle: Bundle, *, archive: bool) -> Bundle:
    """A bundle written and read."""
    return parse_bundle(dump_bundle(bundle, archive=archive), "b")
