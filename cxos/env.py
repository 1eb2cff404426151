"""The environment, read once and strictly: a wrong or missing value stops the start with the variable's name."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from ipaddress import ip_network
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

HOST = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")  # 32 bytes
HOW_TO_MAKE_A_KEY = "Make one with: openssl rand -base64 32 | tr '+/' '-_'"
QUOTE_THEM = "Write letters like / # ? @ in a password as %2F %23 %3F %40."


def text(name: str, default: str | None = None) -> str:
    """The variable, or `default`; raises ImproperlyConfigured naming it when there is neither."""
    value = os.environ.get(name, default)
    if value is None or (value == "" and default is None):
        raise ImproperlyConfigured(f"Set the environment variable {name}. `bin/up` and `bin/manage` set it for you.")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value not in {"0", "1", "true", "false", "yes", "no", ""}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value in {"1", "true", "yes"}


def number(name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
    value = os.environ.get(name, str(default))
    try:
        given = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if not least <= given <= most:
        raise ImproperlyConfigured(f"{name} must be {least} to {most}, not {given}.")
    return given


def choice(name: str, default: str, choices: Collection[str]) -> str:
    value = os.environ.get(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def items(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def field_keys(name: str) -> list[str]:
    """Fernet keys, newest first. What is wrong with one is said without showing it."""
    keys = [part.strip() for part in text(name).split(",") if part.strip()]
    for place, key in enumerate(keys, 1):
        if not FERNET_KEY.fullmatch(key):
            raise ImproperlyConfigured(f"{name}: key {place} of {len(keys)} is no Fernet key. {HOW_TO_MAKE_A_KEY}")
    if not keys:
        raise ImproperlyConfigured(f"{name} holds no key. {HOW_TO_MAKE_A_KEY}")
    return keys


def hosts(name: str, default: str) -> list[str]:
    """Names and addresses as a browser's Host says them, without the port; `.example.com` = it and all below, * = any."""
    found = items(name, default)
    for one in found:
        if not HOST.fullmatch(one):
            raise ImproperlyConfigured(
                f"{name} must hold names such as help.example.com separated by commas, without scheme, port and path; "
                f"{one!r} is none."
            )
    return found


def private_hosts(name: str) -> frozenset[str]:
    """Names, addresses and networks (10.0.0.0/8), in small letters."""
    found = frozenset(entry.lower() for entry in items(name))
    for one in found:
        try:
            if "/" in one:
                ip_network(one, strict=False)
        except ValueError:
            raise ImproperlyConfigured(f"{name}: {one!r} is no network such as 10.0.0.0/8.") from None
    return found


def origin(name: str, default: str, *, schemes: Collection[str] = ("http", "https")) -> str:
    """`scheme://host[:port]`, nothing after it; may be empty where the default is."""
    value = text(name, default).rstrip("/")
    if not value and not default:
        return ""
    url = _split(name, value)
    if url.scheme not in schemes or not url.hostname or url.path or url.query or url.fragment or url.username:
        raise ImproperlyConfigured(
            f"{name} must be an address such as {min(schemes)}://help.example.com without anything after it, not {value!r}."
        )
    return value


def database(name: str = "DATABASE_URL") -> dict[str, object]:
    """Django's DATABASES entry from `postgres://user:password@host:port/db?host=/socket/dir`."""
    url = _split(name, text(name))
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must start with postgres://, not {url.scheme!r}: CXOS needs PostgreSQL.")
    if url.fragment:
        raise ImproperlyConfigured(f"{name} holds a #. {QUOTE_THEM}")
    options = dict(parse_qsl(url.query))
    host = options.pop("host", None) or unquote(url.hostname or "")
    port = options.pop("port", None) or str(url.port or "")
    if port and not port.isdigit():
        raise ImproperlyConfigured(f"{name}: the port must be a number, not {port!r}.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")) or "cxos",
        "USER": unquote(url.username or options.pop("user", "")),
        "PASSWORD": unquote(url.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": options,
    }


def redis(name: str = "REDIS_URL") -> str:
    """`redis://[:password@]host[:port]/[number]`, `rediss://…` for TLS, or `unix://[:password@]/path/of/socket?db=number`."""
    value = text(name)
    url = _split(name, value)
    if url.scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(f"{name} must start with redis://, rediss:// or unix://, not {url.scheme!r}.")
    if url.fragment:
        raise ImproperlyConfigured(f"{name} holds a #. {QUOTE_THEM}")
    options = dict(parse_qsl(url.query))
    if url.scheme == "unix":
        if not url.path.strip("/") or url.hostname:
            raise ImproperlyConfigured(
                f"{name} must name the socket's file, such as unix:///run/redis/redis.sock?db=0."
            )
        number = options.get("db", "0")
    else:
        if not url.hostname:
            raise ImproperlyConfigured(f"{name} names no host, as redis://localhost:6379/0 does.")
        number = options.get("db") or url.path.strip("/") or "0"
    if not number.isdigit():
        raise ImproperlyConfigured(f"{name}: the database must be a number, not {number!r}.")
    return value


def as_broker(url: str) -> str:
    """The same Redis as Celery writes it, which says socket files in a way of its own."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={database}"


def _split(name: str, value: str) -> SplitResult:
    """The address in parts; its port is a number."""
    try:
        url = urlsplit(value)
        url.port  # noqa: B018  reading it checks it
    except ValueError:
        raise ImproperlyConfigured(f"{name} is no address: its host or port cannot be read. {QUOTE_THEM}") from None
    return url
