"""The full-text indexes with a small block of ids beside the large one (cxos.core.search.vectors says what for)."""

from django.db import migrations

WORDS = """(to_tsvector('simple'::regconfig, translate(left(%s, 20000), '@./-_+:<>&''’#', '             '))
 || array_to_tsvector(ARRAY['#' || (id >> 14)::text, '~' || (id >> 11)::text]))"""


def finer(name, table, text):
    """The new one first: the old one serves until it is there."""
    return migrations.RunSQL(
        [
            "SET statement_timeout = 0",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}_finer",
            f"CREATE INDEX CONCURRENTLY {name}_finer ON {table} USING gin ({WORDS % text}) WITH (gin_pending_list_limit = 1024)",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            f"ALTER INDEX {name}_finer RENAME TO {name}",
            "RESET statement_timeout",
        ],
        migrations.RunSQL.noop,
    )


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("crm", "0003_phone_backwards")]

    operations = [
        finer("customer_words", "crm_customer", "name"),
        finer("identity_words", "crm_identity", "value"),
    ]
