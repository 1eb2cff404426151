"""Full-text indexes over what was said, and subjects (cxos.core.search.vectors says how they are read)."""

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
    dependencies = [('channels_app', '0004_mentions')]

    operations = [
        index("message_words", "channels_app_message", "text"),
        index("conversation_words", "channels_app_conversation", "subject"),
    ]
