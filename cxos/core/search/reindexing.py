"""For migrations alone: what they have run with is never changed here, only added to."""

from __future__ import annotations

from django.db import migrations

WORDS_AND_BLOCKS = """(to_tsvector('simple'::regconfig, translate(left(%s, 20000), '@./-_+:<>&''’#', '             '))
 || array_to_tsvector(ARRAY['#' || (id >> 14)::text, '~' || (id >> 11)::text]))"""


def words_of(name: str, table: str, text: str) -> migrations.RunSQL:
    """The full-text index of a new table. `text`: an SQL expression over its columns."""
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON {table} USING gin ({WORDS_AND_BLOCKS % text}) WITH (gin_pending_list_limit = 1024)",
        f"DROP INDEX {name}",
    )


def with_smaller_blocks(name: str, table: str, text: str) -> migrations.RunSQL:
    """The full-text index again, with a small block of ids beside the large one (cxos.core.search.vectors says what for).

    `text`: an SQL expression over the table's columns. The migration must not be atomic. The new index is made first: the
    old one serves until it is there.
    """
    columns = f"USING gin ({WORDS_AND_BLOCKS % text}) WITH (gin_pending_list_limit = 1024)"
    return migrations.RunSQL(
        [
            "SET statement_timeout = 0",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}_finer",
            f"CREATE INDEX CONCURRENTLY {name}_finer ON {table} {columns}",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            f"ALTER INDEX {name}_finer RENAME TO {name}",
            "RESET statement_timeout",
        ],
        migrations.RunSQL.noop,
    )
