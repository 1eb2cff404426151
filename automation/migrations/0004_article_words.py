"""The full-text index over articles (cxos.core.search.vectors says how it is read)."""

from django.db import migrations

WORDS = """(to_tsvector('simple'::regconfig, translate(left(%s, 20000), '@./-_+:<>&''’#', '             '))
 || array_to_tsvector(ARRAY['#' || (id >> 14)::text]))"""
TEXT = "title || ' ' || keywords || ' ' || body"


class Migration(migrations.Migration):

    atomic = False
    dependencies = [('automation', '0003_articles')]

    operations = [
        migrations.RunSQL(
            [
                "SET statement_timeout = 0",
                "DROP INDEX CONCURRENTLY IF EXISTS article_words",
                f"CREATE INDEX CONCURRENTLY article_words ON automation_article USING gin ({WORDS % TEXT})"
                " WITH (gin_pending_list_limit = 1024)",
                "RESET statement_timeout",
            ],
            "DROP INDEX CONCURRENTLY IF EXISTS article_words",
        )
    ]
