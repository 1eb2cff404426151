"""A new row of a model, written by a statement that was made once: what `save(force_insert=True)` does, for the rows the
line writes for every message. Django makes the SQL anew each time, which takes several times as long as running it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection, router
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from cxos.core.prepared import Prepared


def insert(row: Model) -> None:
    """Store it and give it its id. One query; no signals are sent (we have none). Raises IntegrityError as `save` does.

    A row with an id of its own, or with a value the database is to choose, goes the usual way.
    """
    fields, statement = _statement(type(row))
    values = {field.attname: field.pre_save(row, add=True) for field in fields}
    if row.pk is not None or any(isinstance(value, DatabaseDefault) for value in values.values()):
        row.save(force_insert=True)
        return
    prepared = {field.attname: field.get_db_prep_save(values[field.attname], connection) for field in fields}
    [(row.pk,)] = statement.run(prepared)
    row._state.adding, row._state.db = False, router.db_for_write(type(row), instance=row)


@cache
def _statement(model: type[Model]) -> tuple[list[Field[Any, Any]], Prepared]:
    """The columns it fills, and what fills them."""
    meta = model._meta
    fields = [field for field in meta.local_concrete_fields if not field.primary_key and not field.generated]
    names = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(f"%({field.attname})s" for field in fields)
    sql = f'INSERT INTO "{meta.db_table}" ({names}) VALUES ({places}) RETURNING "{meta.pk.column}"'  # noqa: S608  names of our own models
    return fields, Prepared(sql, **{field.attname: str(field.db_type(connection)) for field in fields})
