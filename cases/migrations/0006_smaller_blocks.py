"""The full-text indexes with a small block of ids beside the large one."""

from django.db import migrations

from cxos.core.search.reindexing import with_smaller_blocks


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("cases", "0005_warned_clocks")]

    operations = [
        with_smaller_blocks("case_words", "cases_case", "reference || ' ' || subject"),
    ]
