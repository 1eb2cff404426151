"""Calling a WSGI application as a server does, without one."""

from __future__ import annotations

import io
from typing import Any


def call(handler: Any, path: str, body: bytes = b"", **environ: Any) -> tuple[int, dict[str, str], bytes]:
    started: list[Any] = []
    given = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json", "wsgi.url_scheme": "http", **environ,
    }  # fmt: skip
    response = handler(given, lambda status, headers, problem=None: started.append((status, headers)))
    content = b"".join(response)
    status, headers = started[0]
    return int(status[:3]), dict(headers), content
