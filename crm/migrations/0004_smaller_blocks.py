"""The full-text indexes with a small block of ids beside the large one."""

from django.db import migrations

from cxos.core.search.reindexing import with_smaller_blocks


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("crm", "0003_phone_backwards")]

    operations = [
        with_smaller_blocks("customer_words", "crm_customer", "name"),
        with_smaller_blocks("identity_words", "crm_identity", "value"),
    ]
