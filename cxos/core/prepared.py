"""Statements the line runs again and again: each connection plans them once, for planning takes longer than running them.

Written as psycopg2 takes them (`%(name)s`), with the type of every parameter, so that they can be explained, and sent
whole where a connection is another one each time (PgBouncer). A plan is forgotten after a while (ADR 0012).
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.db import NotSupportedError, connection

PLAN_SECONDS = 30.0
PARAMETER = re.compile(r"%\((\w+)\)s")
_numbers = itertools.count(1)
# By connection: the statements it has prepared, each with a name of its own and when (monotonic clock) it is too old.
_prepared: WeakKeyDictionary[Any, dict[Prepared, tuple[str, float]]] = WeakKeyDictionary()


class Prepared:
    """One statement, prepared at a connection's first use of it. `types`: of its parameters, by name.

    Begins and ends no transaction; raises what any statement raises.
    """

    def __init__(self, sql: str, /, **types: str) -> None:
        self.sql = sql
        self.types = types
        places = {name: f"${place}" for place, name in enumerate(types, 1)}
        self._planned = PARAMETER.sub(lambda found: places[found[1]], sql).replace("%%", "%")
        self._whole = PARAMETER.sub(lambda found: f"{found[0]}::{types[found[1]]}", sql)
        self._given = f" ({', '.join(f'%({name})s' for name in types)})" if types else ""

    def run(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Its rows; none where it returns nothing."""
        return self.run_counted(values)[0]

    def run_counted(self, values: Mapping[str, Any]) -> tuple[list[tuple[Any, ...]], int]:
        """Its rows, and how many it returned or changed."""
        with connection.cursor() as cursor:
            if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
                cursor.execute(self._whole, values)
            else:
                self._execute(cursor, values)
            return cursor.fetchall() if cursor.description else [], cursor.rowcount

    def _execute(self, cursor: Any, values: Mapping[str, Any]) -> None:
        known = _prepared.setdefault(connection.connection, {})
        name, until = known.pop(self, ("", 0.0))
        if time.monotonic() >= until:
            name, until = self._prepare(cursor.cursor, name), time.monotonic() + PLAN_SECONDS
        known[self] = name, until
        try:
            cursor.execute(f"EXECUTE {name}{self._given}", values)
        except NotSupportedError:  # a migration has changed the type of a column: the next one is planned anew
            del known[self]
            raise

    def _prepare(self, raw: Any, old: str) -> str:
        """By the driver's own cursor, so that nobody who counts queries sees it in one run and not in the next."""
        name = f"kept_{next(_numbers)}"
        again = f"DEALLOCATE {old}; " if old else ""
        types = f" ({', '.join(self.types.values())})" if self.types else ""
        raw.execute(f"{again}PREPARE {name}{types} AS {self._planned}")
        return name
