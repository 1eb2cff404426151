"""The full-text indexes with a small block of ids beside the large one."""

from django.db import migrations

from cxos.core.search.reindexing import with_smaller_blocks


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("automation", "0004_article_words")]

    operations = [
        with_smaller_blocks("article_words", "automation_article", "title || ' ' || keywords || ' ' || body"),
    ]
