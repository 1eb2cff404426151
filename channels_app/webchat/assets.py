"""The widget's files as browsers get them: without comments and indentation, compressed, under a name that says what is
in them. No build step: the sources are ES modules that import each other by relative path."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "cxos" / "static" / "widget"
CONTENT_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
NAME = re.compile(r"[a-z]+\.(js|css)")
COMMENTS_AND_INDENTATION = re.compile(
    r"^[ \t]*(//[^\n]*)?\n|^[ \t]+|^[ \t]*/\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    gzipped: bytes
    digest: str
    content_type: str


def asset(name: str) -> Asset:
    """Raises LookupError for what is none of the widget's files."""
    return read_asset(name) if settings.DEBUG else _kept(name)


@cache
def _kept(name: str) -> Asset:
    return read_asset(name)


def read_asset(name: str) -> Asset:
    if not NAME.fullmatch(name) or not (FOLDER / name).is_file():
        raise LookupError(name)
    body = COMMENTS_AND_INDENTATION.sub("", (FOLDER / name).read_text(encoding="utf-8")).encode()
    return made_asset(body, Path(name).suffix)


def made_asset(body: bytes, suffix: str) -> Asset:
    return Asset(
        body=body,
        gzipped=gzip.compress(body, mtime=0),
        digest=hashlib.sha256(body).hexdigest()[:16],
        content_type=CONTENT_TYPES[suffix],
    )


def folder_digest() -> str:
    """Changes when any of the files does."""
    digests = "".join(asset(path.name).digest for path in sorted(FOLDER.iterdir()) if NAME.fullmatch(path.name))
    return hashlib.sha256(digests.encode()).hexdigest()[:16]


def modules() -> list[str]:
    """The frame's scripts, all of which it needs: named in its head so that browsers fetch them side by side."""
    return sorted(path.name for path in FOLDER.glob("*.js") if path.name not in {"app.js", "sdk.js"})
