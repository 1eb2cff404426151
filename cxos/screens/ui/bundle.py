"""The style sheet and the script of the frame as one file each, without a build step.

css/app.css and js/app.js are plain lists of imports, which a browser can follow by itself (and does in development).
Elsewhere they are joined once per process, named by their own digest and cached by browsers for good.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from posixpath import normpath

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

_CSS_IMPORT = re.compile(r'^@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>[\w.]+)\);$', re.MULTILINE)
_JS_IMPORT = re.compile(r'^import "\./(?P<path>[^"]+)";$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bundle:
    body: bytes
    gzipped: bytes
    digest: str
    content_type: str


def read_static(path: str) -> str:
    """The text of a static file, from its source folder or from where collectstatic put it.

    A file of vendor/ that the set-up has not fetched yet reads as nothing: the page then only lacks that part.
    """
    found = finders.find(path)
    if found:
        return Path(found).read_text(encoding="utf-8")
    if path.startswith("vendor/") and not staticfiles_storage.exists(path):
        return ""
    with staticfiles_storage.open(path) as file:
        content: str | bytes = file.read()
    return content if isinstance(content, str) else content.decode("utf-8")


def joined_css() -> str:
    """Every imported sheet in its layer. Imported sheets must not use relative url(): they move to another folder."""

    def sheet(found: re.Match[str]) -> str:
        path = normpath(f"css/{found['path']}")
        return f"@layer {found['layer']} {{\n{read_static(path)}}}"

    return _CSS_IMPORT.sub(sheet, read_static("css/app.css"))


def joined_js() -> str:
    """Every imported module in a block of its own: top-level names stay apart, so they may import and export nothing."""

    def module(found: re.Match[str]) -> str:
        return f"{{\n{read_static('js/' + found['path'])}}}"

    return _JS_IMPORT.sub(module, read_static("js/app.js"))


@cache
def bundle(kind: str) -> Bundle:
    """kind: "css" or "js". About 5 ms the first time, then from memory."""
    source, content_type = {"css": (joined_css, "text/css"), "js": (joined_js, "text/javascript")}[kind]
    body = source().encode()
    return Bundle(
        body=body,
        gzipped=gzip.compress(body, mtime=0),
        digest=hashlib.sha256(body).hexdigest()[:16],
        content_type=f"{content_type}; charset=utf-8",
    )
