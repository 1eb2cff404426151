"""Full-text indexes over names and addresses (cxos.core.search.vectors says how they are read)."""

from django.db import migrations

WORDS = """(to_tsvector('simple'::regconfig, translate(left(%s, 20000), '@./-_+:<>&''’#', '             '))
 || array_to_tsvector(ARRAY['#' || (id >> 14)::text]))"""


def index(name, table, text):
    return migrations.RunSQL(
        [
            "SET statement_timeout = 0",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            f"CREATE INDEX CONCURRENTLY {name} ON {table} USING gin ({WORDS % text}) WITH (gin_pending_list_limit = 1024)",
            "RESET statement_timeout",
        ],
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
    )


class Migration(migrations.Migration):

    atomic = False
    dependencies = [('crm', '0001_initial')]

    operations = [
        index("customer_words", "crm_customer", "name"),
        index("identity_words", "crm_identity", "value"),
    ]
