"""Reads addresses as their users, each only once as long as nothing was written that its answer was made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.test import Client

from cxos.core import prepared
from cxos.core.models import User
from tests.proof.open_pages.markup import tidy

TABLE = re.compile(r"\b(?:core|crm|cases|routing|automation|intelligence|channels_app|django)_[a-z]+\b")
WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|EXECUTE)\b")
PREPARED = re.compile(r"EXECUTE (kept_\d+)")
LOCKS = re.compile(r"\bFOR (?:NO KEY )?UPDATE\b")
REFUSED = "refused:"
EVERYTHING = ""  # what a statement of which one cannot see what it writes has written


@dataclass(slots=True)
class Answer:
    text: str
    tables: set[str]
    at: int


def whole(sql: str) -> str:
    """The statement that is run, where it was prepared under a name."""
    found = PREPARED.match(sql)
    named = {name: one.sql for one, (name, _until) in prepared._prepared.get(connection.connection, {}).items()}
    return named[found[1]].strip() if found else sql


@dataclass(slots=True)
class Reader:
    """`written`: table → the number of the last statement that wrote it."""

    clients: dict[int, Client] = field(default_factory=dict)
    kept: dict[Any, Answer] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    statements: int = 0
    read: set[str] = field(default_factory=set)

    def let_in(self, user: User) -> None:
        """Everybody before the first page: what one page is made of is who may see it, and signing in writes that."""
        if user.pk not in self.clients:
            self.clients[user.pk] = Client()
            self.clients[user.pk].force_login(user)

    @contextmanager
    def watching(self) -> Iterator[None]:
        with connection.execute_wrapper(self._note):
            yield

    def _note(self, execute: Callable[..., Any], sql: str | bytes, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        result = execute(sql, params, many, context)
        text = whole(sql if isinstance(sql, str) else sql.decode())
        tables = set(TABLE.findall(text))
        if not WRITES.search(LOCKS.sub("", text)):
            self.read |= tables
        elif context["cursor"].rowcount or not text.startswith(("INSERT", "UPDATE", "DELETE")):
            for table in tables or {EVERYTHING}:
                self.written[table] = self.statements
        return result

    def page(self, user: User, url: str) -> str:
        return self.once((user.pk, url), lambda: self._get(user, url))

    def once(self, key: Any, make: Callable[[], str]) -> str:
        found = self.kept.get(key)
        if found is None or any(self.written.get(one, 0) > found.at for one in {*found.tables, EVERYTHING}):
            self.read = set()
            text = make()
            found = self.kept[key] = Answer(text, self.read, self.statements)
        return found.text

    def _get(self, user: User, url: str) -> str:
        answer = self.clients[user.pk].get(url)
        return tidy(answer.content.decode()) if answer.status_code == 200 else f"{REFUSED} {answer.status_code}"

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done in here is taken back, and what was read before is known again."""
        kept, written = dict(self.kept), dict(self.written)
        try:
            with transaction.atomic():
                yield
                transaction.set_rollback(True)
        finally:
            self.kept, self.written = kept, written
