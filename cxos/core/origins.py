"""Which web pages may talk to us: browsers name the page's origin, and we compare it as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings


def own_origins() -> set[str]:
    """Origins of our own pages: the public address, and the same port under every name this installation answers to."""
    public = urlsplit(settings.PUBLIC_URL)
    port = f":{public.port}" if public.port else ""
    names = [name for name in settings.ALLOWED_HOSTS if "*" not in name and not name.startswith(".")]
    return {settings.PUBLIC_URL, *settings.CSRF_TRUSTED_ORIGINS, *(f"{public.scheme}://{name}{port}" for name in names)}


def is_origin(text: object) -> bool:
    """Whether it is scheme and host and nothing else: `https://www.example.com`."""
    if not isinstance(text, str) or set(text) & set(" ;,'\"*@\r\n"):
        return False
    try:
        parts = urlsplit(text)
        return f"{parts.scheme}://{parts.netloc}" == text and parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def single_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """The text of an ASGI request's header; "" when it is missing, or there twice (nobody honest sends two)."""
    found = [value for key, value in headers if key.lower() == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""
