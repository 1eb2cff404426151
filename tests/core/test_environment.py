"""A wrong variable stops the start with its name and what to do, and without the secret it holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection

from cxos import env

ROOT = Path(__file__).resolve().parents[2]
NAME = "CXOS_VARIABLE"
READ = {
    "text": lambda: env.text(NAME),
    "flag": lambda: env.flag(NAME),
    "number": lambda: env.number(NAME, 5, least=1, most=9),
    "choice": lambda: env.choice(NAME, "json", ("json", "console")),
    "keys": lambda: env.field_keys(NAME),
    "hosts": lambda: env.hosts(NAME, "localhost"),
    "private": lambda: env.private_hosts(NAME),
    "origin": lambda: env.origin(NAME, "http://localhost:8000"),
    "socket": lambda: env.origin(NAME, "", schemes=("ws", "wss")),
    "database": lambda: env.database(NAME),
    "redis": lambda: env.redis(NAME),
}
KEY = urlsafe_b64encode(bytes(range(32))).decode()  # the same in every worker: tests are named after it


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", ""),
        ("flag", "maybe"),
        *(("number", value) for value in ("", "five", "0", "10", "-1", "1.5")),
        *(("choice", value) for value in ("", "jsn", "JSON")),
        *(("keys", value) for value in (
            "", " , ", "build", KEY[:-1], KEY[:-4], KEY + "AAAA", f"{KEY},build", f"!{KEY}", "swordfish-swordfish",
        )),
        *(("hosts", value) for value in ("https://help.example.com", "localhost:8000", "help.example.com/x", "a b")),
        *(("private", value) for value in ("10.0.0.0/99", "intranet/24")),
        *(("origin", value) for value in (
            "", "help.example.com", "ftp://a.example", "http://", "http://a:b", "http://a.example/x", "http://a.example?x=1",
        )),
        *(("socket", value) for value in ("https://a.example", "wss://", "wss://a.example/ws")),
        *(("database", value) for value in (
            "", "mysql://a/b", "postgres://a:b@c:port/d", "postgres://a:b#c@d/e", "postgres://a:b/c@d/e",
            "postgres:///b?port=x", "postgres://a/b#c",
        )),
        *(("redis", value) for value in (
            "", "localhost:6379", "http://localhost", "redis://", "redis://localhost:port/0", "redis://localhost/first",
            "redis://localhost?db=x", "redis://:swordfish#a@localhost/0", "redis://localhost/0#x", "unix://",
            "unix://run/redis.sock", "unix:///run/redis.sock?db=x",
        )),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(
    kind: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)

    with pytest.raises(ImproperlyConfigured, match=NAME) as refusal:
        READ[kind]()

    sentence = str(refusal.value)
    assert "swordfish" not in sentence
    assert KEY[:8] not in sentence
    if kind == "keys" and value:
        assert "openssl rand -base64 32" in sentence


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("number", "9", 9),
        ("keys", KEY, [KEY]),
        ("keys", f" {KEY} ,{KEY},", [KEY, KEY]),
        ("hosts", "help.example.com, .example.org,127.0.0.1,[::1],*", [
            "help.example.com", ".example.org", "127.0.0.1", "[::1]", "*",
        ]),
        ("private", "Intranet,10.0.0.0/8", frozenset({"intranet", "10.0.0.0/8"})),
        ("origin", "https://help.example.com:8443/", "https://help.example.com:8443"),
        ("origin", "http://[::1]:8000", "http://[::1]:8000"),
        ("socket", "", ""),
        ("socket", "wss://help.example.com", "wss://help.example.com"),
        *(("redis", value, value) for value in (
            "redis://localhost", "redis://:a%23b@127.0.0.1:6379/3", "rediss://cache.example:6380/0",
            "unix:///run/redis.sock", "unix://:secret@/run/redis.sock?db=2",
        )),
    ],
)  # fmt: skip
def test_a_right_value_is_read(kind: str, value: str, read: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)

    assert READ[kind]() == read


def test_a_database_is_named_by_host_or_by_the_folder_of_its_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgres://ana:a%2Fb@db.example:5433/cxos?sslmode=require")
    by_host = env.database(NAME)
    monkeypatch.setenv(NAME, "postgres://ana@/cxos?host=/run/pg&port=5434")
    by_folder = env.database(NAME)

    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    assert [by_host[name] for name in names] == ["cxos", "ana", "a/b", "db.example", "5433", {"sslmode": "require"}]
    assert [by_folder[name] for name in names] == ["cxos", "ana", "", "/run/pg", "5434", {}]


def test_celery_finds_the_same_redis() -> None:
    assert env.as_broker("redis://:a@localhost:6379/3") == "redis://:a@localhost:6379/3"
    broker = env.as_broker("unix://:s%40s@/run/redis.sock?db=2")
    channel = Connection(broker).transport_cls  # as Celery reads it
    assert (broker, channel) == ("redis+socket://:s%40s@/run/redis.sock?virtual_host=2", "redis")


@pytest.mark.parametrize(("name", "value"), [("CXOS_FIELD_KEYS", "build"), ("REDIS_URL", "localhost:6379")])
def test_the_start_stops_at_once(name: str, value: str) -> None:
    command = [sys.executable, "-c", "import cxos.settings"]

    done = subprocess.run(command, env=os.environ | {name: value}, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 1
    assert f"ImproperlyConfigured: {name}" in done.stderr


def test_the_image_is_built_with_values_the_settings_take() -> None:
    line = re.search(r"(CXOS_SECRET_KEY=.*) \\\n\s+python manage\.py collectstatic", (ROOT / "Dockerfile").read_text())
    assert line
    given = dict(one.split("=", 1) for one in line[1].split())

    command = [sys.executable, "-c", "import cxos.settings"]
    done = subprocess.run(command, env=os.environ | given, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_every_variable_is_in_the_reference() -> None:
    settings = (ROOT / "cxos" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', settings)) | {"DATABASE_URL", "REDIS_URL"}
    told = re.findall(r"^\| `(\w+)`(?:, `PORT`)? \|", (ROOT / "docs/reference/settings.md").read_text(), re.MULTILINE)

    assert len(read) > 20
    assert set(told) - {"HOST"} == read
    assert len(told) == len(set(told))
