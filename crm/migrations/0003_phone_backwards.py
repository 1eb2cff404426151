"""Phone numbers from their last digit on (crm.queries.whose_number_ends_in). By SQL, as Django's own way needs an
operator class that only django.contrib.postgres as an app can write."""

from django.db import migrations


class Migration(migrations.Migration):

    atomic = False
    dependencies = [('crm', '0002_words')]

    operations = [
        migrations.RunSQL(
            [
                "SET statement_timeout = 0",
                "DROP INDEX CONCURRENTLY IF EXISTS phone_backwards",
                "CREATE INDEX CONCURRENTLY phone_backwards ON crm_identity (reverse(value) text_pattern_ops) WHERE kind = 'phone'",
                "RESET statement_timeout",
            ],
            "DROP INDEX CONCURRENTLY IF EXISTS phone_backwards",
        )
    ]
