"""Reads the data blocks of a page back."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any


def block(html: str, name: str) -> Any:
    """The data of one block of a page."""
    found = re.search(rf'<script type="([^"]+)" id="{name}">([^<]*)</script>', html)
    assert found, name
    if found[1] == "application/json":
        return json.loads(found[2])
    return json.loads(gzip.decompress(base64.b64decode(found[2])))


def details(html: str) -> list[Any]:
    """All details of a page, in order."""
    n = len(re.findall(r'id="lb-chunk-\d+"', html))
    return [detail for i in range(n) for detail in block(html, f"lb-chunk-{i}")]
