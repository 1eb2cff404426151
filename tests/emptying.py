"""Emptying the database after a test that commits: what holds rows is emptied, the rest is left alone.

Django's own way truncates every table and then makes all content types and permissions again; that took longer than most
of these tests.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, transaction
from django.test import TransactionTestCase

KEPT = ("django_migrations", "django_content_type", "auth_permission")
EMPTY = """
DO $$
DECLARE one text; has_rows boolean;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no trigger and no foreign key has a say
    FOR one IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN %s LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO has_rows;
        IF has_rows THEN EXECUTE 'DELETE FROM ' || one; END IF;
    END LOOP;
END $$
"""


def empty_tables(case: TransactionTestCase) -> None:
    for name in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        with transaction.atomic(using=name), connections[name].cursor() as cursor:
            cursor.execute(EMPTY, [KEPT])


def instead_of_flushing() -> None:
    """From now on, tests that commit are tidied up after by this."""
    case: Any = TransactionTestCase
    case._fixture_teardown = empty_tables
